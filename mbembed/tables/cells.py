"""Single lines and cells of a delimited table."""

from __future__ import annotations

import csv
import re

__all__ = ["is_missing", "is_number", "split_line"]

#: Texts that mean "no value", lower case (R: NA, pandas: nan and empty, SQL exports: null).
MISSING = frozenset({"", "na", "n/a", "nan", "<na>", "null", "none"})

_NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_INFINITE = re.compile(r"\s*[+-]?inf(inity)?\s*", re.IGNORECASE)


def split_line(line: str, delimiter: str) -> list[str]:
    r"""Split a line into cells, quotes removed.

    In tab-separated text a quote counts only where it opens and closes a cell (as R writes
    it), so that a lone ``'`` or ``"`` in a name survives.

    Examples
    --------
    >>> split_line('"Blautia, other",0.5', ",")
    ['Blautia, other', '0.5']
    >>> split_line("5'-end\t0.5", "\t")
    ["5'-end", '0.5']
    """
    if '"' not in line:
        return line.split(delimiter)
    if delimiter == "\t":
        return [
            cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
            for cell in line.split(delimiter)
        ]
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a quote that never closes, over more than the module's limit
        return line.split(delimiter)


def is_number(cell: str) -> bool:
    """Tell whether a cell holds a number, with a decimal point or comma, or an infinite one.

    >>> is_number("1e-3"), is_number("0,5"), is_number("NA"), is_number("1_000")
    (True, True, False, False)
    """
    return _NUMBER.fullmatch(cell) is not None or _INFINITE.fullmatch(cell) is not None


def is_missing(cell: str) -> bool:
    """Tell whether a cell says that there is no value.

    >>> is_missing(" NA"), is_missing(""), is_missing("0")
    (True, True, False)
    """
    return cell.strip().lower() in MISSING
