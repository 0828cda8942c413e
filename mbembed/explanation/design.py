"""The design: which samples are compared with which, and how they are drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["MIN_STUDIES", "Design", "Draw"]

#: Fewest studies that are themselves drawn (studies): of four, a draw leaves out one or two, and there are only
#: 35 different draws. With fewer, persons are drawn within studies.
MIN_STUDIES = 5


class Draw(NamedTuple):
    """One bootstrap resample.

    Attributes
    ----------
    weights : ndarray of shape (n_samples,)
        How often each sample was drawn.
    """

    weights: NDArray[np.float64]

    @property
    def drawn(self) -> NDArray[np.intp]:
        """Samples that were drawn."""
        return np.flatnonzero(self.weights)

    @property
    def held_out(self) -> NDArray[np.intp]:
        """Samples that were not drawn."""
        return np.flatnonzero(self.weights == 0)


@dataclass(frozen=True, eq=False)
class Design:
    """Samples, and what is known of them.

    Attributes
    ----------
    case : ndarray of bool of shape (n_samples,), or None
        Which group each sample is in; none where samples are not compared by groups.
    studies : ndarray of int of shape (n_samples,)
        Comparisons are made within studies.
    persons : ndarray of int of shape (n_samples,)
        Samples of one person are drawn together.
    """

    case: NDArray[np.bool_] | None
    studies: NDArray[np.intp]
    persons: NDArray[np.intp]

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.persons)

    @property
    def n_studies(self) -> int:
        """Number of studies."""
        return len(np.unique(self.studies))

    @property
    def draws_studies(self) -> bool:
        """Whether a draw is one of studies, rather than of persons within studies."""
        return self.n_studies >= MIN_STUDIES

    @property
    def drawable(self) -> bool:
        """Whether there are draws that leave out samples that can be compared."""
        units, strata = self._units()
        # Of a stratum of one, that one is drawn each time.
        return self._usable(np.flatnonzero((np.bincount(strata)[strata] > 1)[units]))

    def take(self, rows: NDArray[np.intp]) -> Design:
        """Return the design of some samples."""
        return Design(None if self.case is None else self.case[rows], self.studies[rows], self.persons[rows])

    def centred(self, values: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return values less their mean in each study.

        Parameters
        ----------
        values : ndarray of shape (n_samples, …)
        weights : ndarray of shape (n_samples,), optional
        """
        weights = np.ones(self.n_samples) if weights is None else weights
        result = np.empty_like(values, dtype=np.float64)
        for study in np.unique(self.studies):
            rows = self.studies == study
            total = weights[rows].sum()
            mean = weights[rows] @ values[rows] / total if total else 0.0
            result[rows] = values[rows] - mean
        return result

    def draws(self, n: int, generator: np.random.Generator) -> Iterator[Draw]:
        """Draw with replacement: studies, or persons within study and group.

        Draws that cannot be used, because their samples or, where groups are compared, those that were not drawn lack one
        of the groups in every study, are made again; only of a ``drawable`` design.
        """
        units, strata = self._units()
        codes = np.unique(strata)
        members = [np.flatnonzero(strata == code) for code in codes]
        made = 0
        while made < n:
            counts = np.zeros(len(strata))
            for own in members:
                counts += np.bincount(generator.choice(own, len(own)), minlength=len(strata))
            draw = Draw(counts[units])
            if self._usable(draw.drawn) and (self.case is None or self._usable(draw.held_out)):
                made += 1
                yield draw

    def folds(self, n: int, generator: np.random.Generator) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Deal the persons of each study and group into folds; yield the rows within and without each."""
        units, strata = self._units(studies=False)
        fold_of = np.empty(len(strata), dtype=np.intp)
        start = 0
        for code in np.unique(strata):
            own = generator.permutation(np.flatnonzero(strata == code))
            fold_of[own] = (start + np.arange(len(own))) % n
            start += len(own)
        for fold in range(n):
            inside = fold_of[units] == fold
            if inside.any() and not inside.all():
                yield np.flatnonzero(~inside), np.flatnonzero(inside)

    def _units(self, *, studies: bool | None = None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return what is drawn together, per sample, and the stratum of each such unit."""
        if self.draws_studies if studies is None else studies:
            found, units = np.unique(self.studies, return_inverse=True)
            return units, np.zeros(len(found), dtype=np.intp)
        _, first, units = np.unique(self.persons, return_index=True, return_inverse=True)
        stratum = self.studies.astype(np.intp)
        if self.case is not None:
            # 0 and 1: all samples of a person are in one group; 2: in both.
            n_cases = np.bincount(units, weights=self.case)
            n_all = np.bincount(units)
            kind = np.where(n_cases == n_all, 1, np.where(n_cases == 0, 0, 2))
            return units, 3 * stratum[first] + kind
        return units, stratum[first]

    def _usable(self, rows: NDArray[np.intp]) -> bool:
        if self.case is None:
            return len(rows) > 1
        case = self.case[rows]
        return any(
            0 < case[own].sum() < own.sum() for own in (self.studies[rows] == one for one in np.unique(self.studies))
        )
