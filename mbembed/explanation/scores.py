"""Scores: linear functions of an embedding, those that are fitted and those that are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mbembed.errors import EvaluationError, UsageError
from mbembed.explanation.direction import Direction, choose_penalty, fit_contrast, principal_axis

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mbembed.explanation.design import Design

__all__ = ["AxisScore", "ContrastScore", "GivenScore", "Score"]


class Score(Protocol):
    """A score of samples."""

    @property
    def direction(self) -> Direction:
        """The direction of all samples."""

    def again(self, weights: NDArray[np.float64]) -> Direction:
        """Return the direction of a resample; ``weights`` says how often each sample was drawn."""


@dataclass(frozen=True, eq=False)
class GivenScore:
    """A direction that is what it is: a head, a dimension.

    Attributes
    ----------
    direction : Direction
    """

    direction: Direction

    def again(self, weights: NDArray[np.float64]) -> Direction:  # noqa: ARG002 - the same for every resample
        """Return the direction."""
        return self.direction


class AxisScore:
    """A principal axis of the embedding of a table.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
    number : int
        From 1.

    Attributes
    ----------
    direction : Direction
    share : float
        Of the variance, 0 to 1.

    Raises
    ------
    UsageError
        If there is no such axis, or no variance along it.
    """

    def __init__(self, values: NDArray[np.float64], number: int) -> None:
        most = min(values.shape[0] - 1, values.shape[1])
        if not 1 <= number <= most:
            raise UsageError(
                f"axis is {number}", expected=f"a principal axis from 1 to {most}", hint="--axis 1", axis=number
            )
        self.values = values
        self.number = number
        self.direction, self.share = principal_axis(values, number)
        if not self.direction.weights.any():
            raise UsageError(
                f"the samples do not differ along axis {number}",
                expected="a principal axis with some of the variance",
                hint="--axis 1",
                axis=number,
            )

    def again(self, weights: NDArray[np.float64]) -> Direction:
        """Return the axis of a resample, turned to the side of the whole table's."""
        found, _ = principal_axis(self.values, self.number, weights)
        if found.weights @ self.direction.weights < 0:
            return Direction(-found.weights, -found.intercept)
        return found


class ContrastScore:
    """The direction in which two groups differ.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
    design : Design
        With groups.
    generator : Generator
        Deals the persons into the folds in which the penalty is chosen. It is chosen once: a resample
        holds samples twice, which would make too small a penalty look good.

    Attributes
    ----------
    direction : Direction
    penalty : float

    Raises
    ------
    EvaluationError
        If the vectors of the groups do not differ at all.
    """

    def __init__(self, values: NDArray[np.float64], design: Design, generator: np.random.Generator) -> None:
        self.values = values
        self.design = design
        self.penalty = choose_penalty(values, design, generator)
        self.direction = fit_contrast(values, design, self.penalty)
        if not self.direction.weights.any():
            raise EvaluationError(
                "the two groups have the same vectors",
                expected="groups that differ in something that the model sees",
                hint="mbembed inspect TABLE shows how the table was read",
            )

    def again(self, weights: NDArray[np.float64]) -> Direction:
        """Return the direction in which the groups of a resample differ."""
        return fit_contrast(self.values, self.design, self.penalty, weights)
