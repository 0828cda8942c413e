"""Tables of NCBI Taxonomy ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import AxisError, DialectError
from mbembed.tables import read_table
from tests.tables import profilers
from tests.tables.fixtures import SAMPLES, matrix, rows, write

if TYPE_CHECKING:
    from pathlib import Path


def test_gmrepo(tmp_path: Path) -> None:
    profile = read_table(profilers.gmrepo(tmp_path))
    assert profile.sample_ids == list(SAMPLES)
    assert profile.taxa[0].taxid == "40520"
    assert profile.unclassified.tolist() == [20, 20, 20]


def test_gmrepo_genera(tmp_path: Path) -> None:
    assert read_table(profilers.gmrepo(tmp_path), rank="genus").taxon_names == ["Blautia"]


def test_gmrepo_one_run_as_the_website_gives_it(tmp_path: Path) -> None:
    text = rows(("ncbi_taxon_id", "relative_abundance"), (820, 60.5), (40520, 39.5), delimiter=",")
    profile = read_table(write(tmp_path / "ERR475468.csv", text))
    assert profile.sample_ids == ["ERR475468"]
    assert profile.unit == "percent"


@pytest.mark.parametrize("prefix", ["", "X", "NCBI:", "txid"])
def test_any_matrix_of_ids_when_the_user_says_so(prefix: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", rows(("", "S1"), (f"{prefix}820", 1.0), (f"{prefix}853", 3.0), ("UNKNOWN", 2.0)))
    profile = read_table(path, format="taxids")
    assert [taxon.taxid for taxon in profile.taxa] == ["820", "853"]
    assert profile.unclassified.tolist() == [2.0]


def test_samples_in_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(("", 820, 853), ("S1", 0.5, 0.5), ("S2", 1, 0), delimiter=","))
    profile = read_table(path, format="taxids")
    assert (profile.sample_ids, [taxon.taxid for taxon in profile.taxa]) == (["S1", "S2"], ["820", "853"])


def test_ids_are_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", rows(("", "S1", "S2"), (853, 0.5, 0.5), (40520, 0.5, 0.5)))
    with pytest.raises(AxisError) as caught:
        read_table(path)
    assert "--format taxids" in caught.value.hint


def test_names_are_no_ids(tmp_path: Path) -> None:
    with pytest.raises(AxisError, match="are named"):
        read_table(matrix(tmp_path), format="taxids")
    with pytest.raises(DialectError, match="Bracken"):
        read_table(profilers.bracken(tmp_path), format="taxids")
