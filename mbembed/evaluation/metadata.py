"""Metadata: a table about the samples, and which of its lines belongs to which sample."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import EvaluationError, UsageError
from mbembed.evaluation.target import MISSING_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

__all__ = ["Joined", "column_of", "join_metadata", "read_metadata"]

#: How many ids or names a message shows.
SHOWN = 3
#: Shortest ending that all ids of a table may share to count as a suffix (characters).
MIN_SUFFIX = 3
#: Endings that profilers and file names leave on sample ids.
FILE_ENDINGS = re.compile(
    r"([._-](profiled?|metaphlan\d*|bracken|kraken2?|mpa|motus|species|report|abundance|S|txt|tsv|csv|gz|fastq))+$",
    re.IGNORECASE,
)


class Joined(NamedTuple):
    """Which sample has which line of the metadata.

    Attributes
    ----------
    samples : ndarray of int
        Positions in the table, ascending.
    metadata : DataFrame of shape (len(samples), n_columns)
        Text, in the same order.
    n_metadata : int
        Lines of the metadata.
    warnings : list of str
    """

    samples: np.ndarray[tuple[int], np.dtype[np.intp]]
    metadata: pd.DataFrame
    n_metadata: int
    warnings: list[str]


def read_metadata(metadata: str | os.PathLike[str] | pd.DataFrame, id_column: str | None = None) -> pd.DataFrame:
    """Read a metadata table as text, indexed by sample id.

    Parameters
    ----------
    metadata : path-like or DataFrame
        A tab-separated file (or ``.csv``) with a header. A DataFrame has the samples in its
        index, unless ``id_column`` names a column.
    id_column : str, optional
        The column with the sample ids; default: the first.

    Returns
    -------
    DataFrame
        Text; empty where nothing is stated.

    Raises
    ------
    UsageError
        If the file cannot be read, or has no such column.
    EvaluationError
        If it holds no samples, or a sample stands on several lines that differ.
    """
    import pandas as pd

    if isinstance(metadata, pd.DataFrame):
        name = "the metadata"
        frame = metadata.reset_index() if id_column is None else metadata.copy()
    else:
        name = str(metadata)
        separator = "," if name.lower().endswith((".csv", ".csv.gz")) else "\t"
        try:
            frame = pd.read_csv(name, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise UsageError(
                f"the metadata {name} cannot be read ({error})",
                expected="a tab-separated text file with a header",
                hint="--metadata FILE",
            ) from error
    frame.columns = [str(column) for column in frame.columns]
    ids = column_of(frame, id_column, "id_column", name) if id_column else str(frame.columns[0])
    frame = frame.map(lambda cell: "" if pd.isna(cell) else str(cell).strip()).drop_duplicates()
    if frame.empty:
        raise EvaluationError(f"{name} has no samples", expected="one line per sample", hint="--metadata FILE")
    twice = frame[ids][frame[ids].duplicated()].unique()
    if len(twice):
        raise EvaluationError(
            f"{len(twice)} sample ids stand on several lines of {name} that differ, such as {_some(twice)}",
            expected="one line per sample",
            hint="remove the other lines, or name another column: --id-column",
            ids=list(twice),
        )
    return frame.set_index(ids, drop=False)


def column_of(frame: pd.DataFrame, column: str, option: str, name: str = "the metadata") -> str:
    """Return a column's name, or say which there are.

    Raises
    ------
    UsageError
        If there is no such column; near names are offered.
    """
    if column in frame.columns:
        return column
    folded = {str(one).casefold(): str(one) for one in frame.columns}
    near = [folded[one] for one in get_close_matches(column.casefold(), list(folded), n=SHOWN, cutoff=0.6)]
    raise UsageError(
        f"{name} has no column {column!r}",
        expected=f"one of its columns: {', '.join(map(str, frame.columns))}",
        hint=f"--{option.replace('_', '-')} {near[0] if near else 'COLUMN'}",
        column=column,
        near=near,
    )


def is_missing(text: str) -> bool:
    """Tell whether a cell says that nothing is known."""
    return text.casefold() in MISSING_WORDS


def join_metadata(sample_ids: Sequence[str], metadata: pd.DataFrame) -> Joined:
    """Find the line of each sample, by equal ids only.

    Parameters
    ----------
    sample_ids : sequence of str
        Of the table.
    metadata : DataFrame
        As `read_metadata` returns it.

    Returns
    -------
    Joined
        With a warning, if some samples have no line: a few ids of both sides, and the likely cause.

    Raises
    ------
    EvaluationError
        If no id is in both; with the same facts.
    """
    known = set(metadata.index)
    samples = np.array([i for i, one in enumerate(sample_ids) if one in known], dtype=np.intp)
    table_only = [one for one in sample_ids if one not in known]
    here = set(sample_ids)
    metadata_only = [one for one in metadata.index if one not in here]
    if not len(samples):
        cause, hint = _cause(sample_ids, metadata, 0)
        raise EvaluationError(
            f"no sample id of the table is in the metadata{cause}. Table: {_some(table_only)}; "
            f"metadata, column {metadata.index.name!r}: {_some(metadata_only)}",
            expected="the same ids on both sides",
            hint=hint,
            table=table_only[:SHOWN],
            metadata=metadata_only[:SHOWN],
        )
    warnings = []
    if table_only:
        cause, hint = _cause(sample_ids, metadata, len(samples))
        other = f"; metadata without a sample: {_some(metadata_only)}" if metadata_only else ""
        warnings.append(
            f"{len(table_only)} of {len(sample_ids)} samples of the table are not in the metadata and were left out"
            f"{cause}. Table: {_some(table_only)}{other}{'. Try: ' + hint if cause else ''}"
        )
    lines = metadata.loc[[sample_ids[i] for i in samples.tolist()]]
    return Joined(samples, lines, len(metadata), warnings)


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(str(one) for one in ids[:SHOWN])
    return f"{shown}, … ({len(ids)})" if len(ids) > SHOWN else shown


def _cause(sample_ids: Sequence[str], metadata: pd.DataFrame, joined: int) -> tuple[str, str]:
    """Return why ids differ, if some change of spelling joins more of them, and what to do."""
    counts = {str(column): len(set(sample_ids) & set(metadata[column])) for column in metadata.columns}
    best = max(counts, key=lambda column: counts[column])
    if counts[best] > joined:
        return (
            f"; column {best!r} of the metadata has {counts[best]} of its {len(sample_ids)} ids",
            f"--id-column {best}",
        )
    ending = _common_ending(sample_ids)
    keys: list[tuple[str, Callable[[str], str]]] = [
        ("the ids differ in upper and lower case", str.casefold),
        ("the ids differ in '.', '-', '_' or blanks, as R's make.names writes them", _separators),
        ("R has put an X before the ids of one side", _without_x),
        (f"the ids of the table end in {ending!r}", lambda one: one.removesuffix(ending) if ending else one),
        ("the ids of one side have an ending of a file or a profiler", lambda one: FILE_ENDINGS.sub("", one)),
        (
            "the ids differ in case, separators and endings",
            lambda one: _without_x(FILE_ENDINGS.sub("", one.removesuffix(ending) if ending else one)).casefold(),
        ),
    ]
    for words, key in keys:
        found = len({key(one) for one in sample_ids} & {key(str(one)) for one in metadata.index})
        if found > joined:
            return f"; {words}: without that, {found} would join", "give the samples the same ids in both files"
    return "", "--id-column with the column that holds the ids of the table"


def _separators(one: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", ".", one)


def _without_x(one: str) -> str:
    return _separators(re.sub(r"^X(?=[^A-Za-z])", "", one))


def _common_ending(ids: Sequence[str]) -> str:
    """Return the ending that all ids share, from its separator on."""
    ending = os.path.commonprefix([one[::-1] for one in ids])[::-1] if len(ids) > 1 else ""  # noqa: RUF071 - text, no paths
    found = re.search(r"[^A-Za-z0-9].*", ending)
    return found.group() if found and len(found.group()) >= MIN_SUFFIX else ""
