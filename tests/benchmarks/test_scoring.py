"""Scores: the same splits for every row, planted signal found, nothing found where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.representation.crossprofiler import PAIRS
from benchmarks.representation.measures import MEASURES, Figures, clustered_interval
from benchmarks.representation.rows import BESIDE, SHIPPED, corpus_components, model_row, plain, unit_fractions
from benchmarks.representation.scoring import score_folds
from benchmarks.representation.tables import all_tables
from benchmarks.representation.tasks import Fold, Question
from mbembed.errors import TableError
from mbembed.evaluation.intervals import Measured, interval_of
from tests.benchmarks import synthetic

PLAIN = ["log", "clr", "presence", "pca(log)", "pca(clr)", "pca(presence)", "presence-units"]


def told_by(corpus):
    """Rows of a model that knows the ages of the people, noise around them."""

    def rows(fold):
        held_out = corpus.rows_of(fold.studies)
        noise = np.random.default_rng(1).normal(size=(len(held_out), 3))
        return [model_row(SHIPPED, np.column_stack([corpus.column("age")[held_out].astype(float), noise]))]

    return rows


@pytest.fixture(scope="module")
def scored():
    corpus = synthetic.corpus()
    return score_folds(corpus, synthetic.FOLDS, told_by(corpus), repeats=3)


def test_rows_and_tasks(scored):
    assert list(scored.kinds) == [*PLAIN, SHIPPED, f"{BESIDE}+{SHIPPED}"]
    assert sorted(scored.frame["task"].unique()) == [
        "Bowel IBD", "Cohort age", "Cohort sex", "Ill_1 CRC", "Ill_1 age (controls)", "Ill_2 CRC",
    ]  # fmt: skip
    across = scored.frame[scored.frame["protocol"] == "leave-one-study-out"]
    assert set(across["task"]) == {"Ill_1 CRC", "Ill_2 CRC"}
    assert scored.skipped == [
        "Ill_1 age (controls), limited-data: too few samples to draw 50 and leave 20 to score",
    ]


def test_every_row_has_the_same_splits(scored):
    keys = ["task", "protocol", "n_labels", "split", "metric", "n_train", "n_test"]
    splits = {row: set(map(tuple, of[keys].to_numpy())) for row, of in scored.frame.groupby("representation")}
    assert len(splits) == 9
    assert len({frozenset(found) for found in splits.values()}) == 1


def test_planted_signal_is_found_and_nothing_where_there_is_none(scored):
    nothing = score_folds(synthetic.corpus(planted=False), synthetic.FOLDS, repeats=3)
    found, none = Figures(scored, "linear"), Figures(nothing, "linear")
    auc, r = MEASURES[1], MEASURES[4]
    assert found.mean(auc, "presence").mean > 0.85
    assert found.mean(r, "presence").mean > 0.5
    assert 0.35 < none.mean(auc, "presence").mean < 0.65
    assert abs(none.mean(r, "presence").mean) < 0.35
    # The vectors know the age, and age follows the label.
    assert found.mean(r, SHIPPED).mean > found.mean(r, found.best_baseline(r)).mean
    difference = found.difference(auc, SHIPPED, f"{BESIDE}+{SHIPPED}")
    assert difference.mean == pytest.approx(found.mean(auc, SHIPPED).mean - found.mean(auc, f"{BESIDE}+{SHIPPED}").mean)


@pytest.mark.slow
def test_jobs_change_nothing(scored):
    corpus = synthetic.corpus()
    again = score_folds(corpus, synthetic.FOLDS, told_by(corpus), repeats=3, jobs=2)
    assert again.frame.equals(scored.frame)


def test_rows_of_a_sample_depend_on_no_other_sample():
    profile = synthetic.corpus().profile
    for whole, part in zip(plain(profile), plain(profile.select_samples([7, 3])), strict=True):
        np.testing.assert_array_equal(whole.values[[7, 3]], part.values)


def test_units_add_up_and_what_leads_nowhere_stays_in_the_whole():
    profile = synthetic.corpus().profile
    fractions, units = unit_fractions(profile)
    assert fractions.shape == (profile.n_samples, len(units))
    np.testing.assert_allclose(np.asarray(fractions.sum(axis=1)).ravel(), 1.0)
    made_up = [profile.taxa[0]._replace(source="Madeup upper", name="Madeup upper"), *profile.taxa[1:]]
    less, fewer = unit_fractions(replace(profile, taxa=made_up))
    assert len(fewer) == len(units) - 1
    first = profile.values.toarray()[:, 0] / profile.classified
    np.testing.assert_allclose(np.asarray(less.sum(axis=1)).ravel(), 1.0 - first)


def test_the_linear_control_learns_from_the_training_samples_alone():
    units, _ = unit_fractions(synthetic.corpus().profile)
    training, held_out = units[:300], units[300:]
    found = corpus_components(training, held_out)
    assert found.values.shape == (held_out.shape[0], synthetic.N_SPECIES)
    np.testing.assert_allclose(found.values[5:7], corpus_components(training, held_out[5:7]).values)
    # All components of the presences: no distance is lost.
    present = (held_out.toarray() > 1e-5).astype(float)
    expected = np.linalg.norm(present[0] - present[1])
    assert np.linalg.norm(found.values[0] - found.values[1]) == pytest.approx(expected)


def test_a_study_that_is_not_there():
    fold = Fold("Z", (Question("age", ("Nowhere",)),))
    with pytest.raises(TableError, match="no samples of Nowhere"):
        score_folds(synthetic.corpus(), [fold])


def test_an_interval_over_tasks_of_their_own_studies_is_that_of_the_evaluation():
    values = np.array([0.1, -0.05, 0.2, 0.04])
    studies = np.array(["a", "b", "c", "d"])
    expected = interval_of([Measured(np.array([one]), np.empty(0), 1.0) for one in values], seed=0, key="k")
    assert clustered_interval(values, studies, key="k") == pytest.approx(expected)


def test_two_tasks_of_one_study_are_no_more_evidence_than_one():
    values, studies = np.array([0.1, -0.05, 0.2]), np.array(["a", "b", "c"])
    once = clustered_interval(values, studies, key="k")
    twice = clustered_interval(np.repeat(values, 2), np.repeat(studies, 2), key="k")
    assert twice == pytest.approx(once)
    alone = clustered_interval(values, np.array(["a", "a", "a"]), key="k")
    assert alone.mean == pytest.approx(values.mean())
    assert np.isnan(alone.low)


def test_all_tables_of_a_run(scored):
    twins = {row: dict.fromkeys(PAIRS, share) for row, share in (("log10", 0.9), (SHIPPED, 0.97))}
    text = all_tables({"linear": Figures(scored, "linear")}, twins, repeats=3)
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "### Mean scores", "### Minus the best single baseline", "### The shipped recipe, minus each of the others",
        "### Task by task", "### Against the goals", "### Sex", "### The same samples by three profilers",
    ]  # fmt: skip
    assert "| find themselves, MetaPhlAn 3 and Bracken, NCBI | ≥ 98% | 97.0% | **missed by 0.010** |" in text
    assert "nan" not in text
    widths = {line.count("|") for line in text.split("### Task by task")[1].split("###")[0].strip().splitlines()}
    assert len(widths) == 1
