"""One rank, names, units, unclassified: decided alike for every dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import biom
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mbembed.errors import AxisError, CellError, TableError, UnitError
from mbembed.tables import read_table
from mbembed.tables.assemble import assemble
from mbembed.tables.raw import RawTable, ReadOptions
from tests.helpers import SHARED, needs_shared
from tests.tables.fixtures import SAMPLES, SPECIES, VALUES, biom_tsv, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from mbembed.tables.profile import Profile


def made(values: object, labels: list[str], **options: str) -> Profile:
    array = np.asarray(values, dtype=float)
    raw = RawTable(array, [f"S{i}" for i in range(len(array))], labels, "test")
    return assemble(raw, None, ReadOptions(**options))


@pytest.mark.parametrize(
    "label",
    ["UNKNOWN", "UNCLASSIFIED", "unclassified", "unassigned", "unknown", "-1", "Unassigned;__;__", "k__unassigned"],
)
def test_unclassified_is_one_concept(label: str) -> None:
    profile = made([[0.25, 0.75]], ["Blautia obeum", label])
    assert profile.taxon_names == ["Blautia obeum"]
    assert profile.unclassified.tolist() == [0.75]
    assert profile.unit == "fraction"


def test_tax_id_0_is_unclassified() -> None:
    raw = RawTable(np.array([[1.0, 3.0]]), ["a"], ["Blautia obeum", "nothing"], "test", taxids=["40520", "0"])
    assert assemble(raw, None, ReadOptions()).unclassified.tolist() == [3.0]


NAMES = {
    "k__Bacteria|g__Blautia|s__Blautia_wexlerae": "Blautia wexlerae",
    "d__Bacteria;g__Blautia_A;s__Blautia_A wexlerae": "Blautia_A wexlerae",
    "k__Bacteria; g__Faecalibacterium; s__prausnitzii": "Faecalibacterium prausnitzii",
    "k__Bacteria; g__[Ruminococcus]; s__gnavus": "Ruminococcus gnavus",
    "k__Bacteria; g__Blautia; s__": "unnamed species of Blautia",
    "d__Bacteria;p__Bacillota;c__C;o__O;f__F;g__Blautia;__": "unnamed species of Blautia",
    "Bacteria;Bacillota;Clostridia;O;F;Blautia;Blautia obeum": "Blautia obeum",
    "s__Blautia_obeum": "Blautia obeum",
    "Blautia_obeum": "Blautia obeum",
    "s__GGB9699_SGB15216": "GGB9699 SGB15216",
}


@pytest.mark.parametrize("label", NAMES)
def test_names(label: str) -> None:
    taxon = made([[1.0]], [label]).taxa[0]
    assert (taxon.name, taxon.source) == (NAMES[label], label)


def test_equal_names_are_summed_and_reported() -> None:
    profile = made([[0.25, 0.5, 0.25]], ["Blautia obeum", "s__Blautia_obeum", "Dorea longicatena"])
    assert profile.taxon_names == ["Blautia obeum", "Dorea longicatena"]
    assert profile.values.toarray().tolist() == [[0.75, 0.25]]
    assert profile.merged == {"Blautia obeum": 2}
    assert "summed" in profile.warnings[0]


ALL_RANKS = ["k__B", "k__B|g__Blautia", "k__B|g__Blautia|s__x", "k__B|g__Blautia|s__x|t__1", "k__B|g__Blautia|s__y"]


def test_ranks_are_never_summed() -> None:
    profile = made([[1.0, 1.0, 0.6, 0.6, 0.4]], ALL_RANKS)
    assert profile.values.toarray().tolist() == [[0.6, 0.4]]
    assert profile.dropped == {"domain": 1, "genus": 1, "strain": 1}
    assert profile.unclassified.tolist() == [0.0]


def test_a_wider_rank_on_demand() -> None:
    profile = made([[1.0, 1.0, 0.6, 0.6, 0.4]], ALL_RANKS, rank="genus")
    assert profile.taxon_names == ["Blautia"]
    assert profile.values.toarray().tolist() == [[1.0]]
    with pytest.raises(TableError, match="no rows of the rank family"):
        made([[1.0, 1.0, 0.6, 0.6, 0.4]], ALL_RANKS, rank="family")


def test_rows_that_nothing_covers_are_not_lost() -> None:
    """In a table of leaves (16S) an OTU known to the genus stands beside the species, not above them."""
    profile = made(
        [[1, 6, 3]], ["k__B; g__Blautia", "k__B; g__Blautia; s__obeum", "k__B; g__Dorea; s__formicigenerans"]
    )
    assert profile.values.toarray().tolist() == [[6.0, 3.0]]
    assert profile.unclassified.tolist() == [1.0]
    assert any("counted as not classified" in warning for warning in profile.warnings)


def test_a_table_without_species_says_so() -> None:
    profile = made([[0.5, 0.5]], ["k__B;g__Blautia", "k__B;g__Dorea"])
    assert profile.taxon_names == ["Blautia", "Dorea"]
    assert any("genus was taken" in warning for warning in profile.warnings)


UNITS = {
    "fraction": [[0.5, 0.5], [0.2, 0.7]],
    "percent": [[50, 50.0], [20.5, 70]],
    "counts": [[3, 4], [20, 700]],
}


@pytest.mark.parametrize("unit", UNITS)
def test_units(unit: str) -> None:
    assert made(UNITS[unit], ["Blautia obeum", "Dorea longicatena"]).unit == unit


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([[60, 40], [100, 0]], "percent"),
        ([[1, 0], [0, 1]], "fraction"),
        ([[1, 2], [0, 1]], "counts"),
        ([[100, 20], [40, 60]], "counts"),
        ([[30.5, 0.5], [80.5, 10]], "percent"),
    ],
)
def test_units_at_the_borders(values: list[list[float]], unit: str) -> None:
    assert made(values, ["Blautia obeum", "Dorea longicatena"]).unit == unit


def test_units_count_the_unclassified_share() -> None:
    assert made([[0.9, 99.1], [0.5, 99.5]], ["Blautia obeum", "UNKNOWN"]).unit == "percent"


def test_units_are_obeyed_with_a_warning() -> None:
    profile = made(UNITS["percent"], ["Blautia obeum", "Dorea longicatena"], units="fraction")
    assert profile.unit == "fraction"
    assert "yet samples add up" in profile.warnings[0]
    assert profile.decisions[-1] == ("units", "fraction", "given")


def test_too_much_for_the_unit_of_the_dialect() -> None:
    raw = RawTable(np.array([[90.0, 90.0]]), ["a"], ["Blautia obeum", "Dorea formicigenerans"], "test", unit="percent")
    with pytest.raises(UnitError, match="180"):
        assemble(raw, None, ReadOptions())


def test_all_zero_samples_are_noted() -> None:
    profile = made([[0.0, 0.0], [0.5, 0.5]], ["Blautia obeum", "Dorea longicatena"])
    assert profile.n_samples == 2
    assert "S0" in profile.warnings[0]


def test_one_sample_works() -> None:
    assert made([[1.0]], ["Blautia obeum"]).n_samples == 1


def test_sparse_input_and_nan() -> None:
    values = sparse.csr_array(np.array([[np.nan, 0.5], [0.5, 0.5]]))
    raw = RawTable(values, ["a", "b"], ["Blautia obeum", "Dorea longicatena"], "test")
    with pytest.raises(CellError, match="1 value of the table is missing") as caught:
        assemble(raw, None, ReadOptions())
    assert (caught.value.sample, caught.value.taxon) == ("a", "Blautia obeum")
    profile = assemble(raw, None, ReadOptions(missing="zero"))
    assert profile.values.toarray().tolist() == [[0.0, 0.5], [0.5, 0.5]]
    assert np.isnan(values.data[0]), "the reader's own table is left alone"


def test_no_explicit_zeros() -> None:
    raw = RawTable(sparse.csr_array(([0.0, 1.0], ([0, 0], [0, 1])), shape=(1, 2)), ["a"], list(SPECIES[:2]), "test")
    assert assemble(raw, None, ReadOptions()).values.nnz == 1


def test_biom_tsv(tmp_path: Path) -> None:
    profile = read_table(biom_tsv(tmp_path))
    assert profile.sample_ids == list(SAMPLES)
    assert profile.taxon_names == ["Blautia obeum", "Blautia wexlerae", "Bacteroides uniformis", "Prevotella copri_A"]
    np.testing.assert_array_equal(profile.values.toarray(), VALUES)


def test_na_in_the_last_sample_does_not_make_it_taxonomy(tmp_path: Path) -> None:
    body = rows(("#OTU ID", "a", "b"), ("Blautia obeum", 5, "NA"), ("Dorea longicatena", 2, 1))
    path = write(tmp_path / "biom.tsv", "# Constructed from biom file\n" + body)
    with pytest.raises(CellError, match="column 'b'"):
        read_table(path)
    assert read_table(path, missing="zero").sample_ids == ["a", "b"]


def test_dataframe() -> None:
    frame = pd.DataFrame(VALUES, index=list(SAMPLES), columns=list(SPECIES))
    profile = read_table(frame)
    assert profile.sample_ids == list(SAMPLES)
    np.testing.assert_array_equal(profile.values.toarray(), VALUES)
    turned = read_table(frame.T, orientation="taxa-in-rows")
    np.testing.assert_array_equal(turned.values.toarray(), VALUES)
    assert read_table(profile) is profile


def test_dataframe_the_other_way_round() -> None:
    with pytest.raises(AxisError, match="rows of the DataFrame are named like taxa"):
        read_table(pd.DataFrame(VALUES, index=list(SAMPLES), columns=list(SPECIES)).T)


def test_dataframe_with_text() -> None:
    with pytest.raises(CellError, match="column 'sample'"):
        read_table(pd.DataFrame({"sample": ["a", "b"], "Blautia obeum": [1, 2]}))


def test_biom_table() -> None:
    profile = read_table(biom.Table(VALUES.T, SPECIES, SAMPLES))
    assert profile.sample_ids == list(SAMPLES)
    np.testing.assert_array_equal(profile.values.toarray(), VALUES)


@pytest.mark.shared
@needs_shared("upstream/golden_input.tsv")
def test_golden_input() -> None:
    profile = read_table(SHARED / "upstream/golden_input.tsv")
    assert (profile.n_samples, profile.n_taxa, profile.unit) == (24, 885, "fraction")
    assert profile.unclassified.max() > 0, "the column 'unknown' is no species"


@pytest.mark.shared
@needs_shared("crossprofiler/bracken_ncbi_S.txt")
@pytest.mark.parametrize("name", ["bracken_ncbi_S.txt", "bracken_gtdb_r95_S.txt"])
def test_real_r_matrices(name: str) -> None:
    profile = read_table(SHARED / "crossprofiler" / name)
    assert (profile.n_samples, profile.unit) == (191, "counts")
    frame = pd.read_csv(SHARED / "crossprofiler" / name, sep="\t")
    np.testing.assert_array_equal(profile.values.toarray(), frame.to_numpy().T)
