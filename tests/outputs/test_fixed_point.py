"""Numbers as text: equal to printf, and lossless."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mbembed.models.encoder import EMBEDDING_DECIMALS
from mbembed.outputs import fixed_point
from mbembed.outputs.fixed_point import format_rows


def rounded(values: np.ndarray) -> np.ndarray:
    """What an encoder hands over."""
    return np.round(values.astype(np.float64), EMBEDDING_DECIMALS).astype(np.float32)


def printf(x: float) -> str:
    if np.isnan(x):
        return ""
    text = f"{x:.8f}"
    return "0.00000000" if text == "-0.00000000" else text


def expected(values: np.ndarray, labels: list[bytes], delimiter: str) -> bytes:
    rows = zip(values.tolist(), labels, strict=True)
    return b"".join(label + (delimiter + delimiter.join(map(printf, row)) + "\n").encode() for row, label in rows)


def check(values: np.ndarray, delimiter: str = "\t") -> None:
    labels = [b"S%d" % i if i % 3 else b"" for i in range(len(values))]
    assert bytes(format_rows(values, labels, delimiter.encode())) == expected(values, labels, delimiter)


def floats(limit: float) -> st.SearchStrategy[float]:
    limit = float(np.float32(limit))
    return st.floats(-limit, limit, width=32)


shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6)


def test_a_cell_holds_the_decimals_of_an_embedding() -> None:
    assert fixed_point._HEAD * fixed_point._MIDDLE * fixed_point._TAIL == 10 * 10**EMBEDDING_DECIMALS


@given(hnp.arrays(np.float32, shapes, elements=floats(10)))
def test_small_numbers_are_as_printf_writes_them(values: np.ndarray) -> None:
    check(values)


@given(hnp.arrays(np.float32, shapes, elements=st.one_of(floats(1), floats(1e4))))
def test_numbers_up_to_ten_thousand_are_as_printf_writes_them(values: np.ndarray) -> None:
    check(values, ",")


@given(hnp.arrays(np.float32, shapes, elements=st.floats(width=32)))
def test_any_number_is_as_printf_writes_it(values: np.ndarray) -> None:
    """Missing, infinite, huge and subnormal numbers take the slow path and look the same."""
    check(values)


@given(hnp.arrays(np.float32, shapes, elements=st.one_of(floats(1), floats(1e4))))
def test_rounded_numbers_come_back_bit_for_bit(values: np.ndarray) -> None:
    values = rounded(values)
    text = bytes(format_rows(values, [b"S"] * len(values), b"\t")).decode()
    back = np.array([[float(cell) for cell in row[1:]] for row in csv.reader(io.StringIO(text), delimiter="\t")])
    positive_zero = values + np.float32(0)  # -0.0 + 0 = 0.0; no other number changes
    assert (back.astype(np.float32).view(np.uint32) == positive_zero.view(np.uint32)).all()


@pytest.mark.parametrize("scale", [1e-7, 1e-3, 0.6, 3.0, 40.0, 5e3, 2e7])
def test_a_million_numbers_are_as_printf_writes_them(scale: float) -> None:
    values = (np.random.default_rng(7).normal(size=(200, 700)) * scale).astype(np.float32)
    check(values)
    back = np.fromstring(bytes(format_rows(rounded(values), [b"0"] * 200, b" ")), np.float64, sep=" ")
    assert (back.reshape(200, 701)[:, 1:].astype(np.float32) == rounded(values)).all()


def test_every_float32_next_to_a_tie_and_a_power_of_ten() -> None:
    edges = np.concatenate([10.0 ** np.arange(-9, 12), 5 * 10.0 ** np.arange(-9, 5), 2.0 ** np.arange(-40, 31), [0.0]])
    edges = np.concatenate([edges, [42.949672, 42.94967, 42.949673, 9e7, 90071992.0, 90071996.0]]).astype(np.float32)
    around = np.concatenate([np.nextafter(edges, np.float32(-np.inf)), edges, np.nextafter(edges, np.float32(np.inf))])
    values = np.concatenate([around, -around])
    check(values[:, np.newaxis])
    check(values[np.newaxis, :])
    for value in values:
        check(np.array([[value]], np.float32))


@pytest.mark.parametrize("row", [0, 2, 4])
def test_missing_rows_are_empty_cells_among_ordinary_rows(row: int) -> None:
    values = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    values[row] = np.nan
    check(values)
    lines = bytes(format_rows(values, [b"x"] * 5, b",")).decode().splitlines()
    assert lines[row] == "x,,,"
    assert sum(line == "x,,," for line in lines) == 1


def test_rows_need_not_be_contiguous() -> None:
    values = np.random.default_rng(2).normal(size=(9, 8)).astype(np.float32)
    check(values[::2, ::3])
