"""Read back an embedding that was written before; its content says which format it is."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import TableError
from mbembed.extras import require_extra
from mbembed.outputs.binary import IDS_SUFFIX
from mbembed.outputs.content import SUMMARY_KEY, Content
from mbembed.outputs.text import SAMPLE_COLUMN
from mbembed.outputs.writers import SUFFIXES
from mbembed.words import count, some

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import h5py
    from numpy.typing import NDArray

__all__ = ["read_content", "read_summary"]

#: How files begin: gzip (RFC 1952), Parquet, NPY and HDF5, each by its own specification.
GZIP, PARQUET, NPY, HDF5 = b"\x1f\x8b", b"PAR1", b"\x93NUMPY", b"\x89HDF\r\n\x1a\n"
#: What the columns of numbers are called, without their number.
DIMENSION = "embedding_"


def read_content(path: str | os.PathLike[str]) -> Content:
    """Read an embedding.

    Parameters
    ----------
    path : path-like
        As ``mbembed embed`` writes it: TSV or CSV (also gzip), Parquet, NPY with its ids beside it, AnnData or BIOM.

    Returns
    -------
    Content
        The summary and sample metadata, where the format carries them.

    Raises
    ------
    TableError
        If the file cannot be read, or is no embedding of mbembed.
    MissingExtraError
        If it is an AnnData file and anndata is not installed.
    """
    where = Path(path)
    try:
        with where.open("rb") as handle:
            start = handle.read(len(HDF5))
        if start.startswith(PARQUET):
            content = _read_parquet(where)
        elif start.startswith(NPY):
            content = _read_npy(where)
        elif start.startswith(HDF5):
            content = _read_hdf5(where)
        else:
            content = _read_text(where, compressed=start.startswith(GZIP))
    except FileNotFoundError as error:
        raise TableError(f"there is no file {error.filename}", expected="an embedding", path=str(path)) from error
    except (OSError, EOFError, zlib.error) as error:  # the last two: a file of gzip that was cut off or is damaged
        raise TableError(f"{path} cannot be read: {error}", expected="an embedding", path=str(path)) from error
    _check(where, content)
    return content


def read_summary(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a summary that was written with ``--summary``.

    Raises
    ------
    TableError
        If the file is no such summary.
    """
    try:
        summary = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _no_summary(path, str(error)) from error
    if not isinstance(summary, dict) or not {"input", "model", "match", "output"} <= set(summary):
        raise _no_summary(path, "it does not say what was read, matched and written")
    return summary


def _no_summary(path: str | os.PathLike[str], why: str) -> TableError:
    return TableError(
        f"{path} is no summary of an embedding: {why}",
        expected="the JSON file that mbembed embed --summary wrote",
        hint="mbembed embed TABLE -o OUT --summary run.json",
        path=str(path),
    )


def _no_embedding(path: Path, why: str) -> TableError:
    return TableError(
        f"{path} is no embedding: {why}",
        expected=f"a file that mbembed embed wrote ({' '.join(SUFFIXES)})",
        hint=f"mbembed embed {path} -o embeddings.tsv, if it is a table of abundances",
        path=str(path),
    )


def _check(path: Path, content: Content) -> None:
    names = list(content.dimension_names)
    if not names or names != [f"{DIMENSION}{i}" for i in range(len(names))]:
        raise _no_embedding(path, f"its columns are {some(names) or 'none'}, not {DIMENSION}0, {DIMENSION}1 and so on")
    if not content.sample_ids:
        raise _no_embedding(path, "it has no samples")
    if len(set(content.sample_ids)) < len(content.sample_ids):
        twice = sorted(one for one, n in Counter(content.sample_ids).items() if n > 1)
        raise _no_embedding(path, f"{count(len(twice), 'sample id')} stand more than once: {some(twice)}")


def _content(
    values: NDArray[np.floating],
    ids: Sequence[str],
    names: Sequence[str],
    summary: str | None = None,
    metadata: Any = None,
) -> Content:
    told: Mapping[str, object] = json.loads(summary) if summary else {}
    return Content(np.ascontiguousarray(values, dtype=np.float32), list(ids), list(names), told, metadata)


