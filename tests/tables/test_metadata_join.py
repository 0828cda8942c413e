"""Which line of the metadata belongs to which sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mbembed.errors import MetadataError, UsageError
from mbembed.tables.metadata_join import join_metadata

if TYPE_CHECKING:
    from tests.snapshots import Snapshots


def lines(ids: list[str], **columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"id": ids, **(columns or {"age": ["1"] * len(ids)})})


def test_join_keeps_the_order_of_the_table() -> None:
    joined = join_metadata(lines(["a", "b", "c", "d"], x=["1", "2", "3", "4"]), ["c", "a", "b"])
    assert joined.frame["x"].tolist() == ["3", "1", "2"]
    assert list(joined.frame.index) == ["c", "a", "b"]
    assert (joined.n_metadata, joined.n_spare, joined.id_column) == (4, 1, "id")
    assert (joined.notes, joined.warning) == ([], "")


def test_a_frame_may_carry_ids_in_its_index() -> None:
    joined = join_metadata(pd.DataFrame({"site": ["a", "b"]}, index=["S1", "S2"]), ["S2", "S1"])
    assert joined.frame["site"].tolist() == ["b", "a"]
    assert joined.id_column == "index"


@pytest.mark.parametrize(
    ("table", "metadata", "cause"),
    [
        (["A1_profile", "B2_profile"], ["A1", "B2"], "end in '_profile'"),
        (["A1.txt", "B2_mpa"], ["A1", "B2"], "ending of a file or a profiler"),
        (["sa1", "sb2"], ["SA1", "SB2"], "upper and lower case"),
        (["S.1", "S.2"], ["S-1", "S-2"], "make.names"),
        (["X1.a", "X2.b"], ["1-a", "2-b"], "R has put an X"),
        (["007", "012"], ["7", "12"], "zeros in front"),
        (["s.1_profile", "s.2_profile"], ["S-1", "S-2"], "case, separators and endings"),
    ],
)
def test_no_join_says_the_likely_cause(table: list[str], metadata: list[str], cause: str) -> None:
    with pytest.raises(MetadataError, match="no sample id of the table is in the metadata") as caught:
        join_metadata(lines(metadata), table)
    assert cause in str(caught.value)
    assert all(one in str(caught.value) for one in (*table, *metadata))


def test_ids_in_another_column_are_found_and_said() -> None:
    joined = join_metadata(lines(["a", "b", "c"], run=["E1", "E2", "E3"], other=["E1", "x", "y"]), ["E3", "E1"])
    assert joined.frame["id"].tolist() == ["c", "a"]
    assert joined.id_column == "run"
    assert joined.notes == ["the ids of the metadata are those in 'run': the first column, 'id', names no sample"]


@pytest.mark.parametrize(("flag", "hint"), [("--id-column", "--id-column age"), ("", "put the column 'age' first")])
def test_numbers_that_happen_to_be_ids_are_not_joined(flag: str, hint: str) -> None:
    samples = [str(i) for i in range(40, 60)]
    with pytest.raises(MetadataError, match="column 'age' of the metadata has 2 of its 20 ids") as caught:
        join_metadata(lines(["S1", "S2", "S3"], age=["41", "42", "42"]), samples, id_flag=flag)
    assert caught.value.hint == hint


def test_the_column_that_is_named_is_taken() -> None:
    frame = lines(["a", "b"], run=["b", "a"])
    assert join_metadata(frame, ["a"]).frame["run"].tolist() == ["b"]
    assert join_metadata(frame, ["a"], "run").frame["id"].tolist() == ["b"]
    with pytest.raises(UsageError, match="has no column 'runs'") as caught:
        join_metadata(frame, ["a"], "runs")
    assert caught.value.hint == "--id-column run"


def test_partial_join_is_a_warning(snapshot: Snapshots) -> None:
    joined = join_metadata(lines(["S1", "S2", "S3"]), ["S1", "S2_profile", "S3_profile"])
    assert joined.found.tolist() == [True, False, False]
    assert joined.frame["age"].tolist() == ["1", None, None]
    snapshot("metadata/partial_join", joined.warning)


def test_no_join(snapshot: Snapshots) -> None:
    with pytest.raises(MetadataError) as caught:
        join_metadata(lines(["p", "q"]), [f"sample_{i}" for i in range(9)])
    snapshot("metadata/no_join", str(caught.value))


def test_lines_of_one_sample(snapshot: Snapshots) -> None:
    assert join_metadata(lines(["a", "a", "b"], x=["1", "1", "2"]), ["a", "b"]).n_metadata == 2
    frame = lines(["a", "a", "b"], x=["1", "9", "2"])
    assert join_metadata(frame, ["b"]).frame["x"].tolist() == ["2"]  # a is of no concern here
    with pytest.raises(MetadataError) as caught:
        join_metadata(frame, ["a", "b"])
    assert caught.value.ids == ["a"]
    snapshot("metadata/differing_lines", str(caught.value))


def test_lines_without_an_id_are_counted() -> None:
    joined = join_metadata(lines(["a", "", ""], x=["1", "2", "3"]), ["a", ""])
    assert joined.notes == ["2 lines of the metadata without an id in 'id' were left out"]
    assert joined.found.tolist() == [True, False]
