"""Metadata: what is known of the samples, joined to an embedding by their ids."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import CellError, DuplicateIdError, EmptyTableError, TableError, UsageError
from mbembed.report.words import count

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["MISSING", "Metadata", "join_metadata", "read_metadata"]

#: Cells that mean that a value is not known, lower case.
MISSING = frozenset(
    {"", "na", "n/a", "nan", "none", "null", "missing", "not applicable", "not collected", "not provided"}
)
#: What every message on a file expects.
EXPECTED = "a metadata table: TSV or CSV with a header, one row per sample"
#: How many ids a message shows.
SHOWN = 3
#: How many ids without a partner a report names.
NAMED = 10
#: QIIME 2 writes the types of the columns below the header.
_QIIME_TYPES = "#q2:types"


@dataclass(frozen=True, eq=False)
class Metadata:
    """Metadata of some samples.

    Attributes
    ----------
    frame : DataFrame of shape (n_samples, n_columns)
        Text; index: the samples of the embedding, in its order; missing values are ``None``.
    notes : list of str
        Sentences on how it was joined.
    source : str
        Where it came from; empty for an object in memory.
    """

    frame: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    source: str = ""


def read_metadata(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a metadata table: one row per sample, a header, tabs or commas.

    Parameters
    ----------
    path : path-like
        May be compressed. Everything is read as text, so that the sample ``001`` stays ``001``.

    Returns
    -------
    DataFrame
        The columns as they stand in the file, ids among them.

    Raises
    ------
    TableError
        If the file cannot be read, or has no column besides the ids.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "metadata.tsv")
    ...     _ = path.write_text("sample\tage\n001\t42\n")
    ...     read_metadata(path).to_dict("list")
    {'sample': ['001'], 'age': ['42']}
    """
    import pandas as pd

    from mbembed.tables.source import open_source

    try:
        source = open_source(path)
    except TableError as error:
        raise type(error)(error.found, expected=EXPECTED, hint=error.hint, path=str(path)) from error
    lines = [line for line in source.head_lines if line.strip()]
    if not lines:
        raise TableError(
            f"{path} is not a text file",
            expected=EXPECTED,
            hint="save it as TSV",
            path=str(path),
        )
    separator = "\t" if "\t" in lines[0] else ","
    with source.open() as handle:
        raw = handle.read()
    try:
        text = raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    try:
        frame = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise CellError(
            f"{path} is not a table of equal rows ({error})",
            expected="a header and one row per sample, separated by tabs or commas",
            hint="save it again as TSV",
            path=str(path),
        ) from error
    frame.columns = [str(name).strip() for name in frame.columns]
    if len(frame) and frame.iloc[0, 0] == _QIIME_TYPES:
        frame = frame.iloc[1:].reset_index(drop=True)
    if frame.empty or frame.shape[1] < 2:
        raise EmptyTableError(
            f"{path} has {count(len(frame), 'row')} and {count(frame.shape[1], 'column')}",
            expected="a column of sample ids and at least one more, separated by tabs or commas",
            hint="save it as TSV, one row per sample",
            path=str(path),
        )
    return frame


def join_metadata(metadata: pd.DataFrame | str | os.PathLike[str], sample_ids: Sequence[str]) -> Metadata:
    """Join metadata to samples by their ids.

    Parameters
    ----------
    metadata : DataFrame or path-like
        A file as :func:`read_metadata` takes it, or a DataFrame. The ids are the index or the
        first column that names the most samples.
    sample_ids : sequence of str

    Returns
    -------
    Metadata

    Raises
    ------
    UsageError
        If no id is that of a sample; both lists are shown.
    DuplicateIdError
        If a sample has several rows.
    TableError
        If the file cannot be read.
    """
    import pandas as pd

    source = "" if isinstance(metadata, pd.DataFrame) else str(Path(metadata))
    table = metadata.copy() if isinstance(metadata, pd.DataFrame) else read_metadata(metadata)
    wanted = set(sample_ids)
    candidates = {"": [str(value) for value in table.index]} if not source else {}
    candidates |= {
        str(name): [str(value).strip() for value in table.iloc[:, i]] for i, name in enumerate(table.columns)
    }
    found = {name: len(wanted.intersection(ids)) for name, ids in candidates.items()}
    key = max(found, key=lambda name: found[name])  # the first of equals
    ids = candidates[key]
    where = f"column {key!r}" if key else "the index"
    if not found[key]:
        first = next(iter(candidates.values()))
        raise UsageError(
            f"no row of the metadata{f' {source}' if source else ''} has the id of a sample; "
            f"the table's samples are called {_some(sample_ids)}; the metadata's first column has {_some(first)}",
            expected="a column with the ids of the table's samples",
            hint="write the ids as the table does; `mbembed inspect TABLE` shows how it was read",
            path=source,
        )
    repeated = sorted({sample for sample, n in pd.Series(ids).value_counts().items() if n > 1 and sample in wanted})
    if repeated:
        raise DuplicateIdError(
            f"several rows of metadata for {count(len(repeated), 'sample')} in {where}: {_some(repeated)}",
            expected="one row per sample",
            hint="remove the rows that are not meant",
            ids=repeated,
            path=source,
        )
    table = table.drop(columns=[key]) if key else table
    table.index = pd.Index(ids, name="sample")
    table = table.loc[[sample for sample in ids if sample in wanted]].reindex(list(sample_ids))
    table.columns = [str(name) for name in table.columns]
    values = table.astype(object).map(_text)
    return Metadata(values, _notes(where, ids, sample_ids), source)


def _text(value: object) -> str | None:
    """Return a cell as text; ``None`` if its value is not known."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    text = str(value).strip()
    return None if text.lower() in MISSING or text == "<NA>" else text


def _notes(where: str, ids: Sequence[str], sample_ids: Sequence[str]) -> list[str]:
    known = set(ids)
    without = [sample for sample in sample_ids if sample not in known]
    spare = len(known - set(sample_ids))
    notes = [f"Joined by {where}: {len(sample_ids) - len(without):,} of {len(sample_ids):,} samples have metadata."]
    if without:
        notes.append(f"Without metadata: {_some(without, NAMED)}.")
    if spare:
        notes.append(f"{count(spare, 'row')} of the metadata without a sample that has a vector.")
    return notes


def _some(ids: Sequence[str], shown: int = SHOWN) -> str:
    more = f" and {len(ids) - shown:,} more" if len(ids) > shown else ""
    return ", ".join(ids[:shown]) + more
