"""Metrics equal scikit-learn's; influence values are their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, r2_score, roc_auc_score

from mbembed.evaluation.metrics import score_classes, score_numbers

#: Weight added to one sample to measure a derivative.
STEP = 1e-6


@pytest.mark.parametrize("decimals", [8, 1, 0])
@pytest.mark.parametrize(("metric", "function"), [("roc_auc", roc_auc_score), ("pr_auc", average_precision_score)])
def test_two_classes(decimals: int, metric: str, function: object) -> None:
    generator = np.random.default_rng(decimals)
    truth = (generator.random(60) < 0.3).astype(float)
    scores = np.round(generator.normal(size=60) + truth, decimals)
    value, influence = score_classes(truth, scores[:, None], np.array([1.0]))[metric]
    assert value == pytest.approx(function(truth, scores))
    weights = np.ones(60) + STEP * np.eye(60)
    moved = np.array([(function(truth, scores, sample_weight=one) - value) / STEP for one in weights])
    np.testing.assert_allclose(influence, moved, atol=1e-5)


def test_several_classes_are_the_mean_of_each_against_the_rest() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(3, size=50).astype(float)
    scores = generator.normal(size=(50, 3))
    found = score_classes(truth, scores, np.arange(3.0))
    expected = np.mean([roc_auc_score(truth == code, scores[:, code]) for code in range(3)])
    assert found["roc_auc"][0] == pytest.approx(expected)


def test_a_class_that_is_not_scored_does_not_count() -> None:
    truth = np.array([0.0, 0, 1, 1])
    found = score_classes(truth, np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 9.0]]), np.arange(3.0))
    assert found["roc_auc"][0] == 1.0


def test_numbers() -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(40, 10, 50)
    predicted = truth + generator.normal(0, 8, 50)
    found = score_numbers(truth, predicted)
    assert found["r2"][0] == pytest.approx(r2_score(truth, predicted))
    assert found["pearson_r"][0] == pytest.approx(np.corrcoef(truth, predicted)[0, 1])
    weights = np.ones(50) + STEP * np.eye(50)
    for metric, function in (("r2", r2_score), ("pearson_r", weighted_r)):
        moved = [(function(truth, predicted, sample_weight=one) - found[metric][0]) / STEP for one in weights]
        np.testing.assert_allclose(found[metric][1], moved, atol=1e-5)


def weighted_r(x: np.ndarray, y: np.ndarray, sample_weight: np.ndarray) -> float:
    covariance = np.cov(x, y, aweights=sample_weight)
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


def test_constant_prediction_has_no_correlation() -> None:
    found = score_numbers(np.arange(10.0), np.full(10, 3.3))
    assert found["pearson_r"][0] == 0.0
    assert not found["pearson_r"][1].any()
