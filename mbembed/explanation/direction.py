"""Directions of the embedding: along which a sample's score is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.explanation.design import Design

__all__ = ["Direction", "choose_penalty", "fit_contrast", "principal_axis"]

#: Ridge penalties to choose from, for columns of a total variance of 1: as in `mbembed evaluate`.
PENALTIES = np.logspace(-3, 2, 11)
#: Eigenvalues below this share of the largest are rounding errors: along them there is nothing but noise.
NEGLIGIBLE = 1e-12
#: Folds in which the penalty is chosen.
N_FOLDS = 10


@dataclass(frozen=True, eq=False)
class Direction:
    """A linear function of the embedding: ``score = values @ weights + intercept``.

    Attributes
    ----------
    weights : ndarray of shape (n_dimensions,)
    intercept : float
    """

    weights: NDArray[np.float64]
    intercept: float = 0.0


def fit_contrast(
    values: NDArray[np.float64], design: Design, penalty: float, weights: NDArray[np.float64] | None = None
) -> Direction:
    """Fit the direction in which two groups differ: the regularised linear discriminant.

    Ridge regression of the group on the standardised dimensions within studies, the linear head of
    `mbembed evaluate`. The plain difference of the group means would count what many correlated
    dimensions say several times. It is scaled so that the groups' mean scores differ by 1 within studies, and
    the mean score of the controls is 0.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
    design : Design
        With groups.
    penalty : float
        For columns of a total variance of 1.
    weights : ndarray of shape (n_samples,), optional
        How often each sample counts.

    Returns
    -------
    Direction
        Without weights of its own (all 0) if the groups do not differ at all.
    """
    assert design.case is not None
    counts = np.ones(len(values)) if weights is None else weights
    rows = np.flatnonzero(counts)
    values, counts, design = values[rows], counts[rows], design.take(rows)
    assert design.case is not None
    group = design.centred(design.case.astype(np.float64), counts)
    columns, scale = _standardised(design.centred(values, counts), counts)
    root = np.sqrt(counts)
    solved = _ridge(columns * root[:, None], group * root, np.array([penalty]))[0] / scale
    raw = values @ solved
    gap = float((counts * group) @ raw / ((counts * group) @ group))
    if gap <= 0:
        return Direction(np.zeros_like(solved))
    controls = ~design.case
    return Direction(solved / gap, -float(np.average(raw[controls], weights=counts[controls])) / gap)


def choose_penalty(values: NDArray[np.float64], design: Design, generator: np.random.Generator) -> float:
    """Choose the ridge penalty with the least error for persons that were not fitted on (10 folds)."""
    assert design.case is not None
    errors = np.zeros(len(PENALTIES))
    for train, test in design.folds(N_FOLDS, generator):
        within, without = design.take(train), design.take(test)
        assert within.case is not None
        assert without.case is not None
        group = within.centred(within.case.astype(np.float64))
        ones = np.ones(len(train))
        columns, scale = _standardised(within.centred(values[train]), ones)
        solved = _ridge(columns, group, PENALTIES) / scale
        # Means of the training part, study by study; studies without any are left out.
        for study in np.unique(without.studies):
            mine = within.studies == study
            if not mine.any():
                continue
            rows = without.studies == study
            shift = values[train][mine].mean(axis=0)
            truth = without.case[rows] - within.case[mine].mean()
            errors += (((values[test][rows] - shift) @ solved.T - truth[:, None]) ** 2).sum(axis=0)
    return float(PENALTIES[int(errors.argmin())])


def principal_axis(
    values: NDArray[np.float64], number: int, weights: NDArray[np.float64] | None = None
) -> tuple[Direction, float]:
    """Return a principal axis and its share of the variance.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
    number : int
        From 1, the widest.
    weights : ndarray of shape (n_samples,), optional
        How often each sample counts.

    Returns
    -------
    Direction
        Of length 1, so that scores are the coordinates that `mbembed.ordination` gives; the sign is such that the
        largest coordinate is positive. Without weights of its own (all 0) if the samples have no variance along so
        many axes, as those of a draw may not.
    share : float
        0 to 1.
    """
    counts = np.ones(len(values)) if weights is None else weights
    rows = np.flatnonzero(counts)
    values, root = values[rows], np.sqrt(counts[rows])
    mean = np.average(values, axis=0, weights=counts[rows])
    centred = values - mean
    scaled = centred * root[:, None]
    # The smaller of the two Gram matrices has the same eigenvalues.
    wide = scaled.shape[0] < scaled.shape[1]
    eigenvalues, vectors = np.linalg.eigh(scaled @ scaled.T if wide else scaled.T @ scaled)
    if number > len(eigenvalues) or eigenvalues[-number] <= NEGLIGIBLE * eigenvalues[-1]:
        return Direction(np.zeros(values.shape[1])), 0.0
    chosen = vectors[:, -number]
    axis = scaled.T @ chosen if wide else chosen
    axis = axis / (np.linalg.norm(axis) or 1.0)
    coordinates = centred @ axis
    if coordinates[np.abs(coordinates).argmax()] < 0:
        axis = -axis
    share = float(eigenvalues[-number] / (eigenvalues.clip(min=0).sum() or 1.0))
    return Direction(axis, -float(mean @ axis)), share


def _standardised(
    centred: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return columns of equal variance that add up to 1, and what they were divided by."""
    spread = np.sqrt(counts @ centred**2 / counts.sum())
    used = spread > 0
    scale = np.where(used, spread, 1.0) * np.sqrt(max(1, int(used.sum())))
    return centred / scale, scale


def _ridge(
    columns: NDArray[np.float64], target: NDArray[np.float64], penalties: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the coefficients for each penalty, from one decomposition; shape (n_penalties, n_columns)."""
    wide = columns.shape[0] < columns.shape[1]
    eigenvalues, vectors = np.linalg.eigh(columns @ columns.T if wide else columns.T @ columns)
    projected = vectors.T @ (target if wide else columns.T @ target)
    solved = vectors @ (projected[:, None] / (eigenvalues.clip(min=0)[:, None] + penalties))
    return np.asarray((columns.T @ solved if wide else solved).T)
