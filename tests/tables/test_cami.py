"""CAMI profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import CellError, DialectError, DuplicateIdError
from mbembed.tables import read_table
from tests.tables import profilers
from tests.tables.fixtures import SAMPLES, write

if TYPE_CHECKING:
    from pathlib import Path

TOP = "@SampleID:{sample}\n@Version:0.9.1\n@@TAXID\tRANK\tTAXPATH\tTAXPATHSN\tPERCENTAGE\n"


def test_several_samples_names_and_ids(tmp_path: Path) -> None:
    profile = read_table(profilers.cami(tmp_path))
    assert profile.sample_ids == list(SAMPLES)
    assert profile.taxa[0].taxid == "40520"
    assert profile.taxa[0].lineage[0] == "d__Bacteria"
    assert profile.taxa[0].lineage[-1] == "s__Blautia obeum"
    assert profile.dropped == {"domain": 1}


def test_without_names_the_ids_stand_for_the_taxa(tmp_path: Path) -> None:
    text = "@SampleID:a\n@@TAXID\tRANK\tTAXPATH\tPERCENTAGE\n820\tspecies\t2|976|820\t90.0\n"
    (taxon,) = read_table(write(tmp_path / "a.profile", text)).taxa
    assert (taxon.taxid, taxon.rank) == ("820", "species")


def test_a_sample_without_a_name_is_named_by_its_file(tmp_path: Path) -> None:
    text = TOP.format(sample="") + "820\tspecies\t820\tBacteroides uniformis\t90.0\n"
    assert read_table(write(tmp_path / "gut7.profile", text)).sample_ids == ["gut7"]


BAD = {
    "percentage": ("820\tspecies\t820\tx\tmany\n", CellError, "holds 'many'"),
    "short": ("820\tspecies\n", CellError, "has 2 cells"),
    "twice": (2 * "820\tspecies\t820\tx\t9.0\n", DuplicateIdError, "second time"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_lines_are_named(case: str, tmp_path: Path) -> None:
    body, kind, message = BAD[case]
    with pytest.raises(kind, match=message) as caught:
        read_table(write(tmp_path / "a.profile", TOP.format(sample="a") + body))
    assert caught.value.line in {4, 5}


def test_columns_are_lacking(tmp_path: Path) -> None:
    with pytest.raises(DialectError, match="PERCENTAGE"):
        read_table(write(tmp_path / "a.profile", "@SampleID:a\n@@TAXID\tRANK\tTAXPATH\n820\tspecies\t820\n"))
