"""Models of a fold: nothing of what is scored reaches them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.representation.models import fold_models, require_unseen, training_labels, training_rows
from benchmarks.representation.rivals import rival_rows
from benchmarks.representation.rows import SHIPPED, vectors
from mbembed.errors import EvaluationError
from tests.benchmarks import synthetic

X, Y = synthetic.FOLDS


@pytest.mark.parametrize("fold", synthetic.FOLDS, ids=lambda fold: fold.name)
def test_training_rows_are_all_others(fold):
    corpus = synthetic.corpus()
    studies = set(corpus.column("study")[training_rows(corpus, fold)])
    assert studies == set(synthetic.STUDIES) - set(fold.studies)


def test_labels_of_scored_diseases_are_blank_in_every_study_and_all_else_stays():
    corpus = synthetic.corpus()
    for fold, kept in ((X, {"control", "IBD", "T2D", ""}), (Y, {"control", "CRC", "T2D", ""})):
        rows, columns = training_rows(corpus, fold), training_labels(corpus, fold)
        truth = corpus.column("condition")[rows]
        assert set(columns["condition"]) == kept
        assert [text == "" for text in columns["condition"]] == np.isin(truth, fold.hidden).tolist()
        assert (truth[np.isin(truth, fold.hidden)]).size  # there was something to hide
        for name in ("age", "bmi", "sex"):
            assert columns[name] == corpus.column(name)[rows].tolist()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder, told = tmp_path_factory.mktemp("models"), []
    corpus = synthetic.corpus()
    models = {
        fold.name: fold_models(corpus, fold, folder, settings=synthetic.SETTINGS, say=told.append)
        for fold in synthetic.FOLDS
    }
    return folder, models, told


@pytest.mark.slow
def test_the_record_of_a_model_names_no_scored_study_and_no_scored_label(made):
    _, models, _ = made
    for fold in synthetic.FOLDS:
        assert list(models[fold.name]) == ["mae-units", "readout-self", SHIPPED]
        for model in models[fold.name].values():
            assert set(model.config["training"]["studies"]) == set(synthetic.STUDIES) - set(fold.studies)
        axes = models[fold.name][SHIPPED].config["readout"]["label_axes"]
        assert {"age", "bmi", "sex", "condition: T2D"} <= set(axes)
        assert not {f"condition: {condition}" for condition in fold.hidden} & set(axes)
        assert not models[fold.name]["readout-self"].config["readout"]["label_axes"]


@pytest.mark.slow
def test_a_model_that_has_seen_what_is_scored_is_refused(made):
    _, models, _ = made
    with pytest.raises(EvaluationError, match="was trained on Bowel, Cohort, Sister, which it is to be scored on"):
        require_unseen(models["X"]["mae-units"], Y)
    with pytest.raises(EvaluationError, match="condition: IBD"):
        require_unseen(models["X"][SHIPPED], Y)


@pytest.mark.slow
def test_models_are_used_again_and_made_again_for_other_data(made):
    folder, models, told = made
    assert sum("pre-training" in line for line in told) == 2
    again: list[str] = []
    corpus = synthetic.corpus()
    found = fold_models(corpus, X, folder, settings=synthetic.SETTINGS, say=again.append)
    assert [line.partition(": ")[2] for line in again] == ["found, not trained again"]
    assert [model.name for model in found.values()] == [model.name for model in models["X"].values()]
    before = len(list(folder.iterdir()))
    other = synthetic.corpus({**synthetic.STUDIES, "Another": ("T2D",)})
    fold_models(other, X, folder, settings=synthetic.SETTINGS)
    assert len(list(folder.iterdir())) == before + 3


@pytest.mark.slow
def test_vectors_come_in_the_order_of_the_samples(made):
    _, models, _ = made
    profile = synthetic.corpus().profile
    rows = [5, 3, 200, 17]
    model = models["X"][SHIPPED]
    together = vectors(profile.select_samples(rows), model)
    for row, vector in zip(rows, together, strict=True):
        np.testing.assert_array_equal(vectors(profile.select_samples([row]), model)[0], vector)


def test_rivals_are_trained_without_what_is_scored_and_their_vectors_kept(tmp_path, monkeypatch):
    import benchmarks.rivals

    corpus, trained = synthetic.corpus(), []

    def train(fractions, groups, seed):
        trained.append((fractions.shape, set(groups)))
        return lambda new: new.toarray().astype(np.float32)

    monkeypatch.setattr(benchmarks.rivals, "train_transformer", train)
    for _ in range(2):
        (row,) = rival_rows(corpus, Y, ["transformer"], tmp_path)
        assert row.values.shape == (len(corpus.rows_of(Y.studies)), synthetic.N_SPECIES)
    ((shape, studies),) = trained
    assert studies == set(synthetic.STUDIES) - set(Y.studies)
    assert shape == (len(training_rows(corpus, Y)), synthetic.N_SPECIES)
