"""Labels of training samples as axes: what is known of each, made comparable within its study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import TrainingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["ANY_CASE", "CONTROLS", "Labels", "make_labels"]

#: What the controls of a case-control study are called (curatedMetagenomicData: "control", "healthy").
CONTROLS = ("control", "healthy")
#: Axis of all cases, whatever they have, against the controls.
ANY_CASE = "any"
#: Labelled samples that a study needs to count: a z-score of fewer is mostly noise.
MIN_IN_STUDY = 20
#: Values that a message shows.
SHOWN = 5
#: Labelled samples that an axis needs over all studies.
MIN_ON_AXIS = 40


@dataclass(frozen=True, eq=False)
class Labels:
    """Axes that are known of the samples.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_axes)
        z-scores within each study; NaN where nothing is known.
    names : list of str
        ``age``, ``condition: CRC``, ``condition: any``, …
    """

    values: NDArray[np.float64]
    names: list[str]

    def counts(self) -> dict[str, int]:
        """Return the number of labelled samples of each axis."""
        return dict(zip(self.names, np.isfinite(self.values).sum(axis=0).tolist(), strict=True))


def make_labels(
    columns: Mapping[str, Sequence[str]],
    groups: Sequence[str],
    *,
    subjects: Sequence[str] | None = None,
    controls: Sequence[str] = CONTROLS,
) -> Labels:
    """Make axes of metadata columns.

    A column of numbers is one axis. A column of two values is one axis, the later value by
    alphabet against the other. A column that holds one of ``controls`` gives one axis for each other
    value against the controls of its study, and one for all of them. Everything is a z-score
    within its study, so that no axis tells studies apart.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        Metadata column → text of each sample; an empty text is nothing known.
    groups : sequence of str
        Study of each sample.
    subjects : sequence of str, optional
        Person of each sample. Only the first sample of a person is labelled, and none whose
        person is not known: a person measured ten times would count ten times.
    controls : sequence of str

    Returns
    -------
    Labels

    Raises
    ------
    UsageError
        If a text column has several values and none of them is a control.
    TrainingError
        If no axis has enough labelled samples.

    Examples
    --------
    >>> condition = ["control", "CRC"] * 30
    >>> make_labels({"condition": condition}, ["study"] * 60).counts()
    {'condition: CRC': 60}
    """
    usable = np.ones(len(groups), dtype=bool) if subjects is None else _first_of_person(groups, subjects)
    studies = np.asarray(groups)
    values, names = [], []
    for name, texts in columns.items():
        for axis, raw in _axes(name, np.asarray(texts, dtype=object), controls).items():
            scores = _within_studies(np.where(usable, raw, np.nan), studies)
            if np.isfinite(scores).sum() >= MIN_ON_AXIS:
                values.append(scores)
                names.append(axis)
    if not names:
        raise TrainingError(
            f"none of the label columns {', '.join(columns)} has {MIN_ON_AXIS} labelled samples in studies with at "
            f"least {MIN_IN_STUDY} of them",
            expected="columns that vary within studies, such as age or condition",
            hint="--labels age bmi condition",
        )
    return Labels(np.column_stack(values), names)


def _first_of_person(groups: Sequence[str], subjects: Sequence[str]) -> NDArray[np.bool_]:
    seen: set[tuple[str, str]] = set()
    first = []
    for person in zip(groups, subjects, strict=True):
        first.append(bool(person[1]) and person not in seen)
        seen.add(person)
    return np.array(first, dtype=bool)


def _axes(name: str, texts: NDArray[np.object_], controls: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return the axes of a column, before they are scaled."""
    known = np.array([text != "" for text in texts], dtype=bool)
    try:
        numbers = np.array([float(text) if text != "" else np.nan for text in texts])
    except ValueError:
        pass
    else:
        return {name: np.where(np.isfinite(numbers), numbers, np.nan)}
    found = sorted(set(texts[known].tolist()))
    is_control = np.isin(texts, list(controls)) & known
    if not is_control.any():
        if len(found) == 2:
            return {name: np.where(known, (texts == found[1]).astype(np.float64), np.nan)}
        raise UsageError(
            f"the label column {name!r} has {len(found)} values ({', '.join(found[:SHOWN])}, …), none of which is a control",
            expected=f"numbers, two values, or cases beside one of the controls {', '.join(controls)}",
            hint="--controls NAME …, or another --labels",
        )
    cases = [value for value in found if value not in controls]
    axes = {f"{name}: {value}": _against(texts == value, is_control) for value in cases}
    if len(cases) > 1:
        axes[f"{name}: {ANY_CASE}"] = _against(known & ~is_control, is_control)
    return axes


def _against(case: NDArray[np.bool_], control: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(case, 1.0, np.where(control, 0.0, np.nan))


def _within_studies(values: NDArray[np.float64], studies: NDArray[np.str_]) -> NDArray[np.float64]:
    scores = np.full(len(values), np.nan)
    for study in np.unique(studies):
        rows = np.flatnonzero((studies == study) & np.isfinite(values))
        if len(rows) >= MIN_IN_STUDY and np.ptp(values[rows]) > 0:
            scores[rows] = (values[rows] - values[rows].mean()) / values[rows].std()
    return scores
