"""BIOM 2.0 and 2.1: the biological observation matrix in HDF5.

Layout: https://biom-format.org/documentation/format_versions/biom-2.1.html. The matrix stands
twice in a file, taxon by taxon and sample by sample; the second is read in blocks of samples. A file
that has only the first is read whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import DialectError, MbembedError, TableError
from mbembed.tables.hdf5 import hdf5_kind, opened, read_sparse, read_strings, read_values
from mbembed.tables.hdf5_blocks import sparse_rows
from mbembed.tables.lineages import RANK_PREFIXES
from mbembed.tables.readers.biom_parts import biom_table
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from mbembed.tables.hdf5_blocks import SparseRows
    from mbembed.tables.raw import RawTable, ReadOptions
    from mbembed.tables.readers.biom_parts import Axis
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "biom-hdf5"
TITLE = "BIOM 2.0/2.1 (HDF5)"

_WHAT = "a BIOM file"
#: biom-format writes ``/`` of a metadata key like this, since HDF5 keeps it for paths.
_SLASH = "@@SLASH@@"


def sniff(source: Source) -> str | None:
    """Say which BIOM this is.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str or None
        ``BIOM 2.1``; ``damaged HDF5`` if it cannot be opened (`read` then says what is wrong);
        None for everything else.
    """
    if source.kind != "hdf5":
        return None
    try:
        with opened(source, _WHAT) as file:
            if hdf5_kind(file) != "BIOM":
                return None
            return f"BIOM {_version(file)}"
    except MbembedError:
        return "damaged HDF5"


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a BIOM 2.x file.

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
        If it is truncated, lacks a required part, or its parts contradict each other.
    AxisError, EmptyTableError
        See `mbembed.tables.readers.biom_parts.biom_table`.
    """
    with opened(source, _WHAT) as file:
        kind = hdf5_kind(file)
        if kind != "BIOM":
            raise DialectError(
                f"{source.path} is {kind}, not BIOM",
                expected="the groups 'observation' and 'sample'",
                hint=LEAVE_OUT_FORMAT,
                path=str(source.path),
            )
        _check_parts(source, file)
        observation_ids = _ids(file["observation/ids"])
        sample_ids = _ids(file["sample/ids"])
        values = _matrix(source, file, len(sample_ids), len(observation_ids))
        observations = _metadata(source, file["observation"], len(observation_ids))
        samples = _metadata(source, file["sample"], len(sample_ids))
        ranks = _rank_names(file["observation"])
    if ranks and "taxonomy" in observations:
        observations = _named_ranks(observations, ranks)
    table = biom_table(
        source,
        options,
        dialect=DIALECT,
        values=values,
        observations=(observation_ids, observations),
        samples=(sample_ids, samples),
    )
    if ranks and all(label.isdigit() for label in table.labels):
        table.taxids = table.labels
    return table


def _version(file: Any) -> str:
    version = np.ravel(file.attrs.get("format-version", (2, 1))).tolist()
    return ".".join(str(part) for part in version)


def _check_parts(source: Source, file: Any) -> None:
    missing = [f"{axis}/ids" for axis in ("observation", "sample") if f"{axis}/ids" not in file]
    if not any(f"{axis}/matrix/{part}" in file for axis in ("sample", "observation") for part in ("data",)):
        missing.append("sample/matrix")
    if missing:
        raise TableError(
            f"{source.path} is a BIOM file without {' and '.join(missing)}",
            expected="the parts that BIOM 2.1 requires",
            hint="write it again with a current version of the program that made it",
            path=str(source.path),
        )


def _ids(dataset: Any) -> list[str]:
    ids: list[str] = read_strings(dataset).ravel().tolist()
    return ids


def _matrix(source: Source, file: Any, n_samples: int, n_observations: int) -> csr_array | SparseRows:
    sizes = {
        axis: file[f"{axis}/matrix/data"].size for axis in ("sample", "observation") if f"{axis}/matrix/data" in file
    }
    if len(set(sizes.values())) > 1:
        raise TableError(
            f"{source.path} contradicts itself: a BIOM file holds its values twice, and here they are "
            f"{sizes['sample']} sample by sample but {sizes['observation']} taxon by taxon",
            expected="the same values in both, so that every program reads the same table",
            hint="write it again from the original table with biom-format or mbembed convert; "
            "cutting samples out of an HDF5 file by hand leaves one copy as it was",
            path=str(source.path),
        )
    shape = tuple(int(size) for size in np.ravel(file.attrs.get("shape", (n_observations, n_samples))))
    if shape != (n_observations, n_samples):
        raise TableError(
            f"{source.path} contradicts itself: its shape is stated as {shape}, but it names "
            f"{n_observations} taxa and {n_samples} samples",
            expected="one id for each row and column",
            hint="write it again from the original table",
            path=str(source.path),
        )
    if "sample" in sizes:
        return sparse_rows(source, _WHAT, file["sample/matrix"], (n_samples, n_observations))
    return read_sparse(file["observation/matrix"], (n_samples, n_observations), by_row=False)


def _metadata(source: Source, axis: Any, n_ids: int) -> Axis:
    group = axis.get("metadata")
    if group is None:
        return {}
    if not hasattr(group, "keys"):
        return _json_metadata(group, n_ids)
    metadata: Axis = {}
    for key in group:
        dataset = group[key]
        if not hasattr(dataset, "dtype"):
            continue
        if dataset.shape[:1] != (n_ids,):
            raise TableError(
                f"{source.path}: the metadata '{key}' has {dataset.shape} values for {n_ids} ids",
                expected="one for each id",
                hint="write it again from the original table",
                path=str(source.path),
            )
        text = dataset.dtype.kind in "SO"
        metadata[key.replace(_SLASH, "/")] = (read_strings(dataset) if text else read_values(dataset)).tolist()
    return metadata


def _json_metadata(dataset: Any, n_ids: int) -> Axis:
    """BIOM 2.0 keeps all metadata of an axis in one JSON text: a list of one object per id, or null."""
    texts = read_strings(dataset).ravel().tolist()
    entries = json.loads(texts[0]) if texts and texts[0] else None
    if not isinstance(entries, list) or len(entries) != n_ids:
        return {}
    keys = {key for entry in entries if isinstance(entry, dict) for key in entry}
    return {key: [entry.get(key) if isinstance(entry, dict) else None for entry in entries] for key in sorted(keys)}


def _rank_names(axis: Any) -> list[str]:
    """Names of the columns of ``taxonomy`` as taxpasta writes them: ``superkingdom;…;species``."""
    dataset = axis.get("group-metadata/ranks")
    texts = read_strings(dataset).ravel().tolist() if hasattr(dataset, "dtype") else []
    return texts[0].split(";") if len(texts) == 1 else []


def _named_ranks(metadata: Axis, ranks: list[str]) -> Axis:
    """Give the names of ``taxonomy`` their prefixes; ranks that have none (clade, subfamily) go.

    What stands below a species is a strain. A taxon above all ranks (``root``) is kept as an
    unnamed domain, so that it is not taken for a species.
    """
    named: list[object] = []
    for row in metadata["taxonomy"]:
        names = list(row) if isinstance(row, list) else []
        if len(names) != len(ranks):
            return metadata
        parts = [(RANK_PREFIXES.get(rank, ""), name) for rank, name in zip(ranks, names, strict=True) if name]
        lineage = [prefix + name for prefix, name in parts if prefix]
        if parts and not parts[-1][0] and any(prefix == "s__" for prefix, _ in parts):
            lineage.append("t__" + parts[-1][1])
        named.append(lineage or ["d__"])
    return {**metadata, "taxonomy": named}
