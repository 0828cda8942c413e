"""The target: which columns of a model a taxon feeds."""

from __future__ import annotations

import numpy as np
import pytest

from mbembed.tables.profile import Taxon
from mbembed.taxonomy import maps
from mbembed.taxonomy.nomenclature import Nomenclature
from mbembed.taxonomy.target import LEFT_OUT, OUTSIDE_MODEL, Placement, Target

PARTS = [
    "Faecalibacterium prausnitzii",
    "Faecalibacterium prausnitzii_D",
    "Faecalibacterium duncaniae",
    "Faecalibacterium longum",
]


def taxa(*names: str) -> list[Taxon]:
    return [Taxon(name, name) for name in names]


def fed(target: Target, name: str, nomenclature: str = "ncbi", mode: str = "resolve") -> Placement:
    (placement,) = target.match(taxa(name), mode, nomenclature)
    return placement


def weights(placement: Placement, n_columns: int) -> list[float]:
    row = np.zeros(n_columns)
    for column, weight in placement.columns:
        row[column] += weight
    return row.tolist()


class TestGtdbModel:
    """A model with GTDB R220 names, as the published one."""

    def test_largest_by_public_genomes_of_the_namesakes(self) -> None:
        target = Target(["Prevotella copri_A", "Prevotella copri_B", "Prevotella sp015074785"])
        genomes = maps.species_genomes()
        assert genomes["Prevotella copri_B"] > genomes["Prevotella copri_A"]
        placement = fed(target, "Prevotella copri")
        assert weights(placement, 3) == [0, 1, 0]
        assert placement.ambiguous

    def test_the_type_need_not_be_in_the_model(self) -> None:
        target = Target(["Ruminococcus_E bromii_B", "Blautia_A wexlerae", "Blautia_A wexlerae_B"])
        bromii = fed(target, "Ruminococcus bromii")
        assert weights(bromii, 3) == [1, 0, 0]
        assert not bromii.ambiguous  # 85 % of the name's genomes, and no namesake in the model
        wexlerae = fed(target, "Blautia wexlerae")
        assert weights(wexlerae, 3) == [0, 1, 0]
        assert not wexlerae.ambiguous

    def test_the_sgb_of_blautia_wexlerae_is_not_wexlerae_b(self) -> None:
        target = Target(["Blautia_A wexlerae_B", "Blautia_A wexlerae"])
        assert weights(fed(target, "t__SGB4837", "metaphlan4-sgb"), 2) == [0, 1]
        # where the model has only what MetaPhlAn's table says, that is taken, and flagged
        only = Target(["Blautia_A wexlerae_B"])
        assert fed(only, "t__SGB4837", "metaphlan4-sgb").ambiguous

    def test_prausnitzii_in_equal_parts_and_repeats_shared(self) -> None:
        names = [PARTS[0], PARTS[0], *PARTS[1:], PARTS[0], "Faecalibacterium prausnitzii_A"]
        placement = fed(Target(names), "Faecalibacterium prausnitzii")
        assert weights(placement, len(names)) == pytest.approx([1 / 12, 1 / 12, 0.25, 0.25, 0.25, 1 / 12, 0])
        assert sum(weight for _, weight in placement.columns) == pytest.approx(1)
        assert placement.ambiguous
        assert "4 equal parts" in placement.rule
        by_taxid = Target(names).match([Taxon("853", "853", taxid="853")], "resolve", "taxid")[0]
        assert by_taxid.columns == placement.columns
        # GTDB says which one is meant
        assert weights(fed(Target(names), PARTS[1], "gtdb"), len(names)) == [0, 0, 1, 0, 0, 0, 0]

    def test_another_epithet_needs_the_majority(self) -> None:
        # 17 % of the genomes once called B. finegoldii are B. zhangwenhongii now
        assert fed(Target(["Bacteroides zhangwenhongii"]), "Bacteroides finegoldii").reason == OUTSIDE_MODEL
        assert fed(Target(["Gemmiger variabilis"]), "Subdoligranulum variabile").columns == ((0, 1.0),)

    def test_a_name_of_an_older_release(self) -> None:
        target = Target(["Prevotella copri_B"])
        old = target.match(taxa("Prevotella copri"), "resolve", Nomenclature("gtdb", "R95"))[0]
        assert old.columns == ((0, 1.0),)
        assert old.ambiguous
        assert fed(target, "Prevotella copri", "gtdb").reason == OUTSIDE_MODEL

    def test_unknown_is_never_filled(self) -> None:
        target = Target(["unknown", "Escherichia coli", "unknown"])
        for name in ("unknown", "UNKNOWN", "UNCLASSIFIED"):
            for mode in ("resolve", "exact", "strict"):
                assert fed(target, name, "ncbi", mode).columns == ()
        assert fed(target, "Escherichia coli").columns == ((1, 1.0),)

    def test_a_column_outside_the_maps_is_found_by_its_name(self) -> None:
        placement = fed(Target(["Nonexistia inventata"]), "Nonexistia_inventata", "gtdb")
        assert placement.columns == ((0, 1.0),)
        assert placement.rule == "equal name"


