"""Distances between samples: by their vectors, or by the table behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.embedding import Embedding
from mbembed.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.stored import StoredEmbedding

__all__ = [
    "DISTANCES",
    "PSEUDOCOUNT",
    "abundances",
    "centred_log_ratios",
    "check_comparable",
    "distances",
    "gower_centred",
    "rows_with_vector",
]

#: Distances, in words.
DISTANCES = {
    "cosine": "cosine distances between vectors",
    "euclidean": "Euclidean distances between vectors",
    "bray-curtis": "Bray–Curtis dissimilarities of the table",
    "aitchison": "Aitchison distances of the table",
}
#: Most samples that are all compared: time grows with the cube; 2,000 take some five seconds on two cores.
MOST_COMPARED = 2_000
#: Added to every abundance before a logarithm (fraction of the classified part): about the detection limit of ten million reads.
PSEUDOCOUNT = 1e-5


def rows_with_vector(embedding: Embedding | StoredEmbedding) -> NDArray[np.intp]:
    """Return the rows that have a vector."""
    return np.flatnonzero(np.isfinite(embedding.values).all(axis=1))


def check_comparable(n_samples: int, method: str) -> None:
    """Refuse more samples than can be compared each with each.

    Raises
    ------
    UsageError
    """
    if n_samples > MOST_COMPARED:
        raise UsageError(
            f"{n_samples:,} samples are too many to compare each with each",
            expected=f"at most {MOST_COMPARED:,} for method {method!r}",
            hint="method='pca' for the embedding, 'aitchison' for the table",
        )


def distances(embedding: Embedding | StoredEmbedding, rows: NDArray[np.intp], method: str) -> NDArray[np.float64]:
    """Compare samples each with each.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
    rows : ndarray of shape (n_rows,)
    method : str
        A key of ``DISTANCES``.

    Returns
    -------
    ndarray of shape (n_rows, n_rows)
    """
    from scipy.spatial.distance import pdist, squareform

    if method == "cosine":
        values = embedding.values[rows].astype(np.float64)
        lengths = np.linalg.norm(values, axis=1, keepdims=True)
        unit = values / np.where(lengths > 0, lengths, 1.0)
        square = np.clip(1.0 - unit @ unit.T, 0.0, 2.0)
        np.fill_diagonal(square, 0.0)
        return np.asarray(square)
    if method == "euclidean":
        return _euclidean(embedding.values[rows].astype(np.float64))
    fractions = np.asarray(abundances(embedding, rows).toarray())
    if method == "aitchison":
        return _euclidean(centred_log_ratios(fractions))
    # Of fractions that add up to 1, Bray–Curtis is half of the city-block distance, which is defined for empty samples too.
    return np.asarray(squareform(pdist(fractions, "cityblock") / 2))


def _euclidean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Euclidean distances by one product of matrices; about the mean, lest digits cancel."""
    centred = values - values.mean(axis=0)
    inner = centred @ centred.T
    lengths = np.diag(inner)
    square = np.maximum(lengths[:, None] + lengths[None, :] - 2.0 * inner, 0.0)
    np.fill_diagonal(square, 0.0)
    return np.asarray(np.sqrt(square))


def abundances(embedding: Embedding | StoredEmbedding, rows: NDArray[np.intp]) -> csr_array:
    """Return relative abundances of the samples' classified part.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
    rows : ndarray of shape (n_rows,)
        Of the embedding.

    Returns
    -------
    csr_array of shape (n_rows, n_taxa)
        Rows add up to 1.

    Raises
    ------
    UsageError
        If the embedding came from a file, without its table.
    """
    from scipy.sparse import csr_array

    if not isinstance(embedding, Embedding):
        raise UsageError(
            "the embedding was read from a file, which has vectors but no abundances",
            expected="the table that it was made of",
            hint="embedding.with_table(TABLE), or mbembed report EMBEDDING --table TABLE",
        )
    profile = embedding.match.profile
    position = {sample: i for i, sample in enumerate(profile.sample_ids)}
    places = np.array([position[embedding.sample_ids[i]] for i in rows.tolist()], dtype=np.intp)
    total = profile.classified[places]
    scale = 1.0 / np.where(total > 0, total, 1.0)
    return csr_array(profile.values[places].multiply(scale[:, None]))


def centred_log_ratios(fractions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return centred log-ratios (Aitchison 1982) of fractions with ``PSEUDOCOUNT`` added; same shape."""
    logarithms = np.log(fractions + PSEUDOCOUNT)
    return np.asarray(logarithms - logarithms.mean(axis=1, keepdims=True))


def gower_centred(square: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the centred inner products that belong to distances (Gower 1966); shape (n, n) both."""
    inner = -0.5 * square**2
    inner -= inner.mean(axis=0)
    inner -= inner.mean(axis=1, keepdims=True)
    return np.asarray(inner)
