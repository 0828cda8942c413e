"""The figures: means over tasks, and paired differences whose intervals resample studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.representation.tasks import DISEASE, SEX, TRAITS
from mbembed.evaluation.comparison import BASELINES, CANDIDATES
from mbembed.evaluation.intervals import Interval, Measured, interval_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from benchmarks.representation.scoring import Scores

__all__ = ["ALL_LABELS", "MEASURES", "Figures", "Measure", "clustered_interval"]

#: Protocols of `mbembed.evaluation.splits`.
LIMITED, ALL_LABELS, ACROSS = "limited-data", "cross-validation", "leave-one-study-out"


class Measure(NamedTuple):
    """One column of the tables.

    Attributes
    ----------
    name : str
    group : str
        Group of tasks.
    protocol : str
    n_labels : int or None
        None where it is not a choice.
    metric : str
    """

    name: str
    group: str
    protocol: str
    n_labels: int | None
    metric: str


MEASURES = (
    Measure("AUC, 20 labels", DISEASE, LIMITED, 20, "roc_auc"),
    Measure("AUC, 40 labels", DISEASE, LIMITED, 40, "roc_auc"),
    Measure("AUC, all labels", DISEASE, ALL_LABELS, None, "roc_auc"),
    Measure("r, 50 labels", TRAITS, LIMITED, 50, "pearson_r"),
    Measure("r, 200 labels", TRAITS, LIMITED, 200, "pearson_r"),
    Measure("r, all labels", TRAITS, ALL_LABELS, None, "pearson_r"),
    Measure("CRC AUC, unseen study", DISEASE, ACROSS, None, "roc_auc"),
    Measure("sex AUC, 20 labels", SEX, LIMITED, 20, "roc_auc"),
    Measure("sex AUC, 40 labels", SEX, LIMITED, 40, "roc_auc"),
    Measure("sex AUC, all labels", SEX, ALL_LABELS, None, "roc_auc"),
)


class Figures:
    """All scores of one head, put together by measure.

    Parameters
    ----------
    scores : Scores
    head : str

    Attributes
    ----------
    measures : list of Measure
        Those that were scored.
    baselines, candidates : list of str
        Rows that a model has to beat, and rows that hold a model.
    """

    def __init__(self, scores: Scores, head: str) -> None:
        frame = scores.frame[scores.frame["head"] == head]
        self._by_task = {measure: table for measure in MEASURES if len(table := _by_task(frame, measure))}
        self._studies = dict(zip(frame["task"], frame["study"], strict=True))
        self.rows = list(scores.kinds)
        self.baselines = [name for name, kind in scores.kinds.items() if kind in BASELINES]
        self.candidates = [name for name, kind in scores.kinds.items() if kind in CANDIDATES]

    @property
    def measures(self) -> list[Measure]:
        """The measures that were scored."""
        return list(self._by_task)

    def by_task(self, measure: Measure) -> pd.DataFrame:
        """Return the mean over splits; tasks in rows, rows of the tables in columns."""
        return self._by_task[measure]

    def mean(self, measure: Measure, row: str) -> Interval:
        """Return the mean over tasks with its interval."""
        return self._interval(measure, self._by_task[measure][row])

    def difference(self, measure: Measure, row: str, other: str) -> Interval:
        """Return the mean over tasks of a paired difference with its interval."""
        table = self._by_task[measure]
        return self._interval(measure, table[row] - table[other])

    def best_baseline(self, measure: Measure) -> str:
        """Return the best single baseline, chosen by the very scores that it is compared on."""
        return str(self._by_task[measure][self.baselines].mean().idxmax())

    def _interval(self, measure: Measure, values: pd.Series) -> Interval:
        studies = np.array([self._studies[task] for task in values.index])
        return clustered_interval(values.to_numpy(), studies, key=measure.name)


def _by_task(frame: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    chosen = (frame["group"] == measure.group) & (frame["protocol"] == measure.protocol)
    chosen &= frame["metric"] == measure.metric
    if measure.n_labels is not None:
        chosen &= frame["n_labels"] == measure.n_labels
    means = frame[chosen].groupby(["task", "representation"], sort=True)["value"].mean()
    return means.unstack()


def clustered_interval(values: NDArray[np.float64], studies: NDArray[np.str_], *, key: str) -> Interval:
    """Return the mean over tasks with an interval that resamples studies.

    Tasks of one study (two diseases against the same controls, age and BMI of the same people)
    are drawn together: each study stands for the sum of its tasks' deviations from the mean.

    Parameters
    ----------
    values : ndarray of shape (n_tasks,)
    studies : ndarray of str of shape (n_tasks,)
    key : str
        Equal keys give equal resamples.

    Returns
    -------
    Interval
        Its ends are not numbers where there is one study only.

    Examples
    --------
    >>> clustered_interval(np.array([0.1, 0.3]), np.array(["a", "a"]), key="")
    Interval(mean=0.2, low=nan, high=nan)
    """
    mean = float(values.mean())
    _, of_task = np.unique(studies, return_inverse=True)
    sums = np.bincount(of_task, weights=values - mean)
    if len(sums) < 2:
        return Interval(mean, float("nan"), float("nan"))
    standing_for = mean + sums * len(sums) / len(values)
    per_study = [Measured(np.array([value]), np.empty(0), 1.0) for value in standing_for]
    return interval_of(per_study, seed=0, key=key)
