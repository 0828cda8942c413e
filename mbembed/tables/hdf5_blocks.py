"""Matrices in HDF5 files, read in blocks of rows: compressed by rows (CSR), or dense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.tables.blocks import MAX_CELLS, joined
from mbembed.tables.hdf5 import check_claim, opened, read_numbers, read_sparse, read_values
from mbembed.tables.numbers import to_csr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.source import Source

__all__ = ["DenseRows", "SparseRows", "dense_rows", "sparse_rows"]

#: Largest chunk (bytes) of a dataset that is read in blocks. HDF5 unpacks a chunk whole for every part
#: of it that is asked for; h5py and biom-format make chunks of at most 1 MiB, but a file may have one for all.
MAX_CHUNK_BYTES = 8 << 20


def sparse_rows(source: Source, what: str, group: Any, shape: tuple[int, int]) -> SparseRows | csr_array:
    """Give the rows of a matrix that lies row by row: the datasets ``data``, ``indices`` and ``indptr``.

    Parameters
    ----------
    source : Source
    what : str
        What the file is meant to be, with its article (``a BIOM file``).
    group : h5py.Group
        Of the open file.
    shape : tuple of int

    Returns
    -------
    SparseRows or csr_array
        The whole matrix where the file does not let a part be read by itself.

    Raises
    ------
    ValueError
        If the parts contradict each other.
    """
    parts = [group[name] for name in ("data", "indices", "indptr")]
    if not all(map(_has_small_chunks, parts[:2])):
        return read_sparse(group, shape, by_row=True)
    for part in parts:
        check_claim(part)
    data, indices, indptr = parts
    bounds = read_values(indptr).astype(np.int64, copy=False)
    if bounds.shape != (shape[0] + 1,) or bounds[0] != 0 or (np.diff(bounds) < 0).any():
        raise ValueError(f"{indptr.name} does not say where {shape[0]} rows begin and end")
    if data.shape != indices.shape or data.ndim != 1 or bounds[-1] > data.size:
        raise ValueError(f"{data.name} has {data.size} values, of which {bounds[-1]} are in rows")
    if indices.dtype.kind not in "iu":
        raise ValueError(f"{indices.name} holds no whole numbers")
    return SparseRows(source, what, group.name, shape, bounds)


def dense_rows(source: Source, what: str, dataset: Any) -> DenseRows | NDArray[np.float64]:
    """Give the rows of a dense matrix; the whole of it where the file does not let a part be read by itself."""
    if not _has_small_chunks(dataset):
        return read_numbers(dataset)
    check_claim(dataset)
    return DenseRows(source, what, dataset.name, dataset.shape)


class SparseRows:
    """Rows of a compressed sparse matrix; made by `sparse_rows`."""

    def __init__(
        self, source: Source, what: str, group: str, shape: tuple[int, int], bounds: NDArray[np.int64]
    ) -> None:
        self.shape = shape
        self._source = source
        self._what = what
        self._group = group
        self._bounds = bounds

    def blocks(self, n_rows: int, start: int = 0) -> Iterator[csr_array]:
        """Yield the rows from ``start`` on.

        Raises
        ------
        TableError
            If the file is damaged.
        """
        with opened(self._source, self._what) as file:
            group = file[self._group]
            for first in range(start, self.shape[0], n_rows):
                yield self._block(group, self._bounds[first : first + n_rows + 1])

    def _block(self, group: Any, bounds: NDArray[np.int64]) -> csr_array:
        from scipy.sparse import csr_array

        part = slice(int(bounds[0]), int(bounds[-1]))
        data = group["data"][part].astype(np.float64, copy=False)
        indices, indptr = group["indices"][part], bounds - bounds[0]
        width = np.int32 if max(indptr[-1], self.shape[1]) <= np.iinfo(np.int32).max else np.int64
        if indices.size and not 0 <= indices.min() <= indices.max() < self.shape[1]:
            raise ValueError(f"a value stands outside the {self.shape[1]} columns")
        block = csr_array(
            (data, indices.astype(width, copy=False), indptr.astype(width)), shape=(len(bounds) - 1, self.shape[1])
        )
        block.sort_indices()
        if not block.has_canonical_format:
            raise ValueError("a cell stands twice in the matrix")
        return block


class DenseRows:
    """Rows of a dense matrix; made by `dense_rows`."""

    def __init__(self, source: Source, what: str, dataset: str, shape: tuple[int, int]) -> None:
        self.shape = shape
        self._source = source
        self._what = what
        self._dataset = dataset

    def blocks(self, n_rows: int, start: int = 0) -> Iterator[csr_array]:
        """Yield the rows from ``start`` on.

        Raises
        ------
        TableError
            If the file is damaged.
        """
        with opened(self._source, self._what) as file:
            dataset = file[self._dataset]
            for first in range(start, self.shape[0], n_rows):
                yield self._block(dataset, first, min(first + n_rows, self.shape[0]))

    def _block(self, dataset: Any, start: int, stop: int) -> csr_array:
        step = max(1, MAX_CELLS // max(1, self.shape[1]))
        parts = [
            to_csr(np.ascontiguousarray(dataset[first : min(first + step, stop)], dtype=np.float64))
            for first in range(start, stop, step)
        ]
        return joined(parts, self.shape[1])


def _has_small_chunks(dataset: Any) -> bool:
    chunks = getattr(dataset, "chunks", None)
    return chunks is None or int(np.prod(chunks, dtype=object)) * dataset.dtype.itemsize <= MAX_CHUNK_BYTES
