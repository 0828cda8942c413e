"""What one part of a table says by itself: found on a worker, compared with the others on the client."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import EmptyTableError, MbembedError
from mbembed.tables import read_table

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.distributed.options import Options
    from mbembed.tables.profile import Profile, Taxon

__all__ = ["Evidence", "fingerprint", "look_at", "look_at_frame", "read_frame"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was found in one part, small enough to be sent.

    Attributes
    ----------
    sample_ids : list of str
    fingerprint : str
        SHA-256 over the ids and what each sample adds up to; of a file, over its bytes.
    columns : tuple of str
        Columns of a frame, as they stand.
    dialect : str
    unit, rank, orientation : str
        As decided on this part alone; empty where it has nothing but zeros.
    repeats : dict of str to int
        Rows left out because they repeat others: rank → number of rows.
    taxa : tuple of Taxon
    totals : ndarray of shape (n_taxa,)
        What each taxon adds up to.
    warnings : list of str
    refusal : MbembedError or None
        Why this part cannot be read by itself.
    """

    sample_ids: list[str]
    fingerprint: str = ""
    columns: tuple[str, ...] = ()
    dialect: str = ""
    unit: str = ""
    rank: str = ""
    orientation: str = ""
    repeats: dict[str, int] = field(default_factory=dict)
    taxa: tuple[Taxon, ...] = ()
    totals: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    warnings: list[str] = field(default_factory=list)
    refusal: MbembedError | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing but zeros, and so says nothing of the whole."""
        return not self.unit and self.refusal is None


def look_at_frame(frame: pd.DataFrame, options: Options) -> tuple[Evidence, Profile | None]:
    """Look at a partition: a block of samples, species as columns; the profile, where it is one by itself."""
    ids, columns = [str(name) for name in frame.index], tuple(map(str, frame.columns))
    try:
        profile = read_frame(frame, options)
    except MbembedError as error:
        return Evidence(ids, columns=columns, refusal=error), None
    if profile is None:
        return Evidence(ids, fingerprint(ids, np.zeros(len(ids))), columns), None
    sums = profile.classified + profile.unclassified
    return _evidence(profile, fingerprint(ids, sums), columns), profile


def read_frame(frame: pd.DataFrame, options: Options) -> Profile | None:
    """Read a partition; None where it has no samples, or nothing but zeros: no table by itself, but part of one."""
    try:
        return read_table(frame, **options.reading) if len(frame) else None  # type: ignore[arg-type]  # options by name
    except EmptyTableError:
        if not frame.shape[1]:
            raise
        return None


def look_at(path: str | os.PathLike[str], options: Options) -> Evidence:
    """Look at a file of samples."""
    try:
        profile = read_table(path, **options.reading)  # type: ignore[arg-type]
    except MbembedError as error:
        return Evidence([], refusal=error)
    return _evidence(profile, profile.sha256, ())


def fingerprint(sample_ids: Sequence[str], sums: NDArray[np.float64]) -> str:
    """Return a SHA-256 by which a part is known again.

    Examples
    --------
    >>> fingerprint(["a"], np.ones(1)) == fingerprint(["b"], np.ones(1))
    False
    """
    found = hashlib.sha256("\0".join(sample_ids).encode())
    found.update(np.ascontiguousarray(sums, dtype="<f8").tobytes())
    return found.hexdigest()


def _evidence(profile: Profile, mark: str, columns: tuple[str, ...]) -> Evidence:
    decided = {decision.what: decision.value for decision in profile.decisions}
    return Evidence(
        sample_ids=list(profile.sample_ids),
        fingerprint=mark,
        columns=columns,
        dialect=profile.dialect,
        unit=profile.unit,
        rank=decided.get("rank", ""),
        orientation=decided.get("orientation", ""),
        repeats=dict(profile.dropped),
        taxa=tuple(profile.taxa),
        totals=np.asarray(profile.values.sum(axis=0)).ravel(),
        warnings=list(profile.warnings),
    )
