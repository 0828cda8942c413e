"""Labelled samples: the label, study and person of each, and which of them can be used together."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mbembed.evaluation.target import Target

__all__ = ["MIN_SCORED_NUMBERS", "LabelledSamples", "person_codes"]

#: Samples with a number that must be left to score: r of fewer pairs has an interval wider than ± 0.4.
MIN_SCORED_NUMBERS = 20


class LabelledSamples:
    """Labels, studies and persons as codes.

    Parameters
    ----------
    target : Target
        Without missing labels.
    groups, subjects : sequence of str of shape (n_samples,), optional
        As in `mbembed.evaluation.splits.plan_splits`.
    seed : int

    Attributes
    ----------
    y : ndarray of shape (n_samples,)
        The values of the target.
    groups : ndarray of str of shape (n_samples,)
        Empty texts without studies.
    persons : ndarray of int of shape (n_samples,)
    studies : list of str
        In the order of the alphabet.
    """

    def __init__(
        self,
        target: Target,
        groups: Sequence[str] | NDArray[np.str_] | None,
        subjects: Sequence[str] | NDArray[np.str_] | None,
        seed: int,
    ) -> None:
        self.target = target
        self.y = target.values
        self.seed = seed
        self.groups = np.full(len(self.y), "") if groups is None else np.asarray(groups).astype(np.str_)
        self.persons = person_codes(subjects, len(self.y))
        self.studies = sorted(set(self.groups.tolist()))

    def rows(self, study: str) -> NDArray[np.intp]:
        """Return the rows of a study."""
        return np.flatnonzero(self.groups == study)

    def generator(self, *what: object) -> np.random.Generator:
        """Return random numbers that depend on the seed and on what they are for, on nothing else."""
        return np.random.default_rng([self.seed, crc32(repr(what).encode())])

    def persons_per_class(self, rows: NDArray[np.intp]) -> dict[int, int]:
        """Return how many persons each class has; classes without any are not among them."""
        return {int(code): len(np.unique(self.persons[rows][self.y[rows] == code])) for code in np.unique(self.y[rows])}

    def without(self, rows: NDArray[np.intp], taken: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the rows of persons who have no row in ``taken``."""
        return rows[~np.isin(self.persons[rows], self.persons[taken])]

    def usable(self, rows: NDArray[np.intp], least: int) -> tuple[NDArray[np.intp], str]:
        """Return the rows of classes that are large enough, or none and why."""
        if self.target.kind == "continuous":
            if np.ptp(self.y[rows]) == 0:
                return rows[:0], f"{self.target.name} is the same in all its samples"
            enough = len(np.unique(self.persons[rows])) >= MIN_SCORED_NUMBERS
            return (rows, "") if enough else (rows[:0], f"fewer than {MIN_SCORED_NUMBERS} persons")
        counts = self.persons_per_class(rows)
        large = [code for code, count in counts.items() if count >= least]
        if len(counts) < 2:
            return rows[:0], f"one class only ({self.target.classes[next(iter(counts))]})"
        if len(large) < 2:
            some = ", ".join(f"{self.target.classes[code]} {count}" for code, count in counts.items())
            return rows[:0], f"fewer than two classes with {least} persons ({some})"
        return rows[np.isin(self.y[rows], large)], ""


def person_codes(subjects: Sequence[str] | NDArray[np.str_] | None, n_samples: int) -> NDArray[np.intp]:
    """Return a number for each person; samples without a subject are persons of their own."""
    if subjects is None:
        return np.arange(n_samples)
    texts = np.asarray(subjects).astype(np.str_)
    named = texts != ""
    codes = np.empty(n_samples, dtype=np.intp)
    _, codes[named] = np.unique(texts[named], return_inverse=True)
    codes[~named] = n_samples + np.arange((~named).sum())
    return codes
