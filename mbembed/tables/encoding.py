"""How the first bytes of a text are read: by their byte-order mark, as UTF-8, or as Latin-1."""

from __future__ import annotations

import codecs
import re

__all__ = ["UTF16_MARKS", "decode_head"]

#: Byte-order marks by which UTF-16 is known (Excel's "Unicode text"); without one it is not text.
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Control characters that no text has: all but tab, line feed, vertical tab, form feed, carriage return.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1b]")


def decode_head(head: bytes) -> list[str]:
    r"""Decode the beginning of a file, of which the last line may be cut.

    Parameters
    ----------
    head : bytes

    Returns
    -------
    list of str
        Empty if it is binary.

    Examples
    --------
    >>> decode_head("name\tS1\r\nBlautia wexlerae\t0.5".encode("utf-16"))
    ['name\tS1', 'Blautia wexlerae\t0.5']
    >>> decode_head(bytes(range(9)))
    []
    """
    if head.startswith(UTF16_MARKS):
        return _split_lines(head.decode("utf-16", errors="ignore"))
    if _BINARY.search(head):
        return []
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    return _split_lines(text)


def _split_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
