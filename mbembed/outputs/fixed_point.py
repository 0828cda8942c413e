"""Numbers as text with eight decimals, a whole block of rows at once, in NumPy.

What is written is ``'%.8f' % x`` for every number, only fast: a few nanoseconds each. The
scaled number ``x · 1e8`` is exact in float64 (24 significant bits of a float32 times the 19
of 5^8), so rounding it to an integer rounds exactly as printf does, ties to even included.
The integer is cut into pieces, and look-up tables turn each piece into its characters.

Each number becomes a cell of 12 characters: lead, units digit, point, eight decimals,
separator. The lead is the minus sign or, for a number that has none, the separator that
ends the cell before: so cells of 11 and of 12 characters are stored by the same 12-byte
store, overlapping only where both hold the same character.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mbembed.models.encoder import EMBEDDING_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["MISSING", "format_rows"]

#: What stands for a number that is missing: nothing. R, pandas and polars all read an empty
#: cell of a numeric column as missing; ``NA`` would turn the column into text in polars.
MISSING = ""

#: 1 in units of the last decimal.
_SCALE = 10**EMBEDDING_DECIMALS
#: Characters of a cell: lead, units digit, point, decimals, separator.
_CELL = 4 + EMBEDDING_DECIMALS
#: The cell's three words of four characters hold: lead, units, point, 1 decimal | 4 | 3, separator.
_HEAD, _MIDDLE, _TAIL = 100, 10_000, 1_000
#: Scaled numbers up to here are exact integers in float64 (|x| < 9e7); rows with larger ones,
#: which no encoder gives, or with missing ones are formatted by Python one by one.
_LARGEST_EXACT = 2**53
#: Scaled numbers up to here take the 32-bit path, twice as fast (|x| < 42.9).
_LARGEST_32 = np.iinfo(np.uint32).max
#: Powers of ten that count the digits of an integer part (9e7 has eight).
_POWERS = 10 ** np.arange(EMBEDDING_DECIMALS + 1)
_ZERO, _MINUS, _NEWLINE = b"0-\n"


def format_rows(values: NDArray[np.float32], labels: Sequence[bytes], delimiter: bytes) -> bytes | memoryview:
    r"""Format rows of numbers, each after its label.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        float32; at least one row and one column.
    labels : sequence of bytes
        What stands before the first number of each row, without the delimiter.
    delimiter : bytes
        One character.

    Returns
    -------
    bytes or memoryview
        The text. A number that is zero after rounding has no minus sign; one that is not a
        number is an empty cell.

    Examples
    --------
    >>> import numpy as np
    >>> bytes(format_rows(np.array([[0.5, -12.25], [-0.0, 1e-8]], np.float32), [b"a", b"b"], b","))
    b'a,0.50000000,-12.25000000\nb,0.00000000,0.00000001\n'
    """
    scaled = values.astype(np.float64)
    scaled *= _SCALE
    np.rint(scaled, out=scaled)
    negative = scaled < 0
    np.abs(scaled, out=scaled)
    ordinary = scaled.max(axis=1) <= _LARGEST_EXACT  # False for a row that holds NaN
    if ordinary.all():
        return _format_ordinary(scaled, negative, labels, delimiter)
    parts: list[bytes | memoryview] = []
    edges = [0, *(np.flatnonzero(np.diff(ordinary)) + 1).tolist(), len(labels)]
    for start, stop in pairwise(edges):
        run = slice(start, stop)
        if ordinary[start]:
            parts.append(_format_ordinary(scaled[run], negative[run], labels[run], delimiter))
        else:
            parts += [_format_one_by_one(*row, delimiter) for row in zip(values[run], labels[run], strict=True)]
    return b"".join(parts)


def _format_ordinary(
    scaled: NDArray[np.float64], negative: NDArray[np.bool_], labels: Sequence[bytes], delimiter: bytes
) -> memoryview:
    """Format rows of absolute, scaled, rounded numbers of at most ``_LARGEST_EXACT``."""
    n_rows, n_columns = scaled.shape
    largest = scaled.max()
    # Signed where 64 bits are needed: NumPy before 2.3 takes no unsigned 64-bit indices.
    number: NDArray[np.integer] = scaled.astype(np.uint32 if largest <= _LARGEST_32 else np.int64)
    head, middle, tail = _words(delimiter)
    upper = number // _TAIL
    top = upper // _MIDDLE  # integer part and first decimal
    large = np.flatnonzero(top >= _HEAD) if largest >= _HEAD * _MIDDLE * _TAIL else None  # 10 and more
    lead = top if large is None else top % _HEAD

    cells = np.empty((n_rows, n_columns, 3), np.uint32)
    cells[..., 0] = head.take(lead + negative * lead.dtype.type(_HEAD))
    cells[..., 1] = middle.take(upper - top * _MIDDLE)
    cells[..., 2] = tail.take(number - upper * _TAIL)
    characters = cells.view(np.uint8).reshape(n_rows, n_columns, _CELL)
    characters[:, -1, -1] = _NEWLINE

    lengths = np.add(negative, _CELL - 1, dtype=np.intp).ravel()
    if large is not None:
        rest = (top.ravel()[large] // _HEAD).astype(np.intp)  # the integer part without its units digit
        lengths[large] += np.searchsorted(_POWERS, rest, side="right")
    widths = np.fromiter((len(label) + 1 for label in labels), np.intp, n_rows)
    by_row = lengths.reshape(n_rows, n_columns)
    ends_by_row = np.cumsum(lengths).reshape(n_rows, n_columns)
    ends_by_row += np.cumsum(widths)[:, np.newaxis]
    starts_of_rows = ends_by_row[:, 0] - by_row[:, 0] - widths
    ends = ends_by_row.ravel()

    text = np.empty(int(ends[-1]), np.uint8)
    # A window of one cell at every offset of the text: storing cells at their offsets writes them all.
    windows = np.ndarray((text.size - _CELL + 1,), np.dtype((np.void, _CELL)), text, strides=(1,))
    windows[ends - _CELL] = cells.view(windows.dtype).ravel()
    if large is not None:
        _write_integer_parts(text, ends[large], rest, lengths[large], negative.ravel()[large])
    memory = text.data
    for start, label in zip(starts_of_rows.tolist(), labels, strict=True):
        memory[start : start + len(label) + 1] = label + delimiter
    return memory


def _write_integer_parts(
    text: NDArray[np.uint8],
    ends: NDArray[np.intp],
    rest: NDArray[np.intp],
    lengths: NDArray[np.intp],
    negative: NDArray[np.bool_],
) -> None:
    """Write the tens, hundreds, … and the sign of the numbers that have them."""
    text[(ends - lengths)[negative]] = _MINUS
    position = ends - _CELL
    while rest.size:
        text[position] = _ZERO + rest % 10
        rest = rest // 10
        going_on = rest > 0
        rest, position = rest[going_on], position[going_on] - 1


def _format_one_by_one(row: NDArray[np.float32], label: bytes, delimiter: bytes) -> bytes:
    # "z": no minus sign for a number that rounds to zero (PEP 682)
    numbers = (MISSING if x != x else f"{x:z.{EMBEDDING_DECIMALS}f}" for x in row.tolist())
    return label + delimiter + delimiter.join(number.encode("ascii") for number in numbers) + b"\n"


@cache
def _words(delimiter: bytes) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the characters of each piece of a number; four to a word."""
    heads = [b"%c%d.%d" % (lead, i // 10, i % 10) for lead in delimiter + b"-" for i in range(_HEAD)]
    middles = [b"%04d" % i for i in range(_MIDDLE)]
    tails = [b"%03d%c" % (i, delimiter[0]) for i in range(_TAIL)]
    head, middle, tail = (np.frombuffer(b"".join(words), np.uint32) for words in (heads, middles, tails))
    return head, middle, tail
