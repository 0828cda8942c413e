"""How a delimited table is laid out: delimiter, decimal sign, header, columns of text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mbembed.errors import CellError, DialectError, EmptyTableError
from mbembed.tables.cells import is_missing, is_number, split_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mbembed.tables.text import TextFile

__all__ = ["DELIMITER_NAMES", "TEXT_COLUMNS", "Layout", "find_layout", "guess_delimiter"]

#: In the order in which they are tried: a tab is never part of a name, a comma often is.
DELIMITER_NAMES = {"\t": "tab", ";": "semicolon", ",": "comma"}
#: Columns that are about the taxon, lower case. Sources: MetaPhlAn 3 and 4 (NCBI_tax_id, clade_taxid,
#: additional_species), biom convert (taxonomy, ConsensusLineage), taxpasta (rank, lineage, id_lineage,
#: rank_lineage), GMrepo (ncbi_taxon_id).
TEXT_COLUMNS = frozenset(
    {
        "additional_species",
        "clade_taxid",
        "consensuslineage",
        "id_lineage",
        "lineage",
        "ncbi_tax_id",
        "ncbi_taxon_id",
        "rank",
        "rank_lineage",
        "tax_id",
        "taxid",
        "taxonomy",
        "taxonomy_id",
    }
)
#: A column without a known name is text when it is so in this many rows; one odd cell is an error, not a column.
MIN_TEXT_ROWS = 2
#: Names of the first column that are no sample's, lower case.
LABEL_COLUMNS = frozenset(
    {
        "",
        "clade_name",
        "feature",
        "feature id",
        "featureid",
        "id",
        "index",
        "label",
        "lineage",
        "name",
        "names",
        "otu",
        "otu id",
        "sample",
        "sample_id",
        "sample_name",
        "sampleid",
        "samples",
        "species",
        "taxa",
        "taxon",
        "taxonomy",
    }
)

#: How many cells of each line are asked whether they are numbers, to find the delimiter.
SCORED_CELLS = 1000
#: Weight of a delimiter that cuts header and data into different numbers of cells: taken only where no
#: other fits, so that the error can name the lines.
MISFIT = 0.1

_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")
_DECIMAL_POINT = re.compile(r"\s*[+-]?\d*\.\d+([eE][+-]?\d+)?\s*")


@dataclass(frozen=True)
class Layout:
    """Where everything stands in a delimited table.

    Attributes
    ----------
    delimiter : str
    decimal : {".", ","}
    header : list of str
        One name per column, the first that of the labels (may be empty).
    header_line : int
        Its line number (from 1); the data begin on the next.
    text : frozenset of int
        Columns of text, without the first.
    trailing : int
        Empty cells at the end of every line.
    """

    delimiter: str
    decimal: str
    header: list[str]
    header_line: int
    text: frozenset[int]
    trailing: int

    @property
    def value_columns(self) -> list[int]:
        """Columns of numbers."""
        return [i for i in range(1, len(self.header)) if i not in self.text]

    @property
    def words(self) -> str:
        """The layout in words, for the decision that is stated."""
        return f"{DELIMITER_NAMES[self.delimiter]}-separated" + (", decimal comma" if self.decimal == "," else "")


def guess_delimiter(lines: Sequence[str]) -> str | None:
    """Find the delimiter of some lines, header first.

    Parameters
    ----------
    lines : sequence of str
        Whole lines, no comments.

    Returns
    -------
    str or None
        The one that cuts all lines into the same number of cells, most of them numbers;
        None if there is no such.
    """
    if len(lines) <= 1:
        return next((delimiter for delimiter in DELIMITER_NAMES for line in lines if delimiter in line), None)
    best, best_score = None, 0.0
    for delimiter in DELIMITER_NAMES:
        rows = [split_line(line, delimiter) for line in lines]
        width, support = Counter(len(row) for row in rows[1:]).most_common(1)[0]
        if width < 2:
            continue
        cells = [cell for row in rows[1:] for cell in row[1:SCORED_CELLS]]
        numbers = sum(map(is_number, cells)) / len(cells) if cells else 0.0
        score = numbers * support / (len(rows) - 1)
        if abs(width - len(rows[0])) > 1:
            score *= MISFIT
        if score > best_score:
            best, best_score = delimiter, score
    return best


def find_layout(file: TextFile, *, header_line: int | None = None) -> Layout:
    """Find out how a table is laid out, from its first lines.

    Parameters
    ----------
    file : TextFile
    header_line : int, optional
        Number of the header's line (from 1) where the dialect knows it; else the last line
        that begins with ``#`` if it has as many cells as the data, else the first line after.

    Returns
    -------
    Layout

    Raises
    ------
    DialectError
        If there is no delimiter.
    EmptyTableError
        If no line follows the header.
    CellError
        If header and data have different numbers of cells.
    """
    path = str(file.source.path)
    lines = file.head
    numbered = [(i, line) for i, line in enumerate(lines, start=1) if line.strip()]
    comments = [i for i, line in numbered if line.startswith("#")]
    first = next((i for i, line in numbered if not line.startswith("#")), 0)
    candidates = [header_line] if header_line else [*comments[-1:], first]
    for at in candidates:
        following = [line for i, line in numbered if i > at and not (header_line is None and line.startswith("#"))]
        delimiter = guess_delimiter([lines[at - 1], *following]) if at else None
        if delimiter is not None and (at == candidates[-1] or len(split_line(lines[at - 1], delimiter)) > 1):
            break
    else:
        at, delimiter, following = candidates[-1], None, []
    if delimiter is None:
        raise DialectError(
            f"{path} has no columns that a tab, comma or semicolon separates and that hold numbers",
            expected="one row per taxon or sample, and a header",
            hint="mbembed inspect shows what each dialect needs; --format names one",
            path=path,
        )
    header = [cell.strip() for cell in split_line(lines[at - 1], delimiter)]
    rows = [split_line(line, delimiter) for line in following if line.strip(f"{delimiter} ")]
    if not rows:
        raise EmptyTableError(
            f"{path} has a header and no rows",
            expected="one row per taxon or sample below the header",
            hint="run the step that wrote it again",
            path=path,
        )
    header, trailing = _fit(header, rows, path, at)
    text = frozenset(_text_columns(header, rows))
    decimal = _decimal(delimiter, [cell for row in rows for i, cell in enumerate(row[1:], 1) if i not in text])
    return Layout(delimiter, decimal, header, at, text, trailing)


def _fit(header: list[str], rows: Sequence[list[str]], path: str, line: int) -> tuple[list[str], int]:
    """Bring the header to the width of the data: one cell short (R), or a delimiter at the end of lines."""
    width = Counter(map(len, rows)).most_common(1)[0][0]
    full = [row for row in rows if len(row) == width]
    empty = next((n for n in range(width) if any(row[width - 1 - n] for row in full)), width - 1)
    named = len(header)
    while named and not header[named - 1]:
        named -= 1
    surplus = width - named
    # One cell more than names: a short header, or a trailing delimiter? Its first name tells.
    if 0 <= surplus <= empty and (surplus != 1 or _names_labels(header)):
        header, trailing = header[:named], surplus
    elif width == len(header):
        trailing = 0
    elif surplus == 1:
        header, trailing = ["", *header[:named]], 0
    else:
        raise CellError(
            f"the header of {path} (line {line}) has {len(header)} cells, the rows below have {width}",
            expected="as many in both, or one less in the header (as R writes it)",
            hint="check the header for a missing or an additional delimiter",
            path=path,
            line=line,
        )
    return [header[0].removeprefix("#").strip(), *header[1:]], trailing


def _names_labels(header: Sequence[str]) -> bool:
    return not header or header[0].lower().removeprefix("#").strip() in LABEL_COLUMNS


def _text_columns(header: Sequence[str], rows: Sequence[list[str]]) -> Iterable[int]:
    for i, name in enumerate(header[1:], start=1):
        if name.lower() in TEXT_COLUMNS:
            yield i
            continue
        cells = [row[i] for row in rows if len(row) > i]
        if len(cells) >= MIN_TEXT_ROWS and not (
            is_number(cells[0]) or any(is_number(cell) or is_missing(cell) for cell in cells)
        ):
            yield i


def _decimal(delimiter: str, cells: Sequence[str]) -> str:
    if delimiter == ",":
        return "."
    points = any(_DECIMAL_POINT.fullmatch(cell) for cell in cells)
    commas = any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    # Semicolons are there because the comma is taken (R's write.csv2, Excel in most of Europe).
    return "," if not points and (commas or delimiter == ";") else "."
