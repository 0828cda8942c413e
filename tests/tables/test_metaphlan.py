"""MetaPhlAn 2, 3 and 4, single and merged, in the variants of their comment lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.errors import CellError, EmptyTableError
from mbembed.tables import read_table
from mbembed.tables.readers import metaphlan
from mbembed.tables.source import open_source
from tests.helpers import SHARED, needs_shared
from tests.tables import fixtures
from tests.tables.fixtures import SAMPLES, VALUES, all_ranks, rows, write

if TYPE_CHECKING:
    from pathlib import Path

#: MetaPhlAn writes ``_`` for every blank, so the ``copri_A`` of the fixture has none left.
NAMES = ["Blautia obeum", "Blautia wexlerae", "Bacteroides uniformis", "Prevotella copri A"]


def test_merged(tmp_path: Path) -> None:
    profile = read_table(fixtures.metaphlan(tmp_path))
    assert profile.sample_ids == list(SAMPLES)
    assert profile.taxon_names == NAMES
    assert profile.unit == "percent"
    assert profile.dropped == {"domain": 1, "phylum": 2, "genus": 3}
    assert profile.taxa[0].taxid == "1239"
    assert profile.taxa[0].lineage[-1] == "s__Blautia_obeum"
    np.testing.assert_allclose(profile.values.toarray(), 100 * VALUES)


VERSIONS = {
    "2, merged": ("", ("ID", "a", "b"), "MetaPhlAn 2, merged"),
    "3, merged": (
        "#mpa_v30_CHOCOPhlAn_201901\n",
        ("clade_name", "NCBI_tax_id", "a_profile", "b_profile"),
        "MetaPhlAn 3 (",
    ),
    "4, merged": ("#mpa_vJun23_CHOCOPhlAnSGB_202403\n", ("clade_name", "a", "b"), "MetaPhlAn 4 ("),
    "no index": ("", ("clade_name", "a", "b"), "MetaPhlAn 3 or 4, merged"),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_merged_versions(version: str, tmp_path: Path) -> None:
    comment, header, detail = VERSIONS[version]
    extra = ("2|1239",) if "NCBI_tax_id" in header else ()
    body = [(name, *extra, *values[:2]) for name, values in all_ranks()]
    path = write(tmp_path / "table.tsv", comment + rows(header, *body))
    assert (metaphlan.sniff(open_source(path)) or "").startswith(detail)
    profile = read_table(path)
    assert profile.sample_ids == ["a", "b"]
    assert profile.taxon_names == NAMES


HEADERS = {
    "2": "#SampleID\tMetaphlan2_Analysis\n",
    "3.0.0, key without #": "#mpa_v30_CHOCOPhlAn_201901\n#cmd\nSampleID\tMetaphlan_Analysis\n#clade_name\tNCBI_tax_id\trelative_abundance\tadditional_species\n",
    "3.1": "#mpa_v31_CHOCOPhlAn_201901\n#cmd\n#SampleID\tMetaphlan_Analysis\n#clade_name\tNCBI_tax_id\trelative_abundance\t additional_species\n",
    "4.1": "#mpa_vJun23_CHOCOPhlAnSGB_202403\n#cmd\n#9 reads processed\n#SampleID\tMetaphlan_Analysis\n#clade_name\tNCBI_tax_id\trelative_abundance\tadditional_species\n",
    "read stats": "#mpa_vJun23_CHOCOPhlAnSGB_202403\n#cmd\n#9 reads processed\n#Average read length: 150\n#SampleID\tMetaphlan_Analysis\n#estimated_reads_mapped_to_known_clades:9\n#clade_name\tclade_taxid\trelative_abundance\tcoverage\testimated_number_of_reads_from_the_clade\n",
}


@pytest.mark.parametrize("version", HEADERS)
def test_single_versions(version: str, tmp_path: Path) -> None:
    header = HEADERS[version]
    tail = {"2": (), "read stats": ("-", "12")}.get(version, ("",))
    taxid = () if version == "2" else ("2|853",)
    body = [(name, *taxid, values[0], *tail) for name, values in all_ranks()]
    body = [
        row[: 3 if i % 2 and tail == ("",) else 9] for i, row in enumerate(body)
    ]  # ragged, as MetaPhlAn writes them
    path = write(tmp_path / "gut7.metaphlan3_profile.txt", header + rows(*body))
    assert "single sample" in (metaphlan.sniff(open_source(path)) or "")
    profile = read_table(path)
    assert profile.sample_ids == ["gut7"]
    np.testing.assert_allclose(profile.values.toarray(), [[50.0, 25.0, 25.0, 0.0]])


@pytest.mark.parametrize(
    ("file", "sample"),
    [
        ("gut7_profile.txt", "gut7"),
        ("gut7_metaphlan_bugs_list.tsv", "gut7"),
        ("gut7.metaphlan3_profile.txt", "gut7"),
        ("gut7_S1_metaphlan3.txt.gz", "gut7_S1"),
        ("gut7_taxonomic_profile.tsv", "gut7"),
        ("001.txt", "001"),
        ("profile.txt", "profile"),
    ],
)
def test_sample_id_is_the_file_name_without_suffix(file: str, sample: str, tmp_path: Path) -> None:
    path = fixtures.metaphlan_single(tmp_path).rename(tmp_path / file)
    profile = read_table(path)
    assert profile.sample_ids == [sample]
    assert "sample_id" in {decision.what for decision in profile.decisions}


def test_sample_id_in_the_comments(tmp_path: Path) -> None:
    path = fixtures.metaphlan_single(tmp_path)
    write(path, path.read_text().replace("#SampleID\tMetaphlan_Analysis", "#SampleID\tERR1"))
    assert read_table(path).sample_ids == ["ERR1"]


def test_suffixes_stay_where_ids_would_collide(tmp_path: Path) -> None:
    body = [(name, *values[:2]) for name, values in all_ranks()]
    path = write(tmp_path / "table.tsv", "#mpa_vJun23\n" + rows(("clade_name", "a_profile", "a"), *body))
    assert read_table(path).sample_ids == ["a_profile", "a"]


def test_unclassified_is_kept_apart(tmp_path: Path) -> None:
    profile = read_table(fixtures.metaphlan_single(tmp_path, unclassified=20.0))
    np.testing.assert_allclose(profile.unclassified, [20.0])
    np.testing.assert_allclose(profile.classified, [80.0])
    assert not any("UNCLASSIFIED" in taxon.source for taxon in profile.taxa)


def test_nothing_but_unknown(tmp_path: Path) -> None:
    text = "#mpa_v31_CHOCOPhlAn_201901\n#clade_name\tNCBI_tax_id\trelative_abundance\nUNKNOWN\t-1\t100.0\n"
    profile = read_table(write(tmp_path / "a.txt", text))
    assert (profile.n_taxa, profile.unclassified.tolist()) == (0, [100.0])


def test_sgbs_are_preferred_to_species(tmp_path: Path) -> None:
    path = fixtures.metaphlan_single(tmp_path)
    assert read_table(path, rank="species").dropped["strain"] == 4
    profile = read_table(path)
    assert profile.dropped["species"] > 0
    assert profile.taxon_names == ["SGB1", "SGB2", "SGB3", "SGB4"]
    np.testing.assert_allclose(profile.classified, [100.0])


def test_gtdb_conversion(tmp_path: Path) -> None:
    body = [
        (name.replace("k__", "d__").replace("_", " ").replace("  ", "__"), values[0]) for name, values in all_ranks(";")
    ]
    text = "#mpa_vJun23_CHOCOPhlAnSGB_202403\n#clade_name\trelative_abundance\n"
    profile = read_table(write(tmp_path / "gut7.txt", text + rows(*body)))
    assert profile.taxon_names[:2] == ["Blautia obeum", "Blautia wexlerae"]
    assert "GTDB" in profile.decisions[0].reason


def test_a_filtered_merged_table_warns(tmp_path: Path) -> None:
    path = fixtures.metaphlan(tmp_path)
    write(path, "".join(line for line in path.read_text().splitlines(keepends=True) if "wexlerae" not in line))
    assert any("adds up to" in warning for warning in read_table(path).warnings)


def test_bad_profiles(tmp_path: Path) -> None:
    path = fixtures.metaphlan_single(tmp_path)
    good = path.read_text()
    with pytest.raises(CellError, match="line 6") as caught:
        read_table(write(path, good.replace("100.0", "much", 1)))
    assert caught.value.value == "much"
    with pytest.raises(EmptyTableError, match="without clades"):
        read_table(write(path, "".join(line for line in good.splitlines(keepends=True) if line.startswith("#"))))


@pytest.mark.shared
@needs_shared("formats/metaphlan")
@pytest.mark.parametrize("path", sorted(SHARED.glob("formats/metaphlan/*")), ids=lambda path: path.name)
def test_real_profiles_add_up(path: Path) -> None:
    if "invalid" in path.name:
        pytest.skip("refused; see test_dialects")
    profile = read_table(path)
    np.testing.assert_allclose(profile.classified + profile.unclassified, 100.0, atol=0.05)


@pytest.mark.shared
@needs_shared("crossprofiler/metaphlan3_merged.txt")
def test_real_merged_table() -> None:
    profile = read_table(SHARED / "crossprofiler/metaphlan3_merged.txt")
    assert (profile.n_samples, profile.n_taxa, profile.unit) == (191, 365, "percent")
    assert not any(name.endswith("bugs_list") for name in profile.sample_ids)


def test_infinite_abundance(tmp_path: Path) -> None:
    path = fixtures.metaphlan_single(tmp_path)
    with pytest.raises(CellError, match="holds 'inf'"):
        read_table(write(path, path.read_text().replace("100.0", "inf", 1)))
