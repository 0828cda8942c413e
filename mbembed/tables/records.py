"""Tables read line by line: one record per line, or the columns of text known by their names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from mbembed.errors import CellError, DialectError, DuplicateIdError, EmptyTableError, TableError
from mbembed.tables.cells import is_number, split_line
from mbembed.tables.delimited import read_cells
from mbembed.tables.labels import UNCLASSIFIED_IDS
from mbembed.tables.layout import find_layout

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mbembed.tables.delimited import Cells
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.text import TextFile

__all__ = ["Records", "keep_once", "number_in", "pivot", "read_wide", "rows_of_rank"]


class Records:
    """The lines of a delimited text below its header, cell by cell.

    Parameters
    ----------
    file : TextFile
    header : sequence of str
        Names of the columns.
    delimiter : str
    after : int
        Number of the header's line (from 1); 0 if there is none.
    needed : sequence of str
        Columns that must be there.

    Raises
    ------
    DialectError
        If a column is lacking.
    CellError
        While iterating, if a line has fewer cells than the header.
    """

    def __init__(
        self,
        file: TextFile,
        header: Sequence[str],
        *,
        delimiter: str = "\t",
        after: int = 1,
        needed: Sequence[str] = (),
    ) -> None:
        self.file = file
        self.header = list(header)
        self.delimiter = delimiter
        self.after = after
        self.path = str(file.source.path)
        lacking = [name for name in needed if name not in self.header]
        if lacking:
            raise DialectError(
                f"{self.path} has no column {', '.join(lacking)}; its columns are {', '.join(filter(None, self.header))}",
                expected=f"the columns {', '.join(needed)}",
                hint="use the file as the program wrote it",
                path=self.path,
            )

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of each line (from 1) and its cells; blank and comment lines are passed over."""
        for first, block in self.file.blocks():
            for number, raw in enumerate(block, start=first):
                if number <= self.after or not raw.strip() or raw.startswith(b"#"):
                    continue
                cells = split_line(self.file.decode(raw), self.delimiter)
                if len(cells) < len(self.header):
                    raise CellError(
                        f"line {number} of {self.path} has {len(cells)} cells, the header {len(self.header)}",
                        expected="as many cells in every line",
                        hint="check this line for a missing delimiter, or copy the file again",
                        path=self.path,
                        line=number,
                        value=cells[0],
                    )
                yield number, cells

    def number(self, cells: Sequence[str], column: str, line: int) -> float:
        """Return the number in a column of a line, by the column's name.

        Raises
        ------
        CellError
            If there is none that is finite.
        """
        return number_in(cells[self.header.index(column)], line=line, column=column, path=self.path, row=cells[0])


def number_in(text: str, *, line: int, column: str, path: str, row: str) -> float:
    """Read a cell as a finite number.

    Parameters
    ----------
    text : str
    line, column, path, row
        Where it stands, for the message.

    Returns
    -------
    float

    Raises
    ------
    CellError
        If it holds none.
    """
    value = float(text) if is_number(text) and "," not in text else np.nan
    if not np.isfinite(value):
        raise CellError(
            f"line {line}, column '{column}' of {path} holds {text!r} (row '{row.strip()}')",
            expected="a finite number",
            hint="use the file as the profiler wrote it",
            path=path,
            line=line,
            column=column,
            value=text,
        )
    return value


