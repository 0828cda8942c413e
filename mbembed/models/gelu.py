"""The exact GELU in float32, by multiplications and additions only: the same on every processor.

GELU(x) = x · Φ(x) with the normal distribution function Φ (Hendrycks & Gimpel 2016,
arXiv:1606.08415). It is max(x, 0) - t · Φ(-t) with t = abs(x), which loses no digits on either side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_ERROR", "apply_gelu"]

#: Φ(-t) ≈ 1 / p(t)**8. The form is that of Abramowitz & Stegun 1964, 7.1.28 (Hastings 1955), which
#: has degree 6, power 16 and an error of 3e-7. These coefficients, from the lowest, were fitted to
#: the least maximal error of t · Φ(-t) for t from 0 to 6 (least squares, weighted anew as by Lawson
#: 1961), which is 4.8e-8; beyond, it is below 6e-9 and falls to 0.
COEFFICIENTS = (
    1.0905077457427979,
    0.10875906050205231,
    0.04884251952171326,
    0.009369281120598316,
    0.00106936099473387,
    0.00012147505913162604,
    0.00010639438551152125,
    -1.825862636906095e-05,
    3.197525074938312e-06,
)
#: Squarings that make the power of 8.
SQUARINGS = 3
#: Largest absolute error where abs(x) <= 4, float32 rounding included. Larger positive values have
#: the rounding of float32, 6e-8 of the value; torch's float32 GELU is off by up to 1.2e-6.
MAX_ERROR = 2.5e-7


def apply_gelu(x: NDArray[np.float32], t: NDArray[np.float32], p: NDArray[np.float32]) -> None:
    """Replace numbers by their GELU.

    Parameters
    ----------
    x : ndarray
        float32; overwritten. Fast where it, ``t`` and ``p`` stay in the cache together.
    t, p : ndarray
        float32, of the same shape; for intermediate results.

    Examples
    --------
    >>> x = np.array([-1.0, 0.0, 1.0], np.float32)
    >>> apply_gelu(x, np.empty_like(x), np.empty_like(x))
    >>> print(x.round(4))
    [-0.1587  0.      0.8413]
    """
    np.abs(x, out=t)
    np.multiply(t, np.float32(COEFFICIENTS[-1]), out=p)
    with np.errstate(over="ignore"):  # infinity is right: t / p is 0 then
        for coefficient in COEFFICIENTS[-2:0:-1]:
            p += np.float32(coefficient)
            p *= t
        p += np.float32(COEFFICIENTS[0])
        for _ in range(SQUARINGS):
            np.multiply(p, p, out=p)
    np.divide(t, p, out=t)
    np.maximum(x, np.float32(0), out=x)
    x -= t
