"""Write a large table in blocks: ``python -m benchmarks.large_tables SAMPLES TAXA NONZEROS OUT``.

OUT ends in ``.biom`` or ``.parquet``, or is a folder, which then gets a Parquet file for each block.

A process of its own, so that the memory of the one that measures stays small (a child's peak
memory, as the system reports it, is never below its parent's).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    import h5py

__all__ = ["BLOCK_ROWS", "Shape", "block", "blocks", "sample_ids", "taxon_names", "write_table"]

#: Seed of the tables; block ``i`` of every table has the seed ``(SEED, i)``.
SEED = 7
#: Samples that are made at once, and of a row group in Parquet. A dense block of 3,000 taxa has 240 MB.
BLOCK_ROWS = 10_000
#: Spread of abundances within a sample, as in the other benchmarks (log-normal, natural logarithm).
SPREAD = 2.5
#: Decimals of a fraction: MetaPhlAn prints percent with five.
DECIMALS = 7
#: Share of the samples that have a species of which the maps say nothing: rarer than nearly all they do.
RARE = 0.005
#: Of both copies of a BIOM file, and its type: biom-format (Table.to_hdf5) writes both, compressed with gzip in the
#: chunks and at the level (4) that h5py chooses.
COMPRESSION, VALUES, INDICES = "gzip", np.float64, np.int32


class Shape(NamedTuple):
    """The size of a table.

    Attributes
    ----------
    samples, taxa : int
    nonzeros : int
        Taxa that each sample has.
    """

    samples: int
    taxa: int
    nonzeros: int

    @property
    def words(self) -> str:
        """The size in words."""
        return f"{self.samples:,} samples × {self.taxa:,} taxa × {self.nonzeros} non-zeros"


def taxon_names(n_taxa: int) -> list[str]:
    """Return NCBI names of species from the installed name maps, by name: those most common in gut samples."""
    return sorted(_commonest(n_taxa))


def _commonest(n_taxa: int) -> dict[str, float]:
    """Return species, each with the share of public gut samples that have it."""
    from mbembed.taxonomy import maps

    facts = maps.unit_facts()
    found = {name: max(fact.prevalence, RARE) for fact in facts.values() for name in fact.species[:1]}
    for entry in maps.ncbi_names().values():
        found.setdefault(entry.name, RARE)
    if n_taxa > len(found):
        raise SystemExit(f"the name maps know {len(found):,} names; {n_taxa:,} were asked for")
    return {name: found[name] for name in sorted(found, key=lambda name: (-found[name], name))[:n_taxa]}


def sample_ids(start: int, stop: int) -> list[str]:
    """Return the ids of some samples."""
    return [f"sample{i:07d}" for i in range(start, stop)]


def block(shape: Shape, number: int) -> sparse.csr_array:
    """Make one block of samples.

    Parameters
    ----------
    shape : Shape
    number : int
        From 0.

    Returns
    -------
    csr_array of shape (n_block, n_taxa)
        float64; fractions, each sample adding up to 1 but for rounding.
    """
    common = np.array([share for _, share in sorted(_commonest(shape.taxa).items())], dtype=np.float32)
    n_rows = min(BLOCK_ROWS, shape.samples - number * BLOCK_ROWS)
    rng = np.random.default_rng((SEED, number))
    # The first of exponential waiting times: a draw without replacement, weighted by commonness.
    waiting = rng.standard_exponential((n_rows, shape.taxa), dtype=np.float32)
    waiting /= common
    present = np.sort(np.argpartition(waiting, shape.nonzeros - 1, axis=1)[:, : shape.nonzeros], axis=1)
    values = rng.lognormal(0.0, SPREAD, (n_rows, shape.nonzeros))
    values /= values.sum(axis=1, keepdims=True)
    values = np.maximum(values.round(DECIMALS), 10.0**-DECIMALS)
    starts = np.arange(0, n_rows * shape.nonzeros + 1, shape.nonzeros)
    return sparse.csr_array((values.ravel(), present.ravel().astype(INDICES), starts), shape=(n_rows, shape.taxa))


def blocks(shape: Shape) -> Iterator[tuple[int, sparse.csr_array]]:
    """Make all blocks, each with the position of its first sample."""
    for number in range(-(-shape.samples // BLOCK_ROWS)):
        yield number * BLOCK_ROWS, block(shape, number)


def write_table(path: Path, shape: Shape, *, compression: str | None = COMPRESSION) -> None:
    """Write a table as BIOM 2.1 or Parquet, by the suffix of the path.

    Parameters
    ----------
    path : Path
        ``.biom``, ``.parquet``, or a folder for one Parquet file per block.
    shape : Shape
    compression : str, optional
        Of a BIOM file: ``gzip`` as biom-format writes it, or None.
    """
    if path.suffix == ".biom":
        _write_biom(path, shape, compression)
    elif path.suffix == ".parquet":
        _write_parquet(path, shape, blocks(shape))
    elif not path.suffix:
        path.mkdir()
        for start, rows in blocks(shape):
            _write_parquet(path / f"{start:07d}.parquet", shape, [(start, rows)])
    else:
        raise SystemExit(f"{path} is neither .biom nor .parquet, nor a folder")


def _write_biom(path: Path, shape: Shape, compression: str | None) -> None:
    """Write both copies that BIOM 2.1 demands; the one by taxon goes through files of its own size."""
    import h5py

    n_values = shape.samples * shape.nonzeros
    names = taxon_names(shape.taxa)
    with h5py.File(path, "w") as file, tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        file.attrs.update(_attributes(shape, n_values))
        sample = _matrix(file, "sample", n_values, shape.samples, compression)
        counts = np.zeros(shape.taxa, dtype=np.int64)
        for start, rows in blocks(shape):
            part = slice(start * shape.nonzeros, start * shape.nonzeros + rows.nnz)
            sample["data"][part], sample["indices"][part] = rows.data, rows.indices
            counts += np.bincount(rows.indices, minlength=shape.taxa)
        sample["indptr"][:] = np.arange(shape.samples + 1) * shape.nonzeros
        starts = np.concatenate([[0], np.cumsum(counts)])
        by_taxon = {
            name: np.memmap(Path(scratch) / name, dtype=kind, mode="w+", shape=n_values)
            for name, kind in (("data", VALUES), ("indices", INDICES))
        }
        _transpose(shape, starts, by_taxon)
        observation = _matrix(file, "observation", n_values, shape.taxa, compression)
        observation["indptr"][:] = starts
        step = BLOCK_ROWS * shape.nonzeros
        for name, array in by_taxon.items():
            for start in range(0, n_values, step):
                observation[name][start : start + step] = array[start : start + step]
        _ids(file, "sample", sample_ids(0, shape.samples), compression)
        _ids(file, "observation", names, compression)


def _transpose(shape: Shape, starts: np.ndarray, by_taxon: dict[str, np.memmap]) -> None:
    free = starts[:-1].copy()
    for start, rows in blocks(shape):
        order = np.argsort(rows.indices, kind="stable")  # by taxon, and by sample within each
        taxa = rows.indices[order]
        counts = np.bincount(taxa, minlength=shape.taxa)
        within = np.arange(len(taxa)) - np.repeat(np.cumsum(counts) - counts, counts)
        places = free[taxa] + within
        by_taxon["data"][places] = rows.data[order]
        by_taxon["indices"][places] = start + order // shape.nonzeros
        free += counts


def _attributes(shape: Shape, n_values: int) -> dict[str, object]:
    return {
        "id": "No Table ID",
        "type": "Taxon table",
        "format-url": "http://biom-format.org",
        "format-version": (2, 1),
        "generated-by": "benchmarks.large_tables",
        "creation-date": "2026-01-01T00:00:00",  # a fixed one: the same bytes each time
        "shape": (shape.taxa, shape.samples),
        "nnz": n_values,
    }


def _matrix(file: h5py.File, axis: str, n_values: int, n_ids: int, compression: str | None) -> dict[str, Any]:
    for group in ("metadata", "group-metadata"):
        file.create_group(f"{axis}/{group}")
    sizes = {"data": (n_values, VALUES), "indices": (n_values, INDICES), "indptr": (n_ids + 1, INDICES)}
    return {
        name: file.create_dataset(f"{axis}/matrix/{name}", shape=(size,), dtype=kind, compression=compression)
        for name, (size, kind) in sizes.items()
    }


def _ids(file: h5py.File, axis: str, ids: Sequence[str], compression: str | None) -> None:
    import h5py

    file.create_dataset(f"{axis}/ids", data=list(ids), dtype=h5py.string_dtype(), compression=compression)


def _write_parquet(path: Path, shape: Shape, parts: Iterable[tuple[int, sparse.csr_array]]) -> None:
    """Write samples in rows, float64, as pandas does (snappy), with row groups of ``BLOCK_ROWS``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = taxon_names(shape.taxa)
    schema = pa.schema([("sample", pa.string()), *((name, pa.float64()) for name in names)])
    with pq.ParquetWriter(path, schema) as writer:
        for start, rows in parts:
            ids = pa.array(sample_ids(start, start + rows.shape[0]))
            columns = np.asfortranarray(rows.toarray())
            arrays = [ids, *(pa.array(columns[:, i]) for i in range(shape.taxa))]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=BLOCK_ROWS)


def main(samples: str, taxa: str, nonzeros: str, out: str) -> None:
    """Write one table."""
    write_table(Path(out), Shape(int(samples), int(taxa), int(nonzeros)))


if __name__ == "__main__":
    main(*sys.argv[1:])
