"""The three encodings of R's serialisation: XDR, native binary, and text; numbers and bytes only.

Source: "R Internals", section 1.8 "Serialization Formats".
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NA_INTEGER", "SerialError", "Stream", "open_stream"]

#: R's missing integer (R Internals 1.1: INT_MIN).
NA_INTEGER = -(2**31)

INT_BYTES = 4
DOUBLE_BYTES = 8


class SerialError(ValueError):
    """The bytes are not a serialisation by R, break off, or ask for too much."""


class Stream(Protocol):
    """Numbers and bytes, one after the other; every method raises SerialError at the end of the content."""

    def integer(self) -> int:
        """Read one integer."""

    def integers(self, count: int) -> NDArray[np.int32]:
        """Read ``count`` integers."""

    def doubles(self, count: int) -> NDArray[np.float64]:
        """Read ``count`` doubles."""

    def text(self, size: int) -> bytes:
        """Read the bytes of a string."""

    def raw(self, size: int) -> bytes:
        """Read the bytes of a raw vector."""

    def require(self, count: int) -> None:
        """Check that ``count`` more values can be there at all, before memory is taken for them."""


class _Binary:
    """XDR (big-endian) or the native order of the machine that wrote (little-endian)."""

    def __init__(self, content: bytes, position: int, order: str) -> None:
        self.content = content
        self.position = position
        self.order = order
        self.unpack_integer = struct.Struct(f"{order}i").unpack_from

    def integer(self) -> int:
        try:
            (value,) = self.unpack_integer(self.content, self.position)
        except struct.error as error:
            raise SerialError(f"it breaks off at byte {len(self.content)}") from error
        self.position += INT_BYTES
        return int(value)

    def integers(self, count: int) -> NDArray[np.int32]:
        return np.frombuffer(self.raw(count * INT_BYTES), dtype=f"{self.order}i4").astype(np.int32, copy=False)

    def doubles(self, count: int) -> NDArray[np.float64]:
        return np.frombuffer(self.raw(count * DOUBLE_BYTES), dtype=f"{self.order}f8").astype(np.float64, copy=False)

    def raw(self, size: int) -> bytes:
        start, self.position = self.position, self.position + size
        if size < 0 or self.position > len(self.content):
            raise SerialError(f"it breaks off at byte {len(self.content)}")
        return self.content[start : self.position]

    text = raw

    def require(self, count: int) -> None:
        if not 0 <= count <= (len(self.content) - self.position) // INT_BYTES:
            raise SerialError(f"it breaks off: {count} values are announced at byte {self.position}")


class _Text:
    """``saveRDS(ascii = TRUE)``: one value a line, strings with C escapes and without blanks."""

    _ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
    _NAMED = {b"n": b"\n", b"t": b"\t", b"v": b"\v", b"b": b"\b", b"r": b"\r", b"f": b"\f", b"a": b"\a"}  # noqa: RUF012 - never changed

    def __init__(self, content: bytes, position: int) -> None:
        self.size = len(content)
        self.words = re.compile(rb"\S+").finditer(content, position)
        self.position = position

    def _word(self) -> bytes:
        match = next(self.words, None)
        if match is None:
            raise SerialError("it breaks off")
        self.position = match.end()
        return match.group()

    def integer(self) -> int:
        word = self._word()
        try:
            value = NA_INTEGER if word == b"NA" else int(word)
        except ValueError as error:
            raise SerialError(f"an integer is expected at byte {self.position}") from error
        if not NA_INTEGER <= value < 2**31:
            raise SerialError(f"the integer at byte {self.position} is too large")
        return value

    def integers(self, count: int) -> NDArray[np.int32]:
        self.require(count)
        return np.array([self.integer() for _ in range(count)], dtype=np.int32)

    def doubles(self, count: int) -> NDArray[np.float64]:
        self.require(count)
        return np.array([self._double() for _ in range(count)], dtype=np.float64)

    def _double(self) -> float:
        word = self._word().decode("ascii", "replace")
        try:
            return float("nan" if word == "NA" else word)
        except ValueError:
            pass
        try:
            return float.fromhex(word)  # asciihex connections
        except (ValueError, OverflowError) as error:
            raise SerialError(f"a number is expected at byte {self.position}") from error

    def text(self, size: int) -> bytes:
        if size == 0:
            return b""
        value = self._ESCAPE.sub(self._unescape, self._word())
        if len(value) != size:
            raise SerialError(f"the text at byte {self.position} has {len(value)} bytes, not {size}")
        return value

    def _unescape(self, match: re.Match[bytes]) -> bytes:
        code: bytes = match.group(1)
        return bytes([int(code, 8) & 0xFF]) if code[:1].isdigit() and code < b"8" else self._NAMED.get(code, code)

    def raw(self, size: int) -> bytes:
        self.require(size)
        try:
            return bytes(int(self._word(), 16) for _ in range(size))
        except ValueError as error:
            raise SerialError(f"a byte is expected at byte {self.position}") from error

    def require(self, count: int) -> None:
        # Every value takes a character and a line end; the last line end may be missing.
        if not 0 <= count <= (self.size - self.position + 1) // 2:
            raise SerialError(f"it breaks off: {count} values are announced at byte {self.position}")


def open_stream(content: bytes, position: int = 0) -> Stream:
    """Open a serialisation at its format line.

    Parameters
    ----------
    content : bytes
    position : int
        Where the format line (``X``, ``A`` or ``B``) begins.

    Returns
    -------
    Stream
        At the version number.

    Raises
    ------
    SerialError
        If there is no format line.

    Examples
    --------
    >>> open_stream(bytes([88, 10, 0, 0, 0, 3])).integer()
    3
    """
    mark = content[position : position + 2]
    if mark == b"X\n":
        return _Binary(content, position + 2, ">")
    if mark == b"B\n":
        return _Binary(content, position + 2, "<")
    if mark == b"A\n":
        return _Text(content, position + 2)
    raise SerialError("it does not begin like a serialisation by R")
