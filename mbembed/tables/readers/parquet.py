"""Parquet: one column of names and columns of numbers, either way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import DialectError, EmptyTableError, TableError
from mbembed.tables.axis import find_orientation
from mbembed.tables.blocks import whole
from mbembed.tables.layout import TEXT_COLUMNS
from mbembed.tables.lineages import LINEAGE_KEYS, axis_taxids, taxa_lineages
from mbembed.tables.parquet_blocks import ParquetRows, opened
from mbembed.tables.profile import Decision
from mbembed.tables.raw import RawTable
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    from mbembed.tables.parquet_blocks import ParquetFile
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "parquet"
TITLE = "Parquet"

#: Most rows; the name of each takes some 100 bytes. Run-length encoding lets a small file claim any number.
MAX_ROWS = 50_000_000
#: Most cells of a table with taxa in rows, which is read whole (as float64: 4 GB).
MAX_WHOLE_CELLS = 500_000_000
#: How many column names a message lists.
SHOWN_COLUMNS = 6


def sniff(source: Source) -> str | None:
    """Say whether this is Parquet.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str or None
        ``Parquet``, or None.
    """
    return TITLE if source.kind == "parquet" else None


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a Parquet table.

    Parameters
    ----------
    source : Source
    options : ReadOptions

    Returns
    -------
    RawTable
        The index that pandas wrote, else the first column of text, holds the names of the rows. Further
        columns of text are lineages where taxa are rows, sample metadata where samples are.

    Raises
    ------
    DialectError
        If it is not Parquet, or not an abundance table.
    TableError
        If it is damaged.
    AxisError
        If the names do not show which side is that of the taxa.
    EmptyTableError
        If there are no rows or no columns of numbers.
    """
    if source.kind != "parquet":
        raise DialectError(
            f"{source.path} is not a Parquet file",
            expected="Parquet, which begins with PAR1",
            hint=LEAVE_OUT_FORMAT,
            path=str(source.path),
        )
    with opened(source) as file:
        key, texts, numbers = _columns(source, file)
        if file.n_rows == 0 or not numbers:
            raise _empty(source, file.n_rows, len(numbers))
        if file.n_rows > MAX_ROWS:
            raise _too_large(source, file.n_rows, len(numbers), f"at most {MAX_ROWS:,} rows")
        frame = file.columns([key, *texts])
        rows = ["NA" if name is None else str(name) for name in frame[key].to_list()]
        known = {name: frame[name].to_list() for name in texts}
    if not options.orientation and any(name.lower() in LINEAGE_KEYS for name in texts):
        decision = Decision("orientation", "taxa-in-rows", "a column of lineages stands beside them")
    else:
        decision = find_orientation(rows, numbers, options.orientation, path=str(source.path))
    values = ParquetRows(source, (len(rows), len(numbers)), numbers)
    if decision.value == "taxa-in-rows":
        if len(rows) * len(numbers) > MAX_WHOLE_CELLS:
            raise _too_large(source, len(rows), len(numbers), f"at most {MAX_WHOLE_CELLS:,} cells with taxa in rows")
        return RawTable(
            values=whole(values).T.tocsr(),
            sample_ids=numbers,
            labels=rows,
            dialect=DIALECT,
            lineages=taxa_lineages(known, rows),
            taxids=axis_taxids(known),
            decisions=[decision],
        )
    metadata = None
    if known:
        import pandas as pd

        metadata = pd.DataFrame(known, index=pd.Index(rows, name="sample"))
    return RawTable(
        values=values,
        sample_ids=rows,
        labels=numbers,
        dialect=DIALECT,
        decisions=[decision],
        sample_metadata=metadata,
    )


def _columns(source: Source, file: ParquetFile) -> tuple[str, list[str], list[str]]:
    """Return the column of row names, the other columns of text, and those of numbers."""
    import polars as pl

    kinds = file.schema
    if "taxonomy_id" in kinds:
        raise DialectError(
            f"{source.path} is a taxpasta table in Parquet",
            expected="taxpasta's text format, in which names and ranks are recognised",
            hint="taxpasta merge … -o table.tsv",
            path=str(source.path),
        )
    text_types = (pl.String, pl.Categorical, pl.Enum)
    texts = [name for name, kind in kinds.items() if kind in text_types]
    index = [name for name in file.pandas_index if kinds[name] in text_types or kinds[name].is_integer()]
    named = list(dict.fromkeys([*index, *texts]))
    numbers = [
        name
        for name, kind in kinds.items()
        if kind.is_numeric() and name.lower() not in TEXT_COLUMNS and name not in named
    ]
    if not named and file.n_rows == 0:
        raise _empty(source, 0, len(numbers))
    if not named:
        shown = ", ".join(list(kinds)[:SHOWN_COLUMNS])
        raise DialectError(
            f"{source.path} is a Parquet file without a column of names (its columns: {shown}, …)",
            expected="one column of text with the names of taxa or samples, and columns of numbers",
            hint="in pandas, with the names as index: frame.set_axis(frame.index.astype(str)).to_parquet(…)",
            path=str(source.path),
        )
    return named[0], [name for name in texts if name != named[0]], numbers


def _empty(source: Source, n_rows: int, n_numbers: int) -> EmptyTableError:
    return EmptyTableError(
        f"{source.path} has {n_rows} rows and {n_numbers} columns of numbers",
        expected="at least one of each",
        hint="check that the abundances are numbers, not text",
        path=str(source.path),
    )


def _too_large(source: Source, n_rows: int, n_columns: int, expected: str) -> TableError:
    return TableError(
        f"{source.path} claims {n_rows} rows of {n_columns + 1} columns",
        expected=expected,
        hint="split the table into parts of fewer samples",
        path=str(source.path),
    )
