"""GELU: as exact as float32 allows, tails included."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from mbembed.models.gelu import MAX_ERROR, apply_gelu


def gelu(values: np.ndarray) -> np.ndarray:
    x = np.array(values, np.float32)
    apply_gelu(x, np.empty_like(x), np.empty_like(x))
    return x


def test_as_exact_as_float32_allows() -> None:
    x = np.linspace(-12, 12, 2_000_001, dtype=np.float32)
    exact = x.astype(np.float64) * ndtr(x.astype(np.float64))
    error = np.abs(gelu(x) - exact)
    assert error[np.abs(x) <= 4].max() <= MAX_ERROR
    assert (error <= np.maximum(MAX_ERROR, np.spacing(np.abs(x)))).all()
    assert error[x < -6].max() < 1e-8


def test_as_torch_does_it() -> None:
    torch = pytest.importorskip("torch")
    x = np.linspace(-10, 10, 400_001, dtype=np.float32)
    theirs = torch.nn.functional.gelu(torch.from_numpy(x)).numpy()
    exact = x.astype(np.float64) * ndtr(x.astype(np.float64))
    np.testing.assert_allclose(gelu(x), theirs, rtol=0, atol=2e-6)
    assert np.abs(gelu(x) - exact).max() <= np.abs(theirs - exact).max()


def test_far_tails() -> None:
    x = np.array([-3e38, -1e9, -40.0, -0.0, 0.0, 40.0, 1e9, 3e38], np.float32)
    assert np.array_equal(gelu(x), np.maximum(x, 0))


def test_a_missing_number_stays_missing() -> None:
    assert np.isnan(gelu(np.array([np.nan])))[0]
