"""Attribution to taxa of a whole comparison, and how stable it is when samples are drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.explanation.scores import ContrastScore

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mbembed.explanation.design import Design
    from mbembed.explanation.direction import Direction
    from mbembed.explanation.feeding import Feeding
    from mbembed.explanation.path_gradients import PathGradients
    from mbembed.explanation.scores import Score

__all__ = ["Setting", "Stability", "compare", "resample"]

#: Part of the resamples that lies outside the interval, half of it at each end (0 to 1), for a score that is fitted on
#: the drawn samples and measured on the others. These are 37 % of the samples, and scatter more than all of
#: them: with permuted labels the interval of 80 % of the resamples leaves out 0 for 5 % of the species
#: (`python -m benchmarks.explain`), as a 95 % interval should.
OUTSIDE_HELD_OUT = 0.20
#: The same for a score that does not depend on the groups: the plain 95 % percentile interval (Efron 1979).
OUTSIDE_DRAWN = 0.05
#: The same for the whole difference, half of it below: with permuted labels 5 % of 200 permutations end above 0.
OUTSIDE_TOTAL = 0.10


@dataclass(frozen=True, eq=False)
class Setting:
    """What attributions are computed from.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
        The embedding.
    paths : PathGradients
        Of the same samples.
    feeding : Feeding
        Of the same samples.
    design : Design
        Of the same samples.
    """

    values: NDArray[np.float64]
    paths: PathGradients
    feeding: Feeding
    design: Design


class Stability(NamedTuple):
    """What resamples say.

    Attributes
    ----------
    attribution, lower, upper, sign_share : ndarray of shape (n_taxa,)
        Attribution, its interval, and the share of resamples that have its sign.
    stable : ndarray of bool of shape (n_taxa,)
        Whether the interval leaves out 0, and the whole difference is not chance.
    total : tuple of float
        The sum of all attributions, and its interval.
    """

    attribution: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    sign_share: NDArray[np.float64]
    stable: NDArray[np.bool_]
    total: tuple[float, float, float]


def compare(
    setting: Setting, direction: Direction, rows: NDArray[np.intp], counts: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the attribution of a difference of scores to taxa.

    With groups: the mean attribution of cases less that of controls, within studies. Without: the covariance of
    attribution and score over the samples, as a share of the score's variance. Both add up over
    the taxa: to the difference of the mean scores, and to 1.

    Parameters
    ----------
    setting : Setting
    direction : Direction
    rows : ndarray of int of shape (n_rows,)
        Samples that are compared.
    counts : ndarray of shape (n_rows,), optional
        How often each counts.

    Returns
    -------
    ndarray of shape (n_taxa,)
    """
    design = setting.design.take(rows)
    counts = np.ones(len(rows)) if counts is None else counts
    attributions = setting.paths.of(rows).attributions(direction.weights)
    response = setting.values[rows] @ direction.weights if design.case is None else design.case.astype(np.float64)
    centred = counts * design.centred(response, counts)
    total = centred @ response
    if total <= 0:  # one score for all
        return np.zeros(setting.feeding.n_taxa)
    return np.asarray(centred @ setting.feeding.divide(attributions, rows) / total)


def resample(
    setting: Setting,
    score: Score,
    n: int,
    generator: np.random.Generator,
    each: Callable[[int], None] = lambda _done: None,
) -> Stability:
    """Draw samples again and again, and attribute each time.

    A direction that was fitted on groups is fitted anew on the drawn samples and looked at in those that were
    not drawn: in the samples that it was fitted on, any difference, also one by chance, points the way of
    the direction. Its attribution is the mean over the resamples.

    Parameters
    ----------
    setting : Setting
    score : Score
    n : int
        Resamples.
    generator : Generator
    each : callable
        Gets the number of finished resamples.

    Returns
    -------
    Stability
    """
    held_out = isinstance(score, ContrastScore)
    found = np.empty((n, setting.feeding.n_taxa))
    for number, draw in enumerate(setting.design.draws(n, generator)):
        direction = score.again(draw.weights)
        if held_out:
            found[number] = compare(setting, direction, draw.held_out)
        else:
            found[number] = compare(setting, direction, draw.drawn, draw.weights[draw.drawn])
        each(number + 1)
    everyone = np.arange(setting.design.n_samples)
    attribution = found.mean(axis=0) if held_out else compare(setting, score.direction, everyone)
    outside = OUTSIDE_HELD_OUT if held_out else OUTSIDE_DRAWN
    lower, upper = _interval(found, outside)
    low, high = _interval(found.sum(axis=1), OUTSIDE_TOTAL)
    same_sign = np.where(attribution > 0, found > 0, found < 0).mean(axis=0)
    stable = ((lower > 0) | (upper < 0)) & (low > 0)
    return Stability(attribution, lower, upper, same_sign, stable, (float(attribution.sum()), float(low), float(high)))


def _interval(found: NDArray[np.float64], outside: float) -> NDArray[np.float64]:
    return np.asarray(np.quantile(found, [outside / 2, 1 - outside / 2], axis=0))
