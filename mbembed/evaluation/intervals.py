"""Intervals: how far a mean score, or a mean difference, may be off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Interval", "Measured", "interval_of"]

#: Resamples of a bootstrap: the ends of a 95 % interval then vary by about 3 % of its width.
N_BOOT = 2000
#: Coverage of the intervals.
COVERAGE = 0.95


class Interval(NamedTuple):
    """A mean with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


class Measured(NamedTuple):
    """What was measured in one study (or in the only cohort): one quantity over all its splits.

    Attributes
    ----------
    values : ndarray of shape (n_splits,)
    influence : ndarray of shape (n_persons,)
        Of each person on the mean over the splits.
    independent : float
        How many splits the splits are worth. Draws of n of N samples share samples: they count as no
        more than the N / n training parts that share none; folds, as one round of them.
    """

    values: NDArray[np.float64]
    influence: NDArray[np.float64]
    independent: float

    def minus(self, other: Measured) -> Measured:
        """Return the paired difference: same splits, same persons."""
        return Measured(self.values - other.values, self.influence - other.influence, self.independent)


def interval_of(studies: Sequence[Measured], *, seed: int, key: str) -> Interval:
    """Return the mean over studies with a bootstrap interval.

    Parameters
    ----------
    studies : sequence of Measured
        One per study; the mean is that of their means.
    seed : int
    key : str
        What is resampled together: the same key gives the same resamples.

    Returns
    -------
    Interval
        Several studies: studies are resampled, and the interval is widened by Student's t for
        so few (Hesterberg 2015). One: its persons (by their influence) and its splits are
        resampled, which says nothing about other cohorts.
    """
    generator = np.random.default_rng([seed, crc32(key.encode())])
    if len(studies) == 1:
        one = studies[0]
        centre = float(one.values.mean())
        n_splits, n_persons = len(one.values), len(one.influence)
        draws = generator.multinomial(n_splits, np.full(n_splits, 1 / n_splits), size=N_BOOT)
        people = generator.multinomial(n_persons, np.full(n_persons, 1 / n_persons), size=N_BOOT)
        shared = np.sqrt(n_splits / one.independent)
        moved = shared * (draws @ (one.values - centre)) / n_splits + people @ one.influence
        low, high = _ends(moved)
        return Interval(centre, centre + low, centre + high)
    means = np.array([study.values.mean() for study in studies])
    centre = float(means.mean())
    draws = generator.multinomial(len(means), np.full(len(means), 1 / len(means)), size=N_BOOT)
    low, high = _ends(draws @ (means - centre) / len(means))
    wider = _widening(len(means))
    return Interval(centre, centre + wider * low, centre + wider * high)


def _ends(moved: NDArray[np.float64]) -> tuple[float, float]:
    tail = (1.0 - COVERAGE) / 2.0
    low, high = np.quantile(moved, [tail, 1.0 - tail])
    return float(low), float(high)


def _widening(n: int) -> float:
    """Return by how much the percentiles of n resampled studies are too narrow.

    Examples
    --------
    >>> [round(_widening(n), 2) for n in (2, 3, 8, 30)]
    [9.17, 2.69, 1.29, 1.06]
    """
    from scipy.stats import norm, t

    tail = (1.0 + COVERAGE) / 2.0
    return float(t.ppf(tail, n - 1) / norm.ppf(tail) * np.sqrt(n / (n - 1)))
