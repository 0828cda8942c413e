"""KrakenTools mpa tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.tables import read_table
from tests.tables import profilers
from tests.tables.fixtures import rows, write

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_header_the_first_line_is_a_clade(tmp_path: Path) -> None:
    profile = read_table(profilers.kraken_mpa(tmp_path))
    assert profile.sample_ids == ["gut0"]
    assert profile.dropped == {"domain": 1, "phylum": 2, "genus": 3}
    assert profile.classified.tolist() == [profilers.DEPTH]


def test_suffixes_of_samples_are_taken_off(tmp_path: Path) -> None:
    profile = read_table(profilers.kraken_mpa_combined(tmp_path))
    assert any("'001.kreport' is now '001'" in decision.reason for decision in profile.decisions)


def test_sample_numbers_of_combine_mpa_stay(tmp_path: Path) -> None:
    text = rows(("#Classification", "Sample #1", "Sample #2"), ("k__Bacteria|s__Escherichia coli", 4, 5))
    assert read_table(write(tmp_path / "a.txt", text)).sample_ids == ["Sample #1", "Sample #2"]


def test_ranks_may_be_skipped(tmp_path: Path) -> None:
    text = rows(
        ("k__Bacteria", 10),
        ("k__Bacteria|g__Blautia", 6),
        ("k__Bacteria|g__Blautia|s__Blautia_obeum", 6),
        ("k__Bacteria|p__Bacteroidota|s__Escherichia coli", 4),
    )
    profile = read_table(write(tmp_path / "a.txt", text))
    assert profile.taxon_names == ["Blautia obeum", "Escherichia coli"]
    assert profile.classified.tolist() == [10]


def test_percentages(tmp_path: Path) -> None:
    text = rows(("k__Bacteria", 80.5), ("k__Bacteria|s__Blautia_obeum", 60.25))
    assert read_table(write(tmp_path / "a.txt", text)).unit == "percent"


def test_one_hundred_reads_are_counts(tmp_path: Path) -> None:
    text = rows(("k__Bacteria", 100), ("k__Bacteria|s__Blautia_obeum", 100))
    assert read_table(write(tmp_path / "a.txt", text)).unit == "counts"
