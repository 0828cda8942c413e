"""PCL tables: metadata rows above the taxa."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import CellError, TableError
from mbembed.tables import read_table
from mbembed.tables.readers import pcl
from mbembed.tables.source import HEAD_BYTES, open_source
from tests.tables import profilers
from tests.tables.fixtures import SAMPLES, all_ranks, rows, write

if TYPE_CHECKING:
    from pathlib import Path

TAXA = (("k__Bacteria|s__Blautia_obeum", 60.5, 10.5), ("k__Bacteria|s__Blautia_wexlerae", 39.5, 89.5))


def test_metadata_are_carried(tmp_path: Path) -> None:
    profile = read_table(profilers.pcl(tmp_path))
    assert profile.sample_ids == list(SAMPLES)
    assert profile.sample_metadata is not None
    assert list(profile.sample_metadata.index) == list(SAMPLES)
    assert profile.sample_metadata.loc["001", "country"] == "dnk"
    assert profile.sample_metadata["age"].tolist() == ["49", "nd", "60"]
    assert profile.dropped == {"domain": 1, "phylum": 2, "genus": 3}


def test_ids_of_several_studies(tmp_path: Path) -> None:
    head = (("dataset_name", "a", "b"), ("sampleID", "S1", "S1"), ("sex", "f", "m"))
    assert read_table(write(tmp_path / "a.txt", rows(*head, *TAXA))).sample_ids == ["a|S1", "b|S1"]


def test_the_first_row_of_different_values_is_the_ids(tmp_path: Path) -> None:
    head = (("disease", "n", "n"), ("person", "P1", "P2"), ("sex", "f", "m"))
    assert read_table(write(tmp_path / "a.txt", rows(*head, *TAXA))).sample_ids == ["P1", "P2"]


def test_no_row_of_ids(tmp_path: Path) -> None:
    head = (("disease", "n", "n"), ("sex", "f", "f"))
    with pytest.raises(TableError, match="disease, sex"):
        read_table(write(tmp_path / "a.txt", rows(*head, *TAXA)))


def test_a_short_row_of_metadata_is_named(tmp_path: Path) -> None:
    head = (("sampleID", "S1", "S2"), ("sex", "f"), ("country", "x", "y"))
    with pytest.raises(CellError, match="line 2"):
        read_table(write(tmp_path / "a.txt", rows(*head, *TAXA)))


def test_a_low_sum_of_a_filtered_table_is_percent(tmp_path: Path) -> None:
    head = (("sampleID", "S1", "S2"), ("sex", "f", "m"))
    profile = read_table(write(tmp_path / "a.txt", rows(*head, ("k__Bacteria|s__Blautia_obeum", 3.1, 0))))
    assert profile.unit == "percent"


def test_taxa_beyond_the_head_of_the_file(tmp_path: Path) -> None:
    """A wide table with many rows of metadata, as metaml's: no taxon among the first ten lines."""
    n_samples, n_rows = 2000, 120
    head = [("sampleID", *(f"S{i}" for i in range(n_samples)))]
    head += [(f"field{k}", *("unknown" for _ in range(n_samples))) for k in range(n_rows)]
    body = [(name, *([values[0]] * n_samples)) for name, values in all_ranks()]
    path = write(tmp_path / "wide.txt", rows(*head, *body))
    source = open_source(path)
    assert not any(line.startswith("k__") for line in source.head_lines)
    assert path.stat().st_size > 10 * HEAD_BYTES
    assert pcl.sniff(source) == f"{n_rows + 1} rows of metadata"
    profile = read_table(path)
    assert profile.n_samples == n_samples
    assert profile.sample_metadata is not None
    assert profile.sample_metadata.shape == (n_samples, n_rows + 1)