class TestUnitModel:
    """A model whose columns are lumped units: one column each, never split."""

    def test_every_nomenclature_meets_in_one_column(self) -> None:
        target = Target(["Prevotella copri", "Faecalibacterium prausnitzii"], "lumped units 1")
        for name, nomenclature in (
            ("Prevotella copri", "ncbi"),
            ("Segatella copri", "ncbi"),
            ("s__Prevotella_copri_clade_A", "metaphlan4"),
            ("t__SGB1626", "metaphlan4-sgb"),
            ("Prevotella copri_B", "gtdb"),
            ("Prevotella sp900551275", "gtdb"),
            ("Prevotella copri [ref_mOTU_v3_03701]", "motus3"),
        ):
            assert fed(target, name, nomenclature).columns == ((0, 1.0),), name
        for name in (*PARTS, "Faecalibacterium prausnitzii_C"):
            assert fed(target, name, "gtdb").columns == ((1, 1.0),), name

    def test_reasons(self) -> None:
        target = Target(["Prevotella copri"], "lumped units")
        assert fed(target, "Escherichia coli").reason == OUTSIDE_MODEL
        assert fed(target, "Clostridium sp.").reason == "not a species name"

    def test_strict_leaves_unsure_units_out(self) -> None:
        target = Target(["Klebsiella oxytoca", "Prevotella copri"], "lumped units")
        assert fed(target, "Klebsiella oxytoca").ambiguous
        assert fed(target, "Klebsiella oxytoca", mode="strict").reason == LEFT_OUT
        assert fed(target, "Prevotella copri", mode="strict").columns == ((1, 1.0),)


class TestNamesModel:
    """A model with names as MetaPhlAn 3 and NCBI write them."""

    def test_through_units(self) -> None:
        target = Target(["Phocaeicola vulgatus", "Ruminococcus bromii"], "MetaPhlAn 3 species names")
        for name, nomenclature in (("s__Bacteroides_vulgatus", "ncbi"), ("Phocaeicola vulgatus", "gtdb")):
            assert fed(target, name, nomenclature).columns == ((0, 1.0),)
        assert fed(target, "Ruminococcus_E bromii_B", "gtdb").columns == ((1, 1.0),)

    def test_two_columns_in_one_unit(self) -> None:
        names = ["Ruminococcus obeum CAG 39", "Blautia obeum"]
        target = Target(names, "MetaPhlAn 3")
        assert fed(target, "Ruminococcus_obeum_CAG_39").columns == ((0, 1.0),)  # its own name first
        assert fed(target, "Blautia obeum").columns == ((1, 1.0),)
        assert fed(target, "Blautia_A obeum", "gtdb").columns == ((1, 1.0),)  # else the commoner one

    def test_the_column_s_name_in_another_nomenclature(self) -> None:
        target = Target(["Lacrimispora amygdalina"], "NCBI")
        assert fed(target, "Lacrimispora amygdalina").columns == ((0, 1.0),)
        assert fed(target, "Lacrimispora amygdalina", "gtdb").reason == OUTSIDE_MODEL
        assert fed(target, "Lacrimispora amygdalina_A", "gtdb").columns == ((0, 1.0),)

    def test_names_that_no_map_knows(self) -> None:
        target = Target(["ASV 1", "Desulfovibrionaceae bacterium"], "names of the training table")
        assert fed(target, "asv_1", "unknown").columns == ((0, 1.0),)
        assert fed(target, "Desulfovibrionaceae bacterium").columns == ((1, 1.0),)


def test_exact_is_equal_strings_only() -> None:
    target = Target(["Blautia_A wexlerae", "Escherichia coli", "Escherichia coli"])
    assert fed(target, "Escherichia coli", mode="exact").columns == ((1, 0.5), (2, 0.5))
    assert fed(target, "Blautia wexlerae", mode="exact").columns == ()
    assert fed(target, "blautia_a_wexlerae", mode="exact").columns == ()


def test_strict_leaves_ambiguous_names_out() -> None:
    target = Target([*PARTS, "Ruminococcus_E bromii_B"])
    assert fed(target, "Faecalibacterium prausnitzii", mode="strict") == Placement(ambiguous=True, reason=LEFT_OUT)
    assert fed(target, "Ruminococcus bromii", mode="strict").columns == ((4, 1.0),)


class TestObservable:
    """Unobservable is not absent."""

    def test_placeholders_cannot_be_seen_by_ncbi_names(self) -> None:
        target = Target(["Blautia_A wexlerae", "Gemmiger sp900540595", "unknown"])
        assert target.observable_columns("ncbi").tolist() == [True, False, False]
        assert target.observable_columns("gtdb").tolist() == [True, True, False]
        assert target.observable_columns("gtdb", "R86").tolist() == [True, False, False]

    def test_releases_and_profilers_narrow(self) -> None:
        species = list(maps.species_units())
        target = Target(species)
        counts = [int(target.observable_columns("gtdb", release).sum()) for release in ("R86", "R95", "R207", "R220")]
        assert counts == sorted(counts)
        assert counts[-1] == len(species)
        all_names = target.observable_columns("ncbi")
        two, three = (target.observable_columns("ncbi", f"MetaPhlAn {number}") for number in (2, 3))
        assert not (two & ~all_names).any()
        assert not (three & ~all_names).any()
        assert two.sum() < three.sum() < all_names.sum()

    @pytest.mark.parametrize("name", ["metaphlan4", "metaphlan4-sgb", "motus3", "taxid", "accession"])
    def test_every_naming_sees_common_species(self, name: str) -> None:
        target = Target(["Phocaeicola vulgatus", "Escherichia coli"], "lumped units")
        assert target.observable_columns(name).tolist() == [True, True]

    def test_what_a_table_fills_is_observable(self) -> None:
        target = Target(["Gemmiger sp900540595", "Nonexistia inventata"])
        filled = [Placement(((1, 1.0),), "equal name")]
        assert target.observable_columns("ncbi", filled=filled).tolist() == [False, True]

    def test_nothing_is_known_of_an_unknown_naming(self) -> None:
        assert Target(["a b", "c d"]).observable_columns("unknown").all()
