"""Fits: every representation and head on every split, in parallel."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.evaluation.heads import check_heads, fit_head
from mbembed.evaluation.metrics import score_classes, score_numbers
from mbembed.evaluation.representations import Representation, as_representations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.evaluation.splits import Split
    from mbembed.evaluation.target import Target

__all__ = ["Fit", "fit_splits", "results_frame"]

#: Batches of work per run: enough for an even load and a smooth progress bar …
BATCHES = 100
#: … but none smaller than this (splits): each costs some 10 ms to send and to set up.
MIN_BATCH = 5
#: Columns of the results, in order.
COLUMNS = (
    "protocol", "study", "train_study", "n_labels", "split", "representation", "head", "metric", "value", "n_train",
    "n_test", "strength",
)  # fmt: skip


class Fit(NamedTuple):
    """One head on one representation, trained and scored on one split.

    Attributes
    ----------
    representation, head : str
    strength : float
        Chosen ridge penalty; NaN for a forest.
    values : dict of str to float
        Metric → value.
    influence : dict of str to ndarray of shape (n_test,)
        Metric → influence values of the scored samples (`mbembed.evaluation.metrics`).
    """

    representation: str
    head: str
    strength: float
    values: dict[str, float]
    influence: dict[str, NDArray[np.float32]]


def fit_splits(
    representations: Mapping[str, Representation | NDArray[np.floating]] | Sequence[Representation],
    target: Target,
    splits: Sequence[Split],
    *,
    heads: Sequence[str] = ("linear",),
    seed: int = 0,
    jobs: int = 1,
    done: Mapping[int, list[Fit]] | None = None,
    each: Callable[[int, list[Fit]], None] = lambda _number, _fits: None,
) -> list[list[Fit]]:
    """Fit and score every representation and head on every split.

    Parameters
    ----------
    representations : mapping or sequence
        `Representation` objects, or plain arrays of shape (n_samples, n_features) by name, which
        are standardised on each training part.
    target : Target
        Without missing labels.
    splits : sequence of Split
    heads : sequence of {"linear", "forest"}
    seed : int
        Of the forests.
    jobs : int
        Processes; the results do not depend on it.
    done : mapping of int to list of Fit, optional
        Splits, by their position, that are finished already.
    each : callable
        Gets the position and the fits of each split as it is finished.

    Returns
    -------
    list of list of Fit
        Per split, in order; in it by representation, then head.

    Raises
    ------
    UsageError
        If there is no such head.
    """
    from joblib import Parallel, delayed

    check_heads(tuple(heads))
    given = as_representations(representations)
    finished = dict(done or {})
    waiting = [number for number in range(len(splits)) if number not in finished]
    size = max(MIN_BATCH, -(-len(waiting) // BATCHES))
    batches = [waiting[start : start + size] for start in range(0, len(waiting), size)]
    parts = [_without_code(one) for one in given]
    work = (
        delayed(_fit_batch)(
            parts, [one.preparation() for one in given], target, [splits[i] for i in batch], heads, seed
        )
        for batch in batches
    )
    parallel = Parallel(n_jobs=jobs if len(batches) > 1 else 1, return_as="generator", pre_dispatch="2 * n_jobs")
    for batch, found in zip(batches, parallel(work), strict=True):
        for number, fits in zip(batch, found, strict=True):
            finished[number] = fits
            each(number, fits)
    return [finished[number] for number in range(len(splits))]


def _without_code(one: Representation) -> tuple[str, NDArray[np.floating]]:
    """Return what a worker needs of a representation; its preparation travels beside it, as an estimator."""
    return one.name, one.values


def _fit_batch(
    parts: list[tuple[str, NDArray[np.floating]]],
    preparations: list[object],
    target: Target,
    splits: list[Split],
    heads: Sequence[str],
    seed: int,
) -> list[list[Fit]]:
    from sklearn import config_context
    from threadpoolctl import threadpool_limits

    # One thread: sums that are shared out among threads differ in their last digits. Checks are left
    # out because they take longer than a small fit (10 ms against 3 ms for 20 samples of 1,024 numbers).
    with threadpool_limits(1), config_context(assume_finite=True, skip_parameter_validation=True):
        return [_fit_split(parts, preparations, target, split, heads, seed) for split in splits]


def _fit_split(
    parts: list[tuple[str, NDArray[np.floating]]],
    preparations: list[object],
    target: Target,
    split: Split,
    heads: Sequence[str],
    seed: int,
) -> list[Fit]:
    from sklearn.base import clone

    y, truth = target.values[split.train], target.values[split.test]
    fits = []
    for (name, values), preparation in zip(parts, preparations, strict=True):
        unfitted = clone(preparation)
        train = unfitted.fit_transform(values[split.train].astype(np.float64))
        test = unfitted.transform(values[split.test].astype(np.float64))
        for head in heads:
            prediction = fit_head(head, target.kind, train, y, test, seed + split.number)
            if target.kind == "continuous":
                scores = score_numbers(truth, prediction.scores[:, 0])
            else:
                scores = score_classes(truth, prediction.scores, prediction.codes)
            fits.append(
                Fit(
                    name,
                    head,
                    prediction.strength,
                    {metric: value for metric, (value, _) in scores.items()},
                    {metric: influence for metric, (_, influence) in scores.items()},
                )
            )
    return fits


def results_frame(splits: Sequence[Split], fits: Sequence[Sequence[Fit]]) -> pd.DataFrame:
    """Return all fits as a tidy table: one row per split, representation, head and metric."""
    import pandas as pd

    rows = [
        (
            split.protocol, split.study, split.train_study, split.n_labels, split.number, fit.representation, fit.head,
            metric, value, len(split.train), len(split.test), fit.strength,
        )
        for split, found in zip(splits, fits, strict=True)
        for fit in found
        for metric, value in fit.values.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))
