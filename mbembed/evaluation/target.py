"""The target: what is to be predicted, and of which kind it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import EvaluationError, UsageError
from mbembed.tables.sample_metadata import cell_text, is_unknown
from mbembed.words import some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["CONTINUOUS_DISTINCT", "KINDS", "MIN_CLASS", "Target", "positive_class", "read_target"]

#: Kinds of target.
KINDS = ("binary", "multiclass", "continuous")
#: Numbers with more distinct values than this are continuous (distinct values): scores and stages of
#: clinical scales have up to ten or so, ages and body mass indices dozens.
CONTINUOUS_DISTINCT = 10
#: Text with more distinct values than this is refused (classes): it is an id or a free text, not a class.
MAX_CLASSES = 20
#: A class with fewer samples than this is left out (samples): less cannot be dealt into five folds.
MIN_CLASS = 5
#: Fewer numbers than this say nothing about a correlation (samples): r of 20 pairs has a 95 % interval of ± 0.4.
MIN_CONTINUOUS = 20
#: Names of the class that is not "positive"; compared without case.
NEGATIVE_WORDS = frozenset(
    {"0", "0.0", "false", "no", "n", "negative", "neg", "control", "controls", "healthy", "normal", "ctrl", "ctr", "hc"}
)
#: Numbers as large as this are refused (units of the target): their squares overflow float64.
MAX_NUMBER = 1e100
#: How many values a message shows.
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Target:
    """Labels of the samples.

    Attributes
    ----------
    name : str
    kind : {"binary", "multiclass", "continuous"}
    values : ndarray of shape (n_samples,)
        float64. Continuous: the number, in the unit of the metadata. Classes: the position in
        ``classes``; for two classes 1 is the positive one. Missing labels are NaN.
    classes : tuple of str
        Empty for a continuous target.
    reason : str
        How the kind was decided.
    warnings : tuple of str
    """

    name: str
    kind: str
    values: NDArray[np.float64]
    classes: tuple[str, ...] = ()
    reason: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def positive(self) -> str | None:
        """Name of the positive class of two."""
        return self.classes[1] if self.kind == "binary" else None

    @property
    def metrics(self) -> tuple[str, str]:
        """Metrics of this kind of target; the first one decides."""
        return ("pearson_r", "r2") if self.kind == "continuous" else ("roc_auc", "pr_auc")

    def counts(self, rows: NDArray[np.intp] | slice = slice(None)) -> dict[str, int]:
        """Return the number of samples of each class."""
        values = self.values[rows]
        return {name: int((values == code).sum()) for code, name in enumerate(self.classes)}

    def take(self, rows: NDArray[np.intp]) -> Target:
        """Return the labels of some samples."""
        return Target(self.name, self.kind, self.values[rows], self.classes, self.reason, self.warnings)


def read_target(
    values: Sequence[object] | NDArray[np.generic],
    *,
    name: str = "target",
    kind: str | None = None,
    positive: str | None = None,
) -> Target:
    """Decide of which kind labels are, and encode them.

    Parameters
    ----------
    values : sequence of shape (n_samples,)
        Text or numbers. ``NA``, ``unknown``, an empty cell and the like are missing.
    name : str
    kind : {"binary", "multiclass", "continuous"}, optional
        Where the values should not decide.
    positive : str, optional
        The positive class of two.

    Returns
    -------
    Target

    Raises
    ------
    EvaluationError
        If nothing can be predicted: no labels, one class, a constant, text where numbers should be.
    UsageError
        If ``kind`` or ``positive`` does not fit.

    Examples
    --------
    >>> target = read_target(["CRC", "control", "NA", "CRC", *["control"] * 8, *["CRC"] * 8], name="disease")
    >>> target.kind, target.positive, target.counts()
    ('binary', 'CRC', {'control': 9, 'CRC': 10})
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(f"kind is {kind!r}", expected=f"one of {', '.join(KINDS)}", hint=f"--kind {KINDS[0]}")
    texts = np.array([cell_text(value) for value in values], dtype=object)
    known = np.array([not is_unknown(text) for text in texts], dtype=bool)
    distinct = sorted(set(texts[known]))
    if not distinct:
        raise EvaluationError(
            f"no sample has a label in {name!r}", expected="labels in that column", hint="--target with another column"
        )
    if len(distinct) == 1:
        raise EvaluationError(
            f"the target {name!r} is {distinct[0]!r} for all {int(known.sum())} samples that have a label",
            expected="two classes or more, or numbers that differ",
            hint="--target with another column, or a table that holds the other class too",
        )
    numbers = _numbers(distinct)
    decided, reason = (kind, "given") if kind else _decide(name, distinct, numbers)
    if decided == "continuous":
        if positive is not None:
            raise UsageError(
                f"--positive {positive} was given, but {name!r} is continuous",
                expected="a target of two classes",
                hint="--kind binary",
            )
        return _continuous(name, texts, known, numbers, reason)
    return _classes(name, texts, known, decided, positive, reason)


