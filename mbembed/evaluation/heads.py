"""Heads: what is fitted on a representation of the labelled samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HEADS", "Prediction", "check_heads", "fit_head"]

#: The heads.
HEADS = ("linear", "forest")
#: Ridge penalties to choose from, for columns of a total variance of 1: from hardly any to almost only penalty.
PENALTIES = np.logspace(-3, 2, 11)
#: Trees of a random forest; more change an AUC by less than 0.005.
N_TREES = 200


class Prediction(NamedTuple):
    """What a head says about the scored samples.

    Attributes
    ----------
    scores : ndarray of shape (n_test, n_codes)
        The higher, the more of that class; for numbers one column, the number.
    codes : ndarray of shape (n_codes,)
        The class of each column; empty for numbers.
    strength : float
        Chosen ridge penalty; NaN for a forest.
    """

    scores: NDArray[np.float64]
    codes: NDArray[np.float64]
    strength: float


def check_heads(heads: tuple[str, ...]) -> None:
    """Refuse a head that there is not.

    Raises
    ------
    UsageError
        Naming the heads.
    """
    for head in heads:
        if head not in HEADS:
            raise UsageError(
                f"there is no head {head!r}", expected=f"some of {', '.join(HEADS)}", hint=f"--heads {HEADS[0]}"
            )


def fit_head(
    head: str,
    kind: str,
    train: NDArray[np.float64],
    y: NDArray[np.float64],
    test: NDArray[np.float64],
    seed: int,
) -> Prediction:
    """Fit on the training part and predict the scored part.

    Parameters
    ----------
    head : {"linear", "forest"}
        Ridge regression (on ±1 per class), its penalty chosen by the leave-one-out error within
        the training part, all of them from one decomposition; or a random forest.
    kind : {"binary", "multiclass", "continuous"}
    train : ndarray of shape (n_train, n_columns)
        Prepared on the training part.
    y : ndarray of shape (n_train,)
    test : ndarray of shape (n_test, n_columns)
    seed : int
        Of the forest.

    Returns
    -------
    Prediction
    """
    if head == "linear":
        return _linear(kind, train, y, test)
    return _forest(kind, train, y, test, seed)


def _linear(kind: str, train: NDArray[np.float64], y: NDArray[np.float64], test: NDArray[np.float64]) -> Prediction:
    from sklearn.linear_model import RidgeClassifierCV, RidgeCV

    if kind == "continuous":
        numbers = RidgeCV(PENALTIES).fit(train, y)
        return Prediction(numbers.predict(test)[:, None], np.empty(0), float(numbers.alpha_))
    classes = RidgeClassifierCV(PENALTIES).fit(train, y)
    scores = classes.decision_function(test)
    codes = classes.classes_
    if scores.ndim == 1:  # two classes: the higher code is the positive one
        scores, codes = scores[:, None], codes[1:]
    return Prediction(scores, codes, float(classes.alpha_))


def _forest(
    kind: str, train: NDArray[np.float64], y: NDArray[np.float64], test: NDArray[np.float64], seed: int
) -> Prediction:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    if kind == "continuous":
        # A third of the columns per cut, Breiman's default for regression.
        numbers = RandomForestRegressor(N_TREES, max_features=1 / 3, random_state=seed).fit(train, y)
        return Prediction(numbers.predict(test)[:, None], np.empty(0), float("nan"))
    classes = RandomForestClassifier(N_TREES, random_state=seed).fit(train, y)
    scores = classes.predict_proba(test)
    codes = classes.classes_
    if len(codes) == 2:
        scores, codes = scores[:, 1:], codes[1:]
    return Prediction(scores, codes, float("nan"))
