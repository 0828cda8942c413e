"""The cohort: the samples that are used, with their labels, studies and persons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import EvaluationError
from mbembed.evaluation.target import read_target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.evaluation.target import Target
    from mbembed.tables.metadata_join import JoinedMetadata

__all__ = ["Cohort", "make_cohort"]

#: Cramér's V of study and class (0 none, 1 complete) from which the study all but gives the class away: V of 0.5
#: is reached when two studies have their cases and controls in the proportions 3:1 and 1:3.
CONFOUNDED = 0.5
#: How many names a message shows.
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Cohort:
    """Samples with a label.

    Attributes
    ----------
    rows : ndarray of shape (n_used,)
        Positions in the table.
    target : Target
        Of these samples; none missing.
    groups, subjects : ndarray of str of shape (n_used,), or None
    counts : dict of str to int
        Samples in the table, in the metadata, joined, used.
    confounding : str
        Why scores across studies cannot be trusted; empty if nothing speaks against it.
    warnings : list of str
    """

    rows: NDArray[np.intp]
    target: Target
    groups: NDArray[np.str_] | None
    subjects: NDArray[np.str_] | None
    counts: dict[str, int]
    confounding: str = ""
    warnings: list[str] = field(default_factory=list)

    def studies(self) -> dict[str, dict[str, Any]]:
        """Return the size and the classes of each study."""
        if self.groups is None:
            return {}
        return {
            str(study): {
                "n": int((self.groups == study).sum()),
                "classes": self.target.counts(np.flatnonzero(self.groups == study)),
            }
            for study in np.unique(self.groups)
        }


def make_cohort(
    metadata: JoinedMetadata,
    with_vector: NDArray[np.bool_],
    *,
    target: str,
    group: str | None = None,
    subject: str | None = None,
    kind: str | None = None,
    positive: str | None = None,
) -> Cohort:
    """Keep the samples that can be used.

    Parameters
    ----------
    metadata : JoinedMetadata
        Of all samples of the table.
    with_vector : ndarray of bool of shape (n_samples,)
        Whether every representation has the sample.
    target, group, subject : str
        Columns of the metadata.
    kind, positive
        As in `mbembed.evaluation.target.read_target`.

    Returns
    -------
    Cohort

    Raises
    ------
    EvaluationError
        If no sample has a study, or the labels cannot be predicted.
    """
    warnings = list(metadata.notes)
    if metadata.unjoined:
        warnings.append(f"left out: {metadata.warning}")
    usable = metadata.found & with_vector
    if n_without := int((metadata.found & ~with_vector).sum()):
        warnings.append(f"{n_without} samples without a vector were left out for every representation")
    if group is not None:
        grouped = metadata.frame[group].notna().to_numpy()
        if not grouped.any():
            raise EvaluationError(
                f"no sample has a study in {group!r}", expected="the study of each sample", hint="--group COLUMN"
            )
        if (usable & ~grouped).any():
            warnings.append(f"{int((usable & ~grouped).sum())} samples without a {group!r} were left out")
        usable = usable & grouped
    lines = metadata.frame[usable]
    labels = read_target(lines[target].tolist(), name=target, kind=kind, positive=positive)
    known = ~np.isnan(labels.values)
    unlabelled = int((~known).sum())
    if unlabelled:
        warnings.append(f"{unlabelled} of {len(lines)} samples have no usable label in {target!r} and were left out")
    kept = np.flatnonzero(known)
    labels = labels.take(kept)
    lines = lines.iloc[kept]
    groups = None if group is None else lines[group].to_numpy().astype(np.str_)
    subjects = None
    if subject is not None:
        subjects = np.array([one or "" for one in lines[subject]], dtype=np.str_)
        warnings += _subject_warnings(subjects, groups, subject)
    confounding = "" if groups is None else _confounding(labels, groups)
    if confounding:
        warnings.append(confounding)
    counts = {
        "in_table": len(metadata.found),
        "in_metadata": metadata.n_metadata,
        "joined": int(metadata.found.sum()),
        "used": len(kept),
    }
    rows = np.flatnonzero(usable)[kept]
    return Cohort(rows, labels, groups, subjects, counts, confounding, [*warnings, *labels.warnings])


def _subject_warnings(subjects: NDArray[np.str_], groups: NDArray[np.str_] | None, column: str) -> list[str]:
    warnings = []
    if missing := int((subjects == "").sum()):
        warnings.append(f"{missing} of {len(subjects)} samples have no {column!r}, and count as one person each")
    if groups is not None:
        names, first = np.unique(subjects[subjects != ""], return_index=True)
        where = groups[subjects != ""]
        everywhere = subjects[subjects != ""]
        shared = [name for name, at in zip(names, first, strict=True) if (where[everywhere == name] != where[at]).any()]
        if shared:
            warnings.append(
                f"{len(shared)} values of {column!r} stand in several studies, such as {shared[0]!r}, and count as the "
                "same person; if each study numbers its own, write the study before the number"
            )
    return warnings


def _confounding(target: Target, groups: NDArray[np.str_]) -> str:
    """Return in words by how much the study gives the class away, if by a lot."""
    if target.kind == "continuous":
        return ""
    names, codes = np.unique(groups, return_inverse=True)
    table = np.zeros((len(names), len(target.classes)))
    np.add.at(table, (codes, target.values.astype(np.intp)), 1)
    if min(table.shape) < 2:
        return ""
    single = [str(name) for name, row in zip(names, table, strict=True) if (row > 0).sum() == 1]
    if len(single) == len(names):
        raise EvaluationError(
            f"every study has one class of {target.name!r} only: whatever tells the studies apart would pass for a "
            f"difference between {' and '.join(target.classes[:2])}",
            expected="studies in which several classes were sampled alike",
            hint="cohorts with cases and controls; without --group only if all samples are of one study",
            studies=single,
        )
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    association = float(((table - expected) ** 2 / expected).sum() / table.sum() / (min(table.shape) - 1)) ** 0.5
    if association < CONFOUNDED:
        return ""
    more = f"; {len(single)} of {len(names)} studies have one class only" if single else ""
    return (
        f"studies and classes of {target.name!r} are confounded (Cramér's V {association:.2f}{more}): "
        "what is learnt from several studies at once may be the study"
    )