def _numbers(distinct: Sequence[str]) -> dict[str, float]:
    numbers = {}
    for text in distinct:
        try:
            number = float(text)
        except ValueError:
            continue
        # Python takes 1_2 for 12; in a table it is a name.
        if abs(number) < MAX_NUMBER and "_" not in text:
            numbers[text] = number
    return numbers


def _decide(name: str, distinct: list[str], numbers: dict[str, float]) -> tuple[str, str]:
    if len(distinct) == 2:
        return "binary", f"two values: {distinct[0]}, {distinct[1]}"
    if len(numbers) == len(distinct):
        if len(distinct) > CONTINUOUS_DISTINCT:
            return "continuous", f"numbers with {len(distinct)} distinct values"
        return "multiclass", f"numbers with only {len(distinct)} distinct values"
    if len(distinct) > MAX_CLASSES:
        odd = [text for text in distinct if text not in numbers]
        if len(odd) < len(numbers):
            raise EvaluationError(
                f"{len(odd)} of {len(distinct)} distinct values of {name!r} are not numbers, such as {odd[0]!r}",
                expected="numbers, or NA where the value is not known",
                hint="correct these cells, or write NA in them",
            )
        raise EvaluationError(
            f"{name!r} has {len(distinct)} distinct values, such as {', '.join(map(repr, distinct[:SHOWN]))}",
            expected=f"at most {MAX_CLASSES} classes, or numbers",
            hint="--target with another column; --kind multiclass if these really are classes",
        )
    return "multiclass", f"text with {len(distinct)} distinct values"


def _continuous(
    name: str, texts: NDArray[np.object_], known: NDArray[np.bool_], numbers: dict[str, float], reason: str
) -> Target:
    odd = sorted({text for text in texts[known] if text not in numbers})
    if odd:
        raise EvaluationError(
            f"{name!r} is to be continuous, but has {', '.join(map(repr, odd[:SHOWN]))}",
            expected="numbers, or NA where the value is not known",
            hint="--kind multiclass, or correct these cells",
        )
    if known.sum() < MIN_CONTINUOUS:
        raise EvaluationError(
            f"only {int(known.sum())} samples have a number in {name!r}",
            expected=f"at least {MIN_CONTINUOUS}",
            hint="a larger cohort: with so few, no correlation can be told from chance",
        )
    values = np.full(len(texts), np.nan)
    values[known] = [numbers[text] for text in texts[known]]
    return Target(name, "continuous", values, (), reason)


def _classes(
    name: str, texts: NDArray[np.object_], known: NDArray[np.bool_], kind: str, positive: str | None, reason: str
) -> Target:
    counts = {text: int((texts[known] == text).sum()) for text in sorted(set(texts[known]))}
    small = {text: count for text, count in counts.items() if count < MIN_CLASS}
    kept = [text for text in counts if text not in small]
    shown = some([f"{text} ({count})" for text, count in counts.items()], SHOWN)
    if len(kept) < 2:
        raise EvaluationError(
            f"fewer than two classes of {name!r} have {MIN_CLASS} samples: {shown}",
            expected=f"two classes with at least {MIN_CLASS} samples each",
            hint="merge classes in the metadata, or --kind continuous if these are numbers",
        )
    warnings = []
    if small:
        left = some([f"{text} ({count})" for text, count in small.items()], SHOWN)
        warnings.append(f"classes of {name!r} with fewer than {MIN_CLASS} samples were left out: {left}")
    if kind == "binary" and len(kept) > 2:
        raise UsageError(
            f"{name!r} has {len(kept)} classes ({shown}), not two",
            expected="two classes for --kind binary",
            hint="--kind multiclass",
        )
    if len(kept) == 2:
        kind = "binary"
        second = positive_class(name, kept, positive, counts)
        kept = [next(text for text in kept if text != second), second]
    elif positive is not None:
        raise UsageError(
            f"--positive {positive} was given, but {name!r} has {len(kept)} classes",
            expected="a target of two classes",
            hint="leave --positive out",
        )
    codes = {text: float(code) for code, text in enumerate(kept)}
    values = np.array([codes.get(text, np.nan) for text in texts])
    return Target(name, kind, values, tuple(kept), reason, tuple(warnings))


def positive_class(name: str, classes: Sequence[str], given: str | None, counts: Mapping[str, int]) -> str:
    """Return the positive one of two classes: the one given, the one that is no control, or the rarer one.

    Parameters
    ----------
    name : str
        Of the target.
    classes : sequence of str
    given : str, optional
    counts : mapping of str to int
        Samples of each class.

    Raises
    ------
    UsageError
        If the one given is no class.
    """
    if given is not None:
        if given not in classes:
            raise UsageError(
                f"--positive is {given!r}, which is no class of {name!r}",
                expected=f"one of {', '.join(classes)}",
                hint=f"--positive {classes[1]}",
            )
        return given
    others = [text for text in classes if text.casefold() not in NEGATIVE_WORDS]
    return others[0] if len(others) == 1 else min(classes, key=lambda text: (counts[text], text))
