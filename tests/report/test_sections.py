"""Sections one by one: what they say of cohorts of which this and that is known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.cli.main import main
from mbembed.errors import UsageError
from mbembed.models.statistics import Centroid, ReferenceCloud
from mbembed.report import make_report
from mbembed.report.cloud import draw_cloud
from mbembed.report.cohorts import make_cohorts, together
from mbembed.report.percentiles import draw_percentiles
from mbembed.report.sections.map import make_map
from mbembed.report.sections.range import make_range
from mbembed.report.sections.signal import find_batch, make_signal
from mbembed.report.sections.taxa import make_taxa
from mbembed.report.sections.verdict import make_verdict
from mbembed.report.signal import study_signal
from mbembed.report.variables import Variable
from mbembed.stored import StoredEmbedding
from tests.report.cohort import check_page, metadata, table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def good() -> mbembed.Embedding:
    return mbembed.embed(table(), units="percent")


@pytest.fixture
def files(good: mbembed.Embedding, tmp_path: Path) -> Path:
    """Write two embeddings with their summaries, one without, and metadata."""
    good.write(tmp_path / "one.parquet")
    good.write(tmp_path / "bare.tsv")
    mbembed.embed(table(seed=7).rename(index=lambda one: f"T{one}"), units="percent").write(tmp_path / "two.biom")
    table().to_csv(tmp_path / "table.csv")
    metadata().to_csv(tmp_path / "m.tsv", sep="\t", index=False)
    return tmp_path


def batches(strong: bool, n: int = 40) -> tuple[mbembed.Embedding, list[str | None]]:
    """Return samples of which a batch leaves a strong sign, or none; some have no batch."""
    values = table(n)
    if strong:
        values.iloc[: n // 2, :5] += 60
        values = values.div(values.sum(axis=1), axis=0) * 100
    order = np.arange(n) < n // 2 if strong else np.random.default_rng(3).permutation(n) < n // 2
    return mbembed.embed(values, units="percent"), [None, *("a" if one else "b" for one in order[1:])]


# -- the page from a file ---------------------------------------------------------------------------------------


def test_a_file_with_its_summary_says_what_was_matched(files: Path) -> None:
    page = check_page(make_report(mbembed.read_embedding(files / "one.parquet"), metadata()))
    assert "The table matches the model: 100.0%" in page.text
    assert "The table itself is shown beside it if it is given" in page.text
    assert "How well the table itself does" not in page.text  # no batch was named
    assert "PERMANOVA" in page.text
    assert "Bray–Curtis" not in page.text


def test_a_bare_file_says_what_is_missing_and_what_to_type(files: Path) -> None:
    page = check_page(make_report(mbembed.read_embedding(files / "bare.tsv"), metadata()))
    assert "Whether these vectors can be relied on is not known" in page.text
    assert page.text.count("--summary run.json") >= 4  # verdict, match, map, range
    assert "By group" in [text for _, text in page.headings]
    assert "12 of 12 samples have a vector" in page.text


def test_with_the_table_the_page_is_that_of_embed(files: Path) -> None:
    stored = mbembed.read_embedding(files / "one.parquet")
    made = mbembed.embed(files / "table.csv", units="percent")
    assert make_report(stored.with_table(files / "table.csv"), metadata()) == make_report(made, metadata())


def test_several_cohorts_on_one_map(files: Path) -> None:
    both = [mbembed.read_embedding(files / name) for name in ("one.parquet", "two.biom")]
    page = check_page(make_report(both))
    assert tuple(text for level, text in page.headings if level == 3 and text in ("one.parquet", "two.biom"))[:2] == (
        "one.parquet",
        "two.biom",
    )
    assert "By cohort" in [text for _, text in page.headings]
    assert "tables of several cohorts name their taxa in their own ways" in page.text
    assert "cohort of a sample is told rightly" in page.text
    assert together(make_cohorts(both)).n_samples == 24


def test_ids_that_two_cohorts_share(good: mbembed.Embedding, files: Path) -> None:
    once, again = mbembed.read_embedding(files / "one.parquet"), mbembed.read_embedding(files / "one.parquet")
    cohorts = make_cohorts([once, again])
    assert [one.name for one in cohorts] == ["one.parquet", "one.parquet (2)"]
    ids = together(cohorts).sample_ids
    assert ids[0] == "one.parquet: S00"
    assert len(set(ids)) == 2 * good.n_samples


def test_cohorts_of_different_models_are_refused(files: Path) -> None:
    one, bare = mbembed.read_embedding(files / "one.parquet"), mbembed.read_embedding(files / "bare.tsv")
    with pytest.raises(UsageError, match=r"which model made bare\.tsv is not known"):
        make_report([one, bare])
    told = {**one.summary, "model": {**one.summary["model"], "weights_sha256": "0" * 64, "name": "other"}}
    with pytest.raises(UsageError, match=r"the embeddings are of different models: one\.parquet by"):
        make_report([one, StoredEmbedding(one.values, one.sample_ids, told, None, "x.parquet")])


def test_cohorts_of_different_closures_are_refused(good: mbembed.Embedding) -> None:
    other = "input" if good.match.closure != "input" else "matched"
    with pytest.raises(UsageError, match=f"made with different closures: the table with {good.match.closure}"):
        make_cohorts([good, mbembed.embed(table(), units="percent", closure=other)])


def test_a_summary_without_the_counts_of_each_sample_is_refused(good: mbembed.Embedding) -> None:
    match = {key: value for key, value in good.summary["match"].items() if key != "samples"}
    for told in ({**good.summary, "match": match}, {"input": good.summary["input"], "match": good.summary["match"]}):
        stored = StoredEmbedding(good.values, good.sample_ids, told, None, "big.parquet")
        with pytest.raises(
            UsageError, match=r"the summary of big\.parquet does not say what was matched in each"
        ) as caught:
            make_report(stored)
        assert "--summary run.json" in str(caught.value)


def test_what_is_known_of_samples_without_a_vector_is_not_shown() -> None:
    values = table()
    values.iloc[:3] = 0.0
    embedding = mbembed.embed(values, units="percent", on_empty="nan")
    frame = pd.DataFrame(
        {"age": ["30.5", "31.5", "32.5", *[None] * 9], "_site": [["_a", "b"][i % 2] for i in range(12)]},
        index=embedding.sample_ids,
        dtype=object,
    )
    content = make_map(make_cohorts([embedding]), embedding, frame, [], []).content
    assert [name for name, _ in content["rows"]] == ["_site"]
    assert [row[:2] for row in content["tests"].rows] == [["_site", "9"]]
    assert b"_a (n = 4)" in content["rows"][0][1][0].svg
    with pytest.raises(UsageError, match="'age' has no value for any"):
        make_map(make_cohorts([embedding]), embedding, frame, ["age"], [])


# -- the command ------------------------------------------------------------------------------------------------


def test_the_command(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = files / "r.html"
    arguments = ["report", str(files / "one.parquet"), "-o", str(out), "--metadata", str(files / "m.tsv")]
    assert main([*arguments, "--table", str(files / "table.csv"), "--batch", "group", "--color-by", "age"]) == 0
    page = check_page(out.read_text(encoding="utf-8"))
    assert "By age" in [text for _, text in page.headings]
    assert "How well group can be told from the samples was not measured" in page.text  # four controls are too few
    assert "open it in a browser" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["one.parquet", "two.biom", "--table", "table.csv"], 2, "2 embeddings were named, but 1 after --table"),
        (["one.parquet", "bare.tsv"], 2, "which model made bare.tsv is not known"),
        (["table.csv"], 1, "is no embedding"),
        (["one.parquet", "--batch", "kit"], 2, "--batch names a column of the metadata, but there are no metadata"),
        (["one.parquet", "--metadata", "m.tsv", "--contrast", "grop"], 2, "Try: --contrast group"),
        (["two.biom", "--metadata", "m.tsv"], 1, "no sample id"),
        (["two.biom", "--table", "table.csv"], 2, "0 of them are the same"),
    ],
)
def test_refusals_of_the_command(
    arguments: list[str], status: int, words: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [str(files / one) if "." in one else one for one in arguments]
    assert main(["report", *named, "-o", str(files / "r.html")]) == status
    assert words in capsys.readouterr().err
    assert not (files / "r.html").exists()


# -- study signal -----------------------------------------------------------------------------------------------


def test_a_strong_signal_is_found_and_a_missing_one_is_not() -> None:
    embedding, batch = batches(strong=True)
    found = study_signal(embedding, batch)
    assert found.scores["embedding"].low > 0.7
    assert set(found.scores) == {"embedding", "log", "clr"}
    assert found.n_samples == 39
    assert "1 sample without a batch, or of too small a one, left out" in found.notes
    assert study_signal(embedding, batch) == found
    embedding, batch = batches(strong=False)
    interval = study_signal(embedding, batch).scores["embedding"]
    assert interval.low < 0.5
    assert interval.high < 0.85


def test_balanced_accuracy_by_hand() -> None:
    from mbembed.evaluation.protocols import Split
    from mbembed.evaluation.representations import from_vectors
    from mbembed.report.signal import _measure

    truth = np.array([0.0, 0, 0, 1, 1, 1])
    one = from_vectors("embedding", np.array([[0.0], [0], [1], [1], [1], [1]]))
    everything = np.arange(6)
    split = Split("cross-validation", "", "", 6, 0, everything, everything)
    measured = _measure(one, truth, everything, [split])
    assert measured.values.tolist() == [pytest.approx((2 / 3 + 1) / 2)]
    assert measured.influence.sum() == pytest.approx(0.0)


def test_persons_are_kept_together() -> None:
    embedding, batch = batches(strong=True)
    persons = [f"p{i // 2}" for i in range(len(batch))]
    assert study_signal(embedding, batch, persons).persons


def test_words_of_the_signal() -> None:
    embedding, batch = batches(strong=True)
    frame = pd.DataFrame({"plate": batch, "Subject": [str(i) for i in range(len(batch))]}, dtype=object)
    assert find_batch(["age", "Plate"]) == "Plate"
    content = make_signal(embedding, frame, "plate", "Subject").content
    assert "by chance it would be 50%" in content["answer"]
    assert "There is a strong signal of plate in the vectors. It need not be technical" in content["meaning"]
    assert "Samples of one person (Subject) are never on both sides" in content["method"]
    bare = StoredEmbedding(embedding.values, embedding.sample_ids)
    assert "--table TABLE" in make_signal(bare, frame, "plate", None).content["answer"]
    same = pd.DataFrame({"plate": ["a"] * 40}, dtype=object)
    assert (
        "was not measured: the target 'batch' is 'a'" in make_signal(embedding, same, "plate", None).content["excuse"]
    )
    assert "--batch COLUMN" in make_signal(embedding, same, None, None).content["excuse"]
    assert "There are no metadata" in make_signal(embedding, None, None, None).content["excuse"]


def test_the_signal_needs_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    embedding, batch = batches(strong=True)
    frame = pd.DataFrame({"plate": batch}, dtype=object)
    monkeypatch.setattr("mbembed.extras.find_spec", lambda name: None)
    assert 'pip install "mbembed[sklearn]"' in make_signal(embedding, frame, "plate", None).content["excuse"]


# -- range ------------------------------------------------------------------------------------------------------


def ranges(ids: list[str], verdicts: list[str]) -> pd.DataFrame:
    odd = [one != "in range" for one in verdicts]
    return pd.DataFrame(
        {
            "distance": [20.0 + i for i in range(len(ids))],
            "distance_percentile": [100.0 if one else 40.0 for one in odd],
            "reconstruction_percentile": [99.0 if one else 50.0 for one in odd],
            "rarity_percentile": np.nan,
            "percentile": [100.0 if one else 40.0 for one in odd],
            "verdict": verdicts,
            "reason": ["another body site" if one else "" for one in odd],
        },
        index=pd.Index(ids, name="sample"),
    )


def test_range_names_the_oddest_first(good: mbembed.Embedding) -> None:
    frame = ranges(good.sample_ids, ["in range"] * 9 + ["unusual", "out of range", "out of range"])
    content = make_range(make_cohorts([good]), frame, "").content
    assert content["counts"] == "Of 12 samples: 9 in range, 1 unusual, 2 out of range."
    assert [row[0] for row in content["oddest"].rows] == ["S11", "S10", "S09"]
    assert tuple(content["oddest"].rows[0]) == ("S11", "out of range", "100.0", "99.0", "–", "Another body site.")
    assert content["picture"].table.columns == ("percentile", "distance", "reconstruction error")
    assert not content["not_judged"]


def test_samples_of_a_bare_file_are_not_judged(files: Path) -> None:
    page = check_page(make_report(mbembed.read_embedding(files / "one.parquet")))
    assert "Of 12 samples: 0 in range, 0 unusual, 0 out of range, 12 not judged." in page.text
    assert "12 samples not judged: the table that the embedding was made of is needed" in page.text
    assert "nothing in it gave cause for a warning" in page.text


def test_many_samples_out_of_range_reach_the_verdict(good: mbembed.Embedding) -> None:
    cohorts = make_cohorts([good])
    usual = make_verdict(cohorts, ranges(good.sample_ids, ["in range"] * 12)).content["cohorts"][0]
    assert usual["level"] == "good"
    assert "12 of 12 samples are of the kind that the model was trained on, or not far from it" in usual["judgement"]
    odd = make_verdict(cohorts, ranges(good.sample_ids, ["in range"] * 10 + ["out of range"] * 2)).content["cohorts"][0]
    assert odd["level"] == "care"
    assert "2 of 12 samples are out of the range" in odd["judgement"]
    assert ("Like the training samples", "10 in range, 0 unusual, 2 out of range") in odd["facts"]


def test_a_bad_match_is_said_beside_the_range() -> None:
    poor = mbembed.embed(table(stranger=0.7), units="percent")
    content = make_range(make_cohorts([poor]), ranges(poor.sample_ids, ["in range"] * 12), "").content
    assert "Only 30% of the abundance of the median sample was matched" in content["unseen"]


def test_percentiles_count_everybody() -> None:
    made = draw_percentiles({"distance": np.array([0.0, 4.9, 50.0, 100.0])})
    assert made.table is not None
    assert [tuple(row) for row in made.table.rows] == [("0 to 5", "2"), ("50 to 55", "1"), ("95 to 100", "1")]
    assert "Beyond 95 % of the corpus are 1 by distance." in made.description


def test_a_model_without_statistics_says_so(monkeypatch: pytest.MonkeyPatch, good: mbembed.Embedding) -> None:
    monkeypatch.setattr(mbembed.Model, "statistics", None)
    monkeypatch.setattr(mbembed.Model, "reference", None)
    page = check_page(make_report(good, metadata()))
    assert "does not state what its training samples look like" in page.text
    assert "has no map of its training corpus" in page.text
    assert "nothing in it gave cause for a warning" in page.text
    assert "Like the training samples" not in page.text


# -- the corpus behind the samples ------------------------------------------------------------------------------


def cloud(n_dimensions: int) -> ReferenceCloud:
    edges = np.linspace(-1, 1, 11, dtype=np.float32)
    axes = np.eye(n_dimensions, 2, dtype=np.float32)
    groups = [Centroid("age: infant", -0.5, 0.0, 60), Centroid("age: adult", 0.5, 0.1, 900)]
    counts = np.arange(100, dtype=np.uint32).reshape(10, 10)
    explained = np.array([0.2, 0.1], np.float32)
    return ReferenceCloud(np.zeros(n_dimensions, np.float32), axes, explained, counts, edges, edges, groups, 960)


def test_the_cloud_says_where_samples_lie() -> None:
    values = np.zeros((5, 8), np.float32)
    values[:, 0] = [0.4, 0.5, 0.6, 0.5, 9.0]
    sites = Variable("site", np.array(["a", "a", "b", "b", None], dtype=object))
    ours, groups = draw_cloud(cloud(8), values, sites)
    assert ours.description.startswith("5 samples over a grey cloud")
    assert ours.description.endswith("Within the extent of the cloud: 4.")
    assert ours.table is not None
    assert [tuple(row) for row in ours.table.rows] == [
        ("all", "5", "0.5", "0"),
        ("a", "2", "0.45", "0"),
        ("b", "2", "0.55", "0"),
    ]
    assert groups.table is not None
    assert [row[0] for row in groups.table.rows] == ["these samples (median)", "age: adult", "age: infant"]
    assert b"age: infant" in groups.svg
    assert draw_cloud(cloud(8), values, sites)[1].svg == groups.svg


def test_a_batch_of_each_sample_its_own_is_excused_in_few_words(good: mbembed.Embedding) -> None:
    frame = pd.DataFrame({"run": [f"run{i:02}" for i in range(12)]}, index=good.sample_ids)
    excuse = make_signal(good, frame, "run", None).content["excuse"]
    assert excuse.endswith("run03 (1), run04 (1) and 7 more.")


def test_a_cloud_without_groups_is_one_picture() -> None:
    (ours,) = draw_cloud(replace(cloud(8), centroids=[]), np.zeros((1, 8), np.float32), None)
    assert ours.description.startswith("1 sample over")
    assert ours.description.endswith("Within the extent of the cloud: all.")


# -- which taxa speak -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_taxa_are_named_where_asked_for() -> None:
    embedding, batch = batches(strong=True)
    frame = pd.DataFrame({"group": ["case" if one == "a" else "control" for one in batch]}, index=embedding.sample_ids)
    content = make_taxa(embedding, frame, "group", None, None).content
    assert content["picture"].table.rows
    assert content["words"]
    assert "--contrast COLUMN" in make_taxa(embedding, frame, None, None, None).content["excuse"]
    bare = StoredEmbedding(embedding.values, embedding.sample_ids)
    assert "--table TABLE" in make_taxa(bare, frame, "group", None, None).content["excuse"]


def test_a_contrast_of_three_groups_is_refused(good: mbembed.Embedding) -> None:
    frame = pd.DataFrame({"group": list("abcabcabcabc")}, index=good.sample_ids)
    with pytest.raises(UsageError, match="'group' has 3 values") as caught:
        make_taxa(good, frame, "group", None, None)
    assert "mbembed explain takes two groups of several" in str(caught.value)


def test_a_contrast_that_cannot_be_is_excused(good: mbembed.Embedding) -> None:
    few = pd.DataFrame({"group": ["case"] * 2 + ["control"] * 10}, index=good.sample_ids)
    assert re.search("What it takes", make_taxa(good, few, "group", None, None).content["excuse"])
