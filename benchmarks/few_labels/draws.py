"""Which samples of a study are labelled: the draws, the same for every representation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from benchmarks.few_labels.tasks import Task

__all__ = ["Draw", "draws"]

#: Labels that are given: of two classes, and of a number, which takes more of them.
CLASS_LABELS, NUMBER_LABELS = (20, 40), (50, 200)
#: A study is left out of a column if fewer samples than this (of each class) would be left to
#: score: an AUC over fewer jumps by more than a hundredth per pair.
MIN_SCORED = 8


class Draw(NamedTuple):
    """One choice of the labelled samples.

    Attributes
    ----------
    measure : str
        Column of the table: what is scored, and with how many labels.
    seed : int
        Number of the draw.
    labelled, scored : ndarray of int
        Positions among the samples of the task; together all of them, none in both.
    """

    measure: str
    seed: int
    labelled: NDArray[np.intp]
    scored: NDArray[np.intp]


def draws(task: Task, labels: NDArray[np.float64], n_draws: int) -> Iterator[Draw]:
    """Yield the draws of a task, for each number of labels that it has enough samples for.

    Parameters
    ----------
    task : Task
    labels : ndarray of shape (n_labelled,)
        As :meth:`Task.labels` returns them.
    n_draws : int
        Per number of labels. A draw depends on its number, the number of labels and the
        labels, nothing else; classes are drawn in equal numbers.
    """
    strata = [np.flatnonzero(labels == sign) for sign in (-1.0, 1.0)] if task.case else [np.arange(len(labels))]
    for n_labels in CLASS_LABELS if task.case else NUMBER_LABELS:
        share = n_labels // len(strata)
        if min(len(stratum) for stratum in strata) < share + MIN_SCORED:
            continue
        for seed in range(n_draws):
            generator = np.random.default_rng([seed, n_labels])
            labelled = np.concatenate([generator.permutation(stratum)[:share] for stratum in strata])
            scored = np.setdiff1d(np.arange(len(labels)), labelled)
            yield Draw(f"{'AUC' if task.case else 'r'} n={n_labels}", seed, labelled, scored)
