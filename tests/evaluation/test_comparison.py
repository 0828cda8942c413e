"""Means, paired differences, intervals and verdicts, where the answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.evaluation.intervals import Measured, interval_of
from mbembed.evaluation.verdict import verdicts_of, whole_verdict
from tests.evaluation.synthetic import classes, compared, planned, vectors

if TYPE_CHECKING:
    from mbembed.evaluation.comparison import Comparison


def answers(comparison: Comparison) -> list[str]:
    return [row["answer"] for row in verdicts_of(comparison, {}, {}, {})]


@pytest.mark.parametrize(
    ("model", "raw", "answer"), [(3.0, 0.5, "helps"), (0.5, 3.0, "hurts"), (0.0, 0.0, "no difference")]
)
def test_one_cohort(model: float, raw: float, answer: str) -> None:
    target, plan = planned(classes(160), protocols=["limited-data", "cross-validation"], sizes=[20, 40], repeats=10)
    parts = {"clr": ("raw", vectors(target, raw)), "m": ("model", vectors(target, model, seed=1))}
    comparison = compared(target, parts, plan)
    verdicts = verdicts_of(comparison, {}, {}, {})
    assert [row["answer"] for row in verdicts] == [answer] * 3
    text = whole_verdict(verdicts, 160)
    assert "within one cohort of 160 samples" in text
    assert {"helps": "gains", "hurts": "loses", "no difference": "no difference"}[answer] in text


def test_same_representation_twice_differs_by_nothing() -> None:
    target, plan = planned(classes(100), protocols=["limited-data"], sizes=[20], repeats=5)
    parts = {"clr": ("raw", vectors(target, 1.0)), "m": ("model", vectors(target, 1.0))}
    row = compared(target, parts, plan).differences()[0]
    assert (row["difference"], row["low"], row["high"]) == (0.0, 0.0, 0.0)


@pytest.mark.slow
def test_noise_in_one_cohort_rarely_differs() -> None:
    """An interval of 95 % misses the true difference of 0 in about one of twenty."""
    missed: dict[str, list[bool]] = {}
    for seed in range(40):
        labels = np.random.default_rng(1000 + seed).permutation(classes(120)).tolist()
        target, plan = planned(
            labels, protocols=["limited-data", "cross-validation"], sizes=[20, 40], repeats=10, seed=seed
        )
        parts = {
            "clr": ("raw", vectors(target, 0.0, seed=7000 + seed)),
            "m": ("model", vectors(target, 0.0, seed=9000 + seed)),
        }
        for row in compared(target, parts, plan).differences():
            if row["metric"] == "roc_auc":
                key = f"{row['protocol']} {row['n_labels']}"
                missed.setdefault(key, []).append(row["low"] > 0 or row["high"] < 0)
    assert {key: float(np.mean(found)) for key, found in missed.items() if np.mean(found) > 0.10} == {}


def test_recognising_the_study_is_not_rewarded() -> None:
    """Studies differ in their share of cases, and one representation knows nothing but the study."""
    groups = np.repeat(["one", "two", "three"], 60)
    share = {"one": 0.2, "two": 0.5, "three": 0.8}
    labels = ["case" if i < share[study] * 60 else "control" for study in share for i in range(60) if study in share]
    target, plan = planned(labels, groups=groups, repeats=5, sizes=[20])
    generator = np.random.default_rng(0)
    study = np.array([share[one] for one in groups])[:, None] + generator.normal(0, 0.01, (180, 3))
    parts = {"clr": ("raw", vectors(target, 0.0)), "m": ("model", study)}
    comparison = compared(target, parts, plan)
    for setting in comparison.settings:
        assert comparison.mean(setting, "m", "linear", "roc_auc") == pytest.approx(0.5, abs=0.1)
    assert "helps" not in answers(comparison)


def test_scores_of_studies_and_their_mean() -> None:
    groups = np.repeat(["one", "two", "three"], 60)
    target, plan = planned(classes(180), groups=groups, repeats=5, sizes=[20])
    comparison = compared(target, {"clr": ("raw", vectors(target, 1.0)), "m": ("model", vectors(target, 2.0))}, plan)
    rows = [
        row
        for row in comparison.scores()
        if (row["protocol"], row["metric"], row["representation"]) == ("limited-data", "roc_auc", "m")
    ]
    assert [row["study"] for row in rows] == ["", "one", "three", "two"]
    assert rows[0]["mean"] == pytest.approx(np.mean([row["mean"] for row in rows[1:]]))
    assert all(0 <= row["low"] <= row["mean"] <= row["high"] <= 1 for row in comparison.scores())
    transfer = comparison.transfer()
    assert len({(row["train_study"], row["study"]) for row in transfer}) == 6
    differences = comparison.differences()
    assert {row["n_studies"] for row in differences} == {3}
    assert sum(row["best"] for row in differences) == len(comparison.settings) * 2


def test_refused_protocols_and_cautions_change_the_verdict() -> None:
    target, plan = planned(classes(100), protocols=["limited-data"], sizes=[20], repeats=5)
    comparison = compared(target, {"clr": ("raw", vectors(target, 0.3)), "m": ("model", vectors(target, 3.0))}, plan)
    rows = verdicts_of(comparison, {"leave-one-study-out": "one study"}, {"limited-data": "confounded"}, {})
    assert [row["answer"] for row in rows] == ["cannot be said", "cannot be said"]
    assert "confounded" in rows[0]["text"]
    assert "one study" in rows[1]["text"]


def test_a_model_without_raw_representations_cannot_be_judged() -> None:
    target, plan = planned(classes(100), protocols=["limited-data"], sizes=[20], repeats=2)
    assert answers(compared(target, {"m": ("model", vectors(target, 3.0))}, plan)) == ["cannot be said"]


def test_few_studies_make_wide_intervals() -> None:
    studies = [Measured(np.array([value]), np.zeros(5), 1.0) for value in (0.01, 0.02, 0.03)]
    three = interval_of(studies, seed=0, key="k")
    assert three.mean == pytest.approx(0.02)
    # Student's interval: 0.02 ± 4.30 × 0.01 / √3 = 0.02 ± 0.025.
    assert three.low < 0 < three.high
    eight = interval_of([*studies, *studies, *studies[1:]], seed=0, key="k")
    assert eight.low > 0.01
