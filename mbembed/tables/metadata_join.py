"""The join of sample metadata to the samples of a table: by equal ids, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import MetadataError
from mbembed.tables.id_spelling import spelling_difference
from mbembed.tables.sample_metadata import SampleMetadata, check_column, read_metadata
from mbembed.words import count, some

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ID_FLAG", "JoinedMetadata", "join_metadata"]

#: The option that names the column of the ids, on the commands that have one.
ID_FLAG = "--id-column"
#: Share of the samples (0 to 1) that a column other than the first must name to be taken for the ids: ids of
#: the first column that are spelled otherwise should be told of, rather than a few ages that happen to be ids.
MIN_NAMED = 0.5


@dataclass(frozen=True, eq=False)
class JoinedMetadata:
    """What is known of each sample of a table.

    Attributes
    ----------
    frame : DataFrame of shape (n_samples, n_columns)
        Text; index: the samples, in their order; ``None`` where a value is not known.
    found : ndarray of bool of shape (n_samples,)
        Whether the metadata have the sample.
    id_column : str
        Where the ids were found: a column, or the name of the index.
    n_metadata : int
        Samples in the metadata.
    source : str
        As in :class:`SampleMetadata`.
    notes : list of str
        What was decided and left out, as sentences without a full stop.
    unjoined : str
        The samples that the metadata lack, with a few ids of both sides and the likely cause; empty if
        they have all.
    hint : str
        What to do about them, if something can be said.
    """

    frame: pd.DataFrame
    found: NDArray[np.bool_]
    id_column: str
    n_metadata: int
    source: str
    notes: list[str] = field(default_factory=list)
    unjoined: str = ""
    hint: str = ""

    @property
    def warning(self) -> str:
        """``unjoined`` and ``hint`` in one."""
        return f"{self.unjoined}. Try: {self.hint}" if self.hint else self.unjoined

    @property
    def n_spare(self) -> int:
        """Samples of the metadata that are not in the table."""
        return self.n_metadata - int(self.found.sum())


def join_metadata(
    metadata: SampleMetadata | pd.DataFrame | str | os.PathLike[str],
    sample_ids: Sequence[str],
    id_column: str | None = None,
    *,
    id_flag: str = ID_FLAG,
) -> JoinedMetadata:
    """Find the line of each sample.

    Parameters
    ----------
    metadata : SampleMetadata, DataFrame or path-like
        As :func:`mbembed.tables.sample_metadata.read_metadata` returns or takes it.
    sample_ids : sequence of str
    id_column : str, optional
        The column with the ids; default: the first (the index of a DataFrame), or, where that names
        no sample, the one that names the most, if these are at least half. That is then noted.
    id_flag : str
        How the user names the column; empty where that cannot be done.

    Returns
    -------
    JoinedMetadata

    Raises
    ------
    MetadataError
        If no id is in both, with some ids of both sides and the likely cause; if a sample stands on
        lines that differ; or as :func:`mbembed.tables.sample_metadata.read_metadata` raises it.
    UsageError
        If there is no column ``id_column``.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"age": ["42", "NA"]}, index=["a", "b"])
    >>> joined = join_metadata(lines, ["b", "a", "c"])
    >>> joined.frame["age"].tolist(), joined.found.tolist()
    ([None, '42', None], [True, True, False])
    >>> joined.unjoined
    '1 of 3 samples of the table are not in the metadata. Table: c'
    """
    import pandas as pd

    if not isinstance(metadata, SampleMetadata):
        metadata = read_metadata(metadata)
    key, notes = _choose(metadata, sample_ids, id_column)
    ids = metadata.ids[key]
    frame = metadata.frame
    line_of = _lines(metadata, ids, frame, set(sample_ids))
    if blank := ids.count(""):
        notes.append(f"{count(blank, 'line')} of the metadata without an id in {key!r} were left out")
    places = np.array([line_of.get(sample, -1) for sample in sample_ids], dtype=np.intp)
    found = places >= 0
    unjoined = hint = ""
    if not found.all():
        unjoined, hint = _unjoined(metadata, sample_ids, found, key, id_flag)
        if not found.any():
            raise MetadataError(unjoined, expected="the same ids on both sides", hint=hint, path=metadata.source)
    cells = np.full((len(sample_ids), frame.shape[1]), None, dtype=object)
    cells[found] = frame.to_numpy(dtype=object)[places[found]]
    values = pd.DataFrame(cells, index=list(sample_ids), columns=list(frame.columns), dtype=object)
    return JoinedMetadata(values, found, key, len(set(ids) - {""}), metadata.source, notes, unjoined, hint)


def _choose(metadata: SampleMetadata, sample_ids: Sequence[str], given: str | None) -> tuple[str, list[str]]:
    """Return the column of the ids, and a note if it is neither the first nor the one that was named."""
    if given is not None:
        check_column(given, list(metadata.ids), ID_FLAG, metadata.source)
        return given, []
    first, best = next(iter(metadata.ids)), _best(metadata, sample_ids)
    wanted = set(sample_ids)
    named = [one for one in metadata.ids[best] if one in wanted]
    if wanted.isdisjoint(metadata.ids[first]) and len(named) == len(set(named)) >= MIN_NAMED * len(wanted):
        return best, [f"the ids of the metadata are those in {best!r}: the first column, {first!r}, names no sample"]
    return first, []


def _best(metadata: SampleMetadata, sample_ids: Sequence[str]) -> str:
    """Return the column that names the most samples, the first of equals."""
    wanted = set(sample_ids)
    return max(metadata.ids, key=lambda name: len(wanted.intersection(metadata.ids[name])))


def _lines(metadata: SampleMetadata, ids: Sequence[str], frame: pd.DataFrame, wanted: set[str]) -> dict[str, int]:
    """Return the line of each sample; lines that say the same count once."""
    cells = frame.to_numpy(dtype=object)
    line_of: dict[str, int] = {}
    repeated: dict[str, str] = {}
    for line, one in enumerate(ids):
        if not one:
            continue
        first = line_of.setdefault(one, line)
        if line > first and one in wanted and (differs := cells[line] != cells[first]).any():
            repeated.setdefault(one, str(frame.columns[int(differs.argmax())]))
    if repeated:
        one, column = next(iter(repeated.items()))
        raise MetadataError(
            f"{count(len(repeated), 'sample')} on several lines of {metadata.source} that differ: "
            f"{some(list(repeated))} (the lines of {one} in {column!r})",
            expected="one line per sample",
            hint="remove the lines that are not meant",
            path=metadata.source,
            ids=list(repeated),
        )
    return line_of


def _unjoined(
    metadata: SampleMetadata, sample_ids: Sequence[str], found: NDArray[np.bool_], key: str, id_flag: str
) -> tuple[str, str]:
    """Return which samples the metadata lack and why, and what to do about it if something can be said."""
    ids = metadata.ids[key]
    here, joined = set(sample_ids), int(found.sum())
    lacking = [sample for sample, has in zip(sample_ids, found.tolist(), strict=True) if not has]
    spare = [one for one in ids if one and one not in here]
    best = _best(metadata, sample_ids)
    n_best = len(here.intersection(metadata.ids[best]))
    cause, hint = "", ""
    if n_best > joined:
        cause = f"; column {best!r} of the metadata has {n_best} of its {len(sample_ids)} ids"
        hint = f"{id_flag} {best}" if id_flag else f"put the column {best!r} first"
    elif words := spelling_difference(sample_ids, ids, joined):
        cause, hint = f"; {words}", "give the samples the same ids in both files"
    if not joined:
        other = f"; metadata, column {key!r}: {some(spare)}" if spare else f"; column {key!r} of the metadata is empty"
        text = f"no sample id of the table is in the metadata{cause}. Table: {some(lacking)}{other}"
        named = f"{id_flag} with the column that holds the ids of the table" if id_flag else ""
        return text, hint or named or "write the ids as the table does; `mbembed inspect TABLE` shows how it was read"
    text = f"{len(lacking)} of {len(sample_ids)} samples of the table are not in the metadata{cause}"
    other = f"; metadata without a sample: {some(spare)}" if spare else ""
    return f"{text}. Table: {some(lacking)}{other}", hint
