"""Several files at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.errors import CellError, DuplicateIdError, UnitError, UsageError
from mbembed.tables import read_table
from mbembed.tables.many import read_tables
from tests.helpers import SHARED, needs_shared
from tests.tables import fixtures, profilers
from tests.tables.fixtures import SPECIES, rows, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def reports(tmp_path: Path) -> list[Path]:
    return [profilers.kraken2(tmp_path, sample) for sample in (0, 1, 2)]


def test_one_sample_each_named_by_the_files(reports: list[Path]) -> None:
    profile = read_table(reports)
    assert profile.sample_ids == ["gut0", "gut1", "gut2"]
    assert profile.taxon_names == list(SPECIES)
    np.testing.assert_array_equal(profile.values.toarray(), profilers.COUNTS)
    assert profile.unclassified.tolist() == [2000, 2000, 2000]
    assert (profile.unit, profile.dialect) == ("counts", "kraken2")
    files = [decision for decision in profile.decisions if decision.what == "file"]
    assert [decision.value for decision in files] == [str(path) for path in reports]
    assert all("SHA-256" in decision.reason for decision in files)


def test_each_sample_is_as_it_is_alone(reports: list[Path]) -> None:
    together = read_tables(reports)
    for i, path in enumerate(reports):
        alone = read_table(path)
        one = together.select_samples([i])
        np.testing.assert_array_equal(one.to_frame()[alone.taxon_names], alone.to_frame())
        np.testing.assert_array_equal(one.unclassified, alone.unclassified)


def test_the_order_is_that_of_the_files(reports: list[Path]) -> None:
    assert read_table(tuple(reports[::-1])).sample_ids == ["gut2", "gut1", "gut0"]


def test_taxa_are_united(tmp_path: Path) -> None:
    header = (*profilers.BRACKEN, "fraction_total_reads")
    a = write(tmp_path / "a.bracken", rows(header, ("Blautia obeum", 40520, "S", 10, 0, 10, "1.00000")))
    b = write(tmp_path / "b.bracken", rows(header, ("Dorea longicatena", 88431, "S", 7, 0, 7, "1.00000")))
    profile = read_table([a, b])
    assert profile.taxon_names == ["Blautia obeum", "Dorea longicatena"]
    assert profile.values.toarray().tolist() == [[10, 0], [0, 7]]


def test_motus_of_one_name_stay_apart(tmp_path: Path) -> None:
    paths = []
    for i, name in enumerate(("a", "b")):
        text = rows(("#consensus_taxonomy", name), (f"Clostridium sp. [ref_mOTU_v3_0000{i}]", 1.0))
        paths.append(write(tmp_path / f"{name}.motus", "# motus version 3.0.3\n" + text))
    assert read_table(paths).n_taxa == 2


def test_one_file_in_a_list(reports: list[Path]) -> None:
    assert read_table(reports[:1]).path == str(reports[0])


def test_equal_names(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    paths = [profilers.kraken2(tmp_path), profilers.kraken2(tmp_path / "x")]
    with pytest.raises(DuplicateIdError, match="'gut0' in") as caught:
        read_table(paths)
    assert caught.value.ids == ["gut0"]
    assert str(paths[1]) in str(caught.value)


def test_different_units(tmp_path: Path) -> None:
    paths = [profilers.kraken2(tmp_path), fixtures.metaphlan_single(tmp_path)]
    with pytest.raises(UnitError, match=r"counts: .*percent: "):
        read_table(paths)


def test_different_profilers_are_said(tmp_path: Path) -> None:
    paths = [profilers.motus_counts(tmp_path), profilers.kraken2(tmp_path)]
    profile = read_table(paths)
    assert "mOTUs, Kraken 2" in profile.warnings[0]
    assert profile.dialect == "several"


def test_kraken_and_bracken_are_two_profilers(tmp_path: Path) -> None:
    path = profilers.bracken(tmp_path, 1)
    assert "different profilers" in read_table([profilers.kraken2(tmp_path), path]).warnings[0]


@pytest.mark.parametrize("paths", [[], ["a.txt", "a.txt"]])
def test_no_file_or_one_twice(paths: list[str]) -> None:
    with pytest.raises(UsageError):
        read_table(paths)


def test_the_bad_file_is_named(reports: list[Path]) -> None:
    write(reports[1], reports[1].read_text().replace("\t8500\t0\tD", "\t85x0\t0\tD"))
    with pytest.raises(CellError, match="gut1"):
        read_table(reports)


def test_metadata_are_kept_where_there_are_any(tmp_path: Path) -> None:
    table = rows(("", *SPECIES), ("extra", 25, 25, 25, 25))
    profile = read_table([profilers.pcl(tmp_path), write(tmp_path / "b.tsv", table)], units="percent")
    assert profile.sample_metadata is not None
    assert list(profile.sample_metadata.index) == profile.sample_ids
    assert profile.sample_metadata["country"].isna().tolist() == [False, False, False, True]


@pytest.mark.shared
@needs_shared("formats/metaphlan")
def test_real_profiles() -> None:
    paths = sorted((SHARED / "formats/metaphlan").glob("MOCK_*"))
    profile = read_table(paths)
    assert profile.n_samples == len(paths)
    assert all(name.startswith("MOCK_00") and "profile" not in name for name in profile.sample_ids)


def test_versions_of_metaphlan_are_different_profilers(tmp_path: Path) -> None:
    rows = "UNKNOWN\t-1\t50.0\nk__Bacteria|g__Blautia|s__Blautia_obeum\t2|3|40520\t50.0\n"
    paths = []
    for name, index in (("a", "mpa_v30_CHOCOPhlAn_201901"), ("b", "mpa_vJun23_CHOCOPhlAnSGB_202403")):
        path = tmp_path / f"{name}.txt"
        path.write_text(f"#{index}\n#clade_name\tNCBI_tax_id\trelative_abundance\n{rows}")
        paths.append(path)
    (warning,) = [text for text in read_tables(paths).warnings if "different profilers" in text]
    assert "MetaPhlAn 3, MetaPhlAn 4" in warning
