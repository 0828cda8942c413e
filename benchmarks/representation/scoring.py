"""From end to end: folds, rows, splits, fits; every fit is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.representation.rows import plain, with_joined
from mbembed.errors import TableError
from mbembed.evaluation.fits import fit_splits, results_frame
from mbembed.evaluation.splits import plan_splits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.representation.corpus import LabelledCorpus
    from benchmarks.representation.tasks import Fold, Question
    from mbembed.evaluation.representations import Representation

__all__ = ["Scores", "score_folds"]

#: Decimals of a score in scores.tsv: the figures of the tables have three.
DECIMALS = 6


class Scores(NamedTuple):
    """Every fit.

    Attributes
    ----------
    frame : DataFrame
        ``fold``, ``task``, ``group``, then the columns of `mbembed.evaluation.fits.results_frame`.
    kinds : dict of str to str
        Row → ``raw``, ``pca``, ``model`` or ``joined``.
    skipped : list of str
        Sentences on studies that a protocol could not use.
    """

    frame: pd.DataFrame
    kinds: dict[str, str]
    skipped: list[str]


def score_folds(
    corpus: LabelledCorpus,
    folds: Sequence[Fold],
    models: Callable[[Fold], list[Representation]] = lambda _: [],
    *,
    heads: Sequence[str] = ("linear",),
    repeats: int = 10,
    jobs: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> Scores:
    """Score all rows on all tasks.

    Parameters
    ----------
    corpus : LabelledCorpus
    folds : sequence of Fold
    models : callable
        Returns the rows of models for a fold: vectors of all samples of its studies, in the
        order of the corpus.
    heads : sequence of {"linear", "forest"}
        The first one decides.
    repeats : int
        Draws per number of labels; cross-validation repeats its folds until there are as many fits.
    jobs : int
        Processes.
    say : callable
        Gets what is being done.

    Returns
    -------
    Scores

    Raises
    ------
    TableError
        If a study is not in the corpus.
    """
    frames: list[pd.DataFrame] = []
    kinds: dict[str, str] = {}
    skipped: list[str] = []
    for fold in folds:
        _require_studies(corpus, fold)
        held_out = corpus.rows_of(fold.studies)
        say(f"fold {fold.name}: {len(held_out)} samples of {len(fold.studies)} studies are held out")
        shown = with_joined([*plain(corpus.profile.select_samples(held_out.tolist())), *models(fold)])
        kinds |= {one.name: one.kind for one in shown}
        for question in fold.questions:
            rows, target = question.labels(corpus)
            plan = plan_splits(
                target,
                corpus.column("study")[rows],
                corpus.people()[rows],
                protocols=question.protocols,
                sizes=question.sizes,
                repeats=repeats,
            )
            skipped += _named(plan.skipped, question)
            say(f"  {target.name}, {len(question.studies)} studies: {len(plan.splits)} splits × {len(shown)} rows")
            at = np.searchsorted(held_out, rows)
            here = [replace(one, values=one.values[at]) for one in shown]
            fits = fit_splits(here, target, plan.splits, heads=heads, jobs=jobs)
            frames.append(_described(results_frame(plan.splits, fits), fold, question))
    return Scores(pd.concat(frames, ignore_index=True), kinds, skipped)


def _described(frame: pd.DataFrame, fold: Fold, question: Question) -> pd.DataFrame:
    frame = frame.assign(value=frame["value"].round(DECIMALS))
    frame.insert(0, "fold", fold.name)
    frame.insert(1, "task", frame["study"].map(question.task))
    frame.insert(2, "group", question.group)
    return frame


def _named(skipped: Mapping[str, Sequence[str]], question: Question) -> list[str]:
    """Put the task and the protocol before why a study could not be used."""
    named = []
    for protocol, sentences in skipped.items():
        for sentence in sentences:
            study, _, why = sentence.partition(": ")
            named.append(f"{question.task(study)}, {protocol}: {why}")
    return named


def _require_studies(corpus: LabelledCorpus, fold: Fold) -> None:
    absent = [study for study in fold.studies if not len(corpus.rows_of([study]))]
    if absent:
        raise TableError(
            f"the corpus has no samples of {', '.join(absent)}",
            expected="gut samples of curatedMetagenomicData 3, profiles.biom and metadata.tsv",
            hint="--only-folds with those whose studies are there",
            studies=absent,
        )
