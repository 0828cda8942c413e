"""What is to be predicted, and of which kind it is."""

from __future__ import annotations

import numpy as np
import pytest

from mbembed.errors import EvaluationError, UsageError
from mbembed.evaluation.target import MIN_CLASS, read_target


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        (["0", "1"] * 10, "binary", ("0", "1")),
        ([0.0, 1.0, None] * 10, "binary", ("0", "1")),
        (["CRC", "healthy"] * 10, "binary", ("healthy", "CRC")),
        (["yes", "no", "NA", "unknown"] * 10, "binary", ("no", "yes")),
        (["b"] * 10 + ["a"] * 20, "binary", ("a", "b")),
        (["low", "mid", "high"] * 10, "multiclass", ("high", "low", "mid")),
        (["0", "1", "2"] * 10, "multiclass", ("0", "1", "2")),
        ([str(i) for i in range(30)] + ["NA", "n/a"], "continuous", ()),
        (list(np.linspace(18, 40, 30)), "continuous", ()),
    ],
)
def test_kind_is_detected(values: list[object], kind: str, classes: tuple[str, ...]) -> None:
    target = read_target(values)
    assert (target.kind, target.classes) == (kind, classes)
    assert target.reason


def test_numbers_written_as_text_with_missing_words() -> None:
    target = read_target([*map(str, range(20, 50)), "NA", "", "?"])
    assert np.isnan(target.values[-3:]).all()
    assert target.values[:2].tolist() == [20.0, 21.0]


def test_kind_and_positive_can_be_given() -> None:
    assert read_target([str(i % 3) for i in range(30)], kind="continuous").kind == "continuous"
    assert read_target(["CRC", "control"] * 10, positive="control").classes == ("CRC", "control")


def test_small_classes_are_left_out_and_named() -> None:
    target = read_target(["a", "b"] * 10 + ["rare"] * (MIN_CLASS - 1))
    assert target.kind == "binary"
    assert np.isnan(target.values).sum() == MIN_CLASS - 1
    assert "rare (4)" in target.warnings[0]


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (["a"] * 20, {}, "is 'a' for all 20 samples"),
        (["3.5"] * 20 + ["NA"], {}, "is '3.5' for all 20 samples"),
        (["NA", "", None], {}, "no sample has a label"),
        ([f"id{i}" for i in range(50)], {}, "50 distinct values"),
        ([*map(str, range(40)), "forty"], {}, "'forty'"),
        ([*map(str, range(40)), "1e300"], {}, "'1e300'"),
        ([f"1_{i}" for i in range(40)], {}, "40 distinct values"),
        (["a"] * 20 + ["b"] * 2, {}, "fewer than two classes"),
        ([str(i / 10) for i in range(12)], {}, "only 12 samples have a number"),
        (["a", "b"] * 9, {"kind": "continuous"}, "is to be continuous"),
    ],
)
def test_labels_that_cannot_be_predicted(values: list[object], options: dict[str, str], message: str) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        read_target(values, name="t", **options)
    assert caught.value.expected
    assert caught.value.hint


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (["a", "b"] * 9, {"kind": "ordinal"}, "kind is 'ordinal'"),
        (["a", "b"] * 9, {"positive": "c"}, "no class of"),
        (["a", "b", "c"] * 9, {"positive": "c"}, "has 3 classes"),
        (["a", "b", "c"] * 9, {"kind": "binary"}, "has 3 classes"),
        ([*map(str, range(40))], {"positive": "3"}, "is continuous"),
    ],
)
def test_options_that_do_not_fit(values: list[object], options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_target(values, name="t", **options)
