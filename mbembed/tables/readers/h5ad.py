"""AnnData files (.h5ad), through h5py alone: samples in ``obs``, taxa in ``var``, values in ``X``.

Layout: https://anndata.readthedocs.io/en/latest/fileformat-prose.html, and the older one of
anndata before 0.7, where ``obs`` and ``var`` are tables of records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import DialectError, EmptyTableError, MbembedError, TableError
from mbembed.tables.blocks import whole
from mbembed.tables.hdf5 import hdf5_kind, opened, read_sparse, read_strings, read_values
from mbembed.tables.hdf5_blocks import dense_rows, sparse_rows
from mbembed.tables.lineages import axis_taxids, taxa_lineages
from mbembed.tables.raw import RawTable
from mbembed.tables.sides import check_sides
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.blocks import SampleBlocks
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "h5ad"
TITLE = "AnnData (.h5ad)"

_WHAT = "an AnnData file"
#: Names of the index when the file does not name it (anndata 0.6 and older).
INDEX_NAMES = ("_index", "index")

Columns = dict[str, list[object]]


def sniff(source: Source) -> str | None:
    """Say whether this is AnnData.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str or None
        ``AnnData 0.1.0`` (the version of the layout), or None.
    """
    if source.kind != "hdf5":
        return None
    try:
        with opened(source, _WHAT) as file:
            if not hdf5_kind(file).startswith("AnnData"):
                return None
            return f"AnnData {file.attrs.get('encoding-version', 'before 0.7')}"
    except MbembedError:
        return None


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read the matrix ``X`` of an AnnData file.

    Parameters
    ----------
    source : Source
    options : ReadOptions

    Returns
    -------
    RawTable

    Raises
    ------
    DialectError
        If it is not HDF5, or HDF5 of another kind.
    TableError
        If it is damaged or has no ``X``.
    AxisError
        If samples and taxa look swapped.
    EmptyTableError
        If there are none of either.
    """
    with opened(source, _WHAT) as file:
        kind = hdf5_kind(file)
        if not kind.startswith("AnnData"):
            raise DialectError(
                f"{source.path} is {kind}, not AnnData",
                expected="the groups 'obs' and 'var'",
                hint=LEAVE_OUT_FORMAT,
                path=str(source.path),
            )
        samples, metadata = _frame(file["obs"])
        taxa, features = _frame(file["var"])
        if not (samples and taxa):
            raise EmptyTableError(
                f"{source.path} is an AnnData file of {len(samples)} samples and {len(taxa)} taxa",
                expected="at least one of each",
                hint="in Python: check adata.shape, and write it again",
                path=str(source.path),
            )
        values = _matrix(source, file, (len(samples), len(taxa)))
    decision = check_sides(source, options, what=_WHAT, native="samples-in-rows", taxa=taxa, samples=samples)
    if decision.value == "taxa-in-rows":
        samples, taxa, metadata, features = taxa, samples, features, metadata
        values = values.T.copy() if isinstance(values, np.ndarray) else whole(values).T.tocsr()
    frame = None
    if metadata:
        import pandas as pd

        frame = pd.DataFrame(metadata, index=pd.Index(samples, name="sample"))
    return RawTable(
        values=values,
        sample_ids=samples,
        labels=taxa,
        dialect=DIALECT,
        lineages=taxa_lineages(features, taxa),
        taxids=axis_taxids(features),
        decisions=[decision],
        sample_metadata=frame,
    )


def _matrix(source: Source, file: Any, shape: tuple[int, int]) -> NDArray[np.float64] | csr_array | SampleBlocks:
    stored = file.get("X")
    if stored is None or (hasattr(stored, "dtype") and stored.shape in {None, ()}):
        layers = ", ".join(file["layers"]) if "layers" in file else ""
        raise TableError(
            f"{source.path} is an AnnData file without X" + (f"; it has the layers {layers}" if layers else ""),
            expected="the abundances in X",
            hint="in Python: adata.X = adata.layers[…]; adata.write_h5ad(…)",
            path=str(source.path),
        )
    if hasattr(stored, "dtype"):
        if stored.shape != shape:
            raise ValueError(f"X is {' × '.join(map(str, stored.shape))}, but obs and var name {shape[0]} × {shape[1]}")
        return dense_rows(source, _WHAT, stored)
    encoding = str(stored.attrs.get("encoding-type", stored.attrs.get("h5sparse_format", "")))
    if not encoding.startswith(("csr", "csc")):
        raise ValueError(f"X is encoded as '{encoding}', which is none of array, csr_matrix and csc_matrix")
    stated = tuple(int(size) for size in stored.attrs.get("shape", stored.attrs.get("h5sparse_shape", shape)))
    if stated != shape:
        raise ValueError(f"X is {stated[0]} × {stated[1]}, but obs and var name {shape[0]} × {shape[1]}")
    if encoding.startswith("csr"):
        return sparse_rows(source, _WHAT, stored, shape)
    return read_sparse(stored, shape, by_row=False)


def _frame(stored: Any) -> tuple[list[str], Columns]:
    """Read names and columns of ``obs`` or ``var``."""
    if hasattr(stored, "dtype"):
        return _records(read_values(stored))
    named = stored.attrs.get("_index")
    index = named if isinstance(named, str) else next((name for name in INDEX_NAMES if name in stored), None)
    if index is None or index not in stored:
        raise ValueError(f"{stored.name} has no index")
    names = _strings(stored[index])
    columns: Columns = {}
    for key in stored:
        values = None if key in {index, "__categories"} else _column(stored, key)
        if values is not None and len(values) == len(names):
            columns[key] = values
    return names, columns


def _records(records: NDArray[np.void]) -> tuple[list[str], Columns]:
    fields = records.dtype.names or ()
    index = next((name for name in INDEX_NAMES if name in fields), None)
    if index is None:
        raise ValueError("obs or var has no index")
    plain = {name: [_text(value) for value in records[name].tolist()] for name in fields}
    return [str(name) for name in plain.pop(index)], plain


def _column(stored: Any, key: str) -> list[object] | None:
    column = stored[key]
    if hasattr(column, "dtype"):
        if column.ndim != 1:
            return None
        codes = read_strings(column) if column.dtype.kind in "SO" else read_values(column)
        old = stored.get(f"__categories/{key}")  # anndata 0.7
        return codes.tolist() if old is None else _labels(codes.tolist(), read_strings(old).tolist())
    if "codes" in column and "categories" in column:
        return _labels(read_values(column["codes"]).tolist(), _strings(column["categories"]))
    if "values" in column and "mask" in column:
        values = _column(column, "values") or []
        mask = read_values(column["mask"]).tolist()
        return [None if masked else value for value, masked in zip(values, mask, strict=True)]
    return None


def _strings(stored: Any) -> list[str]:
    """Read text, plain or as anndata 0.13 stores that of pandas 3: values beside a mask."""
    found: list[str] = read_strings(stored if hasattr(stored, "dtype") else stored["values"]).ravel().tolist()
    return found


def _labels(codes: list[Any], categories: list[str]) -> list[object]:
    return [categories[code] if 0 <= code < len(categories) else None for code in codes]


def _text(value: object) -> object:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
