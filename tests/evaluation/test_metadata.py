"""Which line of the metadata belongs to which sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mbembed.errors import EvaluationError, UsageError
from mbembed.evaluation.metadata import column_of, join_metadata, read_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from tests.snapshots import Snapshots


def lines(ids: list[str], **columns: list[str]) -> pd.DataFrame:
    return read_metadata(pd.DataFrame({"id": ids, **columns}), "id")


def test_join_keeps_the_order_of_the_table() -> None:
    joined = join_metadata(["c", "a", "b"], lines(["a", "b", "c", "d"], x=["1", "2", "3", "4"]))
    assert joined.metadata["x"].tolist() == ["3", "1", "2"]
    assert joined.n_metadata == 4
    assert joined.warnings == []


@pytest.mark.parametrize(
    ("table", "metadata", "cause"),
    [
        (["A1_profile", "B2_profile"], ["A1", "B2"], "end in '_profile'"),
        (["A1.txt", "B2_mpa"], ["A1", "B2"], "ending of a file or a profiler"),
        (["sa1", "sb2"], ["SA1", "SB2"], "upper and lower case"),
        (["S.1", "S.2"], ["S-1", "S-2"], "make.names"),
        (["X1.a", "X2.b"], ["1-a", "2-b"], "R has put an X"),
        (["s.1_profile", "s.2_profile"], ["S-1", "S-2"], "case, separators and endings"),
    ],
)
def test_no_join_says_the_likely_cause(table: list[str], metadata: list[str], cause: str) -> None:
    with pytest.raises(EvaluationError, match="no sample id of the table is in the metadata") as caught:
        join_metadata(table, lines(metadata))
    assert cause in str(caught.value)
    assert all(one in str(caught.value) for one in (*table, *metadata))


def test_no_join_names_the_column_that_joins() -> None:
    with pytest.raises(EvaluationError, match="column 'run' of the metadata has 2 of its 2 ids") as caught:
        join_metadata(["E1", "E2"], lines(["a", "b"], run=["E1", "E2"], other=["E1", "x"]))
    assert caught.value.hint == "--id-column run"


def test_partial_join_is_a_warning(snapshot: Snapshots) -> None:
    joined = join_metadata(["S1", "S2_profile", "S3_profile"], lines(["S1", "S2", "S3"]))
    assert joined.samples.tolist() == [0]
    snapshot("evaluation/partial_join", joined.warnings[0])


def test_no_join(snapshot: Snapshots) -> None:
    with pytest.raises(EvaluationError) as caught:
        join_metadata([f"sample_{i}" for i in range(9)], lines(["p", "q"]))
    snapshot("evaluation/no_join", str(caught.value))


def test_duplicate_ids() -> None:
    assert len(lines(["a", "a", "b"], x=["1", "1", "2"])) == 2
    with pytest.raises(EvaluationError, match="several lines of the metadata that differ, such as a"):
        lines(["a", "a", "b"], x=["1", "9", "2"])


def test_missing_column_offers_near_names(snapshot: Snapshots) -> None:
    with pytest.raises(UsageError) as caught:
        column_of(lines(["a"], Disease=["x"], age=["1"]), "diseas", "target")
    snapshot("evaluation/no_column", str(caught.value))


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "m.tsv"
    path.write_text("\ufeffsample\tage\n001\t NA\n002\t7\n", encoding="utf-8")
    frame = read_metadata(path)
    assert frame.index.tolist() == ["001", "002"]
    assert frame["age"].tolist() == ["NA", "7"]
    with pytest.raises(UsageError, match="cannot be read"):
        read_metadata(tmp_path / "absent.tsv")
    path.write_text("sample\tage\n")
    with pytest.raises(EvaluationError, match="has no samples"):
        read_metadata(path)
