"""Questions: what can be explained, and which score each is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mbembed.errors import UsageError
from mbembed.evaluation.saved_heads import read_head
from mbembed.explanation.direction import Direction
from mbembed.explanation.scores import AxisScore, ContrastScore, GivenScore

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.explanation.groups import Groups
    from mbembed.explanation.scores import Score

__all__ = ["Asked", "ask"]


class Asked(NamedTuple):
    """What is explained, in words.

    Attributes
    ----------
    kind : {"contrast", "head", "dimension", "axis"}
    words : str
        The score, as the subject of a sentence.
    meaning : str
        What a high score means, as half a sentence.
    facts : dict
        For the summary.
    """

    kind: str
    words: str
    meaning: str
    facts: dict[str, Any]


def ask(
    questions: dict[str, Any],
    values: NDArray[np.float64],
    embedding: Embedding,
    groups: Groups,
    case: str | None,
    generator: np.random.Generator,
) -> tuple[Score, Asked]:
    """Return the score that a question is about, and the question in words.

    Parameters
    ----------
    questions : dict
        ``contrast``, ``head``, ``dimension`` and ``axis``, of which one is not ``None``.
    values : ndarray of shape (n_samples, n_dimensions)
        Of the samples that are looked at.
    embedding : Embedding
    groups : Groups
    case : str, optional
        The class of a head.
    generator : Generator

    Returns
    -------
    score : Score
    asked : Asked

    Raises
    ------
    UsageError
        If there is no such dimension, axis or class, or the head takes vectors that are made otherwise.
    EvaluationError
        If the groups do not differ, or the head is of another model.
    """
    if questions["contrast"] is not None:
        fitted = ContrastScore(values, groups.design, generator)
        words = f"the direction from {groups.control} to {groups.case} ({groups.column})"
        return fitted, Asked("contrast", words, f"more like {groups.case}", {"penalty": fitted.penalty})
    if questions["axis"] is not None:
        turned = AxisScore(values, int(questions["axis"]))
        words = f"principal axis {turned.number} of the embedding ({turned.share:.0%} of its variance)"
        return turned, Asked("axis", words, f"further along axis {turned.number}", {"variance_share": turned.share})
    if questions["dimension"] is not None:
        number = int(questions["dimension"])
        if not 0 <= number < embedding.n_dimensions:
            raise UsageError(
                f"dimension is {number}",
                expected=f"a number from 0 to {embedding.n_dimensions - 1}, as in embedding_0",
                hint="--dimension 0",
            )
        given = GivenScore(Direction(np.eye(1, embedding.n_dimensions, number)[0]))
        return given, Asked("dimension", f"dimension embedding_{number}", f"a higher embedding_{number}", {})
    return _head_score(questions["head"], embedding, case)


def _head_score(path: str | os.PathLike[str], embedding: Embedding, case: str | None) -> tuple[Score, Asked]:
    match = embedding.match
    head = read_head(path, match.model)
    for name, value in head.matching.items():
        if getattr(match, name) != value:
            raise UsageError(
                f"the head was fitted on vectors made with --{name} {value}, these are made with {getattr(match, name)}",
                expected="vectors that were made in the same way",
                hint=f"--{name} {value}",
            )
    row = head.row(case)
    what = f"{head.target}: {head.classes[row]}" if head.classes else head.target
    given = GivenScore(Direction(head.weights[row], float(head.intercept[row])))
    facts = {"target": head.target, "class": head.classes[row] if head.classes else None, "penalty": head.penalty,
             "fitted_on": head.n_samples}  # fmt: skip
    meaning = f"more like {head.classes[row]}" if head.classes else f"a higher {head.target}"
    return given, Asked("head", f"the head for {what}", meaning, facts)
