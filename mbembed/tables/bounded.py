"""Content taken whole into memory or onto disk, never more of it than a stated limit."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from mbembed.errors import TableError
from mbembed.tables.source import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mbembed.tables.source import Source

__all__ = ["as_file", "damaged", "read_all"]

#: Bytes asked for at a time (1 MiB: large enough that the loop costs nothing).
BLOCK_BYTES = 1 << 20


def damaged(source: Source, what: str, detail: object) -> TableError:
    """Make the error for content that breaks off or contradicts itself.

    Parameters
    ----------
    source : Source
    what : str
        What the file is meant to be, with its article (``a BIOM file``).
    detail : object
        What is wrong, in words.

    Returns
    -------
    TableError
    """
    return TableError(
        f"{source.path} is {what}, but truncated or damaged ({detail})",
        expected="the whole file, as it was written",
        hint="copy or download it again, and compare its size with the original",
        path=str(source.path),
    )


def read_all(source: Source, limit: int) -> bytes:
    """Read the decompressed content.

    Parameters
    ----------
    source : Source
    limit : int
        Most bytes to take.

    Returns
    -------
    bytes

    Raises
    ------
    TableError
        If the content is damaged, or larger than the limit.
    """
    return b"".join(_blocks(source, limit))


@contextmanager
def as_file(source: Source, limit: int) -> Iterator[Path]:
    """Give the path of a file that holds the decompressed content, for libraries that need one.

    Parameters
    ----------
    source : Source
    limit : int
        Most bytes to write; nothing is written if the source is not compressed.

    Yields
    ------
    Path
        The source itself, or a temporary file that is removed at the end.

    Raises
    ------
    TableError
        As `read_all`.
    """
    if not source.compression:
        yield source.path
        return
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="mbembed-") as folder:
        copy = Path(folder) / "content"
        with copy.open("wb") as handle:
            for block in _blocks(source, limit):
                handle.write(block)
        yield copy


def _blocks(source: Source, limit: int) -> Iterator[bytes]:
    n_bytes = 0
    try:
        with source.open() as handle:
            while block := handle.read(BLOCK_BYTES):
                n_bytes += len(block)
                if n_bytes > limit:
                    raise _too_large(source, limit)
                yield block
    except (*DAMAGE, BadZipFile, NotImplementedError, RuntimeError) as error:  # the last three: zip members
        raise damaged(source, f"a {source.compression or 'plain'} file", error) from error


def _too_large(source: Source, limit: int) -> TableError:
    return TableError(
        f"{source.path} holds more than {limit >> 20} MiB once decompressed",
        expected="a table of at most that size",
        hint="split the table into parts of fewer samples",
        path=str(source.path),
    )