def _read_text(path: Path, *, compressed: bool) -> Content:
    import polars as pl

    data = gzip.decompress(path.read_bytes()) if compressed else path.read_bytes()
    header = data.partition(b"\n")[0].rstrip(b"\r")
    delimiter = "\t" if b"\t" in header else ","
    names = [name.strip().strip('"') for name in header.decode("utf-8", "replace").split(delimiter)]
    if names[0] != SAMPLE_COLUMN or not all(name.startswith(DIMENSION) for name in names[1:]):
        raise _no_embedding(path, f"its first line does not read {SAMPLE_COLUMN}, {DIMENSION}0, {DIMENSION}1 and so on")
    schema = {SAMPLE_COLUMN: pl.String, **dict.fromkeys(names[1:], pl.Float32)}
    try:
        frame = pl.read_csv(data, separator=delimiter, schema=schema)
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise _no_embedding(path, str(error).partition("\n")[0]) from error
    return _content(_numbers(frame, names[1:]), frame[SAMPLE_COLUMN].fill_null("").to_list(), names[1:])


def _read_parquet(path: Path) -> Content:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
        summary = pl.read_parquet_metadata(path).get(SUMMARY_KEY)
    except pl.exceptions.PolarsError as error:
        raise _no_embedding(path, str(error).partition("\n")[0]) from error
    names = [name for name in frame.columns if name != SAMPLE_COLUMN]
    if len(names) == len(frame.columns):
        raise _no_embedding(path, f"it has no column {SAMPLE_COLUMN!r}")
    if not all(frame[name].dtype.is_float() for name in names):
        raise _no_embedding(path, "not all of its columns are numbers")
    return _content(_numbers(frame, names), frame[SAMPLE_COLUMN].cast(pl.String).to_list(), names, summary)


def _numbers(frame: Any, names: Sequence[str]) -> NDArray[np.float32]:
    """Return columns of a polars frame; a missing number is NaN."""
    return np.asarray(frame.select(names).fill_null(float("nan")).to_numpy(), dtype=np.float32)


def _read_npy(path: Path) -> Content:
    ids = path.with_name(path.name + IDS_SUFFIX)
    try:
        values = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise _no_embedding(path, str(error)) from error
    names = ids.read_text(encoding="utf-8").split("\n")[:-1]
    if values.ndim != 2 or values.dtype.kind != "f" or len(values) != len(names):
        raise _no_embedding(path, f"it holds {values.dtype} of shape {values.shape}, and {ids.name} {len(names)} ids")
    return _content(values, names, [f"{DIMENSION}{i}" for i in range(values.shape[1])])


def _read_hdf5(path: Path) -> Content:
    import h5py

    with h5py.File(path, "r") as file:
        if "observation" in file and "sample" in file:
            return _read_biom(file)
        if "X" not in file:
            raise _no_embedding(path, "it is neither an AnnData file nor a BIOM file")
    return _read_h5ad(path)


def _read_biom(file: h5py.File) -> Content:
    import biom
    import pandas as pd

    table = biom.Table.from_hdf5(file)
    ids, names = list(table.ids("sample")), list(table.ids("observation"))
    told = (table.group_metadata("sample") or {}).get(SUMMARY_KEY)
    known = table.metadata(axis="sample")
    metadata = None if known is None else pd.DataFrame([dict(one or {}) for one in known], index=ids)
    return _content(table.matrix_data.toarray().T, ids, names, told, metadata)


def _read_h5ad(path: Path) -> Content:
    require_extra("anndata", "reading .h5ad")
    import anndata as ad

    table = ad.read_h5ad(path)
    metadata = table.obs if table.obs.shape[1] else None
    if not isinstance(table.X, np.ndarray):
        raise _no_embedding(path, "its numbers are not a dense matrix")
    ids, names = list(table.obs_names), list(table.var_names)
    return _content(np.asarray(table.X), ids, names, table.uns.get(SUMMARY_KEY), metadata)
