"""Groups: the two values of a metadata column that are compared, and the samples that have them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import EvaluationError, UsageError
from mbembed.explanation.design import Design
from mbembed.words import count, some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mbembed.tables.metadata_join import JoinedMetadata

__all__ = ["MIN_PERSONS", "Groups", "choose_groups", "choose_samples"]

#: A group with fewer persons than this is refused: of four, a resample often leaves one out, or none.
MIN_PERSONS = 5
#: Below this many persons in a group, intervals are rough.
FEW_PERSONS = 20
#: Columns with more different values than this hold numbers or ids, not groups.
MOST_GROUPS = 20
#: How many values a message shows.
SHOWN = 8


@dataclass(frozen=True, eq=False)
class Groups:
    """The samples that are looked at, and what is compared.

    Attributes
    ----------
    rows : ndarray of int of shape (n_used,)
        Positions among the embedded samples.
    design : Design
        Of these.
    column, case, control : str
        Empty where no groups are compared.
    warnings : list of str
    """

    rows: NDArray[np.intp]
    design: Design
    column: str = ""
    case: str = ""
    control: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def sizes(self) -> dict[str, int]:
        """Samples of each group, the cases first; empty where no groups are compared."""
        if self.design.case is None:
            return {}
        n_cases = int(self.design.case.sum())
        return {self.case: n_cases, self.control: self.design.n_samples - n_cases}


def choose_groups(
    metadata: JoinedMetadata,
    column: str,
    *,
    case: str | None = None,
    control: str | None = None,
    group: str | None = None,
    subject: str | None = None,
) -> Groups:
    """Find the samples of two groups.

    Parameters
    ----------
    metadata : JoinedMetadata
        Of the embedded samples.
    column : str
    case, control : str, optional
        Values of the column. Not needed where it has two: then ``case`` is the one that is no
        control, or the rarer. A ``control`` that is not named is everything else.
    group, subject : str, optional
        Columns with study and person.

    Returns
    -------
    Groups

    Raises
    ------
    UsageError
        If the values are not those of the column, or it has more than two and none was named.
    EvaluationError
        If a group has fewer than ``MIN_PERSONS`` persons, or no study has both, or two of each.
    """
    texts = metadata.frame[column].tolist()
    counts = Counter(text for text in texts if text is not None)
    named_case, named_control, others = _values(column, counts, case, control)
    is_case = np.array([text == named_case for text in texts])
    is_control = np.array([text in others for text in texts])
    rows = np.flatnonzero(is_case | is_control)
    studies, persons = _codes(metadata, rows, group, subject)
    warnings = _unjoined(metadata)
    if group is not None:
        both = _with_both(studies, is_case[rows])
        if not both.any():
            raise EvaluationError(
                f"no study has both {named_case!r} and {named_control!r}",
                expected="studies with both groups: else a difference of the groups is one of the studies",
                hint="--group with another column, or leave it out",
            )
        if not both.all():
            left = sorted(set(metadata.frame[group].iloc[rows[~both]].dropna()))
            warnings.append(f"studies with one of the two groups only were left out: {some(left, SHOWN)}")
        rows, studies, persons = rows[both], studies[both], persons[both]
    for name, own in ((named_case, is_case[rows]), (named_control, is_control[rows])):
        n_persons = len(np.unique(persons[own]))
        if n_persons < MIN_PERSONS:
            raise EvaluationError(
                f"{name!r} has {count(n_persons, 'sample' if subject is None else 'person')}",
                expected=f"at least {MIN_PERSONS} in each group",
                hint="--case and --control with larger groups, or a larger cohort",
            )
        if n_persons < FEW_PERSONS:
            warnings.append(
                f"{name!r} has only {n_persons} {'samples' if subject is None else 'persons'}: intervals are rough, and taxa that "
                "matter may not be stable"
            )
    design = Design(is_case[rows], studies, persons)
    if not design.drawable:
        raise EvaluationError(
            f"no study has two of {named_case!r} and two of {named_control!r}",
            expected="a study with two of each: those that are drawn, and those that the score was not fitted on",
            hint="--group with another column, or leave it out",
        )
    return Groups(rows, design, column, named_case, named_control, warnings)


def choose_samples(
    metadata: JoinedMetadata | None, n_samples: int, *, group: str | None = None, subject: str | None = None
) -> Groups:
    """Take all samples, with their studies and persons.

    Parameters
    ----------
    metadata : JoinedMetadata, optional
        Of the embedded samples.
    n_samples : int
    group, subject : str, optional
        Columns with study and person.

    Returns
    -------
    Groups

    Raises
    ------
    EvaluationError
        If they are of fewer than ``MIN_PERSONS`` persons.
    """
    rows = np.arange(n_samples)
    if metadata is None:
        return Groups(rows, Design(None, np.zeros(n_samples, dtype=np.intp), rows))
    studies, persons = _codes(metadata, rows, group, subject)
    if (n_persons := len(np.unique(persons))) < MIN_PERSONS:
        raise EvaluationError(
            f"the samples are of {count(n_persons, 'person')}",
            expected=f"at least {MIN_PERSONS}, of whom some are drawn",
            hint="leave --subject out: then samples are drawn, which says nothing about other persons",
        )
    return Groups(rows, Design(None, studies, persons), warnings=_unjoined(metadata))


def _values(column: str, counts: Mapping[str, int], case: str | None, control: str | None) -> tuple[str, str, set[str]]:
    """Return the names of both groups, and the values of the second."""
    from mbembed.evaluation.target import positive_class

    shown = ", ".join(f"{value} ({n})" for value, n in sorted(counts.items(), key=lambda one: -one[1])[:SHOWN])
    if len(counts) > MOST_GROUPS and case is None:
        raise UsageError(
            f"{column!r} has {len(counts)} different values, such as {shown}",
            expected="a column of groups",
            hint=f"mbembed evaluate TABLE --target {column} -o DIR, then mbembed explain --head DIR/heads.json, for numbers",
        )
    for flag, value in (("--case", case), ("--control", control)):
        if value is not None and value not in counts:
            raise UsageError(
                f"{column!r} has no sample with {value!r}",
                expected=f"one of {shown or '(it is empty)'}",
                hint=f"{flag} VALUE",
            )
    if case is not None and case == control:
        raise UsageError(f"both groups are {case!r}", expected="two groups", hint="--control with another value")
    if len(counts) < 2:
        raise UsageError(
            f"{column!r} has {'one value only: ' + shown if counts else 'no value'} for these samples",
            expected="two groups",
            hint="--contrast with another column",
        )
    if case is None:
        if len(counts) > 2:
            raise UsageError(
                f"{column!r} has {len(counts)} values: {shown}",
                expected="the two that are compared, or the one that is compared with all others",
                hint="--case VALUE --control VALUE",
            )
        if control is None:
            case = positive_class(column, sorted(counts), None, counts)
        else:
            case = next(value for value in counts if value != control)
    others = set(counts) - {case} if control is None else {control}
    return case, next(iter(others)) if len(others) == 1 else f"not {case}", others


def _codes(
    metadata: JoinedMetadata, rows: NDArray[np.intp], group: str | None, subject: str | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    from mbembed.evaluation.labelled import person_codes

    studies = np.zeros(len(rows), dtype=np.intp)
    if group is not None:
        # Samples without a study are one of their own.
        studies = np.unique([text or "" for text in metadata.frame[group].iloc[rows]], return_inverse=True)[1]
    subjects = None if subject is None else [text or "" for text in metadata.frame[subject].iloc[rows]]
    persons = person_codes(subjects, len(rows))
    # The same name in two studies is two persons.
    return studies, np.unique(np.stack([studies, persons]), axis=1, return_inverse=True)[1].ravel()


def _with_both(studies: NDArray[np.intp], case: NDArray[np.bool_]) -> NDArray[np.bool_]:
    n_cases, n_all = np.bincount(studies, weights=case), np.bincount(studies)
    return np.asarray(((n_cases > 0) & (n_cases < n_all))[studies])


def _unjoined(metadata: JoinedMetadata) -> list[str]:
    return [*metadata.notes, *([f"left out: {metadata.warning}"] if metadata.unjoined else [])]
