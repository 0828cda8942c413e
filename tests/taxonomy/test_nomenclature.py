"""Which naming a table uses."""

from __future__ import annotations

import pytest

from mbembed.tables.profile import Taxon
from mbembed.taxonomy import maps
from mbembed.taxonomy.nomenclature import NOMENCLATURES, detect_nomenclature


def taxa(*names: str) -> list[Taxon]:
    return [Taxon(name, name) for name in names]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Blautia_A wexlerae", "Escherichia coli", "Gemmiger sp900540595"), "gtdb"),
        (("Phocaeicola vulgatus", "CAG-83 sp000431575"), "gtdb"),
        (("Blautia wexlerae", "Ruminococcus bromii", "Escherichia coli"), "ncbi"),
        (("[Ruminococcus] gnavus", "Clostridium sp. CAG:58"), "ncbi"),
        (("Escherichia coli",), "ncbi"),
        (("k__B|s__Blautia_wexlerae|t__SGB4837", "k__B|s__GGB1_SGB2|t__SGB2_group"), "metaphlan4-sgb"),
        (("s__Blautia_wexlerae", "s__GGB9699_SGB15216"), "metaphlan4"),
        (("Blautia obeum [ref_mOTU_v3_02154]", "x [meta_mOTU_v3_12345]"), "motus3"),
        (("GCF_000158655.1", "GCA_000157955"), "accession"),
        (("853", "821"), "taxid"),
        (("ncbi_853", "ncbi_821"), "taxid"),
        (("OTU_1", "OTU_2"), "unknown"),
        ((), "unknown"),
    ],
)
def test_names(names: tuple[str, ...], expected: str) -> None:
    found = detect_nomenclature(taxa(*names))
    assert found.name == expected
    assert found.evidence
    assert found.name in NOMENCLATURES


def test_a_metaphlan_clade_is_no_gtdb_letter() -> None:
    names = ("s__Prevotella_copri_clade_A", "s__Prevotella_copri_clade_B", "s__Blautia_wexlerae")
    assert detect_nomenclature(taxa(*names)).name == "ncbi"


def test_gtdb_release_is_the_one_that_knows_most_names() -> None:
    releases = maps.gtdb_releases()
    for release in (95, 207, 214):
        new = [key for key, (first, _) in releases.items() if first == release]
        old = [key for key, (_, last) in releases.items() if last == release]
        found = detect_nomenclature(taxa(*new[:100], *old[:100]))
        assert (found.name, found.release, found.release_number) == ("gtdb", f"R{release}", release)
        assert f"R{release}" in found.evidence


def test_profiler_of_ncbi_names() -> None:
    seen = maps.ncbi_seen()
    for letter in "23":
        alone = [maps.ncbi_names()[key].name for key, letters in seen.items() if letters == letter]
        assert detect_nomenclature(taxa(*alone)).release == f"MetaPhlAn {letter}"
    assert detect_nomenclature(taxa(*alone[:3])).release == ""


def test_two_profilers_in_one_table_are_noticed() -> None:
    sgbs = [f"s__X|t__SGB{number}" for number in range(10)]
    motus = [f"x [ref_mOTU_v3_{number:05d}]" for number in range(4)]
    found = detect_nomenclature(taxa(*sgbs, *motus))
    assert found.name == "metaphlan4-sgb"
    assert found.also == ("motus3",)
    gtdb = ("Blautia_A wexlerae", "Gemmiger sp900540595", "Ruminococcus_E bromii_B")
    ncbi = ("Bacteroides dorei", "Clostridium sp. CAG:58")
    assert detect_nomenclature(taxa(*gtdb, *ncbi)).also == ("ncbi",)
