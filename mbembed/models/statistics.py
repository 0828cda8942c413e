"""What a model knows of its training samples as a whole: their centre and spread, and where they lie.

Only aggregates: a mean, a covariance, percentiles, a coarse histogram and means of large groups.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mbembed.errors import ModelError
from mbembed.models.preprocess import INSTALL_AGAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = [
    "DISTANCE",
    "RECONSTRUCTION",
    "Centroid",
    "ReferenceCloud",
    "Statistics",
    "read_reference",
    "read_statistics",
]

#: The scores that are calibrated, as they are called in the files.
DISTANCE, RECONSTRUCTION, RARITY = "distance", "reconstruction", "rarity"
#: Number of species of the model in a sample, and share of the most abundant one.
RICHNESS, DOMINANCE = "richness", "dominance"
#: Mean fractions below this (no unit) count as this: a species that hardly any training sample has.
RAREST = 1e-7
#: Prefix of the tensors with the quantiles of a score.
QUANTILES = "quantiles_"


@dataclass(frozen=True, eq=False)
class Statistics:
    """Centre and spread of the training samples' embeddings, and how unusual each score is among them.

    Attributes
    ----------
    mean : ndarray of shape (n_dimensions,)
        Mean embedding of the training samples.
    factor : ndarray of shape (n_dimensions, n_dimensions)
        Takes a centred embedding to coordinates of unit variance: ``factor @ factor.T`` is the inverse of
        the covariance.
    mean_fractions : ndarray of shape (n_species,)
        Mean fraction of each species over the training samples.
    quantiles : dict of str to ndarray
        Score → its values at evenly spaced probabilities from 0 to 1, over training samples that the
        score's own ingredients were not fitted on.
    n_samples : int
        Training samples.
    n_folds : int
        Into how many parts they were divided for that.
    held_out : str
        What a part is made of: ``studies`` or ``samples``.
    """

    mean: NDArray[np.float32]
    factor: NDArray[np.float32]
    mean_fractions: NDArray[np.float32]
    quantiles: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    n_samples: int = 0
    n_folds: int = 0
    held_out: str = ""

    def distance(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the Mahalanobis distance of embeddings from the centre of the training samples.

        Parameters
        ----------
        values : ndarray of shape (n_samples, n_dimensions)

        Returns
        -------
        ndarray of shape (n_samples,)
            No unit: a multiple of the spread of the training samples. NaN where the embedding is.
        """
        centred = values.astype(np.float64) - self.mean
        return np.asarray(np.sqrt(((centred @ self.factor) ** 2).sum(axis=1)))

    def rarity(self, fractions: csr_array) -> NDArray[np.float64]:
        """Return how rare the species are that samples consist of.

        The mean of -log10(mean fraction among the training samples) over the species of a sample, weighted with
        their abundance: 1 if the sample consists of species that make up a tenth of the training samples, 4
        if of species that make up a ten-thousandth. A sample of the mouth has a consistent set of species
        that some gut samples have, too; what is unlike the gut is that it consists of them.

        Parameters
        ----------
        fractions : csr_array of shape (n_samples, n_species)
            What is not matched has no part in it.

        Returns
        -------
        ndarray of shape (n_samples,)
            Log10 units; NaN where nothing is matched.

        Examples
        --------
        >>> from scipy.sparse import csr_array
        >>> known = Statistics(np.zeros(1), np.eye(1), np.array([0.1, 1e-4]))
        >>> known.rarity(csr_array(np.array([[0.5, 0.0], [0.3, 0.3]]))).round(2).tolist()
        [1.0, 2.5]
        """
        whole = np.asarray(fractions.sum(axis=1), dtype=np.float64)
        weighted = np.asarray(fractions @ -np.log10(np.maximum(self.mean_fractions.astype(np.float64), RAREST)))
        return np.asarray(np.divide(weighted, whole, out=np.full(len(whole), np.nan), where=whole > 0))

    def percentile(self, score: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the percentage of the training samples with a lower score.

        Parameters
        ----------
        score : str
            ``DISTANCE``, ``RECONSTRUCTION``, ``RARITY``, ``RICHNESS`` or ``DOMINANCE``.
        values : ndarray of shape (n_samples,)

        Returns
        -------
        ndarray of shape (n_samples,)
            0 to 100; NaN where the value is, or the score was never calibrated.

        Examples
        --------
        >>> known = Statistics(np.zeros(1), np.eye(1), np.ones(1), {"distance": np.array([0.0, 1.0, 3.0])})
        >>> known.percentile("distance", np.array([-1.0, 1.0, 2.0, 9.0])).tolist()
        [0.0, 50.0, 75.0, 100.0]
        """
        known = self.quantiles.get(score)
        if known is None:
            return np.full(len(values), np.nan)
        return np.asarray(np.interp(values, known, np.linspace(0, 100, len(known))))


class Centroid(NamedTuple):
    """The mean of a group of training samples on the two axes of the map.

    Attributes
    ----------
    name : str
        Column of the metadata and its value, such as ``condition: CRC``.
    x, y : float
    n_samples : int
    """

    name: str
    x: float
    y: float
    n_samples: int


@dataclass(frozen=True, eq=False)
class ReferenceCloud:
    """The training samples on their first two principal axes, as a histogram.

    Attributes
    ----------
    mean : ndarray of shape (n_dimensions,)
    axes : ndarray of shape (n_dimensions, 2)
        Orthonormal columns.
    explained : ndarray of shape (2,)
        Share of the embedding's variance along each axis, 0 to 1.
    counts : ndarray of shape (n_rows, n_columns)
        Training samples per cell; rows go with ``y_edges``, columns with ``x_edges``. Cells of very few are 0.
    x_edges : ndarray of shape (n_columns + 1,)
    y_edges : ndarray of shape (n_rows + 1,)
    centroids : list of Centroid
    n_samples : int
        Training samples in all.
    """

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]
    explained: NDArray[np.float32]
    counts: NDArray[np.uint32]
    x_edges: NDArray[np.float32]
    y_edges: NDArray[np.float32]
    centroids: list[Centroid]
    n_samples: int

    def project(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return where embeddings lie on the map.

        Parameters
        ----------
        values : ndarray of shape (n_samples, n_dimensions)

        Returns
        -------
        ndarray of shape (n_samples, 2)
        """
        return np.asarray((values.astype(np.float64) - self.mean) @ self.axes)


def read_statistics(
    entry: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]], n_species: int, n_dimensions: int
) -> Statistics:
    """Make statistics of the content of a model folder.

    Parameters
    ----------
    entry : mapping
        ``statistics`` of ``config.json``.
    tensors : mapping of str to ndarray
        Of ``statistics.safetensors``.
    n_species : int
        Number of input columns.
    n_dimensions : int
        Length of an embedding.

    Raises
    ------
    ModelError
        If they do not fit each other.
    """
    shapes: dict[str, tuple[int, ...]] = {"embedding_mean": (n_dimensions,), "mean_fractions": (n_species,)}
    _check(tensors, shapes | {"embedding_factor": (n_dimensions, n_dimensions)})
    return Statistics(
        mean=tensors["embedding_mean"].astype(np.float32),
        factor=tensors["embedding_factor"].astype(np.float32),
        mean_fractions=tensors["mean_fractions"],
        quantiles={
            name.removeprefix(QUANTILES): array for name, array in tensors.items() if name.startswith(QUANTILES)
        },
        n_samples=int(entry["n_samples"]),
        n_folds=int(entry["n_folds"]),
        held_out=str(entry["held_out"]),
    )


