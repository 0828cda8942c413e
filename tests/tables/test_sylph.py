"""sylph-tax, single and merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import CellError, EmptyTableError
from mbembed.tables import read_table
from tests.tables import profilers
from tests.tables.fixtures import VALUES, rows, write

if TYPE_CHECKING:
    from pathlib import Path

HEADER = (
    "clade_name",
    "relative_abundance",
    "sequence_abundance",
    "ANI (if strain-level)",
    "Coverage (if strain-level)",
)
FIRST = "#SampleID\ta/gut7.fq.gz\tTaxonomies_used:['GTDB_r220']\n"


def test_abundance_of_cells_is_taken(tmp_path: Path) -> None:
    profile = read_table(profilers.sylph(tmp_path), rank="species")
    assert profile.values.toarray()[0].tolist() == (100 * VALUES[0]).tolist()
    assert profile.sample_ids == ["gut0"]
    assert any(decision[:2] == ("columns", "relative_abundance") for decision in profile.decisions)


def test_genomes_without_a_taxonomy_are_not_classified(tmp_path: Path) -> None:
    body = [
        ("NO_TAXONOMY", 30.0, 30.0, "NA", "NA"),
        ("d__Bacteria", 70.0, 70.0, "NA", "NA"),
        ("NO_TAXONOMY|t__MAG1", 30.0, 30.0, 98.0, 1.0),
        ("d__Bacteria|s__Blautia obeum", 70.0, 70.0, "NA", "NA"),
        ("d__Bacteria|s__Blautia obeum|t__GCF_1", 70.0, 70.0, 99.0, 2.0),
    ]
    profile = read_table(write(tmp_path / "a.sylphmpa", FIRST + rows(HEADER, *body)), rank="species")
    assert profile.sample_ids == ["gut7"]
    assert profile.taxon_names == ["Blautia obeum"]
    assert profile.unclassified.tolist() == [30.0]


def test_bad_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "a.sylphmpa", FIRST + rows(HEADER, ("d__Bacteria", "NA", 70.0, "NA", "NA")))
    with pytest.raises(CellError) as caught:
        read_table(path)
    assert (caught.value.line, caught.value.column) == (3, "relative_abundance")


def test_nothing_but_the_first_line(tmp_path: Path) -> None:
    with pytest.raises(EmptyTableError):
        read_table(write(tmp_path / "a.sylphmpa", FIRST))
