"""taxpasta, wide, long and single."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import CellError, DuplicateIdError, TableError
from mbembed.tables import read_table
from mbembed.taxonomy.resolver import resolve
from tests.tables import profilers
from tests.tables.fixtures import rows, write

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_of_species_only(tmp_path: Path) -> None:
    profile = read_table(profilers.taxpasta(tmp_path))
    assert profile.n_taxa == 4
    assert profile.taxa[0].taxid == "40520"
    assert profile.taxa[0].lineage == ("d__Bacteria", "p__Firmicutes", "g__Blautia", "s__Blautia obeum")
    assert profile.unclassified.tolist() == [5, 6, 7]
    assert ("rows", "5 of 6") in [decision[:2] for decision in profile.decisions]


def test_another_rank(tmp_path: Path) -> None:
    assert read_table(profilers.taxpasta(tmp_path), rank="genus").taxon_names == ["Blautia"]


def test_no_rows_of_the_rank(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no rows of the rank family") as caught:
        read_table(profilers.taxpasta(tmp_path), rank="family")
    assert "genus, species" in caught.value.expected


def test_the_loss_is_said(tmp_path: Path) -> None:
    assert any(
        "unnamed species of MetaPhlAn 4" in warning for warning in read_table(profilers.taxpasta(tmp_path)).warnings
    )


def test_tax_ids_without_names_are_resolved_by_id(tmp_path: Path) -> None:
    profile = read_table(profilers.taxpasta_single(tmp_path))
    assert [taxon.taxid for taxon in profile.taxa] == list(profilers.TAXIDS)
    assert any("no column of names" in warning for warning in profile.warnings)
    found = {
        taxon.taxid: resolution.species for taxon, resolution in zip(profile.taxa, resolve(profile.taxa), strict=True)
    }
    assert found["820"] == "Bacteroides uniformis"


def test_a_taxon_twice_in_a_sample(tmp_path: Path) -> None:
    header = ("taxonomy_id", "name", "count", "sample")
    path = write(tmp_path / "a.tsv", rows(header, (820, "x", 1, "S1"), (820, "x", 2, "S2"), (820, "x", 3, "S1")))
    with pytest.raises(DuplicateIdError, match="line 4") as caught:
        read_table(path)
    assert caught.value.ids == ["820"]


def test_a_short_line_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", rows(("taxonomy_id", "count", "sample"), (820, 1, "S1"), (821, 2)))
    with pytest.raises(CellError, match="line 3") as caught:
        read_table(path)
    assert caught.value.line == 3
