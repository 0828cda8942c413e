"""From a table and a question to the taxa that speak, end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.errors import EvaluationError, ModelError, UsageError
from mbembed.explanation.stability import compare
from mbembed.options import EXPLAIN
from tests.explanation.cohort import cohort, planted
from tests.helpers import SHARED, needs_shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mbembed.embedding import Embedding
    from mbembed.explanation.explanation import Explanation

#: Small enough for a test.
QUICK: dict[str, Any] = {"resamples": 40}


def contrast(*, options: dict[str, Any] | None = None, **made: Any) -> Explanation:
    table, metadata = cohort(**made)
    return mbembed.explain(table, metadata, contrast="disease", **{**QUICK, **(options or {})})


@pytest.fixture(scope="module")
def usual() -> Explanation:
    return contrast()


def test_planted_species_speak(usual: Explanation) -> None:
    table, _ = cohort()
    explanation = usual
    more, less = planted(table)
    taxa = explanation.taxa
    first = taxa.head(6)
    assert set(first.name) <= more | less
    assert set(first[first.change > 0].name) <= more
    assert set(first[first.change < 0].name) <= less
    assert first.stable.all()
    assert (first.attribution > 0).all()
    assert (taxa.lower <= taxa.attribution).all()
    assert (taxa.attribution <= taxa.upper).all()
    assert taxa.sign_share.between(0, 1).all()
    assert list(taxa.attribution.abs()) == sorted(taxa.attribution.abs(), reverse=True)
    total = explanation.summary["total"]
    assert taxa.attribution.sum() == pytest.approx(total["attribution"])
    assert 0 < total["lower"] < total["attribution"] < total["upper"]
    shown = table.loc[explanation.scores.index[explanation.scores.group == "CRC"]]
    name = first.name.iloc[0]
    row = taxa[taxa.name == name].iloc[0]
    assert row.mean_abundance_case == pytest.approx(shown[name].mean())
    assert row.prevalence_case == pytest.approx((shown[name] > 0).mean())


@pytest.mark.parametrize("baseline", EXPLAIN["baseline"].choices)
def test_attributions_of_samples_are_complete(baseline: str) -> None:
    explanation = contrast(options={"baseline": baseline})
    samples = explanation.samples()
    assert list(samples.columns) == list(explanation.taxa.taxon)
    assert list(samples.index) == list(explanation.scores.index)
    difference = explanation.scores.score - explanation.summary["explained"]["baseline_score"]
    np.testing.assert_allclose(samples.sum(axis=1), difference, atol=1e-4)
    assert explanation.summary["completeness_error"] < 1e-4
    groups = explanation.scores.groupby("group").score.mean()
    assert groups["control"] == pytest.approx(0, abs=1e-6)
    assert groups["CRC"] == pytest.approx(1, abs=1e-6)
    if baseline == "absent":
        table, _ = cohort()
        absent = (table[samples.columns] == 0).to_numpy()
        assert not samples.to_numpy()[absent].any()


def test_nothing_is_stable_in_noise() -> None:
    explanation = contrast(signal=False, seed=1)
    assert explanation.summary["total"]["lower"] <= 0
    assert not explanation.taxa.stable.any()
    assert any("cannot be told from chance" in sentence for sentence in explanation.words)
    assert any(sentence.startswith("None of the") for sentence in explanation.words)


@pytest.mark.slow
def test_intervals_leave_out_zero_for_about_one_species_in_twenty_of_noise() -> None:
    outside = []
    for seed in range(12):
        taxa = contrast(signal=False, seed=seed, options={"resamples": 100}).taxa
        outside.append(float(((taxa.lower > 0) | (taxa.upper < 0)).mean()))
    assert 0.01 < np.mean(outside) < 0.10


def test_another_seed_draws_other_samples(usual: Explanation) -> None:
    other = contrast(options={"seed": 1})
    assert not np.allclose(usual.taxa.attribution, other.taxa.attribution)


def test_an_embedding_is_as_good_as_its_table(usual: Explanation) -> None:
    table, metadata = cohort()
    embedding = mbembed.embed(table)
    given = mbembed.explain(embedding, metadata, contrast="disease", **QUICK)
    pd.testing.assert_frame_equal(given.taxa, usual.taxa)  # the same seed gives the same numbers


def test_vectors_of_another_table_are_refused() -> None:
    from dataclasses import replace

    table, metadata = cohort()
    embedding = mbembed.embed(table)
    mixed = replace(embedding, values=embedding.values[::-1])
    with pytest.raises(ModelError, match="the vectors are not those"):
        mbembed.explain(mixed, metadata, contrast="disease", **QUICK)


def test_samples_without_a_vector_are_left_out() -> None:
    table, metadata = cohort()
    table.iloc[3] = 0.0
    table["Nobodia ignota"] = 0.0
    table.loc[table.index[3], "Nobodia ignota"] = 1.0
    explanation = mbembed.explain(table, metadata, contrast="disease", **QUICK)
    assert len(explanation.scores) == len(table) - 1
    assert table.index[3] not in explanation.scores.index
    assert "Nobodia ignota" not in set(explanation.taxa.taxon)


@pytest.mark.parametrize("n_studies", [2, 6])
def test_studies(n_studies: int) -> None:
    table, metadata = cohort(96, n_studies=n_studies)
    explanation = mbembed.explain(table, metadata, contrast="disease", group="study", subject="person", **QUICK)
    assert explanation.summary["studies"] == n_studies
    assert explanation.summary["drawn"] == ("studies" if n_studies >= 5 else "persons")
    more, less = planted(table)
    assert set(explanation.taxa.head(4).name) <= more | less


def test_a_study_with_one_group_is_left_out() -> None:
    table, metadata = cohort(72, n_studies=3)
    metadata.loc[metadata.study == "study_2", "disease"] = "control"
    explanation = mbembed.explain(table, metadata, contrast="disease", group="study", **QUICK)
    assert explanation.summary["studies"] == 2
    assert any("study_2" in warning for warning in explanation.warnings)


def test_case_against_all_others() -> None:
    table, metadata = cohort()
    explanation = mbembed.explain(table, metadata, contrast="stage", case="early", resamples=20)
    assert explanation.summary["groups"]["sizes"] == {"early": 15, "not early": 45}
    two = mbembed.explain(table, metadata, contrast="stage", case="early", control="control", resamples=20)
    assert two.summary["groups"]["sizes"] == {"early": 15, "control": 30}


@pytest.mark.parametrize("question", [{"dimension": 5}, {"axis": 3}])
def test_dimensions_and_axes(question: dict[str, int]) -> None:
    table, _ = cohort(30)
    explanation = mbembed.explain(table, **question, **QUICK)
    assert explanation.taxa.attribution.sum() == pytest.approx(1.0, abs=1e-4)
    assert {"mean_abundance", "prevalence"} <= set(explanation.taxa.columns)
    embedding = mbembed.embed(table)
    if "dimension" in question:
        np.testing.assert_allclose(explanation.scores.score, embedding.values[:, 5], atol=1e-6)
    difference = explanation.scores.score - explanation.summary["explained"]["baseline_score"]
    np.testing.assert_allclose(explanation.samples().sum(axis=1), difference, atol=1e-4)


def test_taxa_that_feed_one_column_share_it_in_proportion() -> None:
    table, metadata = cohort()
    # Both are one unit of the default model; a quarter of it is the second in each sample.
    first, second = "Escherichia coli", "Shigella flexneri"
    table = table.rename(columns={table.columns[1]: first})
    whole = mbembed.explain(table, metadata, contrast="disease", **QUICK)
    table[second] = table[first] * 0.25
    table[first] *= 0.75
    parts = mbembed.explain(table, metadata, contrast="disease", **QUICK).taxa.set_index("taxon")
    assert parts.species[first] == parts.species[second]
    total = whole.taxa.set_index("taxon").attribution[first]
    assert parts.attribution[first] == pytest.approx(0.75 * total, rel=1e-3)
    assert parts.attribution[second] == pytest.approx(0.25 * total, rel=1e-3)


def test_what_cannot_be_attributed_is_said() -> None:
    table, metadata = cohort()
    table = table * 0.8
    table["Nobodia ignota"] = 0.2
    explanation = mbembed.explain(table, metadata, contrast="disease", **QUICK)
    assert explanation.summary["lost"]["unmatched_abundance"] == pytest.approx(0.2)
    assert any("20.0% of the classified abundance" in one and "Nobodia ignota" in one for one in explanation.words)


def test_comparison_of_all_samples_adds_up_to_one(usual: Explanation) -> None:
    everyone = np.arange(len(usual.scores))
    found = compare(usual._setting, usual._direction, everyone)
    assert found.sum() == pytest.approx(1.0, abs=1e-6)


def one_beside_many(lines: pd.DataFrame) -> pd.DataFrame:
    """Return two studies: cases and one control, controls and one case."""
    study = np.where(lines.disease == "CRC", "a", "b")
    study[:2] = ["a", "b"]  # the first is a control, the second a case
    return lines.assign(study=study)


WRONG: dict[str, Callable[[Embedding, pd.DataFrame], Any]] = {
    "nothing asked": lambda table, _: mbembed.explain(table),
    "two questions": lambda table, _: mbembed.explain(table, axis=1, dimension=2),
    "no metadata": lambda table, _: mbembed.explain(table, contrast="disease"),
    "unused metadata": lambda table, lines: mbembed.explain(table, lines, axis=1),
    "no such column": lambda table, lines: mbembed.explain(table, lines, contrast="diseases"),
    "three values": lambda table, lines: mbembed.explain(table, lines, contrast="stage"),
    "numbers": lambda table, lines: mbembed.explain(table, lines, contrast="age"),
    "no such value": lambda table, lines: mbembed.explain(table, lines, contrast="disease", case="IBD"),
    "the same twice": lambda table, lines: mbembed.explain(table, lines, contrast="stage", case="late", control="late"),
    "one value": lambda table, lines: mbembed.explain(table, lines.assign(disease="CRC"), contrast="disease"),
    "few samples": lambda _, lines: mbembed.explain(cohort(8)[0], lines, contrast="disease"),
    "no study has both": lambda table, lines: mbembed.explain(table, lines, contrast="disease", group="disease"),
    "no study has two of each": lambda table, lines: mbembed.explain(
        table, one_beside_many(lines), contrast="disease", group="study"
    ),
    "one person": lambda table, lines: mbembed.explain(table, lines.assign(person="P"), axis=1, subject="person"),
    "case of an axis": lambda table, _: mbembed.explain(table, axis=1, case="CRC"),
    "no such axis": lambda table, _: mbembed.explain(table, axis=60),
    "no such dimension": lambda table, _: mbembed.explain(table, dimension=512),
    "no such baseline": lambda table, _: mbembed.explain(table, axis=1, baseline="zero"),
    "few resamples": lambda table, _: mbembed.explain(table, axis=1, resamples=5),
    "few vectors": lambda _, __: mbembed.explain(cohort(3)[0], axis=1),
}


def test_refusals(snapshot: Callable[[str, str], None]) -> None:
    frame, metadata = cohort()
    table = mbembed.embed(frame)
    texts = []
    for name, call in WRONG.items():
        with pytest.raises((UsageError, EvaluationError)) as caught:
            call(table, metadata)
        texts.append(f"{name} ({type(caught.value).__name__})\n  {caught.value}")
    snapshot("explanation/refusals", "\n".join(texts))


def test_words(snapshot: Callable[[str, str], None], usual: Explanation) -> None:
    from mbembed.outputs.summary import to_json

    snapshot("explanation/words", "\n".join(usual.words))
    assert json.loads(to_json(usual.summary))["explained"]["kind"] == "contrast"


def test_figures(tmp_path: Path, usual: Explanation) -> None:
    from mbembed.explanation.figure import draw_bars

    explanation = usual
    drawn = draw_bars(explanation)
    assert b"<title>Taxa that speak in the direction from control to CRC (disease)</title>" in drawn.svg
    assert "the others are grey" in drawn.description
    assert drawn.table is not None
    assert len(drawn.table.rows) == 20
    explanation.write(
        tmp_path / "taxa.tsv", samples=tmp_path / "s.tsv", figure=tmp_path / "f.svg", summary=tmp_path / "s.json"
    )
    explanation.write(figure=tmp_path / "f.png")
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "f.svg").read_bytes() == drawn.svg
    taxa = pd.read_csv(tmp_path / "taxa.tsv", sep="\t")
    assert list(taxa.columns) == list(explanation.taxa.columns)
    assert set(taxa.stable) == {"yes", "no"}
    samples = pd.read_csv(tmp_path / "s.tsv", sep="\t", index_col="sample")
    assert samples.shape == (60, 1 + len(taxa))
    with pytest.raises(UsageError, match=r"\.svg or \.png"):
        explanation.write(figure=tmp_path / "f.pdf")


@pytest.mark.shared
@needs_shared("corpus/profiles.biom")
@pytest.mark.slow
def test_known_species_of_colorectal_cancer_are_found() -> None:
    """Wirbel et al. 2019 and Thomas et al. 2019 (Nat Med 25): the same species in all cohorts."""
    from mbembed.tables.sample_metadata import read_metadata

    metadata = read_metadata(SHARED / "corpus" / "metadata.tsv").frame.set_index("sample")
    profile = mbembed.read_table(SHARED / "corpus" / "profiles.biom")
    chosen = metadata[(metadata.study == "YuJ_2015") & metadata.condition.isin(["CRC", "control"])]
    rows = [i for i, sample in enumerate(profile.sample_ids) if sample in chosen.index]
    explanation = mbembed.explain(
        profile.select_samples(rows), chosen, contrast="condition", case="CRC", control="control", resamples=100
    )
    first = explanation.taxa.head(10).set_index("name")
    for name in ("Fusobacterium nucleatum", "Parvimonas micra", "Peptostreptococcus stomatis", "Gemella morbillorum"):
        assert first.stable[name]
        assert first.change[name] > 0
