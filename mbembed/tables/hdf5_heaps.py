"""The heaps in which HDF5 keeps text, looked through before the HDF5 library reads them.

The library (2.0 and older) never returns from a damaged heap in which an entry has no size; such
a file must be refused before. Layout: HDF5 File Format Specification, III.E "Global Heap".
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(_BEGIN)
        while at >= 0:
            if at % WORD_BYTES == 0:
                size = int.from_bytes(content[at + WORD_BYTES : at + 2 * WORD_BYTES], "little")
                # A heap that ends behind the file is left to the library, which refuses it.
                if at + size <= len(content) and not _is_whole(content[at : at + size - size % WORD_BYTES]):
                    raise ValueError(f"the text at byte {at} is not in order")
            at = content.find(_BEGIN, at + 1)


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
