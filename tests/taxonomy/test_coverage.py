"""On real tables: how much of the abundance finds its place. Floors, not the exact figures."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed import read_table
from mbembed.tables.profile import Taxon
from mbembed.taxonomy import maps
from mbembed.taxonomy.nomenclature import detect_nomenclature
from mbembed.taxonomy.target import Target
from tests.helpers import SHARED, needs_shared

if TYPE_CHECKING:
    from mbembed.tables.profile import Profile

pytestmark = [pytest.mark.shared, needs_shared("crossprofiler"), needs_shared("upstream/model_species_reference.csv")]

#: Table → naming, floor of the published model, floor of the 450 unit columns (mean %, classified abundance).
FLOORS = {
    "corpus/profiles.biom": ("ncbi", "MetaPhlAn 3", 92, 99.4),
    "crossprofiler/metaphlan3_merged.txt": ("ncbi", "MetaPhlAn 3", 91, 99.5),
    "crossprofiler/bracken_gtdb_r95_S.txt": ("gtdb", "R95", 74, 44),
    "crossprofiler/bracken_ncbi_S.txt": ("ncbi", "", 44, 44),
    "corpus_more/metaml_stool.biom": ("ncbi", "MetaPhlAn 2", 83, 87),
    "corpus_more/yachida_mpa2.biom": ("ncbi", "MetaPhlAn 2", 90, 97),
    "corpus_more/neighborfinder_crc_msp.biom": ("gtdb", "R214", 87, 73),
    "formats/metaphlan2_merged_bom.csv": ("ncbi", "MetaPhlAn 2", 92, 97),
}


@cache
def targets() -> tuple[Target, Target]:
    with (SHARED / "upstream" / "model_species_reference.csv").open(encoding="utf-8") as handle:
        published = Target([row["species_name"] for row in csv.DictReader(handle)], "GTDB R220")
    return published, Target([unit for unit, fact in maps.unit_facts().items() if fact.prevalence >= 0.01], "units")


def covered(profile: Profile, target: Target, mode: str = "resolve") -> float:
    feeds = np.array([bool(placement.columns) for placement in target.match(profile.taxa, mode)], dtype=np.float64)
    filled = profile.classified > 0
    return float(100 * ((profile.values @ feeds)[filled] / profile.classified[filled]).mean())


@pytest.mark.parametrize("table", FLOORS)
def test_coverage(table: str) -> None:
    naming, release, published_floor, units_floor = FLOORS[table]
    profile = read_table(SHARED / table)
    found = detect_nomenclature(profile.taxa)
    assert (found.name, found.release, found.also) == (naming, release, ())
    published, units = targets()
    assert covered(profile, published) >= published_floor
    assert covered(profile, units) >= units_floor
    assert covered(profile, published) >= covered(profile, published, "strict") >= covered(profile, published, "exact")


def test_every_name_of_the_published_model_has_its_place() -> None:
    with (SHARED / "upstream" / "model_species_reference.csv").open(encoding="utf-8") as handle:
        names = {row["species_name"] for row in csv.DictReader(handle)} - {"unknown"}
    assert names <= set(maps.species_units())
    assert targets()[0].observable_columns("gtdb").sum() == 902 - 8


@pytest.mark.parametrize(("rows", "naming"), [("sgb", "metaphlan4-sgb"), ("metaphlan4_name", "metaphlan4")])
def test_metaphlan4_by_the_largest_mean_of_each_sgb(rows: str, naming: str) -> None:
    """No MetaPhlAn 4 gut table is at hand; the maps keep each SGB's largest mean in two cohorts."""
    columns = maps._columns("sgb")
    means = np.array([float(mean) * bool(name) for mean, name in zip(columns["max_mean"], columns[rows], strict=True)])
    taxa = [Taxon(name, name) for name in columns[rows]]
    feeds = np.array([bool(placement.columns) for placement in targets()[0].match(taxa, "resolve", naming)])
    assert means[feeds].sum() / means.sum() >= 0.81


def test_the_same_person_looks_the_same() -> None:
    """Nearest neighbour in the other profiler's table, 191 samples, log-scaled unit columns."""
    _, target = targets()
    vectors, ids = [], []
    for table in ("metaphlan3_merged", "bracken_gtdb_r95_S", "bracken_ncbi_S"):
        profile = read_table(SHARED / "crossprofiler" / f"{table}.txt")
        aligned = np.zeros((profile.n_samples, target.n_columns))
        fractions = profile.values.toarray() / profile.classified[:, None]
        for taxon, placement in enumerate(target.match(profile.taxa)):
            for column, weight in placement.columns:
                aligned[:, column] += weight * fractions[:, taxon]
        vectors.append(np.log10(np.maximum(aligned, 1e-4)) + 2)
        ids.append([sample.split("_")[0] for sample in profile.sample_ids])
    for left, right, floor in ((0, 1, 0.99), (0, 2, 0.98), (1, 2, 0.99)):
        order = {sample: place for place, sample in enumerate(ids[right])}
        common = [sample for sample in ids[left] if sample in order]
        assert len(common) == 191
        a = vectors[left][[ids[left].index(sample) for sample in common]]
        b = vectors[right][[order[sample] for sample in common]]
        a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
        assert ((a @ b.T).argmax(axis=1) == np.arange(len(common))).mean() >= floor
