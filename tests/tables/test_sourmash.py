"""sourmash lineage summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.tables import read_table
from tests.tables import profilers
from tests.tables.fixtures import rows, write

if TYPE_CHECKING:
    from pathlib import Path


def test_lineages_and_what_is_not_classified(tmp_path: Path) -> None:
    profile = read_table(profilers.sourmash(tmp_path))
    assert profile.taxa[3].name == "Prevotella copri_A"
    assert profile.taxa[0].lineage[-2:] == ("g__Blautia", "s__Blautia obeum")
    assert profile.unclassified.tolist() == [0.5, 0.5, 0.5]


def test_lineages_of_ncbi_have_no_prefixes(tmp_path: Path) -> None:
    lineage = "Bacteria;Bacillota;Clostridia;Lachnospirales;Lachnospiraceae;Blautia;Blautia obeum"
    profile = read_table(write(tmp_path / "a.tsv", rows(("lineage", "S1"), (lineage, 0.4), ("unclassified", 0.6))))
    assert (profile.taxon_names, profile.taxa[0].rank) == (["Blautia obeum"], "species")


def test_a_table_of_a_higher_rank_is_said(tmp_path: Path) -> None:
    body = (("d__Bacteria;p__Bacillota", 0.4), ("d__Bacteria;p__Bacteroidota", 0.6))
    profile = read_table(write(tmp_path / "a.tsv", rows(("lineage", "S1"), *body)))
    assert any("phylum was taken" in warning for warning in profile.warnings)
