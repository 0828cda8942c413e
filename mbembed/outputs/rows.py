"""Formats to which rows can be added: what is written of them can be continued later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np

from mbembed.outputs.content import SUMMARY_KEY
from mbembed.outputs.parquet import ParquetWriter
from mbembed.outputs.summary import to_json
from mbembed.outputs.text import SAMPLE_COLUMN, TextWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["ROW_FORMATS", "NpyRows", "ParquetRows", "RowWriter", "TextRows", "row_writer"]


class RowWriter(Protocol):
    """Writes an embedding from its first row to its last."""

    def write(self, values: NDArray[np.float32], sample_ids: Sequence[str]) -> None:
        """Write some rows."""

    def state(self) -> dict[str, Any]:
        """Hand everything that can be handed to the file; return what continuing takes, as JSON has it.

        Its entry ``rows`` is the number of rows that the file then holds.
        """

    def close(self) -> None:
        """Write the end of the file."""


class NpyRows:
    """NPY: a header that says how many rows there will be, and their numbers.

    Parameters
    ----------
    handle : binary file
    dimension_names : sequence of str
    n_rows : int
        How many there will be.
    state : mapping, optional
        What an earlier `state` returned; ``handle`` then stands behind the rows written so far.
    """

    def __init__(
        self, handle: BinaryIO, dimension_names: Sequence[str], n_rows: int, *, state: Mapping[str, Any] | None = None
    ) -> None:
        self._handle = handle
        self._rows = 0 if state is None else int(state["rows"])
        if state is None:
            shape = (n_rows, len(dimension_names))
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(handle, header)

    def write(self, values: NDArray[np.float32], sample_ids: Sequence[str]) -> None:
        """Write some rows."""
        self._handle.write(np.ascontiguousarray(values, dtype="<f4").data)
        self._rows += len(sample_ids)

    def state(self) -> dict[str, Any]:
        """Return what continuing takes."""
        return {"rows": self._rows}

    def close(self) -> None:
        """Do nothing: the file ends with its last row."""


class ParquetRows:
    """Parquet, in row groups of a fixed number of rows; those of the last one wait in memory until it is full."""

    def __init__(
        self,
        handle: BinaryIO,
        dimension_names: Sequence[str],
        *,
        summary: Callable[[], Mapping[str, object]],
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self._summary = summary
        self._writer = ParquetWriter(handle, SAMPLE_COLUMN, dimension_names, (state or {}).get("groups", ()))
        self.write = self._writer.write

    def state(self) -> dict[str, Any]:
        """Return what continuing takes."""
        return {"rows": self._writer.n_written, "groups": [list(group) for group in self._writer.groups]}

    def close(self) -> None:
        """Write the rows that wait, and the footer with the summary."""
        self._writer.close({SUMMARY_KEY: to_json(self._summary())})


class TextRows:
    """Delimited text, plain or gzip."""

    def __init__(
        self,
        handle: BinaryIO,
        dimension_names: Sequence[str],
        *,
        delimiter: str,
        compress: bool,
        header: bool = True,
        state: Mapping[str, Any] | None = None,
        threads: int | None = None,
    ) -> None:
        state = state or {}
        self._rows = int(state.get("rows", 0))
        self._writer = TextWriter(
            handle,
            dimension_names,
            delimiter,
            compress=compress,
            header=header and not state,
            gzip_state=state.get("gzip"),
            threads=threads,
        )

    def write(self, values: NDArray[np.float32], sample_ids: Sequence[str]) -> None:
        """Write some rows."""
        self._writer.write(values, sample_ids)
        self._rows += len(sample_ids)

    def state(self) -> dict[str, Any]:
        """Return what continuing takes."""
        return {"rows": self._rows, "gzip": self._writer.flush()}

    def close(self) -> None:
        """Write the end of the file."""
        self._writer.close()


#: Suffixes of the formats to which rows can be added.
ROW_FORMATS = (".tsv", ".csv", ".tsv.gz", ".csv.gz", ".parquet", ".npy")


def row_writer(
    suffix: str,
    handle: BinaryIO,
    dimension_names: Sequence[str],
    n_rows: int,
    *,
    summary: Callable[[], Mapping[str, object]],
    header: bool = True,
    state: Mapping[str, Any] | None = None,
    threads: int | None = None,
) -> RowWriter:
    """Return what writes a format.

    Parameters
    ----------
    suffix : str
        One of ``ROW_FORMATS``.
    handle : binary file
    dimension_names : sequence of str
    n_rows : int
        How many rows there will be in all.
    summary : callable
        Makes the summary for formats that have room for it, when the last row is written.
    header : bool
        Whether text begins with the names of its columns.
    state : mapping, optional
        What the `RowWriter.state` of an interrupted run returned; ``handle`` stands where it ended.
    threads : int, optional
        How many compress, where anything is compressed.
    """
    if suffix == ".npy":
        return NpyRows(handle, dimension_names, n_rows, state=state)
    if suffix == ".parquet":
        return ParquetRows(handle, dimension_names, summary=summary, state=state)
    return TextRows(
        handle,
        dimension_names,
        delimiter="," if suffix.startswith(".csv") else "\t",
        compress=suffix.endswith(".gz"),
        header=header,
        state=state,
        threads=threads,
    )
