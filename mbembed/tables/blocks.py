"""Samples × columns in blocks of samples, whether they lie in memory or in a file.

Only numbers of each sample by itself are ever computed from a block, or sums that are carried
on from block to block in the order of the samples: no result depends on where blocks end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import numpy as np

from mbembed.tables.numbers import to_csr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = [
    "BLOCK_ROWS",
    "MAX_CELLS",
    "InMemory",
    "SampleBlocks",
    "carry_on",
    "in_blocks",
    "joined",
    "row_sums",
    "whole",
]

#: Samples per block. Of 150 taxa each, a block is 15 MB, its vectors of 512 numbers are 17 MB:
#: large enough that the work between blocks costs nothing, small enough to hold several at once.
BLOCK_ROWS = 8192
#: Most cells of a dense table that are unpacked at once (as float64: 64 MiB). Compression lets a small file claim
#: any number of them, and a block of samples × all columns may be large.
MAX_CELLS = 8 << 20


@runtime_checkable
class SampleBlocks(Protocol):
    """A matrix of samples × columns that gives its rows block by block.

    Attributes
    ----------
    shape : tuple of (int, int)
        Samples and columns.
    """

    shape: tuple[int, int]

    def blocks(self, n_rows: int, start: int = 0) -> Iterator[csr_array]:
        """Yield the rows from ``start`` on, ``n_rows`` at a time (the last block has the rest).

        Yields
        ------
        csr_array of shape (n_rows, n_columns)
            float64.
        """


class InMemory:
    """Blocks of a matrix that lies in memory.

    Parameters
    ----------
    values : ndarray or csr_array of shape (n_samples, n_columns)
        Where a cell of a sparse matrix stands more than once, its entries are added up.

    Examples
    --------
    >>> [block.toarray().tolist() for block in InMemory(np.eye(3)).blocks(2)]
    [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]
    """

    def __init__(self, values: NDArray[np.float64] | csr_array) -> None:
        from scipy.sparse import csr_array

        if isinstance(values, np.ndarray):
            self.values = to_csr(np.ascontiguousarray(values, dtype=np.float64))
        else:
            self.values = csr_array(values, dtype=np.float64)
            if not self.values.has_canonical_format:
                self.values = self.values.copy()  # the caller's stays as it is
                self.values.sum_duplicates()
        self.shape: tuple[int, int] = self.values.shape

    def blocks(self, n_rows: int, start: int = 0) -> Iterator[csr_array]:
        """Yield the rows from ``start`` on."""
        for first in range(start, self.shape[0], n_rows):
            whole = first == 0 and n_rows >= self.shape[0]
            yield self.values if whole else self.values[first : first + n_rows]


def in_blocks(values: NDArray[np.float64] | csr_array | SampleBlocks) -> SampleBlocks:
    """Return what gives a matrix block by block: itself, where it does so already."""
    return values if isinstance(values, SampleBlocks) else cast("SampleBlocks", InMemory(values))


def whole(values: NDArray[np.float64] | csr_array | SampleBlocks) -> csr_array:
    """Return a matrix in memory; where it is read in blocks, this reads all of it."""
    if not isinstance(values, SampleBlocks):
        return InMemory(values).values
    return joined(list(values.blocks(BLOCK_ROWS)), values.shape[1])


def joined(blocks: list[csr_array], n_columns: int) -> csr_array:
    """Put blocks together; the only one of a list is taken as it is.

    Parameters
    ----------
    blocks : list of csr_array of shape (…, n_columns)
        Emptied, so that each can be freed.
    n_columns : int
    """
    from scipy.sparse import csr_array

    if len(blocks) == 1:
        return blocks.pop()
    n_rows = sum(block.shape[0] for block in blocks)
    bounds = np.cumsum([0, *(block.nnz for block in blocks)])
    data, indices = np.empty(bounds[-1]), np.empty(bounds[-1], dtype=np.int32)
    indptr = np.zeros(n_rows + 1, dtype=np.int64)
    row = 0
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        block = blocks.pop(0)
        data[start:stop], indices[start:stop] = block.data, block.indices
        indptr[row + 1 : row + 1 + block.shape[0]] = block.indptr[1:] + np.int64(start)
        row += block.shape[0]
    if bounds[-1] <= np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)
    return csr_array((data, indices, indptr), shape=(n_rows, n_columns))


def carry_on(totals: NDArray[np.float64], block: csr_array, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add the weighted rows of a block to totals, one after the other: the rounding does not depend on the blocks.

    Parameters
    ----------
    totals : ndarray of shape (n_columns,)
        The sums so far.
    block : csr_array of shape (n_rows, n_columns)
    weights : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_columns,)

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> carry_on(np.array([1.0, 0.0]), csr_array([[1.0, 2.0], [0.0, 4.0]]), np.array([1.0, 0.5]))
    array([2., 4.])
    """
    from scipy.sparse import csr_array

    n_columns = len(totals)
    # The totals as a row of weight 1 before the others: the product adds up row by row.
    data = np.concatenate([totals, block.data])
    indices = np.concatenate([np.arange(n_columns, dtype=block.indices.dtype), block.indices])
    indptr = np.concatenate([np.zeros(1, dtype=block.indptr.dtype), block.indptr + n_columns])
    longer = csr_array((data, indices, indptr), shape=(block.shape[0] + 1, n_columns))
    return np.asarray(longer.T @ np.concatenate([[1.0], weights]))


def row_sums(block: csr_array) -> NDArray[np.float64]:
    """Return what each row adds up to; shape (n_rows,)."""
    return np.asarray(block.sum(axis=1), dtype=np.float64).ravel()
