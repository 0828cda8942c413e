"""The heaps in which HDF5 keeps text, looked through before the HDF5 library reads them.

The library (2.0 and older) never returns from a damaged heap in which an entry has no size; such
a file must be refused before. Layout: HDF5 File Format Specification, III.E "Global Heap".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["check_heaps"]

#: How a heap begins: signature, version 1, three reserved bytes.
_BEGIN = b"GCOL\x01\0\0\0"
#: Everything in a heap is aligned to words of this size (bytes).
WORD_BYTES = 8
#: Words before the first entry, and of the header of each entry.
HEADER_WORDS = 2
#: The low 16 bits of an entry's first word are its number; 0 is the free space at the end.
_NUMBER = 0xFFFF
#: How much of a file is looked through at a time (bytes).
CHUNK_BYTES = 8 << 20
#: How many files that were in order are remembered.
CHECKED = 16


def check_heaps(path: Path) -> None:
    """Walk through the entries of all heaps of a file.

    Parameters
    ----------
    path : Path
        An HDF5 file.

    Raises
    ------
    ValueError
        If the free space of a heap does not reach to its end.
    """
    state = path.stat()
    _check(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=CHECKED)  # a file is opened more than once; an error is not remembered
def _check(path: Path, size: int, changed: int) -> None:  # noqa: ARG001 - tells whether it is the same
    # Read, not mapped: the pages of a mapped file count as memory of the process.
    with path.open("rb") as handle:
        for at in _begins(handle):
            if at % WORD_BYTES:
                continue
            handle.seek(at + WORD_BYTES)
            n_bytes = int.from_bytes(handle.read(WORD_BYTES), "little")
            # A heap that ends behind the file is left to the library, which refuses it.
            if at + n_bytes > size:
                continue
            handle.seek(at)
            if not _is_whole(handle.read(n_bytes - n_bytes % WORD_BYTES)):
                raise ValueError(f"the text at byte {at} is not in order")


def _begins(handle: BinaryIO) -> Iterator[int]:
    """Yield where heaps may begin; the file may be read elsewhere in between."""
    start = 0
    overlap = len(_BEGIN) - 1
    while True:
        handle.seek(start)
        chunk = handle.read(CHUNK_BYTES)
        at = chunk.find(_BEGIN)
        while at >= 0:
            yield start + at
            at = chunk.find(_BEGIN, at + 1)
        if len(chunk) <= overlap or len(chunk) < CHUNK_BYTES:
            return
        start += len(chunk) - overlap


def _is_whole(heap: bytes) -> bool:
    words: list[int] = np.frombuffer(heap, dtype="<u8").tolist()
    n_words = len(words)
    at = HEADER_WORDS
    while at + HEADER_WORDS <= n_words:
        size = words[at + 1]
        if words[at] & _NUMBER == 0:
            return at + size // WORD_BYTES == n_words
        at += HEADER_WORDS + (size + WORD_BYTES - 1) // WORD_BYTES
    return True
