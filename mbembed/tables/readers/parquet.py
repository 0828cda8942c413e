"""Parquet: one column of names and columns of numbers, either way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import DialectError, EmptyTableError, TableError
from mbembed.tables.axis import find_orientation
from mbembed.tables.bounded import as_file, damaged
from mbembed.tables.layout import TEXT_COLUMNS
from mbembed.tables.lineages import LINEAGE_KEYS, axis_taxids, taxa_lineages
from mbembed.tables.profile import Decision
from mbembed.tables.raw import RawTable
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "parquet"
TITLE = "Parquet"

#: Largest file taken out of another compression (4 GiB).
MAX_FILE_BYTES = 4 << 30
#: Most cells (500 million, 4 GB as float64): run-length encoding lets a small file claim any number.
MAX_CELLS = 500_000_000
#: How many column names a message lists.
SHOWN_COLUMNS = 6

#: Index that pandas writes when it has no name.
_PANDAS_INDEX = "__index_level_0__"


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
        The first column of text holds the names of the rows. Further ones are lineages where taxa
        are rows, sample metadata where samples are.

    Raises
    ------
    DialectError
        If it is not Parquet, or not an abundance table.
    TableError
        If it is damaged or larger than the limit.
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
    frame = _frame(source)
    key, texts, numbers = _columns(source, frame)
    if frame.height == 0 or not numbers:
        raise EmptyTableError(
            f"{source.path} has {frame.height} rows and {len(numbers)} columns of numbers",
            expected="at least one of each",
            hint="check that the abundances are numbers, not text",
            path=str(source.path),
        )
    rows = ["NA" if name is None else str(name) for name in frame[key].to_list()]
    known = {name: frame[name].to_list() for name in texts}
    if not options.orientation and any(name.lower() in LINEAGE_KEYS for name in texts):
        decision = Decision("orientation", "taxa-in-rows", "a column of lineages stands beside them")
    else:
        decision = find_orientation(rows, numbers, options.orientation, path=str(source.path))
    values = _values(frame, numbers)
    if decision.value == "taxa-in-rows":
        return RawTable(
            values=np.ascontiguousarray(values.T),
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


def _frame(source: Source) -> pl.DataFrame:
    import polars as pl

    with as_file(source, MAX_FILE_BYTES) as path:
        try:
            n_rows, n_columns = _size(path)
            if n_rows * n_columns > MAX_CELLS:
                raise TableError(
                    f"{source.path} claims {n_rows} rows of {n_columns} columns",
                    expected=f"at most {MAX_CELLS} cells",
                    hint="split the table into parts of fewer samples",
                    path=str(source.path),
                )
            return pl.read_parquet(path)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
            raise damaged(source, "a Parquet file", error) from error


def _size(path: Path) -> tuple[int, int]:
    import polars as pl

    lazy = pl.scan_parquet(path)
    return int(lazy.select(pl.len()).collect().item()), len(lazy.collect_schema())


def _columns(source: Source, frame: pl.DataFrame) -> tuple[str, list[str], list[str]]:
    """Return the column of row names, the other columns of text, and those of numbers."""
    import polars as pl

    kinds = dict(zip(frame.columns, frame.dtypes, strict=True))
    if "taxonomy_id" in kinds:
        raise DialectError(
            f"{source.path} is a taxpasta table in Parquet",
            expected="taxpasta's text format, in which names and ranks are recognised",
            hint="taxpasta merge … -o table.tsv",
            path=str(source.path),
        )
    text_types = (pl.String, pl.Categorical, pl.Enum)
    texts = [name for name, kind in kinds.items() if kind in text_types]
    numbers = [
        name
        for name, kind in kinds.items()
        if kind.is_numeric() and name.lower() not in TEXT_COLUMNS and name != _PANDAS_INDEX
    ]
    named = [name for name in (_PANDAS_INDEX, *texts) if name in kinds]
    if not named:
        shown = ", ".join(list(kinds)[:SHOWN_COLUMNS])
        raise DialectError(
            f"{source.path} is a Parquet file without a column of names (its columns: {shown}, …)",
            expected="one column of text with the names of taxa or samples, and columns of numbers",
            hint="in pandas: frame.reset_index().to_parquet(…)",
            path=str(source.path),
        )
    return named[0], [name for name in texts if name != named[0]], numbers


def _values(frame: pl.DataFrame, numbers: list[str]) -> NDArray[np.float64]:
    import polars as pl

    # Numbered names: polars takes "*" and "^…$" for patterns, which are fine sample ids.
    columns = pl.DataFrame({str(i): frame[name] for i, name in enumerate(numbers)})
    columns = columns.select(pl.all().cast(pl.Float64).fill_null(float("nan")))
    return np.ascontiguousarray(columns.to_numpy())
