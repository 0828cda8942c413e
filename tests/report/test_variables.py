"""Which columns of metadata colour a map."""

from __future__ import annotations

import pandas as pd
import pytest

from mbembed.errors import UsageError
from mbembed.report.variables import choose_variables, read_variable


def test_columns_that_tell_samples_apart() -> None:
    n = 20
    frame = pd.DataFrame(
        {
            "barcode": [f"b{i}" for i in range(n)],
            "kit": ["k"] * n,
            "code": [str(i % 2) for i in range(n)],
            "age": [None if i == 3 else str(40.5 + i) for i in range(n)],
            "site": ["a" if i < 9 else "b" for i in range(n)],
            "late": ["x" if i < 4 else "y" for i in range(n)],
            "empty": [None] * n,
        }
    )
    variables, spare, notes = choose_variables(frame)
    assert [(one.name, one.is_continuous) for one in variables] == [("code", False), ("age", True), ("site", False)]
    assert variables[1].missing.sum() == 1
    assert variables[2].levels == [("b", 11), ("a", 9)]
    assert notes == ["Further columns, for `--color-by`: late."]
    assert [one.name for one in spare] == ["late"]
    chosen, spare, _ = choose_variables(frame, ["late"])
    assert [one.name for one in chosen] == ["late"]
    assert [one.name for one in spare] == ["code", "age", "site"]


def test_names_with_an_underscore_are_no_numbers() -> None:
    assert not read_variable(pd.Series([f"{i}_{i % 3}" for i in range(9)], name="well", dtype=object)).is_continuous
    assert read_variable(pd.Series([f"{i}{i % 3}" for i in range(9)], name="age", dtype=object)).is_continuous


@pytest.mark.parametrize(
    ("wanted", "words"),
    [(["nope"], "no column 'nope'"), (["a", "b", "c", "d"], "4 columns were named"), (["e"], "no value for any")],
)
def test_wanted_columns_that_cannot_be(wanted: list[str], words: str) -> None:
    frame = pd.DataFrame({name: ["1", "2"] for name in "abcd"} | {"e": [None, None]})
    with pytest.raises(UsageError, match=words):
        choose_variables(frame, wanted)


def test_columns_of_many_groups_come_last() -> None:
    people = [f"person {i // 2}" for i in range(60)]
    frame = pd.DataFrame({"person": people, "site": ["gut", "mouth"] * 30, "age": [str(20.5 + i) for i in range(60)]})
    assert [one.name for one in choose_variables(frame)[0]] == ["site", "age", "person"]
