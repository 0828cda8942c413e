"""Delimited text: a writer that takes blocks of rows as they come, plain or gzip."""

from __future__ import annotations

import struct
import zlib
from collections import deque
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mbembed.outputs.fixed_point import format_rows
from mbembed.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from types import TracebackType

    from numpy.typing import NDArray

__all__ = ["SAMPLE_COLUMN", "TextWriter", "quote"]

#: Header of the column of sample ids.
SAMPLE_COLUMN = "sample"
#: Numbers per piece of work: 16 rows of 1,024 numbers. Its intermediate arrays (128 KiB each)
#: stay in the cache and below the size from which malloc maps fresh pages for every array;
#: measured fastest of 8 Ki to 256 Ki numbers.
_PIECE = 16 * 1024
#: Level of gzip: the digits of real numbers hardly compress (to 47 % of the text at level 1, to
#: 44 % at the usual 6), and level 1 takes a seventh of the time.
_GZIP_LEVEL = 1
#: RFC 1952: magic, deflate, no flags, no time (so equal content gives equal bytes), fastest
#: algorithm, unknown operating system.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"


def quote(text: str, delimiter: str) -> str:
    r"""Quote a cell by the rules of CSV (RFC 4180), only where it needs it.

    Examples
    --------
    >>> quote("gut, left", ","), quote("gut, left", "\t"), quote('5" tube', "\t")
    ('"gut, left"', 'gut, left', '"5"" tube"')
    """
    if text and not any(character in text for character in (delimiter, '"', "\n", "\r")):
        return text
    return '"' + text.replace('"', '""') + '"'


class TextWriter:
    r"""Writes embeddings as delimited text, block by block.

    Numbers have eight decimals, as embeddings are rounded to them: reading the text gives the
    same float32 numbers bit for bit (a negative zero comes back as zero). A missing number is
    an empty cell. Compression runs in threads; formatting does not: its steps are so short that threads
    only wait for each other.

    Parameters
    ----------
    handle : binary file
        Where the bytes go; it is not closed.
    dimension_names : sequence of str
    delimiter : str
        One ASCII character.
    compress : bool
        Write gzip: one member, the same bytes for the same content.
    header : bool
        Begin with the names of the columns.
    gzip_state : sequence of (int, int), optional
        What `flush` returned when an earlier writer stopped where ``handle`` stands now.
    threads : int, optional
        How many compress; default: :func:`mbembed.threads.thread_count`.

    Examples
    --------
    >>> import io
    >>> handle = io.BytesIO()
    >>> with TextWriter(handle, ["embedding_0"]) as writer:
    ...     writer.write(np.array([[0.25]], np.float32), ["S1"])
    >>> handle.getvalue()
    b'sample\tembedding_0\nS1\t0.25000000\n'
    """

    def __init__(
        self,
        handle: BinaryIO,
        dimension_names: Sequence[str],
        delimiter: str = "\t",
        *,
        compress: bool = False,
        header: bool = True,
        gzip_state: Sequence[int] | None = None,
        threads: int | None = None,
    ) -> None:
        self._handle = handle
        self._delimiter = delimiter
        self._gzip = _ParallelGzip(handle, gzip_state, threads) if compress else None
        if header:
            names = delimiter.join(quote(name, delimiter) for name in [SAMPLE_COLUMN, *dimension_names]) + "\n"
            self._put(names.encode())

    def write(self, values: NDArray[np.float32], sample_ids: Sequence[str]) -> None:
        """Write some samples.

        Parameters
        ----------
        values : ndarray of shape (n_samples, n_dimensions)
            float32.
        sample_ids : sequence of str
        """
        rows = max(1, _PIECE // max(1, values.shape[1]))
        for start in range(0, len(sample_ids), rows):
            labels = [quote(one, self._delimiter).encode() for one in sample_ids[start : start + rows]]
            piece = np.asarray(values[start : start + rows], dtype=np.float32)
            self._put(format_rows(piece, labels, self._delimiter.encode()))

    def flush(self) -> list[int] | None:
        """Write what is pending; return what continuing the file takes: of gzip, checksum and size so far."""
        return self._gzip.flush() if self._gzip else None

    def close(self) -> None:
        """Write what is pending, and the end of the file."""
        if self._gzip:
            self._gzip.close()

    def _put(self, text: bytes | memoryview) -> None:
        if self._gzip:
            self._gzip.write(text)
        else:
            self._handle.write(text)

    def __enter__(self) -> TextWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        elif self._gzip:
            self._gzip.stop()


class _ParallelGzip:
    """One gzip member whose pieces are deflated in threads and written in order, as pigz does."""

    def __init__(self, handle: BinaryIO, state: Sequence[int] | None = None, threads: int | None = None) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._handle = handle
        self._threads = thread_count(threads)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="mbembed-gzip")
        self._pending: deque[Future[bytes]] = deque()
        self._checksum, self._size = state or (0, 0)
        if state is None:
            handle.write(_GZIP_HEADER)

    def write(self, text: bytes | memoryview) -> None:
        self._checksum = zlib.crc32(text, self._checksum)
        self._size += len(text)
        while len(self._pending) > self._threads:  # one piece waits while each thread has its own
            self._handle.write(self._pending.popleft().result())
        self._pending.append(self._pool.submit(_deflate, text))

    def flush(self) -> list[int]:
        while self._pending:
            self._handle.write(self._pending.popleft().result())
        return [self._checksum, self._size]

    def close(self) -> None:
        try:
            self.flush()
            self._handle.write(_deflate(b"", zlib.Z_FINISH))
            self._handle.write(struct.pack("<II", self._checksum, self._size % 2**32))
        finally:
            self.stop()

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _deflate(text: bytes | memoryview, ending: int = zlib.Z_FULL_FLUSH) -> bytes:
    """Deflate a piece on its own; a full flush ends on a whole byte, so that pieces can be joined."""
    deflate = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)  # negative: no zlib header
    return deflate.compress(text) + deflate.flush(ending)
