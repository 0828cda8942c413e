"""The normaliser: every rule, and what it must not touch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbembed.tables.profile import Taxon
from mbembed.taxonomy.names import canonical_key
from mbembed.taxonomy.spelling import (
    accession_number,
    motus_id,
    normalise,
    placeholder_number,
    sgb_id,
    species_text,
)


@pytest.mark.parametrize(
    ("name", "key", "rules"),
    [
        ("Blautia wexlerae", "blautia wexlerae", ()),
        ("s__Blautia_wexlerae", "blautia wexlerae", ("rank prefix", "underscores")),
        ("species:Blautia wexlerae", "blautia wexlerae", ("rank prefix",)),
        ("[Ruminococcus] gnavus", "ruminococcus gnavus", ("brackets",)),
        ('"Ruminococcus gnavus"', "ruminococcus gnavus", ("quotes",)),
        ("Candidatus Cibiobacter qucibialis", "cibiobacter qucibialis", ("Candidatus",)),
        ("s__Candidatus_Cibionibacter_quicibialis", "cibionibacter quicibialis", None),
        ("Prevotella_copri_clade_A", "prevotella copri", ("clade", "underscores")),
        ("Clostridium sp. CAG:58", "clostridium sp cag 58", ("CAG number", "sp.")),
        ("Clostridium_sp_CAG_58", "clostridium sp cag 58", None),
        ("Clostridium sp CAG 58", "clostridium sp cag 58", ()),
        ("Faecalibacterium.prausnitzii", "faecalibacterium prausnitzii", ("dots",)),
        ("X.Ruminococcus..gnavus", "ruminococcus gnavus", ("dots",)),
        ("Clostridium.sp..CAG.58", "clostridium sp cag 58", None),
        ("k__Bacteria.p__Firmicutes.s__Blautia_obeum", "blautia obeum", None),
        ("k__Bacteria|g__Blautia|s__Blautia_obeum|t__SGB4811", "blautia obeum", None),
        ("Blautia obeum [ref_mOTU_v3_02154]", "blautia obeum", ("mOTU id",)),
        ("Blautia_A_wexlerae_B", "blautia a wexlerae b", ("underscores",)),
        ("CAG-83_sp000431575", "cag 83 sp000431575", ("underscores",)),
        ("t__SGB15316_group", "sgb15316", None),
        # a species group is not the species
        ("Streptococcus anginosus group", "streptococcus anginosus group", ()),
        ("", "", ()),
    ],
)
def test_rules(name: str, key: str, rules: tuple[str, ...] | None) -> None:
    found = normalise(name)
    assert found.key == key
    if rules is not None:
        assert found.rules == rules


@given(st.text(max_size=60))
def test_any_text_has_a_key_that_is_stable(text: str) -> None:
    key = normalise(text).key
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert key == key.strip()
    assert "  " not in key


@given(st.from_regex(r"[A-Z][a-z]{3,9} [a-z]{4,9}", fullmatch=True))
def test_wrapping_does_not_change_a_binomial(name: str) -> None:
    genus, epithet = name.split()
    plain = canonical_key(name)
    for wrapped in (f"s__{genus}_{epithet}", f"[{genus}] {epithet}", f"{genus}.{epithet}", f'"{name}"'):
        assert normalise(wrapped).key == plain


def test_ids() -> None:
    assert sgb_id("t__SGB15316_group") == "SGB15316"
    assert sgb_id("s__GGB123_SGB456") == "SGB456"
    assert sgb_id("GGB123 SGB456") == "SGB456"
    assert sgb_id("SGB4837") == "SGB4837"
    assert sgb_id("s__Blautia_wexlerae") == ""
    assert sgb_id("XSGB12") == ""
    assert motus_id("Blautia obeum [ref_mOTU_v3_02154]") == "02154"
    assert motus_id("[meta_mOTU_v31_12345]") == "12345"
    assert motus_id("Blautia obeum [ref_mOTU_v2_0215]") == ""  # version 2 counts otherwise
    assert accession_number("s__X|t__GCF_000158655") == "000158655"
    assert accession_number("GCA_000158655.1") == "000158655"
    assert accession_number("GCF_12") == ""
    assert placeholder_number("gemmiger sp900540595") == "900540595"
    assert placeholder_number("gemmiger sp9005") == ""


@pytest.mark.parametrize(
    ("taxon", "text"),
    [
        (Taxon("Blautia obeum", "Blautia obeum"), "Blautia obeum"),
        (
            Taxon("a;b", "prausnitzii", ("k__Bacteria", "g__Faecalibacterium", "s__prausnitzii")),
            "Faecalibacterium prausnitzii",
        ),
        (Taxon("a;b", "Blautia", ("k__Bacteria", "g__Blautia", "s__")), "Blautia"),
        (Taxon("k__B|g__Blautia|s__Blautia_obeum|t__SGB4811", "SGB4811"), "Blautia_obeum"),
        (
            Taxon("x", "SGB4811", ("k__B", "g__Blautia", "s__Blautia_obeum", "t__SGB4811"), "strain"),
            "Blautia_obeum",
        ),
    ],
)
def test_species_text(taxon: Taxon, text: str) -> None:
    assert species_text(taxon) == text
