"""Delimited tables: the numbers read fast, and every cell that is none found exactly.

The fast pass joins the numbers of a block of lines into one column and has it parsed at once;
where anything is odd about a block, a slow pass goes through it cell by cell and either reads
it or says which cell is wrong.
"""

from __future__ import annotations

import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import CellError
from mbembed.tables.blocks import joined
from mbembed.tables.cells import is_missing, is_number, split_line
from mbembed.tables.numbers import parse_numbers, to_csr

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.layout import Layout
    from mbembed.tables.text import TextFile

__all__ = ["Cells", "read_cells"]

#: How many blocks may be under way at once: enough to keep the parser busy, little memory.
BLOCKS_AHEAD = 2
_QUOTED = re.compile(rb'"((?:[^"]|"")*)"')


@dataclass
class Cells:
    """What stands in a delimited table.

    Attributes
    ----------
    labels : list of str
        First cell of each row.
    columns : list of str
        Header of each column of numbers.
    values : csr_array of shape (n_rows, n_columns)
        float64.
    text : dict of str to list of str
        The other columns of text, by their header.
    n_missing : int
        Empty cells that were read as 0.
    """

    labels: list[str]
    columns: list[str]
    values: csr_array
    text: dict[str, list[str]] = field(default_factory=dict)
    n_missing: int = 0

    @property
    def notes(self) -> list[str]:
        """What to warn of: how many cells were empty; nothing if none was."""
        return [f"{self.n_missing:,} missing values were read as 0"] if self.n_missing else []


def read_cells(file: TextFile, layout: Layout, *, missing: str = "error") -> Cells:
    """Read a delimited table.

    Parameters
    ----------
    file : TextFile
    layout : Layout
    missing : {"error", "zero"}
        What an empty cell or ``NA`` among the numbers means.

    Returns
    -------
    Cells

    Raises
    ------
    CellError
        If a line has too many or too few cells, or a cell among the numbers holds none;
        with ``line``, ``column`` and ``value``.
    DialectError
        If the file is damaged further on.
    """
    return _Pass(file, layout, missing).run()


class _Cut(NamedTuple):
    """A block of lines: the cells of text of each, and all numbers joined."""

    texts: list[list[bytes]]
    numbers: bytes


class _Block(NamedTuple):
    """A block of numbered lines on its way: cut, and being parsed, unless it needs the slow pass."""

    rows: list[tuple[int, bytes]]
    cut: _Cut | None
    parsed: Future[csr_array | None] | None


