"""Structs in Thrift's compact protocol, as far as the metadata of Parquet need them.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Any

__all__ = ["I32", "I64", "LIST", "STRUCT", "TEXT", "Field", "struct"]

#: Types by their numbers in the protocol.
I32, I64, TEXT, LIST, STRUCT = 5, 6, 8, 9, 12
#: Number, type and value of a field. A struct is given as its bytes, a list as (type, items).
Field = tuple[int, int, Any]

#: Lists shorter than this have their length in the first byte.
_SHORT = 15


def struct(*fields: Field) -> bytes:
    """Return the bytes of a struct.

    Parameters
    ----------
    *fields : Field
        In the order of their numbers, which grow by less than 16.

    Examples
    --------
    >>> struct((1, I32, 3), (3, TEXT, "ab")).hex()
    '15062802616200'
    """
    parts = []
    last = 0
    for number, kind, value in fields:
        parts.append(bytes([(number - last) << 4 | kind]) + _value(kind, value))
        last = number
    return b"".join(parts) + b"\0"


def _value(kind: int, value: Any) -> bytes:
    if kind in (I32, I64):
        return _varint(value << 1 if value >= 0 else ~(value << 1))  # zigzag
    if kind == TEXT:
        text = str(value).encode()
        return _varint(len(text)) + text
    if kind == LIST:
        inner, items = value
        n_items = len(items)
        start = bytes([n_items << 4 | inner]) if n_items < _SHORT else bytes([0xF0 | inner]) + _varint(n_items)
        return start + b"".join(_value(inner, item) for item in items)
    return bytes(value)


def _varint(number: int) -> bytes:
    """Seven bits per byte, the lowest first; the eighth says that more follow."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