def pivot(cells: Mapping[tuple[str, str], float], path: str) -> tuple[sparse.csr_array, list[str], list[str]]:
    """Turn records into a matrix.

    Parameters
    ----------
    cells : mapping of (str, str) to float
        (sample, label) → value.
    path : str
        For messages.

    Returns
    -------
    tuple of (csr_array of shape (n_samples, n_labels), list of str, list of str)
        The matrix, the samples and the labels, both in the order of their first record.

    Raises
    ------
    EmptyTableError
        If there are no records.
    """
    if not cells:
        raise EmptyTableError(
            f"{path} has a header and no rows",
            expected="one row per taxon below the header",
            hint="run the step that wrote it again",
            path=path,
        )
    samples = {name: i for i, name in enumerate(dict.fromkeys(sample for sample, _ in cells))}
    labels = {name: i for i, name in enumerate(dict.fromkeys(label for _, label in cells))}
    rows = np.fromiter((samples[sample] for sample, _ in cells), np.intp, len(cells))
    columns = np.fromiter((labels[label] for _, label in cells), np.intp, len(cells))
    data = np.fromiter(cells.values(), np.float64, len(cells))
    return sparse.csr_array((data, (rows, columns)), (len(samples), len(labels))), list(samples), list(labels)


def keep_once(cells: dict[tuple[str, str], float], key: tuple[str, str], value: float, line: int, path: str) -> None:
    """Add a record that may stand only once.

    Raises
    ------
    DuplicateIdError
        If it is there already.
    """
    if key in cells:
        sample, label = key
        raise DuplicateIdError(
            f"line {line} of {path}: '{label}' stands a second time in sample '{sample}'",
            expected="every taxon once in each sample",
            hint="use one profile per sample, as the profiler wrote it",
            path=path,
            line=line,
            ids=[label],
        )
    cells[key] = value


def read_wide(
    file: TextFile, options: ReadOptions, *, text: Collection[str], header_line: int | None = None
) -> tuple[Cells, dict[str, list[str]]]:
    """Read a table with one column per sample, beside columns of text that the dialect knows by name.

    Parameters
    ----------
    file : TextFile
    options : ReadOptions
    text : collection of str
        Names of the columns of text, lower case; numbers in them are ids.
    header_line : int, optional
        As in `find_layout`.

    Returns
    -------
    tuple of (Cells, dict of str to list of str)
        The numbers; and every column of text by its name in lower case, the first one included.

    Raises
    ------
    CellError, EmptyTableError, DialectError
        As in `read_cells` and `find_layout`; EmptyTableError also if no column of numbers is left.
    """
    layout = find_layout(file, header_line=header_line)
    known = frozenset(i for i, name in enumerate(layout.header) if i and name.lower() in text)
    layout = replace(layout, text=known)
    if not layout.value_columns:
        raise EmptyTableError(
            f"{file.source.path} has no samples: its columns are {', '.join(filter(None, layout.header))}",
            expected="at least one column of numbers",
            hint="use the file as the profiler wrote it",
            path=str(file.source.path),
        )
    cells = read_cells(file, layout, missing=options.missing)
    columns = {name.lower(): column for name, column in cells.text.items()}
    return cells, {layout.header[0].lower(): cells.labels, **columns}


def rows_of_rank(taxids: Sequence[str], ranks: Sequence[str] | None, rank: str | None, path: str) -> list[int]:
    """Return the rows of one rank, and what is not classified, where a column says the rank.

    Parameters
    ----------
    taxids : sequence of str
    ranks : sequence of str, optional
        The rank of each row; without it all rows are returned.
    rank : str, optional
        The rank that was asked for; species if none was.
    path : str
        For messages.

    Returns
    -------
    list of int

    Raises
    ------
    TableError
        If there are no rows of that rank.

    Examples
    --------
    >>> rows_of_rank(["853", "216851", "0"], ["species", "genus", ""], None, "table.tsv")
    [0, 2]
    """
    if ranks is None:
        return list(range(len(taxids)))
    wanted = rank or "species"
    chosen = {i for i, own in enumerate(ranks) if own.strip().lower() == wanted}
    if not chosen:
        known = sorted({own.strip() for own in ranks} - {""})
        raise TableError(
            f"{path} has no rows of the rank {wanted}",
            expected=f"one of its ranks: {', '.join(known)}",
            hint=f"--rank {known[0]}" if known else "",
            path=path,
        )
    return [i for i, taxid in enumerate(taxids) if i in chosen or taxid in UNCLASSIFIED_IDS]
