"""HDF5 files opened with care: every damage named, nothing larger than the file can hold."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import DialectError, MbembedError
from mbembed.tables.bounded import as_file, damaged
from mbembed.tables.hdf5_heaps import check_heaps
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.source import Source

__all__ = [
    "MAX_FILE_BYTES",
    "check_claim",
    "hdf5_kind",
    "opened",
    "read_numbers",
    "read_sparse",
    "read_strings",
    "read_values",
]

#: Largest HDF5 file unpacked from a gzip, bzip2 or xz wrapper (8 GiB; the largest public BIOM
#: tables, of 100,000 samples, are below 1 GiB).
MAX_FILE_BYTES = 8 << 30
#: No HDF5 filter in use expands more than deflate does: at most 1032-fold (zlib documentation,
#: "Maximum Compression Factor"). A dataset that claims more than that is a damaged header.
MAX_EXPANSION = 1032
#: Slack for tiny files (bytes).
SMALL_BYTES = 1 << 20

#: What h5py raises on damaged content, whichever part of the file is hit.
HDF5_ERRORS = (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError, MemoryError, AttributeError)


@contextmanager
def opened(source: Source, what: str) -> Iterator[Any]:
    """Open the content as HDF5; what goes wrong inside is told as damage of the file.

    Parameters
    ----------
    source : Source
    what : str
        What the file is meant to be, with its article (``a BIOM file``).

    Yields
    ------
    h5py.File

    Raises
    ------
    DialectError
        If the content is not HDF5.
    TableError
        If it is truncated or damaged.
    """
    if source.kind != "hdf5":
        raise DialectError(
            f"{source.path} is not an HDF5 file",
            expected=f"{what}, which begins with the signature of HDF5",
            hint=LEAVE_OUT_FORMAT,
            path=str(source.path),
        )
    import h5py

    with as_file(source, MAX_FILE_BYTES) as path:
        try:
            check_heaps(path)
            with h5py.File(path, "r", locking=False) as file:
                yield file
        except MbembedError:
            raise
        except HDF5_ERRORS as error:
            raise damaged(source, what, error) from error


def hdf5_kind(file: Any) -> str:
    """Say in words what an HDF5 file is, by its groups.

    Parameters
    ----------
    file : h5py.File

    Returns
    -------
    str
        ``BIOM``, ``AnnData (.h5ad)``, ``MuData (.h5mu)``, …; else the names of its first groups.
    """
    names = set(file)
    if {"observation", "sample"} <= names:
        return "BIOM"
    if "mod" in names and ("obs" in names or file.attrs.get("encoding-type") == "MuData"):
        return "MuData (.h5mu)"
    if {"obs", "var"} <= names:
        return "AnnData (.h5ad)"
    if "matrix" in names and "barcodes" in (file["matrix"] if hasattr(file["matrix"], "keys") else ()):
        return "a 10x Genomics matrix"
    if {"row_attrs", "col_attrs"} <= names:
        return "a Loom file"
    shown = sorted(names)[:4]
    return f"HDF5 of another kind (its groups: {', '.join(shown)})" if shown else "HDF5 without any content"


def read_values(dataset: Any) -> NDArray[Any]:
    """Read a dataset, after a look at how much it claims to hold.

    Parameters
    ----------
    dataset : h5py.Dataset

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        If it claims more than its file can hold (`opened` makes it a TableError).
    TypeError
        If it is a group.
    """
    check_claim(dataset)
    return np.asarray(dataset[()])


def check_claim(dataset: Any) -> None:
    """Look at how much a dataset claims to hold, before any of it is read.

    Raises
    ------
    ValueError, TypeError
        As `read_values`.
    """
    if not hasattr(dataset, "dtype"):
        raise TypeError(f"{dataset.name} is a group, not a dataset")
    n_bytes = int(np.prod([int(size) for size in dataset.shape], dtype=object)) * dataset.dtype.itemsize
    limit = dataset.file.id.get_filesize() * MAX_EXPANSION + SMALL_BYTES
    if n_bytes > limit:
        raise ValueError(f"{dataset.name} claims {n_bytes} bytes, more than the file can hold")


def read_numbers(dataset: Any) -> NDArray[np.float64]:
    """Read a dataset of numbers as float64; booleans count as 0 and 1."""
    return read_values(dataset).astype(np.float64, copy=False)


def read_sparse(group: Any, shape: tuple[int, int], *, by_row: bool) -> csr_array:
    """Read a compressed sparse matrix: the datasets ``data``, ``indices`` and ``indptr``.

    Parameters
    ----------
    group : h5py.Group
    shape : tuple of int
    by_row : bool
        Whether it lies row by row (CSR) or column by column (CSC).

    Returns
    -------
    csr_array of shape ``shape``
        float64, indices sorted.

    Raises
    ------
    ValueError
        If the parts contradict each other or a cell stands twice.
    """
    from scipy.sparse import csc_array, csr_array

    parts = (read_numbers(group["data"]), read_values(group["indices"]), read_values(group["indptr"]))
    matrix = (csr_array if by_row else csc_array)(parts, shape=shape)
    matrix.check_format(full_check=True)
    rows = csr_array(matrix)
    rows.sort_indices()
    if not rows.has_canonical_format:
        raise ValueError("a cell stands twice in the matrix")
    return rows


def read_strings(dataset: Any) -> NDArray[np.object_]:
    r"""Read a dataset of text.

    Parameters
    ----------
    dataset : h5py.Dataset
        Of strings of fixed or variable length, or of numbers, which become their text.

    Returns
    -------
    ndarray of object
        Python ``str`` in the shape of the dataset. Bytes that are not UTF-8 stay visible as ``\\xNN``.
    """
    values = read_values(dataset)
    flat = [
        value.decode("utf-8", "backslashreplace") if type(value) is bytes else str(value)
        for value in values.ravel().tolist()
    ]
    return np.array(flat, dtype=object).reshape(values.shape)
