"""Fits: nothing of the scored part is learnt, and nothing depends on the number of processes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mbembed.errors import UsageError
from mbembed.evaluation.fits import fit_splits, results_frame
from mbembed.evaluation.heads import HEADS
from mbembed.evaluation.representations import from_vectors, joined, pca, raw
from tests.evaluation.synthetic import classes, planned, vectors


def fractions(n: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    values = np.exp(generator.normal(size=(n, 25))) * (generator.random((n, 25)) < 0.5)
    values[:, 0] += 1
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def every_kind(values: np.ndarray) -> dict[str, object]:
    raws = raw(values)
    model = from_vectors("model", np.tanh(values[:, :10] * 9))
    return {
        **raws,
        **{one.name: one for one in map(pca, raws.values())},
        "model": model,
        "joined": joined(raws["clr"], model),
    }


@pytest.mark.parametrize("name", list(every_kind(fractions(4))))
def test_preparation_learns_from_the_training_part_alone(name: str) -> None:
    values = fractions(60)
    changed = values.copy()
    changed[40:] = fractions(20, seed=1)
    train = np.arange(40)
    prepared = []
    for one in (every_kind(values)[name], every_kind(changed)[name]):
        preparation = one.preparation()
        learnt = preparation.fit_transform(one.values[train].astype(float))
        prepared.append((learnt, preparation.transform(one.values[train].astype(float))))
    np.testing.assert_array_equal(prepared[0][0], prepared[1][0])
    np.testing.assert_allclose(*prepared[0], atol=1e-9)
    # Every preparation brings the training part to the same total spread, per block.
    assert prepared[0][0].var(axis=0).sum() == pytest.approx(2.0 if name == "joined" else 1.0)


def test_scored_samples_do_not_change_each_other() -> None:
    target, plan = planned(classes(60), protocols=["limited-data"], sizes=[20], repeats=1)
    split = plan.splits[0]
    half = split._replace(test=split.test[:20])
    shown = every_kind(fractions(60))
    whole, part = (fit_splits(shown, target, [one])[0] for one in (split, half))
    assert [one.strength for one in whole] == [one.strength for one in part]


@pytest.mark.slow
def test_results_do_not_depend_on_processes() -> None:
    target, plan = planned(classes(60), repeats=6)
    shown = every_kind(fractions(60))
    one, two = (
        results_frame(plan.splits, fit_splits(shown, target, plan.splits, heads=HEADS[:1], jobs=n)) for n in (1, 2)
    )
    pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.mark.parametrize("head", HEADS)
def test_planted_signal_is_found_and_noise_is_not(head: str) -> None:
    labels = classes(100)
    target, plan = planned(labels, protocols=["limited-data"], sizes=[40], repeats=5)
    shown = {"signal": vectors(target, 4.0), "noise": vectors(target, 0.0)}
    frame = results_frame(plan.splits, fit_splits(shown, target, plan.splits, heads=[head]))
    means = frame[frame.metric == "roc_auc"].groupby("representation").value.mean()
    assert means["signal"] > 0.9
    assert means["noise"] == pytest.approx(0.5, abs=0.1)


def test_shuffled_labels_are_at_chance() -> None:
    values = []
    for seed in range(10):
        generator = np.random.default_rng(seed)
        target, plan = planned(
            generator.permutation(classes(80)).tolist(), protocols=["cross-validation"], repeats=5, seed=seed
        )
        frame = results_frame(plan.splits, fit_splits(every_kind(fractions(80)), target, plan.splits))
        values.append(frame[frame.metric == "roc_auc"].value.mean())
    assert np.mean(values) == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("head", HEADS)
def test_several_classes_and_numbers(head: str) -> None:
    generator = np.random.default_rng(0)
    for labels, metric in (
        (classes(90, ("a", "b", "c")), "roc_auc"),
        ([f"{x:.3f}" for x in generator.normal(size=90)], "pearson_r"),
    ):
        target, plan = planned(labels, protocols=["cross-validation"], repeats=5)
        values = generator.normal(size=(90, 5))
        values[:, :1] += 3 * target.values[:, None]
        values[:, 1] += 3 * (target.values == 1)
        frame = results_frame(plan.splits, fit_splits({"x": values}, target, plan.splits, heads=[head]))
        assert frame[frame.metric == metric].value.mean() > 0.85
        assert frame.strength.isna().all() == (head == "forest")


def test_finished_splits_are_not_fitted_again() -> None:
    target, plan = planned(classes(60), protocols=["limited-data"], sizes=[20], repeats=4)
    shown = every_kind(fractions(60))
    whole = fit_splits(shown, target, plan.splits)
    fresh: list[int] = []
    again = fit_splits(
        shown, target, plan.splits, done={0: whole[0], 2: whole[2]}, each=lambda number, _fits: fresh.append(number)
    )
    assert fresh == [1, 3]
    pd.testing.assert_frame_equal(
        results_frame(plan.splits, whole), results_frame(plan.splits, again), check_exact=True
    )


def test_unknown_head() -> None:
    target, plan = planned(classes(60), protocols=["limited-data"], repeats=1)
    with pytest.raises(UsageError, match="no head 'svm'"):
        fit_splits({"x": fractions(60)}, target, plan.splits, heads=["svm"])


def test_renaming_a_representation_changes_nothing_else() -> None:
    target, plan = planned(classes(60), protocols=["limited-data"], sizes=[20], repeats=2)
    one = from_vectors("a", fractions(60))
    values = [fit.values for found in fit_splits([one, replace(one, name="b")], target, plan.splits) for fit in found]
    assert values[0::2] == values[1::2]
