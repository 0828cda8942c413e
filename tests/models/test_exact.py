"""Products without rounding errors: any order of the sums gives the same bits."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mbembed.models.exact import COLUMN_BITS, ROW_BITS, columns_on_grid, rows_on_grid

#: Kernels of OpenBLAS that run on any x86-64 processor of the last ten years.
KERNELS = ("Haswell", "Zen", "Sandybridge", "Nehalem", "Prescott")

#: 2**100: products of two stay far from the limits of float64.
FLOATS = st.floats(-(2.0**100), 2.0**100, width=32)


def on_grid(rows: np.ndarray) -> np.ndarray:
    out = np.empty(rows.shape)
    rows_on_grid(rows, out)
    return out


def product() -> np.ndarray:
    rng = np.random.default_rng(4)
    rows = np.maximum(rng.normal(size=(70, 450)), -0.1).astype(np.float32)
    rows[:, ::9] *= 100
    weight = (rng.normal(size=(450, 130)) * 10.0 ** rng.uniform(-4, 1, size=130)).astype(np.float32)
    return on_grid(rows) @ columns_on_grid(weight)


@given(
    hnp.arrays(np.float32, (2, 7), elements=FLOATS),
    hnp.arrays(np.float32, (7, 3), elements=FLOATS),
)
def test_the_sums_are_exact(rows: np.ndarray, weight: np.ndarray) -> None:
    left, right = on_grid(rows), columns_on_grid(weight)
    sums = left @ right
    for i, k in np.ndindex(sums.shape):
        exact = sum(Fraction(a) * Fraction(b) for a, b in zip(left[i].tolist(), right[:, k].tolist(), strict=True))
        assert Fraction(float(sums[i, k])) == exact


def test_the_largest_sums_still_fit() -> None:
    """Every number of a row the largest, every weight rounded up, in as long a sum as a large model has."""
    n = 8192
    rows = np.full((1, n), np.nextafter(np.float32(2), np.float32(0)))
    weight = np.full((n, 1), np.float32(1 + 2**-20) / n)
    total = (np.abs(columns_on_grid(weight)).sum(), np.abs(on_grid(rows)).max())
    step = np.ldexp(1.0, 1 - ROW_BITS), np.ldexp(1.0, 1 - COLUMN_BITS)
    assert total[0] / step[1] <= 2**COLUMN_BITS
    assert total[1] / step[0] <= 2**ROW_BITS
    assert np.finfo(np.float64).nmant + 1 >= ROW_BITS + COLUMN_BITS


def test_rounding_is_as_small_as_the_grid() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 900)).astype(np.float32)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    assert (np.abs(on_grid(rows) - rows) <= largest * 2.0**-ROW_BITS).all()
    weight = rng.normal(size=(900, 40)).astype(np.float32)
    assert (np.abs(columns_on_grid(weight) - weight) <= np.abs(weight).sum(axis=0) * 2.0**-COLUMN_BITS).all()


def test_a_row_of_zeros_stays() -> None:
    assert not on_grid(np.zeros((2, 5), np.float32)).any()
    assert on_grid(np.zeros((3, 0), np.float32)).shape == (3, 0)


def test_what_is_not_finite_stays_so() -> None:
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(on_grid(np.array([[1, np.inf], [np.nan, 1]], np.float32))).all(axis=1).any()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the kernels are those of x86-64")
@pytest.mark.parametrize(("kernel", "threads"), [(kernel, 1) for kernel in KERNELS] + [("Haswell", 2), ("", 3)])
def test_every_kernel_and_number_of_threads_gives_the_same_bits(kernel: str, threads: int) -> None:
    """Where NumPy has another BLAS, the variables do nothing and the test still holds."""
    environment = {**os.environ, "OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": str(threads)}
    code = "import hashlib; from tests.models.test_exact import product; print(hashlib.sha256(product()).hexdigest())"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(product()).hexdigest()
