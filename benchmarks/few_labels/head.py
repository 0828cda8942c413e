"""The linear head, and its score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.few_labels.draws import Draw
    from benchmarks.few_labels.tasks import Task

__all__ = ["score"]

#: Ridge penalties to choose from, for standardised columns: from almost none to almost only.
PENALTIES = np.logspace(0, 5, 11)


def score(task: Task, draw: Draw, features: NDArray[np.floating], labels: NDArray[np.float64]) -> float:
    """Fit on the labelled samples, score on the others.

    Columns are standardised with the mean and standard deviation of the labelled samples (those
    without spread among them get no weight); the ridge penalty is chosen by leave-one-out error
    among them. Nothing is learnt from the scored samples.

    Parameters
    ----------
    task : Task
    draw : Draw
    features : ndarray of shape (n_labelled, n_columns)
        A representation of the task's samples.
    labels : ndarray of shape (n_labelled,)

    Returns
    -------
    float
        AUC for cases against controls, else Pearson's r (0 where the prediction is constant).
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.metrics import roc_auc_score

    known, unknown = (features[part].astype(np.float64) for part in (draw.labelled, draw.scored))
    mean, spread = known.mean(axis=0), known.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    head = RidgeCV(PENALTIES).fit((known - mean) / scale, labels[draw.labelled])
    predicted = head.predict((unknown - mean) / scale)
    truth = labels[draw.scored]
    if task.case:
        return float(roc_auc_score(truth, predicted))
    return float(np.corrcoef(truth, predicted)[0, 1]) if np.ptp(predicted) > 0 else 0.0