class _Pass:
    """One reading of one table."""

    def __init__(self, file: TextFile, layout: Layout, missing: str) -> None:
        self.file = file
        self.layout = layout
        self.zero = missing == "zero"
        self.columns = layout.value_columns
        self.delimiter = layout.delimiter.encode()
        self.suffix = self.delimiter * layout.trailing
        text = sorted(layout.text)
        width = len(layout.header)
        self.lead = next((i for i in range(1, width) if i not in layout.text), width) - 1
        self.trail = next((i for i in range(width) if width - 1 - i not in layout.text), 0)
        #: Text between the numbers leaves no run of numbers that could be parsed at once.
        self.plain = self.lead + self.trail == len(text)
        self.labels: list[str] = []
        self.text: dict[int, list[str]] = {i: [] for i in text}
        self.n_missing = 0
        self.first_missing: tuple[int, str, str] | None = None

    def run(self) -> Cells:
        blocks: list[csr_array] = []
        waiting: deque[_Block] = deque()
        # polars parses one block, without the interpreter's lock, while the next is being cut.
        with ThreadPoolExecutor(max_workers=1) as parser:
            for rows in self._row_blocks():
                cut = self._cut([line for _, line in rows]) if self.plain else None
                waiting.append(_Block(rows, cut, parser.submit(self._parse, cut) if cut else None))
                if len(waiting) > BLOCKS_AHEAD:
                    blocks.append(self._finish(waiting.popleft()))
            blocks += [self._finish(block) for block in waiting]
        if self.n_missing and not self.zero:
            raise self._missing_error()
        names = self.layout.header
        return Cells(
            labels=self.labels,
            columns=[names[i] for i in self.columns],
            values=joined(blocks, len(self.columns)),
            text={names[i]: cells for i, cells in self.text.items()},
            n_missing=self.n_missing,
        )

    def _row_blocks(self) -> Iterator[list[tuple[int, bytes]]]:
        for number, lines in self.file.blocks():
            skip = max(self.layout.header_line + 1 - number, 0)
            rows = [
                (number + i, line)
                for i, line in enumerate(lines[skip:], start=skip)
                if line.strip(self.delimiter + b" \t")
            ]
            if rows:
                yield rows

    def _cut(self, lines: Sequence[bytes]) -> _Cut | None:
        """Cut the text off the numbers; None if a line is not laid out like the header."""
        texts, numbers = [], []
        separators = len(self.columns) - 1
        for line in lines:
            head, rest = self._split_lead(line.removesuffix(self.suffix) if self.suffix else line)
            tail: list[bytes] = []
            if self.trail:
                rest, *tail = rest.rsplit(self.delimiter, self.trail)
            if (len(head), len(tail)) != (self.lead + 1, self.trail) or rest.count(self.delimiter) != separators:
                return None
            texts.append([*head, *tail])
            numbers.append(rest)
        return _Cut(texts, self.delimiter.join(numbers))

    def _parse(self, cut: _Cut) -> csr_array | None:
        shape = (len(cut.texts), len(self.columns))
        values = parse_numbers(cut.numbers, self.delimiter, self.layout.decimal, shape[0] * shape[1])
        return None if values is None else to_csr(values.reshape(shape))

    def _finish(self, block: _Block) -> csr_array:
        values = block.parsed.result() if block.parsed else None
        if values is None or block.cut is None:
            return to_csr(self._slow(block.rows))
        for texts in block.cut.texts:
            self._keep(texts)
        return values

    def _split_lead(self, line: bytes) -> tuple[list[bytes], bytes]:
        if not line.startswith(b'"') and not (self.lead and b'"' in line):
            *head, rest = line.split(self.delimiter, self.lead + 1)
            return head, rest
        head, at = [], 0
        while len(head) <= self.lead:
            quoted = _QUOTED.match(line, at)
            end = quoted.end() if quoted else line.find(self.delimiter, at)
            if end < 0 or line[end : end + 1] != self.delimiter:
                quoted, end = None, line.find(self.delimiter, at)
                if end < 0:
                    break
            head.append(line[at:end])
            at = end + 1
        return head, line[at:]

    def _keep(self, texts: Sequence[bytes]) -> None:
        label, *others = (_unquote(self.file.decode(text)) for text in texts)
        self.labels.append(label)
        for cells, text in zip(self.text.values(), others, strict=True):
            cells.append(text)

    def _slow(self, rows: Sequence[tuple[int, bytes]]) -> NDArray[np.float64]:
        width = len(self.layout.header)
        values = np.zeros((len(rows), len(self.columns)))
        for row, (number, line) in enumerate(rows):
            cells = split_line(self.file.decode(line.removesuffix(self.suffix)), self.layout.delimiter)
            if len(cells) != width:
                raise CellError(
                    f"line {number} of {self.file.source.path} has {len(cells)} cell{'s' * (len(cells) != 1)}, the header {width}",
                    expected="as many cells in every line",
                    hint="check this line for a missing or an additional delimiter",
                    path=str(self.file.source.path),
                    line=number,
                    value=cells[0],
                )
            self.labels.append(cells[0])
            for i, texts in self.text.items():
                texts.append(cells[i])
            for column, i in enumerate(self.columns):
                values[row, column] = self._number(cells[i], number, i, cells[0])
        return values

    def _number(self, cell: str, line: int, column: int, label: str) -> float:
        text = cell.strip()
        if is_missing(text):
            self.n_missing += 1
            self.first_missing = self.first_missing or (line, self.layout.header[column], cell)
            return 0.0
        number = text.replace(",", ".") if self.layout.decimal == "," else text
        value = float(number) if is_number(number) and "," not in number else None
        if value is None or not np.isfinite(value):
            raise CellError(
                f"line {line}, column '{self.layout.header[column]}' of {self.file.source.path} "
                f"holds {cell!r} (row '{label}')",
                expected="a finite number",
                hint="correct this cell, or remove the row or column if it is not an abundance",
                path=str(self.file.source.path),
                line=line,
                column=self.layout.header[column],
                value=cell,
            )
        return value

    def _missing_error(self) -> CellError:
        line, column, value = self.first_missing or (0, "", "")
        count = "1 cell is" if self.n_missing == 1 else f"{self.n_missing:,} cells are"
        return CellError(
            f"{count} empty or not a number in {self.file.source.path}; the first is in line {line}, "
            f"column '{column}' ({value!r})",
            expected="a number in every cell",
            hint="--missing zero reads them as 0",
            path=str(self.file.source.path),
            line=line,
            column=column,
            value=value,
            count=self.n_missing,
        )


def _unquote(text: str) -> str:
    return text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text