def read_reference(entry: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]], n_dimensions: int) -> ReferenceCloud:
    """Make the map of the training samples of the content of a model folder; as :func:`read_statistics`."""
    names, (rows, columns) = entry["groups"], tensors["reference_counts"].shape
    shapes: dict[str, tuple[int, ...]] = {"embedding_mean": (n_dimensions,), "reference_axes": (n_dimensions, 2)}
    shapes |= {"reference_explained": (2,), "reference_x_edges": (columns + 1,), "reference_y_edges": (rows + 1,)}
    _check(tensors, shapes | {"reference_centroids": (len(names), 2)})
    centroids = [
        Centroid(str(group["name"]), x, y, int(group["n_samples"]))
        for group, (x, y) in zip(names, tensors["reference_centroids"].tolist(), strict=True)
    ]
    arrays = {name: tensors[f"reference_{name}"] for name in ("axes", "explained", "counts", "x_edges", "y_edges")}
    return ReferenceCloud(
        mean=tensors["embedding_mean"], centroids=centroids, n_samples=int(entry["n_samples"]), **arrays
    )


def _check(tensors: Mapping[str, NDArray[Any]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        found = tensors[name].shape if name in tensors else "none"
        if found != shape:
            raise ModelError(
                f"the model's statistics have {name!r} of shape {found}", expected=f"{shape}", hint=INSTALL_AGAIN
            )
