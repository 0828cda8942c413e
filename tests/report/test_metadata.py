"""Metadata: read as text, joined by id, and which columns colour a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mbembed.errors import DuplicateIdError, EmptyTableError, TableError, UsageError
from mbembed.report.metadata import join_metadata, read_metadata
from mbembed.report.variables import choose_variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IDS = ["001", "002", "003"]


@pytest.mark.parametrize(
    "content",
    [
        b"sample\tage\n001\t40\n002\tNA\n003\t60\n",
        b"sample,age\r\n001,40\r\n002,\r\n003,60\r\n",
        "\ufeffsample\tage\n001\t40\n002\tnot collected\n003\t60\n".encode(),
        "sample\tage\n001\t40\n002\tNaN\n003\t60\n".encode("utf-16"),
        b"sample-id\tage\n#q2:types\tnumeric\n003\t60\n002\t\n001\t40\n",
        b"nr\tsample\tage\n1\t001\t40\n2\t003\t60\n3\t004\t70\n",
    ],
    ids=["tsv", "csv-crlf", "byte-order-mark", "utf-16", "qiime2-other-order", "ids-in-second-column"],
)
def test_the_same_from_every_spelling(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.tsv"
    path.write_bytes(content)
    joined = join_metadata(path, IDS)
    assert list(joined.frame.index) == IDS
    assert joined.frame["age"].tolist() == ["40", None, "60"]
    assert "of 3 samples have metadata" in joined.notes[0]


def test_what_did_not_join_is_said() -> None:
    frame = pd.DataFrame({"sample": ["001", "002", "x"], "age": [1, 2, 3]})
    notes = " ".join(join_metadata(frame, IDS).notes)
    assert "2 of 3 samples have metadata" in notes
    assert "Without metadata: 003" in notes
    assert "1 row of the metadata without a sample that has a vector" in notes


def test_a_frame_may_carry_ids_in_its_index() -> None:
    joined = join_metadata(pd.DataFrame({"site": ["a", "b", "c"]}, index=IDS[::-1]), IDS)
    assert joined.frame["site"].tolist() == ["c", "b", "a"]


def _refuse(tmp_path: Path, content: str) -> Callable[[], object]:
    path = tmp_path / "m.tsv"
    path.write_text(content)
    return lambda: join_metadata(path, IDS)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("no-id-joins", "sample\tage\nA1\t3\nA2\t4\n", UsageError),
        ("repeated-id", "sample\tage\n001\t3\n001\t4\n", DuplicateIdError),
        ("one-column", "sample\n001\n", EmptyTableError),
        ("header-only", "sample\tage\n", EmptyTableError),
        ("empty", "", TableError),
    ],
)
def test_refusals_in_words(tmp_path: Path, snapshot: object, name: str, content: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        _refuse(tmp_path, content)()
    snapshot(f"report/metadata-{name}", str(caught.value))


def test_rows_of_unequal_length(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="not a table of equal rows"):
        _refuse(tmp_path, "sample\tage\n001\t1\n002\t2\t3\t4\n")()


def test_everything_is_text(tmp_path: Path) -> None:
    path = tmp_path / "m.tsv"
    path.write_text("sample\tcode\n001\t007\n")
    assert read_metadata(path).iloc[0].tolist() == ["001", "007"]


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
    variables, notes = choose_variables(frame)
    assert [(one.name, one.is_continuous) for one in variables] == [("code", False), ("age", True), ("site", False)]
    assert variables[1].missing.sum() == 1
    assert variables[2].levels == [("b", 11), ("a", 9)]
    assert notes == ["Further columns, for --color-by: late."]
    chosen, _ = choose_variables(frame, ["late"])
    assert [one.name for one in chosen] == ["late"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [(["nope"], "no column 'nope'"), (["a", "b", "c", "d"], "4 columns were named"), (["e"], "no value for any")],
)
def test_wanted_columns_that_cannot_be(wanted: list[str], words: str) -> None:
    frame = pd.DataFrame({name: ["1", "2"] for name in "abcd"} | {"e": [None, None]})
    with pytest.raises(UsageError, match=words):
        choose_variables(frame, wanted)
