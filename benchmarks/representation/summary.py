"""The run as JSON: figures with intervals, folds, models, options, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.representation.rows import WORDS
from mbembed.outputs.summary import environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.representation.corpus import LabelledCorpus
    from benchmarks.representation.measures import Figures
    from benchmarks.representation.scoring import Scores
    from benchmarks.representation.tables import CrossProfiler
    from benchmarks.representation.tasks import Fold
    from mbembed.evaluation.intervals import Interval
    from mbembed.models.folder import Model

__all__ = ["summarise"]


def summarise(
    corpus: LabelledCorpus,
    folds: Sequence[Fold],
    scores: Scores,
    figures: Mapping[str, Figures],
    twins: CrossProfiler,
    models: Mapping[str, Mapping[str, Model]],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return everything that the tables are made of, as JSON values.

    Parameters
    ----------
    corpus : LabelledCorpus
    folds : sequence of Fold
    scores : Scores
    figures : mapping of str to Figures
        By head.
    twins : dict
        Row → pair of profilers → share.
    models : mapping of str to mapping of str to Model
        Fold → row → model.
    options : mapping
    """
    return {
        "corpus": {"sha256": corpus.profile.sha256, "samples": corpus.profile.n_samples},
        "rows": {row: {"kind": kind, "words": WORDS[row]} for row, kind in scores.kinds.items()},
        "folds": {
            fold.name: {
                "held_out": list(fold.studies),
                "hidden_labels": list(fold.hidden),
                "models": {row: _record(model) for row, model in models.get(fold.name, {}).items()},
            }
            for fold in folds
        },
        "skipped": scores.skipped,
        "scores": [row for head, one in figures.items() for row in _scores(head, one)],
        "differences": [row for head, one in figures.items() for row in _differences(head, one)],
        "crossprofiler": {row: {" – ".join(pair): share for pair, share in of.items()} for row, of in twins.items()},
        "options": dict(options),
        "versions": environment(),
    }


def _record(model: Model) -> dict[str, Any]:
    training = model.config["training"]
    return {
        "name": model.name,
        "n_dimensions": model.n_dimensions,
        "n_samples": training["n_samples"],
        "studies": sorted(training["studies"]),
        "label_axes": model.config.get("readout", {}).get("label_axes", {}),
    }


def _scores(head: str, figures: Figures) -> list[dict[str, Any]]:
    return [
        {"head": head, "measure": measure.name, "row": row, "n_tasks": len(figures.by_task(measure))}
        | _ends(figures.mean(measure, row))
        | {"tasks": {task: round(float(value), 4) for task, value in figures.by_task(measure)[row].items()}}
        for measure in figures.measures
        for row in figures.rows
    ]


def _differences(head: str, figures: Figures) -> list[dict[str, Any]]:
    return [
        {"head": head, "measure": measure.name, "row": row, "minus": other}
        | {"best": other == figures.best_baseline(measure)}
        | _ends(figures.difference(measure, row, other))
        for measure in figures.measures
        for row in figures.candidates
        for other in figures.rows
        if other != row
    ]


def _ends(interval: Interval) -> dict[str, float | None]:
    return {
        name: None if np.isnan(value) else round(value, 5)
        for name, value in zip(interval._fields, interval, strict=True)
    }
