"""Gradients of an embedding along straight paths: what integrated gradients are made of.

Sundararajan, Taly & Yan 2017 (Axiomatic attribution for deep networks, ICML) attribute the
difference of a score between a sample and a baseline to the inputs: each input gets its own
difference times the mean gradient along the straight line between the two. The attributions
add up to the difference of the scores (completeness).
"""

from __future__ import annotations

from copy import copy
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.models.encoder import Stage

__all__ = ["COMPLETENESS", "PathGradients"]

#: Largest error of completeness that is accepted, as a share of the largest difference of scores: well below
#: what a figure shows, well above the rounding of embeddings to float32 (1e-7).
COMPLETENESS = 1e-4
#: Nodes of the first quadrature of a deep network, doubled until completeness holds …
FIRST_NODES = 8
#: … or this many are reached. A unit that is as steep as a switch turns within 1/60 of a path of six log10 units.
MOST_NODES = 512
#: Ends of a path that are nearer to each other than this (in the input of a GELU) are one point: the
#: quotient of differences would lose more digits (1e-16 / 1e-5) than the derivative errs (its third power).
NEAR = 1e-5
#: Numbers of one array of a block of samples: 32 MiB of float64.
BLOCK_NUMBERS = 4 * 1024 * 1024


class PathGradients:
    """Mean gradients of an encoder along the lines from a baseline to samples.

    A hidden unit of the first non-linear layer is a function of one number along the line, so
    that its mean derivative is the quotient of two differences. For encoders with one such layer the
    attributions are therefore exact, however steep the units are. For others the mean is a
    Gauss-Legendre quadrature with as many nodes as completeness asks for (`refine`).

    Parameters
    ----------
    stages : sequence of Stage
        Of an encoder; computed in float64.
    inputs : csr_array of shape (n_samples, n_inputs)
        Preprocessed.
    baseline : ndarray of shape (n_inputs,)
        Preprocessed; where all paths begin.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from mbembed.models.encoder import Stage
    >>> stage = Stage(np.array([[1.0], [-2.0]]), np.array([0.5]), gelu=True)
    >>> paths = PathGradients([stage], csr_array([[1.0, 0.5]]), np.zeros(2))
    >>> paths.attributions(np.ones(1)).round(4), paths.scores(np.ones(1)).round(4), paths.baseline_score(np.ones(1)).round(4)
    (array([[ 0.8675, -0.8675]]), array([0.3457]), np.float64(0.3457))
    """

    def __init__(self, stages: Sequence[Stage], inputs: csr_array, baseline: NDArray[np.float64]) -> None:
        self.weights = [np.asarray(stage.weight, dtype=np.float64) for stage in stages]
        self.biases = [np.asarray(stage.bias, dtype=np.float64) for stage in stages]
        self.gelu = [bool(stage.gelu) for stage in stages]
        self.inputs = inputs.astype(np.float64)
        self.baseline = np.asarray(baseline, dtype=np.float64)
        self.n_nodes = FIRST_NODES

    @property
    def is_exact(self) -> bool:
        """Whether there is at most one non-linear layer."""
        return sum(self.gelu) <= 1

    def of(self, rows: NDArray[np.intp]) -> PathGradients:
        """Return the paths of some samples."""
        chosen = copy(self)
        chosen.inputs = self.inputs[rows]
        return chosen

    def scores(self, direction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the score of each sample along a direction of the embedding; shape (n_samples,)."""
        parts = [self._embed(first) @ direction for _, first in self._blocks()]
        return np.concatenate(parts) if parts else np.empty(0)

    def baseline_score(self, direction: NDArray[np.float64]) -> np.float64:
        """Return the score of the baseline."""
        return np.float64(self._embed(self._first_of_baseline())[0] @ direction)

    def attributions(self, direction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the attribution of each sample's score to the inputs; shape (n_samples, n_inputs).

        Each row adds up to the score of the sample less that of the baseline.
        """
        parts = [
            (self.inputs[rows].toarray() - self.baseline) * (self._sensitivities(first, direction) @ self.weights[0].T)
            for rows, first in self._blocks()
        ]
        return np.concatenate(parts)

    def refine(self, direction: NDArray[np.float64]) -> float:
        """Choose as many nodes as completeness needs, and return the error that is left.

        Returns
        -------
        float
            Largest difference between the sum of a sample's attributions and its score less that of
            the baseline, as a share of the largest such score.

        Raises
        ------
        ModelError
            If not even ``MOST_NODES`` are enough.
        """
        wanted = self.scores(direction) - self.baseline_score(direction)
        scale = float(np.abs(wanted).max()) or 1.0
        while True:
            error = float(np.abs(self.attributions(direction).sum(axis=1) - wanted).max()) / scale
            if error <= COMPLETENESS:
                return error
            if self.is_exact or self.n_nodes >= MOST_NODES:
                raise ModelError(
                    f"attributions miss the difference of the scores by {error:.2%}",
                    expected=f"at most {COMPLETENESS:.2%}",
                    hint="a model with fewer layers",
                    error=error,
                )
            self.n_nodes *= 2

    def _blocks(self) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Yield blocks of samples with the affine output of the first layer."""
        size = max(1, BLOCK_NUMBERS // max(weight.shape[1] for weight in self.weights))
        for start in count(0, size):
            if start >= self.inputs.shape[0]:
                return
            rows = slice(start, start + size)
            yield rows, self.inputs[rows] @ self.weights[0] + self.biases[0]

    def _first_of_baseline(self) -> NDArray[np.float64]:
        return np.asarray(self.baseline @ self.weights[0] + self.biases[0])[None, :]

    def _embed(self, first: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the embedding."""
        for i in range(len(self.gelu)):
            first = self._next(first, i)
        return first

    def _before_gelu(self, first: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the affine output of each layer up to the last that a GELU follows."""
        outputs = [first]
        for i in range(max((i for i, is_gelu in enumerate(self.gelu) if is_gelu), default=0)):
            outputs.append(self._next(outputs[-1], i))
        return outputs

    def _next(self, output: NDArray[np.float64], layer: int) -> NDArray[np.float64]:
        active = _gelu(output) if self.gelu[layer] else output
        last = layer + 1 == len(self.gelu)
        return active if last else active @ self.weights[layer + 1] + self.biases[layer + 1]

    def _sensitivities(self, first: NDArray[np.float64], direction: NDArray[np.float64]) -> NDArray[np.float64]:
        start = self._first_of_baseline()
        if self.is_exact:
            ends = zip(self._before_gelu(start), self._before_gelu(first), strict=True)
            slopes = [_mean_slope(*pair) if self.gelu[i] else None for i, pair in enumerate(ends)]
            return self._backward(slopes, direction, len(first))
        nodes, shares = np.polynomial.legendre.leggauss(self.n_nodes)
        total = np.zeros_like(first)
        for node, share in zip((nodes + 1) / 2, shares / 2, strict=True):
            outputs = self._before_gelu(start + node * (first - start))
            slopes = [_slope(output) if self.gelu[i] else None for i, output in enumerate(outputs)]
            total += share * self._backward(slopes, direction, len(first))
        return total

    def _backward(
        self, slopes: Sequence[NDArray[np.float64] | None], direction: NDArray[np.float64], n_samples: int
    ) -> NDArray[np.float64]:
        slopes = [*slopes, *[None] * (len(self.gelu) - len(slopes))]
        gradient = np.broadcast_to(direction, (n_samples, len(direction)))
        for i, slope in reversed(list(enumerate(slopes))):
            gradient = gradient if slope is None else gradient * slope
            gradient = gradient @ self.weights[i].T if i else gradient
        return gradient


def _gelu(values: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr

    return np.asarray(values * ndtr(values))


def _slope(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the derivative of GELU."""
    from scipy.special import ndtr

    density = np.exp(-0.5 * values**2) / np.sqrt(2 * np.pi)
    return np.asarray(ndtr(values) + values * density)


def _mean_slope(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean derivative of GELU between two values."""
    step = after - before
    near = np.abs(step) < NEAR
    quotient = (_gelu(after) - _gelu(before)) / np.where(near, 1.0, step)
    return np.where(near, _slope((after + before) / 2), quotient)
