"""The resolver: each key, each trap, and what it refuses to guess."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbembed.tables.profile import Taxon
from mbembed.taxonomy import maps
from mbembed.taxonomy.nomenclature import Nomenclature
from mbembed.taxonomy.resolver import (
    NOT_A_SPECIES,
    OUTSIDE,
    SEVERAL,
    UNKNOWN_NAME,
    Resolution,
    resolve,
)


def one(name: str, nomenclature: str = "ncbi", *, taxid: str = "", release: str = "") -> Resolution:
    taxon = Taxon(name, name.rsplit("|", 1)[-1], taxid=taxid)
    (found,) = resolve([taxon], Nomenclature(nomenclature, release))
    return found


@pytest.mark.parametrize(
    ("name", "nomenclature", "stage", "unit", "species"),
    [
        # SGB ids, in every spelling; MetaPhlAn's own R220 table is wrong for all of these
        ("t__SGB10068", "metaphlan4-sgb", "sgb", "Escherichia coli", "Escherichia coli"),
        ("k__B|s__Blautia_wexlerae|t__SGB4837", "metaphlan4-sgb", "sgb", "Blautia wexlerae", "Blautia_A wexlerae"),
        ("k__B|s__X|t__SGB4837_group", "metaphlan4-sgb", "sgb", "Blautia wexlerae", "Blautia_A wexlerae"),
        ("SGB17248", "metaphlan4-sgb", "sgb", "Bifidobacterium longum", "Bifidobacterium longum"),
        ("SGB9228", "metaphlan4-sgb", "sgb", "Akkermansia muciniphila", "Akkermansia massiliensis"),
        ("SGB4540", "metaphlan4-sgb", "sgb", "Anaerostipes hadrus", "Anaerostipes hadrus"),
        ("SGB4285", "metaphlan4-sgb", "sgb", "Ruminococcus bromii", "Ruminococcus_E bromii_B"),
        ("SGB1626", "metaphlan4-sgb", "sgb", "Prevotella copri", "Prevotella copri_B"),
        ("s__GGB123_SGB4837", "metaphlan4", "sgb", "Blautia wexlerae", "Blautia_A wexlerae"),
        # genome accessions, the number in a placeholder name, with any genus
        ("s__X|t__GCF_000436735", "ncbi", "accession", None, "CAG-170 sp000436735"),
        ("GCA_000436735.1_genomic", "accession", "accession", None, "CAG-170 sp000436735"),
        ("Whatever sp000436735", "gtdb", "accession", None, "CAG-170 sp000436735"),
        # GTDB names: exact, other spelling, renamed
        ("Blautia_A wexlerae", "gtdb", "gtdb name", "Blautia wexlerae", "Blautia_A wexlerae"),
        ("s__Blautia_A_wexlerae", "gtdb", "gtdb name", "Blautia wexlerae", "Blautia_A wexlerae"),
        ("Blautia_A sp003480185", "gtdb", "gtdb name", "Blautia wexlerae", "Blautia_A wexlerae"),
        # NCBI names and synonyms
        ("Ruminococcus bromii", "ncbi", "ncbi name", "Ruminococcus bromii", "Ruminococcus_E bromii_B"),
        ("Bacteroides vulgatus", "ncbi", "ncbi name", "Phocaeicola vulgatus", "Phocaeicola vulgatus"),
        ("[Ruminococcus] gnavus", "ncbi", "ncbi name", "Ruminococcus gnavus", "Ruminococcus_B gnavus"),
        ("Candidatus Cibiobacter qucibialis", "ncbi", "ncbi name", None, "Gemmiger qucibialis"),
        ("Segatella copri", "ncbi", "ncbi name", "Prevotella copri", None),
        # MetaPhlAn 4 clades are single SGBs
        ("s__Prevotella_copri_clade_A", "metaphlan4", "metaphlan4 name", "Prevotella copri", "Prevotella copri_B"),
        # mOTUs
        ("Prevotella copri [ref_mOTU_v3_03701]", "motus3", "motus id", "Prevotella copri", "Prevotella copri_B"),
    ],
)
def test_keys(name: str, nomenclature: str, stage: str, unit: str | None, species: str | None) -> None:
    found = one(name, nomenclature)
    assert (found.stage, found.reason) == (stage, "")
    assert found.matched
    if unit is not None:
        assert found.unit == unit
    if species is not None:
        assert found.species == species
    assert found.unit == maps.species_units()[found.species]


def test_all_five_copri_clades_are_one_unit() -> None:
    for clade in "ABCDE":
        assert one(f"s__Prevotella_copri_clade_{clade}", "metaphlan4").unit == "Prevotella copri"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Clostridium sp.", NOT_A_SPECIES),
        ("s__Clostridium_sp", NOT_A_SPECIES),
        ("Ruminococcaceae bacterium", NOT_A_SPECIES),
        ("Subdoligranulum unclassified", NOT_A_SPECIES),
        ("unknown Clostridiales", NOT_A_SPECIES),
        ("Collinsella species incertae sedis", NOT_A_SPECIES),
        ("Blautia", NOT_A_SPECIES),
        ("UNKNOWN", NOT_A_SPECIES),
        ("", NOT_A_SPECIES),
        ("Nonexistia inventata", UNKNOWN_NAME),
        ("Blautia wexleri", UNKNOWN_NAME),  # nothing is fuzzy
        ("Bacteroides inventatus/vulgatus", SEVERAL),
        ("t__SGB999999", OUTSIDE),
        ("Nonexistia sp999999999", OUTSIDE),
        ("t__GCF_999999999", OUTSIDE),
    ],
)
def test_nothing_is_guessed(name: str, reason: str) -> None:
    found = one(name)
    assert found.reason == reason
    assert (found.unit, found.species, found.stage, found.candidates) == ("", "", "", ())


def test_alternatives_go_to_the_one_with_most_genomes() -> None:
    same = one("Megamonas funiformis/rupellensis")
    assert same.unit == one("Megamonas funiformis").unit == one("Megamonas rupellensis").unit
    assert not same.ambiguous
    other = one("Bacteroides dorei/vulgatus")
    assert (other.species, other.stage) == ("Phocaeicola vulgatus", "one of several names")
    assert [species for species, _ in other.candidates] == ["Phocaeicola vulgatus", "Phocaeicola dorei"]
    assert other.ambiguous


def test_a_motu_of_several_species_is_known_by_its_name() -> None:
    """The source table leads 02367 (vulgatus, dorei) and 02376 (eligens) to CAG-196."""
    found = one("Bacteroides dorei/vulgatus [ref_mOTU_v3_02367]", "motus3")
    assert (found.species, found.stage) == ("Phocaeicola vulgatus", "one of several names")
    found = one("[Eubacterium] eligens [ref_mOTU_v3_02376]", "motus3")
    assert found.unit == one("Eubacterium eligens").unit


def test_the_homonym_follows_the_nomenclature() -> None:
    """Lacrimispora amygdalina is another species in GTDB; B. massiliensis was Phocaeicola in NCBI."""
    ncbi, gtdb = one("Lacrimispora amygdalina", "ncbi"), one("Lacrimispora amygdalina", "gtdb")
    assert ncbi.species == "Lacrimispora amygdalina_A"
    assert gtdb.unit == "Lacrimispora indica"
    ncbi, gtdb = one("Bacteroides massiliensis", "ncbi"), one("Bacteroides massiliensis", "gtdb")
    assert ncbi.species == "Phocaeicola massiliensis"
    assert gtdb.species == "Bacteroides massiliensis"


def test_names_that_mean_other_units_in_ncbi_and_gtdb_are_few_and_follow_the_nomenclature() -> None:
    shared = [key for key in maps.ncbi_names() if key in maps.gtdb_releases()]
    differ = []
    for key in shared:
        ncbi, gtdb = one(key, "ncbi"), one(key, "gtdb")
        if ncbi.unit and gtdb.unit and ncbi.unit != gtdb.unit:
            differ.append(key)
    assert len(shared) > 1500
    assert {"lacrimispora amygdalina", "clostridium botulinum"} <= set(differ)
    assert len(differ) < 20


def test_taxid_beats_the_name_but_not_in_a_gtdb_table() -> None:
    assert one("Some name", taxid="853").unit == "Faecalibacterium prausnitzii"
    assert one("Some name", taxid="853").stage == "taxid"
    # Kraken databases built on GTDB number their taxa by themselves
    assert one("Escherichia coli", "gtdb", taxid="853").unit == "Escherichia coli"
    assert one("Clostridium sp.", taxid="853").unit == "Faecalibacterium prausnitzii"
    assert one("Escherichia coli", taxid="999999999").unit == "Escherichia coli"


def test_a_gtdb_name_is_read_as_its_release_meant_it() -> None:
    """In R202 most genomes of Prevotella copri are copri_B of R220; now the name is another species."""
    assert one("Prevotella copri", "gtdb").species == "Prevotella copri"
    old = one("Prevotella copri", "gtdb", release="R202")
    assert old.species == "Prevotella copri_B"
    assert {species for species, _ in old.candidates} >= {"Prevotella copri", "Prevotella copri_B"}
    assert one("Prevotella copri", "gtdb", release="R220").species == "Prevotella copri"
    assert one("Lachnospira eligens_A", "gtdb", release="R95").unit == one("Eubacterium eligens").unit


def test_confidence_and_candidates() -> None:
    found = one("Faecalibacterium prausnitzii")
    assert len(found.candidates) > 5
    assert not found.ambiguous  # nearly all its genomes are in the unit
    assert 0.8 <= found.share <= 1
    unsure = one("Klebsiella oxytoca")
    assert unsure.ambiguous
    assert unsure.share < 0.8
    assert unsure.unit == "Klebsiella oxytoca"


def test_rules_are_kept_for_counting() -> None:
    assert one("[Ruminococcus]_gnavus").rules == ("brackets", "underscores")


def test_positions_and_order() -> None:
    names = ["Escherichia coli", "nonsense", "Blautia wexlerae"]
    found = resolve([Taxon(name, name) for name in names], "ncbi")
    assert [resolution.taxon for resolution in found] == [0, 1, 2]
    assert resolve([]) == []


def test_every_name_of_the_maps_leads_to_its_own_unit() -> None:
    for key, entry in maps.ncbi_names().items():
        found = one(key, "ncbi")
        assert found.unit == entry.unit or found.reason == NOT_A_SPECIES, key
    for sgb, entry in maps.sgbs().items():
        assert one(f"t__{sgb}", "metaphlan4-sgb").unit == entry.unit
    for key, species in list(maps.species_keys().items())[::7]:
        assert one(key, "gtdb").species == species


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["gtdb", "ncbi", "metaphlan4", "motus3", "unknown"]))
def test_any_text_is_resolved_or_has_a_reason(text: str, nomenclature: str) -> None:
    found = one(text, nomenclature)
    assert bool(found.unit) != bool(found.reason)
