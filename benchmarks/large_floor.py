"""The physical floor of a large table: ``python -m benchmarks.large_floor TABLE SAMPLES OUT``.

Times three things apart and prints them as JSON: reading the values of a table of
`benchmarks.large_tables`, the matrix products of the default model for as many samples, and
writing as many vectors to OUT. Nothing is named, checked, matched or decided.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.large_tables import BLOCK_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

#: Rows of one matrix product: enough for the full speed of sgemm, and 64 MB of the widest layer.
PRODUCT_ROWS = 8192
#: Imported before the clock starts.
LIBRARIES = ("h5py", "pyarrow.parquet")
#: Seed of the numbers that are multiplied and written: nothing is skipped or compressed away.
SEED = 7


def read(table: Path) -> None:
    """Read all values once, in blocks of samples."""
    if table.suffix == ".biom":
        import h5py

        with h5py.File(table) as file:
            matrix = file["sample/matrix"]
            ends = matrix["indptr"][:]
            for start in range(0, len(ends) - 1, BLOCK_ROWS):
                stop = min(start + BLOCK_ROWS, len(ends) - 1)
                matrix["data"][ends[start] : ends[stop]]
                matrix["indices"][ends[start] : ends[stop]]
        return
    import pyarrow.parquet as pq

    with pq.ParquetFile(table) as file:
        for group in range(file.num_row_groups):
            file.read_row_group(group)


def multiply(n_samples: int) -> None:
    """Do the matrix products of the default model for dense float32 inputs, and nothing between them."""
    import mbembed

    weights = [stage.weight for stage in mbembed.load_model().encoder.stages]
    rng = np.random.default_rng(SEED)
    inputs = rng.standard_normal((PRODUCT_ROWS, weights[0].shape[0]), dtype=np.float32)
    room = [np.empty((PRODUCT_ROWS, weight.shape[1]), dtype=np.float32) for weight in weights]
    for start in range(0, n_samples, PRODUCT_ROWS):
        n_rows = min(PRODUCT_ROWS, n_samples - start)
        block = inputs[:n_rows]
        for weight, out in zip(weights, room, strict=True):
            block = np.dot(block, weight, out=out[:n_rows])


def write(out: Path, n_samples: int) -> None:
    """Write vectors as NPY or Parquet (zstd), in blocks, until they are on disk."""
    import mbembed

    n_dimensions = mbembed.load_model().n_dimensions
    vectors = np.random.default_rng(SEED).standard_normal((BLOCK_ROWS, n_dimensions), dtype=np.float32)
    sizes = [min(BLOCK_ROWS, n_samples - start) for start in range(0, n_samples, BLOCK_ROWS)]
    if out.suffix == ".npy":
        with out.open("wb") as handle:
            np.lib.format.write_array_header_2_0(
                handle, {"descr": "<f4", "fortran_order": False, "shape": (n_samples, n_dimensions)}
            )
            for size in sizes:
                handle.write(vectors[:size].data)
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = [f"embedding_{i}" for i in range(n_dimensions)]
        schema = pa.schema([(name, pa.float32()) for name in columns])
        by_column = np.asfortranarray(vectors)
        with pq.ParquetWriter(out, schema, compression="zstd", use_dictionary=False) as writer:
            for size in sizes:
                arrays = [pa.array(by_column[:size, i]) for i in range(n_dimensions)]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    with out.open("r+b") as handle:
        os.fsync(handle.fileno())


def seconds(action: Callable[..., None], *arguments: object) -> float:
    """Time one call."""
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


def main(table: str, samples: str, out: str) -> None:
    """Time the three parts."""
    n_samples, path = int(samples), Path(out)
    for module in LIBRARIES:
        import_module(module)
    multiply(PRODUCT_ROWS)  # the model, and the threads of the BLAS
    parts = {
        "read": seconds(read, Path(table)),
        "products": seconds(multiply, n_samples),
        "write": seconds(write, path, n_samples),
    }
    path.unlink()
    print(json.dumps(parts))


if __name__ == "__main__":
    main(*sys.argv[1:])
