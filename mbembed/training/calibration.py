"""The statistics that travel with a model: spread of the embeddings, percentiles of held-out samples, map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mbembed.errors import TrainingError
from mbembed.models.statistics import DISTANCE, DOMINANCE, QUANTILES, RARITY, RECONSTRUCTION, RICHNESS, Statistics
from mbembed.training.folds import make_folds
from mbembed.training.reference import reference_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["HeldOut", "calibrate", "ledoit_wolf", "quantiles_of"]

#: Parts that the samples are divided into, so that each sample's distance is one from samples of other studies.
N_FOLDS = 5
#: Probabilities at which quantiles are stored: every tenth of a percent.
N_QUANTILES = 1001


class HeldOut(NamedTuple):
    """The reconstruction error of samples by networks that had not seen them.

    Attributes
    ----------
    quantiles : ndarray of shape (N_QUANTILES,)
    n_networks : int
        Each trained without a part of the samples.
    """

    quantiles: NDArray[np.float32]
    n_networks: int


def calibrate(
    vectors: NDArray[np.float32],
    fractions: csr_array,
    groups: Sequence[str],
    *,
    held_out: HeldOut | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Describe the training samples by aggregates.

    Parameters
    ----------
    vectors : ndarray of shape (n_samples, n_dimensions)
        Embeddings of the training samples.
    fractions : csr_array of shape (n_samples, n_species)
        What they were made of.
    groups : sequence of str
        Study of each; empty without studies.
    held_out : HeldOut, optional
        The reconstruction error of samples that a network had not seen, where it is known.
    columns : mapping of str to sequence of str, optional
        Metadata column → text of each sample, for the groups on the map.

    Returns
    -------
    entry : dict
        For ``config.json``.
    tensors : dict of str to ndarray
        For ``statistics.safetensors``. The factor is in half precision: its rounding changes distances
        by less than a thousandth.
    """
    values = vectors.astype(np.float64)
    folds = make_folds(groups, len(values), N_FOLDS)
    distances, rarities = np.empty(len(values)), np.empty(len(values))
    for part in range(folds.number):
        inside, outside = np.flatnonzero(folds.of_sample == part), np.flatnonzero(folds.of_sample != part)
        others = _describe(values[outside], fractions[outside])
        distances[inside], rarities[inside] = others.distance(vectors[inside]), others.rarity(fractions[inside])
    whole = _describe(values, fractions)
    entry, tensors = reference_map(values, columns or {})
    entry = {
        "n_samples": len(values),
        "n_folds": folds.number,
        "held_out": folds.unit,
        "n_networks": held_out.n_networks if held_out else 0,
        **entry,
    }
    tensors |= {
        "embedding_mean": whole.mean,
        "embedding_factor": whole.factor,
        "mean_fractions": whole.mean_fractions,
        QUANTILES + DISTANCE: quantiles_of(distances),
        QUANTILES + RARITY: quantiles_of(rarities),
        QUANTILES + RICHNESS: quantiles_of(np.diff(fractions.indptr).astype(np.float64)),
        QUANTILES + DOMINANCE: quantiles_of(fractions.max(axis=1).toarray().ravel()),
    }
    if held_out:
        tensors[QUANTILES + RECONSTRUCTION] = held_out.quantiles
    return entry, tensors


def quantiles_of(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the quantiles of a score at evenly spaced probabilities from 0 to 1; NaN are left out."""
    return np.quantile(values[np.isfinite(values)], np.linspace(0, 1, N_QUANTILES)).astype(np.float32)


def ledoit_wolf(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of samples, shrunk towards a multiple of the identity.

    Ledoit & Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices", Journal
    of Multivariate Analysis 88:365, lemma 3.2 to 3.4: the share of the identity that has the least expected error.

    Parameters
    ----------
    centred : ndarray of shape (n_samples, n_dimensions)
        With a mean of 0.
    """
    n_samples, n_dimensions = centred.shape
    covariance = centred.T @ centred / n_samples
    scale = np.trace(covariance) / n_dimensions
    apart = ((covariance - scale * np.eye(n_dimensions)) ** 2).sum()
    # The mean over samples of ||x xᵀ - S||² is the mean of (xᵀx)² less ||S||².
    noise = (((centred**2).sum(axis=1) ** 2).mean() - (covariance**2).sum()) / n_samples
    share = min(1.0, noise / apart) if apart > 0 else 0.0
    return np.asarray((1 - share) * covariance + share * scale * np.eye(n_dimensions))


def _describe(values: NDArray[np.float64], fractions: csr_array) -> Statistics:
    """Return means and factor of some samples, rounded as they are stored."""
    mean = values.mean(axis=0)
    variance, directions = np.linalg.eigh(ledoit_wolf(values - mean))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # checked below
        # A symmetric factor does not depend on the signs of the directions.
        factor = ((directions / np.sqrt(variance)) @ directions.T).astype(np.float16)
    if not np.isfinite(factor).all():
        raise TrainingError(
            "the vectors of the training samples hardly differ in some direction: no distance can be measured along it",
            expected="samples that differ in every dimension of the embedding",
            hint="fewer dimensions (--bottleneck), or more tables",
        )
    fraction = np.asarray(fractions.sum(axis=0)) / len(values)
    return Statistics(mean.astype(np.float32), factor, fraction.astype(np.float32))
