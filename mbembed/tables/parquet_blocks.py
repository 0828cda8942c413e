"""Parquet tables with samples in rows, read in blocks of rows."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import MbembedError
from mbembed.tables.blocks import MAX_CELLS
from mbembed.tables.bounded import as_file, damaged
from mbembed.tables.numbers import to_csr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl
    from scipy.sparse import csr_array

    from mbembed.tables.source import Source

__all__ = ["ParquetFile", "ParquetRows", "opened"]

#: Largest file taken out of another compression (4 GiB).
MAX_FILE_BYTES = 4 << 30

#: Index that pandas writes when it has no name.
_UNNAMED_INDEX = "__index_level_0__"


class ParquetFile(NamedTuple):
    """An open Parquet file.

    Attributes
    ----------
    lazy : polars.LazyFrame
    schema : mapping of str to polars.DataType
    n_rows : int
    pandas_index : list of str
        Columns that pandas wrote as its index.
    """

    lazy: pl.LazyFrame
    schema: Mapping[str, pl.DataType]
    n_rows: int
    pandas_index: list[str]

    def columns(self, names: Sequence[str], start: int = 0, n_rows: int | None = None) -> pl.DataFrame:
        """Read some columns of some rows."""
        import polars as pl

        # By position: polars takes "*" and "^…$" for patterns, which are fine names of samples.
        at = {name: i for i, name in enumerate(self.schema)}
        part = self.lazy.slice(start, n_rows)
        return part.select(pl.nth([at[name] for name in names])).collect()


@contextmanager
def opened(source: Source) -> Iterator[ParquetFile]:
    """Open a Parquet file; what goes wrong inside is told as damage of the file.

    Raises
    ------
    TableError
        If it is damaged.
    """
    import polars as pl

    with as_file(source, MAX_FILE_BYTES) as path:
        try:
            lazy = pl.scan_parquet(path, glob=False)
            n_rows = int(lazy.select(pl.len()).collect().item())
            schema = dict(lazy.collect_schema())
            yield ParquetFile(lazy, schema, n_rows, _pandas_index(pl.read_parquet_metadata(path), schema))
        except MbembedError:
            raise
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
            raise damaged(source, "a Parquet file", error) from error


class ParquetRows:
    """The columns of numbers, row by row.

    Parameters
    ----------
    source : Source
    shape : tuple of (int, int)
    names : sequence of str
        Of the columns of numbers.
    """

    def __init__(self, source: Source, shape: tuple[int, int], names: Sequence[str]) -> None:
        self.shape = shape
        self._source = source
        self._names = names

    def blocks(self, n_rows: int, start: int = 0) -> Iterator[csr_array]:
        """Yield the rows from ``start`` on.

        Raises
        ------
        TableError
            If the file is damaged.
        """
        with opened(self._source) as file:
            for first in range(start, self.shape[0], n_rows):
                yield self._block(file, first, min(n_rows, self.shape[0] - first))

    def _block(self, file: ParquetFile, start: int, n_rows: int) -> csr_array:
        import polars as pl
        from scipy.sparse import csr_array, hstack

        width = max(1, MAX_CELLS // n_rows)
        parts = []
        for first in range(0, len(self._names), width):
            frame = file.columns(self._names[first : first + width], start, n_rows)
            numbers = frame.select(pl.all().cast(pl.Float64).fill_null(float("nan")))
            parts.append(to_csr(np.ascontiguousarray(numbers.to_numpy())))
        return parts[0] if len(parts) == 1 else csr_array(hstack(parts, format="csr"))


def _pandas_index(metadata: Mapping[str, str], schema: Mapping[str, pl.DataType]) -> list[str]:
    """Return the columns that are an index (https://pandas.pydata.org/docs/development/developer.html)."""
    try:
        stated = json.loads(metadata.get("pandas", "{}"))
    except ValueError:
        stated = {}
    columns = stated.get("index_columns") if isinstance(stated, dict) else None
    # A range of numbers stands there as an object, and is no column.
    named = [name for name in columns if isinstance(name, str)] if isinstance(columns, list) else []
    return [name for name in named or [_UNNAMED_INDEX] if name in schema]
