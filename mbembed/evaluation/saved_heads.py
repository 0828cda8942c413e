"""Linear heads that are kept: what `mbembed explain --head` reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import EvaluationError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.evaluation.target import Target
    from mbembed.models.folder import Model

__all__ = ["HEADS_FILE", "SavedHead", "final_heads", "heads_content", "read_head"]

#: Name of the file in the output folder of `mbembed evaluate`.
HEADS_FILE = "heads.json"
#: Version of the file's layout. A reader refuses a higher one.
FORMAT = 1
#: Options of matching that change the vectors.
MATCHING = ("closure", "names")


@dataclass(frozen=True, eq=False)
class SavedHead:
    """A linear head on the embedding of one model, fitted on all labelled samples.

    ``score = values @ weights.T + intercept``: the number for a continuous target, for classes the
    higher, the more of that class.

    Attributes
    ----------
    model, weights_sha256 : str
        Of the model whose vectors it takes.
    matching : dict of str to str
        ``closure`` and ``names`` of these vectors.
    target, kind : str
        What it predicts, and of which kind that is.
    classes : tuple of str
        One per row of ``weights``; for two classes the positive one only, for numbers none.
    weights : ndarray of shape (n_rows, n_dimensions)
        Of vectors as they are, not standardised.
    intercept : ndarray of shape (n_rows,)
    penalty : float
        Of the ridge, chosen by the leave-one-out error.
    n_samples : int
        That it was fitted on.
    """

    model: str
    weights_sha256: str
    matching: dict[str, str]
    target: str
    kind: str
    classes: tuple[str, ...]
    weights: NDArray[np.float64]
    intercept: NDArray[np.float64]
    penalty: float
    n_samples: int

    def to_entry(self) -> dict[str, Any]:
        """Return the entry of the file."""
        return {**vars(self), "weights": self.weights.tolist(), "intercept": self.intercept.tolist()}

    def row(self, wanted: str | None) -> int:
        """Return the row of a class; ``None`` where there is one row.

        Raises
        ------
        UsageError
            If there is no such class, or there are several and none was named.
        """
        if wanted is None and len(self.weights) == 1:
            return 0
        if wanted in self.classes:
            return self.classes.index(wanted)
        some = ", ".join(self.classes) or "(none: it predicts a number)"
        raise UsageError(
            f"the head predicts {self.target!r}: {some}" + ("" if wanted is None else f", not {wanted!r}"),
            expected="one of its classes" if self.classes else "no class",
            hint=f"--case {self.classes[0]}" if self.classes else "leave --case out",
        )


def final_heads(embeddings: Sequence[Embedding], sample_ids: Sequence[str], target: Target) -> list[SavedHead]:
    """Fit the linear head on all labelled samples, for each model.

    It is the head of the evaluation: ridge on standardised dimensions, its penalty chosen by the leave-one-out
    error. What it scores in new samples is what the evaluation measured, not how it fits these.

    Parameters
    ----------
    embeddings : sequence of Embedding
    sample_ids : sequence of str
        The labelled samples.
    target : Target
        Their labels.

    Returns
    -------
    list of SavedHead
    """
    return [_final_head(embedding, sample_ids, target) for embedding in embeddings]


def _final_head(embedding: Embedding, sample_ids: Sequence[str], target: Target) -> SavedHead:
    from sklearn.linear_model import RidgeClassifierCV, RidgeCV
    from threadpoolctl import threadpool_limits

    from mbembed.evaluation.heads import PENALTIES
    from mbembed.evaluation.representations import standardised

    at = {one: i for i, one in enumerate(embedding.sample_ids)}
    values = embedding.values[[at[one] for one in sample_ids]].astype(np.float64)
    preparation = standardised()
    with threadpool_limits(1):  # as for the fits: the same bytes on any number of cores
        prepared = preparation.fit_transform(values)
        estimator = RidgeCV(PENALTIES) if target.kind == "continuous" else RidgeClassifierCV(PENALTIES)
        fitted = estimator.fit(prepared, target.values)
    scaler, unit = (step for _, step in preparation.steps)
    # Both steps are affine, so that the head can take the vectors as they are.
    scale, shift = scaler.scale_ * unit.spread_, scaler.mean_ + scaler.scale_ * unit.mean_
    weights = np.atleast_2d(fitted.coef_) / scale
    intercept = np.atleast_1d(fitted.intercept_) - weights @ shift
    model = embedding.match.model
    classes = target.classes[1:] if target.kind == "binary" else target.classes
    return SavedHead(
        model=model.name,
        weights_sha256=model.weights_sha256,
        matching={name: str(getattr(embedding.match, name)) for name in MATCHING},
        target=target.name,
        kind=target.kind,
        classes=tuple(classes),
        weights=weights,
        intercept=intercept,
        penalty=float(fitted.alpha_),
        n_samples=len(sample_ids),
    )


def heads_content(heads: Sequence[SavedHead]) -> dict[str, Any]:
    """Return the content of the file."""
    return {"format": FORMAT, "heads": [head.to_entry() for head in heads]}


def read_head(path: str | os.PathLike[str], model: Model) -> SavedHead:
    """Read the head that takes a model's vectors.

    Parameters
    ----------
    path : path-like
        ``heads.json`` in the output folder of `mbembed evaluate`.
    model : Model

    Returns
    -------
    SavedHead

    Raises
    ------
    EvaluationError
        If the file cannot be read, is no such file, or its heads take the vectors of other models.
    """
    file = Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        version = int(content["format"])
        heads = [_head(entry) for entry in content["heads"]] if version <= FORMAT else []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(
            f"{file} cannot be read as heads of an evaluation ({_reason(error)})",
            expected=f"{HEADS_FILE}, as `mbembed evaluate` writes it",
            hint=f"mbembed evaluate TABLE --metadata TSV --target COLUMN -o DIR, then --head DIR/{HEADS_FILE}",
            path=str(file),
        ) from error
    if version > FORMAT:
        raise EvaluationError(
            f"{file} has format {version}",
            expected=f"format {FORMAT} or lower",
            hint="pip install --upgrade mbembed",
            path=str(file),
        )
    for head in heads:
        if head.weights_sha256 == model.weights_sha256 and head.weights.shape[1] == model.n_dimensions:
            return head
    others = ", ".join(f"{head.model} ({head.weights_sha256[:12]}…)" for head in heads)
    raise EvaluationError(
        f"the heads in {file} take vectors of {others or 'no model'}; these are of {model.name} "
        f"({model.weights_sha256[:12]}…)",
        expected="a head that was fitted on vectors of the same model, to the byte",
        hint=f"--model {heads[0].model}"
        if heads and heads[0].model != model.name
        else "mbembed evaluate, with this model",
        path=str(file),
    )


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror or error)
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)


def _head(entry: dict[str, Any]) -> SavedHead:
    weights = np.array(entry["weights"], dtype=np.float64)
    intercept = np.array(entry["intercept"], dtype=np.float64)
    classes = tuple(str(name) for name in entry["classes"])
    if weights.ndim != 2 or intercept.shape != weights.shape[:1] or len(classes) not in (0, len(weights)):
        raise ValueError("weights, intercept and classes do not fit each other")
    if not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
        raise ValueError("a weight is not a number")
    return SavedHead(
        model=str(entry["model"]),
        weights_sha256=str(entry["weights_sha256"]),
        matching={name: str(entry["matching"][name]) for name in MATCHING},
        target=str(entry["target"]),
        kind=str(entry["kind"]),
        classes=classes,
        weights=weights,
        intercept=intercept,
        penalty=float(entry["penalty"]),
        n_samples=int(entry["n_samples"]),
    )
