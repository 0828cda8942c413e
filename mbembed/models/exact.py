"""Matrix products that are the same on every machine: sums without rounding errors have no order.

A BLAS adds up a row in an order that depends on the processor, on its number of threads, on how
many rows there are and on where the row stands; with rounding errors, so does the result. Here
numbers are rounded beforehand to a grid so coarse that float64 holds every product and every
partial sum exactly. Then no order can make a difference. (The splitting step of the scheme of
Ozaki et al. 2012, Numerical Algorithms 59:95-118, with one slice of each factor.)

The numbers of a row are whole multiples, of at most 2**ROW_BITS, of a power of two; those of a
column of weights add up to at most 2**COLUMN_BITS of another. No sum of their products is then more
than 2**(ROW_BITS + COLUMN_BITS) = 2**53 multiples of the product of both, and float64 has 53 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COLUMN_BITS", "ROW_BITS", "columns_on_grid", "rows_on_grid"]

#: Bits of the largest number of a row: one less than float32 has.
ROW_BITS = 23
#: Bits of the sum of the absolute weights of a column. A single weight of 1,920 has some 19 left,
#: and the sum an error like that of float32 arithmetic.
COLUMN_BITS = 30
#: Adding and taking off again 1.5 · 2**52 grid steps rounds to whole steps (IEEE 754 float64, ties to even).
_ROUNDER, _ROUNDER_BITS = 1.5, 52


def columns_on_grid(weight: NDArray[np.floating]) -> NDArray[np.float64]:
    """Round each column of weights to its grid.

    Parameters
    ----------
    weight : ndarray of shape (n_in, n_out)
        Finite.

    Returns
    -------
    ndarray of shape (n_in, n_out)
        float64.
    """
    exact = np.asarray(weight, np.float64)
    # Rounding may add half a step to each weight.
    size = np.abs(exact).sum(axis=0) * (1 + len(exact) * 0.5**COLUMN_BITS)
    rounder = _rounder(size, COLUMN_BITS)
    return (exact + rounder) - rounder


def rows_on_grid(rows: NDArray[np.float32], out: NDArray[np.float64]) -> None:
    """Round each row to its grid.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_in)
        float32.
    out : ndarray of shape (n_rows, n_in)
        float64; where the result goes.

    Examples
    --------
    >>> rounded = np.empty((1, 2))
    >>> rows_on_grid(np.array([[1.0, 1e-9]], np.float32), rounded)
    >>> print(rounded)
    [[1. 0.]]
    """
    largest = np.maximum(rows.max(axis=1, initial=0.0), -rows.min(axis=1, initial=0.0))
    rounder = _rounder(largest.astype(np.float64), ROW_BITS)[:, np.newaxis]
    np.add(rows, rounder, out=out)
    out -= rounder


def _rounder(size: NDArray[np.float64], bits: int) -> NDArray[np.float64]:
    """Return what rounds numbers of a size to ``bits`` bits, when added and taken off again."""
    _, exponent = np.frexp(size)  # size < 2**exponent
    rounder: NDArray[np.float64] = np.ldexp(_ROUNDER, exponent + (_ROUNDER_BITS - bits))
    return rounder
