"""Parquet, row group by row group: a column of text and columns of float32, nothing compressed.

Written here because no library lets a Parquet file be continued after its process was killed. The
subset is small: required columns, one plain page per column and row group. Format:
https://github.com/apache/parquet-format (README.md, Encodings.md, parquet.thrift); its metadata are
in Thrift's compact protocol (thrift-compact-protocol.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mbembed import __version__
from mbembed.outputs.thrift import I32, I64, LIST, STRUCT, TEXT, Field, struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ROW_GROUP_ROWS", "ParquetWriter"]

#: Rows of a row group: 32 MiB of a model of 512 dimensions. Programs read a row group as a whole.
ROW_GROUP_ROWS = 16384

# Numbers of parquet.thrift: Type, FieldRepetitionType, ConvertedType, Encoding, CompressionCodec, PageType.
_MAGIC = b"PAR1"
_FORMAT_VERSION = 1
_FLOAT, _BYTE_ARRAY = 4, 6
_REQUIRED = 0
_UTF8 = 0
_PLAIN, _RLE = 0, 3
_UNCOMPRESSED = 0
_DATA_PAGE = 0


class ParquetWriter:
    """Writes a Parquet file of one column of text and columns of float32.

    Parameters
    ----------
    handle : binary file
        Where the bytes go; it is not closed.
    text_column : str
        Name of the column of text.
    number_columns : sequence of str
    groups : sequence of (int, int), optional
        Rows and bytes of the column of text of each row group that ``handle`` holds already; it
        then stands behind them.

    Examples
    --------
    >>> import io, polars
    >>> handle = io.BytesIO()
    >>> writer = ParquetWriter(handle, "sample", ["x"])
    >>> writer.write(np.array([[0.5]], np.float32), ["S1"])
    >>> writer.close({})
    >>> polars.read_parquet(handle.getvalue()).row(0)
    ('S1', 0.5)
    """

    def __init__(
        self,
        handle: BinaryIO,
        text_column: str,
        number_columns: Sequence[str],
        groups: Sequence[tuple[int, int]] = (),
    ) -> None:
        self._handle = handle
        self._names = [text_column, *number_columns]
        #: Rows, and bytes of the column of text, of each row group.
        self.groups = [(int(rows), int(size)) for rows, size in groups]
        self._waiting: list[tuple[NDArray[np.float32], Sequence[str]]] = []
        self._n_waiting = 0
        if not self.groups:
            handle.write(_MAGIC)

    @property
    def n_written(self) -> int:
        """Number of rows that have been handed to ``handle``; others wait for their row group to be full."""
        return sum(rows for rows, _ in self.groups)

    def write(self, values: NDArray[np.float32], texts: Sequence[str]) -> None:
        """Write some rows.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_columns)
            float32; kept until its row group is full.
        texts : sequence of str
        """
        start = 0
        while start < len(texts):
            stop = min(len(texts), start + ROW_GROUP_ROWS - self._n_waiting)
            self._waiting.append((values[start:stop], texts[start:stop]))
            self._n_waiting += stop - start
            start = stop
            if self._n_waiting == ROW_GROUP_ROWS:
                self._write_group()

    def close(self, metadata: dict[str, str]) -> None:
        """Write what waits, and the end of the file with its key-value metadata."""
        if self._n_waiting:
            self._write_group()
        footer = self._footer(metadata)
        self._handle.write(footer + len(footer).to_bytes(4, "little") + _MAGIC)

    def _write_group(self) -> None:
        texts = [text.encode() for _, part in self._waiting for text in part]
        column = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
        self._handle.write(_page_header(len(texts), len(column)) + column)
        header = np.frombuffer(_page_header(len(texts), 4 * len(texts)), dtype=np.uint8)
        pages = np.empty((len(self._names) - 1, header.size + 4 * len(texts)), dtype=np.uint8)
        pages[:, : header.size] = header
        at = header.size
        for values, part in self._waiting:
            columns = np.ascontiguousarray(values.T, dtype="<f4")
            pages[:, at : at + 4 * len(part)] = columns.view(np.uint8)
            at += 4 * len(part)
        self._handle.write(pages.data)
        self.groups.append((len(texts), len(column)))
        self._waiting, self._n_waiting = [], 0

    def _footer(self, metadata: dict[str, str]) -> bytes:
        schema = [
            struct((4, TEXT, "schema"), (5, I32, len(self._names))),
            struct((1, I32, _BYTE_ARRAY), (3, I32, _REQUIRED), (4, TEXT, self._names[0]), (6, I32, _UTF8)),
            *(struct((1, I32, _FLOAT), (3, I32, _REQUIRED), (4, TEXT, name)) for name in self._names[1:]),
        ]
        at = len(_MAGIC)
        groups = []
        for n_rows, size in self.groups:
            groups.append(self._group(n_rows, size, at))
            at += self._group_bytes(n_rows, size)
        pairs = [struct((1, TEXT, key), (2, TEXT, value)) for key, value in metadata.items()]
        return struct(
            (1, I32, _FORMAT_VERSION),
            (2, LIST, (STRUCT, schema)),
            (3, I64, self.n_written),
            (4, LIST, (STRUCT, groups)),
            (5, LIST, (STRUCT, pairs)),
            (6, TEXT, f"mbembed version {__version__}"),
        )

    def _group(self, n_rows: int, size: int, at: int) -> bytes:
        total = self._group_bytes(n_rows, size)
        columns = []
        for i, name in enumerate(self._names):
            n_bytes = size if i == 0 else 4 * n_rows
            n_bytes += len(_page_header(n_rows, n_bytes))
            chunk: list[Field] = [
                (1, I32, _FLOAT if i else _BYTE_ARRAY),
                (2, LIST, (I32, [_PLAIN])),
                (3, LIST, (TEXT, [name])),
                (4, I32, _UNCOMPRESSED),
                (5, I64, n_rows),
                (6, I64, n_bytes),
                (7, I64, n_bytes),
                (9, I64, at),
            ]
            columns.append(struct((2, I64, at), (3, STRUCT, struct(*chunk))))
            at += n_bytes
        return struct((1, LIST, (STRUCT, columns)), (2, I64, total), (3, I64, n_rows))

    def _group_bytes(self, n_rows: int, size: int) -> int:
        page = len(_page_header(n_rows, 4 * n_rows)) + 4 * n_rows
        return len(_page_header(n_rows, size)) + size + page * (len(self._names) - 1)


def _page_header(n_rows: int, n_bytes: int) -> bytes:
    page = struct((1, I32, n_rows), (2, I32, _PLAIN), (3, I32, _RLE), (4, I32, _RLE))
    return struct((1, I32, _DATA_PAGE), (2, I32, n_bytes), (3, I32, n_bytes), (5, STRUCT, page))
