"""Samples like the training samples, and samples that are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.errors import UsageError
from mbembed.in_range.habitats import HABITATS, HabitatShares
from mbembed.models.folder import load_folder
from mbembed.tables.profile import Taxon
from tests.helpers import ROOT, SHARED, needs_shared

COLUMNS = [
    "distance", "distance_percentile", "reconstruction_error", "reconstruction_percentile", "rarity",
    "rarity_percentile", "unobservable", "percentile", "verdict", "reason",
]  # fmt: skip


@pytest.fixture(scope="module")
def common() -> list[str]:
    """Name species that most training samples have."""
    model = mbembed.load_model()
    assert model.statistics is not None
    return [model.species[i] for i in np.argsort(-model.statistics.mean_fractions)[:90]]


def table(**samples: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(samples, orient="index").fillna(0.0)


def test_columns_and_order(common: list[str]) -> None:
    gut = {name: 1 / (rank + 1) for rank, name in enumerate(common)}
    frame = table(gut=gut, mouth={"Streptococcus mitis": 0.6, "Rothia mucilaginosa": 0.4})
    frame = frame.div(frame.sum(axis=1), axis=0)
    judged = mbembed.out_of_distribution(mbembed.embed(frame))
    assert judged.columns.tolist() == COLUMNS
    assert judged.index.name == "sample"
    assert judged.index.tolist() == ["gut", "mouth"]
    assert judged["verdict"].tolist() == ["in range", "out of range"]
    assert judged.loc["gut", "reason"] == ""
    assert judged["percentile"].between(0, 100).all()
    assert judged["unobservable"].eq(0).all()


@pytest.mark.parametrize(
    ("species", "words"),
    [
        (
            {"Streptococcus salivarius": 0.5, "Veillonella parvula": 0.3, "Rothia mucilaginosa": 0.2},
            "genera of the mouth",
        ),
        ({"Cutibacterium acnes": 0.7, "Staphylococcus epidermidis": 0.3}, "genera of the skin and nose"),
        ({"Lactobacillus crispatus": 0.9, "Gardnerella vaginalis": 0.1}, "genera of the vagina"),
        ({"Pseudomonas aeruginosa": 0.5, "Escherichia coli": 0.5}, "genera of water and soil"),
        ({"Bifidobacterium longum": 0.6, "Escherichia coli": 0.4}, "dominate in infants"),
        ({"Escherichia coli": 1.0}, "100% of it is Escherichia coli"),
    ],
)
def test_reasons_come_from_the_sample(species: dict[str, float], words: str) -> None:
    judged = mbembed.out_of_distribution(mbembed.embed(table(a=species)))
    assert judged.loc["a", "verdict"] == "out of range"
    assert words in judged.loc["a", "reason"]


def test_little_matched_is_out_of_range_whatever_the_scores(common: list[str]) -> None:
    gut = dict.fromkeys(common[:60], 0.05 / 60) | {"Nosuchbacter imaginarius": 0.95}
    judged = mbembed.out_of_distribution(mbembed.embed(table(a=gut)))
    assert judged.loc["a", "verdict"] == "out of range"
    assert "5.0% of its abundance are species that the model knows" in judged.loc["a", "reason"]


def test_few_reads_are_named() -> None:
    counts = table(a={"Cutibacterium acnes": 700, "Staphylococcus epidermidis": 300})
    assert "it has 1,000 reads" in mbembed.out_of_distribution(mbembed.embed(counts)).loc["a", "reason"]


def test_samples_without_a_vector_are_not_judged() -> None:
    frame = table(a={"Escherichia coli": 1.0}, b={"Nosuchbacter imaginarius": 1.0})
    judged = mbembed.out_of_distribution(mbembed.embed(frame, on_empty="nan"))
    assert judged["verdict"].tolist() == ["out of range", "not judged"]
    assert judged.loc["b", "reason"] == "it has no vector"
    assert judged.loc["b", ["distance", "percentile"]].isna().all()
    assert mbembed.out_of_distribution(mbembed.embed(frame)).index.tolist() == ["a"]


def test_what_was_read_from_a_file_needs_its_table(tmp_path, common: list[str]) -> None:
    made = mbembed.embed(table(a=dict.fromkeys(common[:50], 0.02)))
    made.write(tmp_path / "e.parquet")
    judged = mbembed.out_of_distribution(mbembed.read_embedding(tmp_path / "e.parquet"))
    assert judged.columns.tolist() == COLUMNS
    assert judged["verdict"].tolist() == ["not judged"]
    assert "the table" in judged.loc["a", "reason"]
    assert judged.loc["a", "distance"] == pytest.approx(mbembed.out_of_distribution(made).loc["a", "distance"])


def test_a_model_without_statistics_is_refused() -> None:
    golden = load_folder(ROOT / "tests" / "data" / "golden" / "model")
    frame = pd.DataFrame([[1.0]], index=["a"], columns=[golden.species[1]])
    with pytest.raises(UsageError, match="'golden' has no statistics of its training samples"):
        mbembed.out_of_distribution(mbembed.embed(frame, golden, names="exact"))


def test_a_sample_is_judged_by_itself(common: list[str]) -> None:
    rows = {f"s{i}": dict.fromkeys(common[i : i + 40], 1.0) for i in range(20)}
    frame = table(**rows).div(40)
    whole = mbembed.out_of_distribution(mbembed.embed(frame))
    alone = mbembed.out_of_distribution(mbembed.embed(frame.loc[["s7"]]))
    numbers = [column for column in COLUMNS if column not in ("verdict", "reason")]
    np.testing.assert_allclose(
        alone.loc["s7", numbers].astype(float), whole.loc["s7", numbers].astype(float), rtol=1e-4
    )


def test_no_genus_speaks_for_two_habitats() -> None:
    genera = [genus for habitat in HABITATS for genus in habitat.genera]
    assert len(genera) == len(set(genera))
    shares = HabitatShares([Taxon("x", "Haemophilus_D parainfluenzae"), Taxon("y", "Blautia obeum")])
    from scipy.sparse import csr_array

    told = shares.sentences(csr_array(np.array([[4.0, 6.0], [1.0, 9.0]])), np.array([10.0, 10.0]))
    assert told == ["40% of its abundance are genera of the mouth (Haemophilus)", ""]


@pytest.mark.shared
@needs_shared("crossprofiler/metaphlan3_merged.txt")
@pytest.mark.slow
@pytest.mark.parametrize("name", ["metaphlan3_merged", "bracken_gtdb_r95_S", "bracken_ncbi_S"])
def test_ordinary_guts_by_any_profiler_are_in_range(name: str) -> None:
    judged = mbembed.out_of_distribution(mbembed.embed(SHARED / "crossprofiler" / f"{name}.txt"))
    assert (judged["verdict"] == "out of range").mean() < 0.02
    assert (judged["verdict"] == "in range").mean() > 0.9


@pytest.mark.shared
@needs_shared("formats/biom/ag-fecal.biom")
def test_amplicons_are_out_of_range() -> None:
    judged = mbembed.out_of_distribution(mbembed.embed(SHARED / "formats" / "biom" / "ag-fecal.biom"))
    assert judged["verdict"].eq("out of range").all()
    assert judged["reason"].str.startswith("a table of 16S or other amplicons").all()


@pytest.mark.shared
@needs_shared("formats/metaphlan/MOCK_001_Illumina_Hiseq_3000_se_metaphlan3-db.metaphlan3_profile.txt")
def test_a_mock_community_is_out_of_range() -> None:
    file = SHARED / "formats/metaphlan/MOCK_001_Illumina_Hiseq_3000_se_metaphlan3-db.metaphlan3_profile.txt"
    judged = mbembed.out_of_distribution(mbembed.embed(file))
    assert judged["verdict"].eq("out of range").all()
    # Nearer to the centre than any training sample: a small distance is no good sign.
    assert judged["distance_percentile"].lt(1).all()


def test_something_else_is_refused() -> None:
    with pytest.raises(UsageError, match=r"given an object of class str\. Expected: what mbembed\.embed"):
        mbembed.out_of_distribution("profile.biom")  # type: ignore[arg-type]
