"""Profiles as sequences of tokens: which species are present, and the bin of the abundance of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["BINS", "Tokens", "batches", "tokenize"]

#: Quantile bins of the abundances of a sample. scGPT has 51, for thousands of genes; 84 species
#: are present in the median sample of the corpus.
BINS = 10


class Tokens(NamedTuple):
    """Samples as padded sequences.

    Attributes
    ----------
    species : ndarray of int64, of shape (n_samples, longest)
        Column of each token; the number of columns where there is none.
    bins : ndarray of int64, of the same shape
        From 0 (the rarest tenth of the sample's species) to ``BINS`` - 1; 0 where there is no token.
    """

    species: NDArray[np.int64]
    bins: NDArray[np.int64]


def tokenize(fractions: csr_array) -> Tokens:
    """Make a token of each entry above zero.

    The edges of the bins are quantiles of the sample's own abundances above zero, as in scGPT
    (Cui et al. 2024, doi:10.1038/s41592-024-02201-0): bins say nothing of depth or scale.

    Parameters
    ----------
    fractions : csr_array of shape (n_samples, n_units)

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> tokens = tokenize(csr_array([[0.7, 0.0, 0.2, 0.1], [0.0, 0.0, 0.0, 1.0]]))
    >>> tokens.species.tolist()
    [[0, 2, 3], [3, 4, 4]]
    >>> tokens.bins.tolist()
    [[9, 5, 0], [9, 0, 0]]
    """
    n_samples, n_units = fractions.shape
    rows = [_above_zero(fractions, row) for row in range(n_samples)]
    longest = max((len(columns) for columns, _ in rows), default=0)
    species = np.full((n_samples, max(longest, 1)), n_units, np.int64)
    bins = np.zeros_like(species)
    edges = np.linspace(0, 1, BINS + 1)[1:-1]
    for row, (columns, values) in enumerate(rows):
        species[row, : len(columns)] = columns
        if len(columns):
            bins[row, : len(columns)] = np.digitize(values, np.quantile(values, edges))
    return Tokens(species, bins)


def batches(
    tokens: Tokens, order: NDArray[np.intp], size: int, n_units: int
) -> Iterator[tuple[NDArray[np.intp], Tokens]]:
    """Yield rows and their tokens, cut to the longest sample of each batch.

    Parameters
    ----------
    tokens : Tokens
    order : ndarray of int
        Rows in the order in which they are dealt into batches.
    size : int
        Samples of a batch.
    n_units : int
        What stands in ``tokens.species`` where there is no token.
    """
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        longest = max(int((tokens.species[rows] < n_units).sum(axis=1).max()), 1)
        yield rows, Tokens(tokens.species[rows, :longest], tokens.bins[rows, :longest])


def _above_zero(fractions: csr_array, row: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    part = slice(fractions.indptr[row], fractions.indptr[row + 1])
    columns, values = fractions.indices[part], fractions.data[part]
    return columns[values > 0].astype(np.int64), values[values > 0].astype(np.float64)
