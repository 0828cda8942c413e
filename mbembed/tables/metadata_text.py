"""The text of a metadata table: its header, and lines of the same length below it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from mbembed.errors import MetadataError, TableError
from mbembed.tables.cells import split_line
from mbembed.tables.source import open_source
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

__all__ = ["read_lines"]

#: What every message on a file expects.
EXPECTED = "a metadata table: tab- or comma-separated text with a header, one line per sample"
#: QIIME 2 writes directives below the header, such as the types of the columns.
QIIME_DIRECTIVE = "#q2:"
#: What separates the cells of a line; a tab decides, as commas stand in text too.
SEPARATORS = "\t,;"


def read_lines(path: str | os.PathLike[str]) -> tuple[list[str], list[list[str]]]:
    """Read a table as text.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    header : list of str
        The first is empty where R wrote row names without a name.
    lines : list of list of str
        As long as the header; blanks around the texts are removed. Without empty lines, comments in
        front of the header and QIIME 2's directives below it.

    Raises
    ------
    MetadataError
        If the file cannot be read, a line is longer than the header, or a column stands twice.
    """
    try:
        text = TextFile(open_source(path))
        lines = [text.decode(line) for _, block in text.blocks() for line in block]
    except TableError as error:
        raise MetadataError(error.found, expected=EXPECTED, hint=error.hint, path=str(path)) from error
    return _split(str(path), lines)


def _split(path: str, lines: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return the header and the lines below it, all of the same length."""
    start = next((i for i, line in enumerate(lines) if line.strip() and not _is_comment(line)), len(lines))
    if start == len(lines):
        raise MetadataError(f"{path} has no lines", expected=EXPECTED, hint="save it as TSV", path=path)
    separator = "\t" if "\t" in lines[start] else max(SEPARATORS[1:], key=lines[start].count)
    numbered = [(start + i, cells) for i, cells in _cells(path, lines[start:], separator, start)]
    header = numbered[0][1]
    n_written = len(header)
    while len(header) > 1 and not header[-1]:
        header = header[:-1]  # cells that a spreadsheet wrote although they are empty
    rows = [(i, cells) for i, cells in numbered[1:] if any(cells) and not cells[0].startswith(QIIME_DIRECTIVE)]
    if rows and all(len(cells) == n_written + 1 for _, cells in rows):
        if not any(cells[-1] for _, cells in rows):
            # R's row names beside an empty column, or a separator at the end of each line: every value would move.
            raise _unequal(path, *rows[0], n_written)
        header = ["", *header]  # R's write.table names no column for the row names
    for line, cells in rows:
        if any(cells[len(header) :]):
            raise _unequal(path, line, cells, len(header))
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise MetadataError(
            f"the header of {path} has column {twice[0]!r} more than once",
            expected="columns of different names",
            hint="rename or remove one of them",
            path=path,
            columns=twice,
        )
    width = len(header)
    return header, [(cells + [""] * width)[:width] for _, cells in rows]


def _unequal(path: str, line: int, cells: Sequence[str], n_columns: int) -> MetadataError:
    return MetadataError(
        f"line {line} of {path} has {len(cells)} cells, and its header {n_columns}",
        expected="a header and lines of the same length, separated by tabs or commas",
        hint="save it again as TSV; text that holds a separator needs quotes",
        path=path,
        line=line,
    )


def _is_comment(line: str) -> bool:
    return line.startswith("#") and not any(separator in line for separator in SEPARATORS)


def _cells(path: str, lines: Sequence[str], separator: str, start: int) -> Iterable[tuple[int, list[str]]]:
    """Return each line's number, counted from 1, and its cells; a quoted cell may go on over several lines."""
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator, strict=True)
    try:
        return [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except csv.Error as error:
        if separator == "\t":  # a quote in the text, as in 5"-end: it quotes nothing
            return [(i, [cell.strip() for cell in split_line(line, separator)]) for i, line in enumerate(lines, 1)]
        raise MetadataError(
            f"line {start + reader.line_num} of {path} cannot be divided into cells ({error})",
            expected="quotes in pairs around a cell",
            hint="save it again as TSV",
            path=path,
            line=start + reader.line_num,
        ) from error
