"""The protocol from end to end: folds, representations, draws, scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.few_labels.draws import draws
from benchmarks.few_labels.head import score
from benchmarks.few_labels.representations import baselines, embeddings
from benchmarks.few_labels.tasks import TASKS, deal
from mbembed.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.few_labels.corpus import LabelledCorpus
    from benchmarks.few_labels.representations import Pretraining
    from benchmarks.few_labels.tasks import Task

__all__ = ["Score", "run"]


class Score(NamedTuple):
    """One representation, scored on one draw of one task.

    Attributes
    ----------
    measure, task, representation : str
    fold, draw : int
        From 0.
    value : float
        AUC (0 to 1) or Pearson's r (-1 to 1).
    """

    measure: str
    task: str
    representation: str
    fold: int
    draw: int
    value: float


def run(
    corpus: LabelledCorpus,
    pretrainings: Sequence[Pretraining],
    models: Path,
    *,
    tasks: Sequence[Task] = TASKS,
    n_folds: int = 2,
    n_draws: int = 8,
    say: Callable[[str], None] = lambda _: None,
) -> list[Score]:
    """Score the plain representations and some models.

    Parameters
    ----------
    corpus : LabelledCorpus
    pretrainings : sequence of Pretraining
        May be empty: then nothing is trained.
    models : Path
        Folder for the model folders, one per pre-training and fold.
    tasks : sequence of Task
    n_folds, n_draws : int
    say : callable
        Gets what is being done.

    Returns
    -------
    list of Score

    Raises
    ------
    TableError
        If a scored study is not in the corpus, or holds several samples of one person.
    """
    folds = deal(tasks, n_folds)
    _require_studies(corpus, [task.study for task in tasks])
    scores: list[Score] = []
    for number, fold in enumerate(folds):
        scored = corpus.rows_of({task.study for task in fold})
        training = np.setdiff1d(np.arange(corpus.profile.n_samples), scored)
        say(f"fold {number}: {len(scored)} samples to score, {len(training)} to train on")
        represented: dict[str, NDArray[np.floating]] = {**baselines(corpus, training, scored)}
        for pretraining in pretrainings:
            folder = models / f"{pretraining.name}-{number}of{n_folds}"
            represented |= embeddings(pretraining, corpus, training, scored, folder=folder, say=say)
        for task in fold:
            rows, labels = task.labels(corpus)
            features = {name: values[np.searchsorted(scored, rows)] for name, values in represented.items()}
            scores += [
                Score(draw.measure, task.name, name, number, draw.seed, score(task, draw, values, labels))
                for draw in draws(task, labels, n_draws)
                for name, values in features.items()
            ]
    return scores


def _require_studies(corpus: LabelledCorpus, studies: Sequence[str]) -> None:
    absent = [study for study in studies if len(corpus.rows_of([study])) == 0]
    if absent:
        raise TableError(
            f"the corpus has no samples of {', '.join(dict.fromkeys(absent))}",
            expected="gut samples of curatedMetagenomicData 3",
            hint="the card of the model says which studies it was trained on",
        )
    corpus.require_single_samples(list(dict.fromkeys(studies)))
