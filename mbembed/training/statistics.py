"""Mean and spread of each dimension over the training samples; travels with the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.models.encoder import Encoder
    from mbembed.models.preprocess import Preprocessing

__all__ = ["embedding_statistics"]

#: Samples that are embedded at a time.
STATISTICS_ROWS = 4096


def embedding_statistics(
    encoder: Encoder, fractions: csr_array, preprocessing: Preprocessing
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation of each dimension over samples.

    Parameters
    ----------
    encoder : Encoder
    fractions : csr_array of shape (n_samples, n_species)
    preprocessing : Preprocessing

    Returns
    -------
    mean, std : ndarray of shape (n_dimensions,)
    """
    total, squares = np.zeros(encoder.n_dimensions), np.zeros(encoder.n_dimensions)
    for start in range(0, fractions.shape[0], STATISTICS_ROWS):
        vectors = encoder.encode(preprocessing.apply(fractions[start : start + STATISTICS_ROWS])).astype(np.float64)
        total += vectors.sum(axis=0)
        squares += (vectors**2).sum(axis=0)
    mean = total / fractions.shape[0]
    variance = np.maximum(squares / fractions.shape[0] - mean**2, 0.0)
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)
