"""Lines of a text file: any encoding, any line ending, in blocks of bounded size."""

from __future__ import annotations

import codecs
from functools import cached_property
from typing import TYPE_CHECKING

from mbembed.errors import DialectError
from mbembed.tables.encoding import UTF16_MARKS
from mbembed.tables.source import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mbembed.tables.source import Source

__all__ = ["BLOCK_BYTES", "MAX_LINE_BYTES", "TextFile"]

#: How much is read at once (bytes). Measured: larger blocks cost memory and gain no time.
BLOCK_BYTES = 4 * 1024 * 1024
#: The longest line that is read (bytes): one value of 12 characters for each of 5 million samples.
#: A longer one is no table, and would otherwise be loaded whole before anything is said.
MAX_LINE_BYTES = 64 * 1024 * 1024
#: Lines that decide delimiter, header and text columns.
LAYOUT_LINES = 50
#: In a wide table fewer do: no more than this (bytes), but some lines in any case.
LAYOUT_BYTES = 256 * 1024
LAYOUT_MIN_LINES = 6


class TextFile:
    """The lines of a text file.

    Parameters
    ----------
    source : Source

    Attributes
    ----------
    warnings : list of str
        What had to be assumed, filled while decoding.

    Raises
    ------
    DialectError
        If it is not text.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.warnings: list[str] = []
        self._utf16 = source.head.startswith(UTF16_MARKS)
        self._old_mac = b"\n" not in source.head and b"\r" in source.head
        if source.kind != "text" or not source.head_lines:
            raise DialectError(
                f"{source.path} is not a text file",
                expected="an abundance table (BIOM, TSV, MetaPhlAn, …)",
                hint="save a spreadsheet as tab-separated text" if source.kind == "zip" else "",
                path=str(source.path),
            )

    @cached_property
    def head(self) -> list[str]:
        """The first lines, whole: ``LAYOUT_LINES``, or fewer if they are long."""
        lines: list[bytes] = []
        size = 0
        for line in (line for _, block in self.blocks() for line in block):
            lines.append(line)
            size += len(line)
            if len(lines) >= (LAYOUT_LINES if size < LAYOUT_BYTES else LAYOUT_MIN_LINES):
                break
        return [self.decode(line) for line in lines]

    def decode(self, raw: bytes) -> str:
        """Decode some bytes of the file: UTF-8, or Latin-1 where that fails (which is said)."""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            text = "the names are not in UTF-8; they were read as Latin-1"
            if text not in self.warnings:
                self.warnings.append(text)
            return raw.decode("latin-1")

    def blocks(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the lines, block by block.

        Yields
        ------
        tuple of (int, list of bytes)
            Number of the first line (from 1), and the lines without their ends: UTF-8
            whatever the file had, no byte-order mark, blank ones kept (they count).

        Raises
        ------
        DialectError
            If a line is longer than ``MAX_LINE_BYTES``, or the file is damaged further on.
        """
        number = 1
        rest: list[bytes] = []
        length = 0
        for chunk in self._chunks():
            cut = chunk.rfind(b"\n")
            if cut < 0:
                rest.append(chunk)
                length += len(chunk)
                if length > MAX_LINE_BYTES:
                    raise self._too_long(number)
                continue
            lines = b"".join([*rest, chunk[:cut]]).split(b"\n")
            yield number, _without_returns(lines)
            number += len(lines)
            rest, length = [chunk[cut + 1 :]], len(chunk) - cut - 1
        last = b"".join(rest)
        if last:
            yield number, _without_returns([last])

    def _chunks(self) -> Iterator[bytes]:
        first = True
        try:
            with self.source.open() as handle:
                decoder = codecs.getincrementaldecoder("utf-16")() if self._utf16 else None
                while raw := handle.read(BLOCK_BYTES):
                    chunk = raw if decoder is None else decoder.decode(raw).encode("utf-8")
                    if first:
                        chunk, first = chunk.removeprefix(codecs.BOM_UTF8), False
                    yield chunk.replace(b"\r", b"\n") if self._old_mac else chunk
        except DAMAGE as error:
            raise DialectError(
                f"{self.source.path} is damaged ({error})",
                expected="a file that was copied or downloaded whole",
                hint="copy or download it again",
                path=str(self.source.path),
            ) from error

    def _too_long(self, number: int) -> DialectError:
        return DialectError(
            f"line {number} of {self.source.path} is longer than {MAX_LINE_BYTES // 1024**2} MB",
            expected="a table of lines",
            hint="check how the file was written: its line ends may have been lost",
            path=str(self.source.path),
            line=number,
        )


def _without_returns(lines: list[bytes]) -> list[bytes]:
    return [line.removesuffix(b"\r") for line in lines]
