"""The same samples by several profilers: whether each finds itself."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.representation.rows import unit_fractions
from mbembed.errors import TableError
from mbembed.tables import read_table

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from mbembed.tables.profile import Profile

__all__ = ["PAIRS", "PROFILERS", "Twins", "input_shares", "read_twins", "self_nearest", "shares"]

#: Profiler → its table.
PROFILERS = {
    "MetaPhlAn 3": "metaphlan3_merged.txt",
    "Bracken, GTDB R95": "bracken_gtdb_r95_S.txt",
    "Bracken, NCBI": "bracken_ncbi_S.txt",
}
PAIRS = tuple(combinations(PROFILERS, 2))
#: What the MetaPhlAn table adds to the names of the samples (the reader has taken off the rest).
SUFFIX = "_concat"
#: Floor of the logarithm, and what counts as present (fractions): as the shipped recipe, and as the baselines.
FLOOR, PRESENT = 1e-6, 1e-5


class Twins(NamedTuple):
    """The same samples, profiled several times.

    Attributes
    ----------
    profiles : dict of str to Profile
        Profiler → profile; the same samples in the same order.
    n_samples : int
    """

    profiles: dict[str, Profile]
    n_samples: int


def read_twins(folder: str | os.PathLike[str]) -> Twins:
    """Read the tables of a folder and keep the samples that all of them have.

    Raises
    ------
    TableError
        If they have none in common.
    """
    read = {name: read_table(Path(folder) / file) for name, file in PROFILERS.items()}
    rows = {
        name: {sample.removesuffix(SUFFIX): row for row, sample in enumerate(profile.sample_ids)}
        for name, profile in read.items()
    }
    common = sorted(set.intersection(*(set(found) for found in rows.values())))
    if not common:
        raise TableError(
            f"the tables in {folder} have no sample in common",
            expected=f"the same samples in {', '.join(PROFILERS.values())}",
            path=str(folder),
        )
    return Twins(
        {name: profile.select_samples([rows[name][one] for one in common]) for name, profile in read.items()},
        len(common),
    )


def self_nearest(left: NDArray[np.floating], right: NDArray[np.floating]) -> float:
    """Return the share of samples whose nearest neighbour in the other table is itself.

    Parameters
    ----------
    left, right : ndarray of shape (n_samples, n_features)
        Row by row the same samples.

    Returns
    -------
    float
        By cosine, after the mean of each table was taken from its rows; both directions averaged.

    Examples
    --------
    >>> points = np.eye(3)
    >>> self_nearest(points, points + 5.0), round(self_nearest(points, points[[1, 0, 2]]), 2)
    (1.0, 0.33)
    """
    similar = _directions(left) @ _directions(right).T
    itself = np.arange(len(similar))
    return float(np.mean([(similar.argmax(axis=axis) == itself).mean() for axis in (0, 1)]))


def shares(twins: Twins, represent: Callable[[Profile], NDArray[np.floating]]) -> dict[tuple[str, str], float]:
    """Return the share of each pair of profilers; ``represent`` turns a profile into vectors."""
    of_profiler = {name: represent(profile) for name, profile in twins.profiles.items()}
    return {(one, other): self_nearest(of_profiler[one], of_profiler[other]) for one, other in PAIRS}


def input_shares(twins: Twins) -> Mapping[str, dict[tuple[str, str], float]]:
    """Return the shares of the units themselves: log abundance, and presence."""
    lumped = {name: unit_fractions(profile) for name, profile in twins.profiles.items()}
    units = sorted({unit for _, own in lumped.values() for unit in own})
    place = {unit: column for column, unit in enumerate(units)}
    tables = {}
    for name, (fractions, own) in lumped.items():
        tables[name] = np.zeros((twins.n_samples, len(units)))
        tables[name][:, [place[unit] for unit in own]] = fractions.toarray()
    rows = {
        "log10 abundance of units, floor 1e-6": {name: np.log10(np.maximum(t, FLOOR)) for name, t in tables.items()},
        "presence/absence of units (> 1e-5)": {name: (t > PRESENT).astype(float) for name, t in tables.items()},
    }
    return {row: {(one, other): self_nearest(of[one], of[other]) for one, other in PAIRS} for row, of in rows.items()}


def _directions(values: NDArray[np.floating]) -> NDArray[np.float64]:
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(length > 0, length, 1.0))
