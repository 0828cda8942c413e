"""What changes when the readout knows the scored disease from other studies: the case of most users."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.representation.measures import clustered_interval
from benchmarks.representation.rows import SHIPPED, model_row, plain, vectors
from benchmarks.representation.tables import markdown, signed
from benchmarks.representation.tasks import LABELS
from mbembed.evaluation.fits import fit_splits, results_frame
from mbembed.evaluation.splits import plan_splits
from mbembed.training.labels import make_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.representation.corpus import LabelledCorpus
    from benchmarks.representation.tasks import Question
    from mbembed.evaluation.representations import Representation
    from mbembed.models.folder import Model

__all__ = ["same_disease_scores", "same_disease_table"]

#: The row whose readout has seen the disease in the other studies.
KNOWN = "readout-disease-known"
WORDS = {
    "presence": "presence/absence of species (> 1e-5)",
    SHIPPED: "shipped recipe, all labels of the disease left out",
    KNOWN: "**shipped recipe, labels of the disease's other studies used**",
}


def same_disease_scores(
    corpus: LabelledCorpus,
    question: Question,
    models: dict[str, Model],
    *,
    repeats: int,
    jobs: int,
    say: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Score a disease in each of its studies, by readouts that learnt it in the others.

    The network under the readout is the fold's: it saw none of the disease's studies.

    Parameters
    ----------
    corpus : LabelledCorpus
    question : Question
        Of several studies, all of one fold.
    models : dict of str to Model
        The fold's, by row.
    repeats, jobs : int
    say : callable

    Returns
    -------
    DataFrame of shape (n_studies × n_sizes, n_rows)
        Mean AUC; index: study and number of labels.
    """
    rows, target = question.labels(corpus)
    found = []
    for study in question.studies:
        say(f"{question.case} in {study}: a readout that knows it from the other studies")
        here = np.flatnonzero(corpus.column("study")[rows] == study)
        profile = corpus.profile.select_samples(rows[here].tolist())
        shown = [
            *(one for one in plain(profile) if one.name == "presence"),
            model_row(SHIPPED, vectors(profile, models[SHIPPED])),
            _known(corpus, study, models["mae-units"], rows[here]),
        ]
        own = target.take(here)
        plan = plan_splits(
            own,
            [study] * len(here),
            corpus.people()[rows[here]],
            protocols=("limited-data",),
            sizes=question.sizes,
            repeats=repeats,
        )
        found.append(results_frame(plan.splits, fit_splits(shown, own, plan.splits, heads=("linear",), jobs=jobs)))
    frame = pd.concat(found, ignore_index=True)
    scored = frame[frame["metric"] == "roc_auc"]
    means = scored.groupby(["study", "n_labels", "representation"])["value"].mean().unstack()
    return means[list(WORDS)]


def _known(corpus: LabelledCorpus, study: str, base: Model, scored: NDArray[np.intp]) -> Representation:
    """Return the vectors of some samples of a study, by a readout fitted on all other studies."""
    from mbembed.training.readout import add_readout
    from mbembed.training.record import Description

    others = np.setdiff1d(np.arange(corpus.profile.n_samples), corpus.rows_of([study]))
    profile = corpus.profile.select_samples(others.tolist())
    columns = {name: corpus.column(name)[others].tolist() for name in LABELS}
    labels = make_labels(columns, corpus.column("study")[others].tolist(), subjects=corpus.people()[others].tolist())
    with TemporaryDirectory() as scratch:
        model = add_readout(
            base, [profile], Path(scratch) / KNOWN, Description(name=KNOWN), groups=corpus.groups(), labels=labels
        )
        values = vectors(corpus.profile.select_samples(scored.tolist()), model)
    return replace(model_row(SHIPPED, values), name=KNOWN, words=WORDS[KNOWN])


def same_disease_table(scores: pd.DataFrame, question: Question) -> str:
    """Return the means, and what knowing the disease adds, with intervals over studies."""
    sizes = sorted({size for _, size in scores.index})
    rows: dict[str, list[str]] = {words: [] for words in WORDS.values()}
    over: dict[str, list[str]] = {f"… minus {WORDS[other]}": [] for other in ("presence", SHIPPED)}
    for size in sizes:
        table = scores.xs(size, level="n_labels")
        for row, words in WORDS.items():
            rows[words].append(f"{table[row].mean():.3f}")
        studies = table.index.to_numpy().astype(np.str_)
        for cells, other in zip(over.values(), ("presence", SHIPPED), strict=True):
            difference = (table[KNOWN] - table[other]).to_numpy()
            cells.append(signed(clustered_interval(difference, studies, key=f"{other} {size}")))
    heads = [f"AUC, {size} labels ({len(scores.xs(size, level='n_labels'))} studies)" for size in sizes]
    title = f"### When the disease is known from other studies: {question.case}"
    return f"{title}\n\n{markdown('representation', heads, {**rows, **over})}\n"
