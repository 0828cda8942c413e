"""Embeddings as AnnData (``.h5ad``) and as BIOM 2.1, both HDF5 files."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mbembed.extras import require_extra
from mbembed.outputs.atomic import atomic_path
from mbembed.outputs.content import SUMMARY_KEY
from mbembed.outputs.summary import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import h5py
    import numpy as np
    import pandas as pd
    from anndata import AnnData
    from numpy.typing import NDArray

    from mbembed.outputs.content import Content

__all__ = ["hdf5_file", "text_metadata", "to_anndata", "write_biom", "write_h5ad"]

#: BIOM has a closed list of table types, and R's biomformat refuses any other. None means
#: "embedding"; this one is the nearest that does not claim that the rows are taxa.
BIOM_TYPE = "Function table"
#: Metadata of these names biom-format writes and reads as lists of text (``biom.Table.to_hdf5``).
_BIOM_LISTS = frozenset({"taxonomy", "Taxonomy", "KEGG_Pathways", "collapsed_ids"})


def to_anndata(
    values: NDArray[np.float32],
    sample_ids: Sequence[str],
    dimension_names: Sequence[str],
    *,
    summary: Mapping[str, object] | None = None,
    sample_metadata: pd.DataFrame | None = None,
) -> AnnData:
    """Return an AnnData object: samples × dimensions in ``X``, metadata in ``obs``.

    ``X`` and not ``obsm``, because the embedding is all that there is: an ``obsm`` would belong
    to an empty ``X`` and lose the names of the dimensions, which are ``var_names`` here.
    ``uns["mbembed"]`` is the summary as JSON text: HDF5 has no lists of mappings and no null.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
    sample_ids, dimension_names : sequence of str
    summary : mapping, optional
    sample_metadata : DataFrame, optional
        Index: sample ids, in any order. Columns that are not numbers become categories.

    Raises
    ------
    MissingExtraError
        If anndata is not installed.
    """
    require_extra("anndata", "an AnnData object")
    import anndata as ad
    import pandas as pd

    ids = pd.Index(sample_ids, dtype=object)
    obs = pd.DataFrame(index=ids)
    if sample_metadata is not None:
        obs = sample_metadata.reindex(ids).apply(_number_or_text)
        obs.index = ids
        obs.columns = ad.utils.make_index_unique(pd.Index([_h5_name(name) for name in obs.columns], dtype=object))
    var = pd.DataFrame(index=pd.Index(dimension_names, dtype=object))
    return ad.AnnData(X=values, obs=obs, var=var, uns={SUMMARY_KEY: to_json(summary or {})})


def write_h5ad(path: Path, content: Content) -> None:
    """Write an AnnData file, see `to_anndata`."""
    from anndata.io import write_elem

    table = to_anndata(
        content.values,
        content.sample_ids,
        content.dimension_names,
        summary=content.summary,
        sample_metadata=content.sample_metadata,
    )
    with hdf5_file(path) as file:
        write_elem(file, "/", table)


def write_biom(path: Path, content: Content) -> None:
    """Write a BIOM 2.1 table: dimensions as observations, metadata as text.

    The summary is the samples' group metadata ``mbembed``, as JSON text. The numbers are
    stored as float64, the only type that BIOM 2.1 has.
    """
    import biom

    from mbembed import __version__

    table = biom.Table(
        content.values.T.astype("float64"),
        content.dimension_names,
        content.sample_ids,
        sample_metadata=text_metadata(content.sample_metadata, content.sample_ids),
        sample_group_metadata={SUMMARY_KEY: ("json", to_json(content.summary))},
        table_id="mbembed embedding",
        type=BIOM_TYPE,
    )
    with hdf5_file(path) as file:
        table.to_hdf5(file, f"mbembed {__version__}")


def text_metadata(frame: pd.DataFrame | None, sample_ids: Sequence[str]) -> list[dict[str, object]] | None:
    """Return sample metadata as BIOM keeps it: text, one mapping per sample.

    Parameters
    ----------
    frame : DataFrame, optional
        Index: sample ids, in any order.
    sample_ids : sequence of str

    Returns
    -------
    list of dict, or None
        None if there is none. What is missing is an empty text.
    """
    if frame is None or not frame.shape[1]:
        return None
    columns = frame.reindex(sample_ids)
    names = [str(name) for name in columns.columns]
    text = columns.astype(object).where(columns.notna(), "").astype(str)
    return [
        {name: [cell] if name in _BIOM_LISTS else cell for name, cell in zip(names, row, strict=True)}
        for row in text.itertuples(index=False, name=None)
    ]


def _number_or_text(column: pd.Series) -> pd.Series:
    """Return a column in a type that HDF5 can hold: numbers as they are, anything else as text."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_bool_dtype(column) or is_numeric_dtype(column):
        return column
    return column.astype(object).map(str, na_action="ignore").astype("category")


def _h5_name(name: object) -> str:
    """Return a column name that HDF5 and AnnData allow (``/`` parts groups, ``_index`` is taken)."""
    text = str(name).replace("/", "_")
    return "index" if text == "_index" else text


@contextmanager
def hdf5_file(path: Path) -> Iterator[h5py.File]:
    """Give an HDF5 file in memory, which is written at the end.

    HDF5 itself would write to the disk while it goes, and when the disk is full it may take the
    process down with it (a segmentation fault on closing) instead of raising an error.
    """
    import h5py

    with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
        yield file
        file.flush()
        image = file.id.get_file_image()
    with atomic_path(path) as temporary:
        temporary.write_bytes(image)
