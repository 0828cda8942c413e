"""Metrics, and how much each scored sample contributes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BOUNDS", "CHANCE", "score_classes", "score_numbers"]

#: Lowest and highest value of each metric.
BOUNDS = {"roc_auc": (0.0, 1.0), "pr_auc": (0.0, 1.0), "pearson_r": (-1.0, 1.0), "r2": (-np.inf, 1.0)}
#: Value of the deciding metrics for a prediction by chance.
CHANCE = {"roc_auc": 0.5, "pearson_r": 0.0}

#: A score per metric: its value, and its influence values of shape (n_test,).
Scores = dict[str, tuple[float, "NDArray[np.float32]"]]


def score_classes(truth: NDArray[np.float64], scores: NDArray[np.float64], codes: NDArray[np.float64]) -> Scores:
    """Score a ranking of samples by class.

    Parameters
    ----------
    truth : ndarray of shape (n_test,)
        Class codes.
    scores : ndarray of shape (n_test, n_codes)
        The higher, the more of that class.
    codes : ndarray of shape (n_codes,)
        The classes of the columns: one (the positive) of two, or all (then the mean of each
        class against the rest, over those that the scored samples have).

    Returns
    -------
    dict of str to (float, ndarray of shape (n_test,))
        ROC-AUC and PR-AUC (average precision), each with its influence values: how much the
        metric would change, to first order, if the sample counted once more (they add up to 0).
        The bootstrap resamples persons by them.

    Examples
    --------
    >>> score_classes(np.array([0., 0, 1, 1]), np.array([[.1], [.6], [.4], [.9]]), np.array([1.]))["roc_auc"][0]
    0.75
    """
    found = [
        (_roc_auc(truth == code, column), _average_precision(truth == code, column))
        for code, column in zip(codes, scores.T, strict=True)
        if 0 < (truth == code).sum() < len(truth)
    ]
    return {
        metric: (
            float(np.mean([one[i][0] for one in found])),
            np.mean([one[i][1] for one in found], axis=0).astype(np.float32),
        )
        for i, metric in enumerate(("roc_auc", "pr_auc"))
    }


def _roc_auc(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Area under the ROC curve by ranks; its influence values are DeLong's placements."""
    from scipy.stats import rankdata

    n_positive = int(positive.sum())
    n_negative = len(score) - n_positive
    ranks = rankdata(score)
    own = np.empty(len(score))
    own[positive] = rankdata(score[positive])
    own[~positive] = rankdata(score[~positive])
    below = ranks - own  # samples of the other class below (ties count half)
    area = float(below[positive].sum() / (n_positive * n_negative))
    influence = np.where(
        positive, (below / n_negative - area) / n_positive, ((n_positive - below) / n_positive - area) / n_negative
    )
    return area, influence


def _average_precision(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Area under the precision-recall curve, as scikit-learn's average_precision_score."""
    order = np.argsort(-score, kind="stable")
    hit = positive[order].astype(np.float64)
    # Samples of equal score form one step of the curve: all of them count at its end.
    first = np.append([True], np.diff(score[order]) != 0)
    starts = np.flatnonzero(first)
    step = np.cumsum(first) - 1
    start, end = starts[step], (np.append(starts[1:], len(hit)) - 1)[step]
    above = (end + 1).astype(np.float64)
    precision = np.cumsum(hit)[end] / above
    n_positive = hit.sum()
    area = float((hit * precision).sum() / n_positive)
    # d precision_i / d weight_k = (hit_k - precision_i) / above_i for every k at or above i.
    per_hit = np.cumsum((hit / above)[::-1])[::-1][start]
    per_precision = np.cumsum((hit * precision / above)[::-1])[::-1][start]
    influence = np.empty(len(hit))
    influence[order] = (hit * (precision - area) + hit * per_hit - per_precision) / n_positive
    return area, influence


def score_numbers(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> Scores:
    """Score predicted numbers: Pearson's r and R².

    Parameters
    ----------
    truth, predicted : ndarray of shape (n_test,)

    Returns
    -------
    dict of str to (float, ndarray of shape (n_test,))
        As in `score_classes`. r is 0 where the prediction is constant.
    """
    n = len(truth)
    spread = truth.std()
    residual = (truth - predicted) ** 2
    r2 = 1.0 - float(residual.mean() / spread**2)
    deviation = (truth - truth.mean()) ** 2 / spread**2
    r2_influence = ((1.0 - r2) * deviation - residual / spread**2) / n
    if np.ptp(predicted) <= 1e-12 * (abs(float(predicted[0])) + 1.0):  # float64 noise around a constant
        r, r_influence = 0.0, np.zeros(n)
    else:
        x = (truth - truth.mean()) / spread
        z = (predicted - predicted.mean()) / predicted.std()
        r = float((x * z).mean())
        r_influence = (x * z - r * (x**2 + z**2) / 2.0) / n
    return {"pearson_r": (r, r_influence.astype(np.float32)), "r2": (r2, r2_influence.astype(np.float32))}
