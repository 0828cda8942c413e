"""``python -m benchmarks.text``: the parser and the writer of text beside those of polars and pyarrow.

The same numbers in the same form, in turn in one process. The writers write eight decimals, as mbembed
does; pyarrow's has no setting for that and writes as many as it takes. A ratio above 1 means that
mbembed is faster.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.encoding import in_turn
from benchmarks.paired import machine

if TYPE_CHECKING:
    from collections.abc import Callable

#: Samples × numbers: a table to read, embeddings to write.
READ, WRITE = (10_000, 886), (10_000, 1_024)
PRESENT = 0.15
SEED = 7
DECIMALS = 8


def report(title: str, size: int, actions: dict[str, Callable[[], object]], runs: int) -> None:
    """Print medians of runs in turn; the first action is ours."""
    times = in_turn(actions, runs)
    ours = next(iter(times.values()))
    print(f"\n{title}: {size / 2**20:.0f} MiB, {runs} runs in turn")
    for name, seconds in times.items():
        ratio = statistics.median(b / a for a, b in zip(ours, seconds, strict=True))
        print(f"  {name:<36} {statistics.median(seconds):7.3f} s  ratio {ratio:5.2f}")


def reading(folder: Path, runs: int) -> None:
    """Compare readers: the cells alone, and `read_table`, which also checks and names them."""
    import polars as pl
    import pyarrow.csv

    from mbembed.tables import read_table

    rng = np.random.default_rng(SEED)
    values = rng.lognormal(-3, 2.5, size=READ) * (rng.random(READ) < PRESENT)
    values /= values.sum(axis=1, keepdims=True)
    frame = pl.from_numpy(values, schema=[f"Genus{i} species{i}" for i in range(READ[1])])
    frame.insert_column(0, pl.Series("sample", [f"s{i:05d}" for i in range(READ[0])]))
    path = folder / "table.tsv"
    frame.write_csv(path, separator="\t")
    tabs = pyarrow.csv.ParseOptions(delimiter="\t")
    actions = {
        "mbembed.read_table (with its checks)": lambda: read_table(path),
        "polars.read_csv": lambda: pl.read_csv(path, separator="\t"),
        "pyarrow.csv.read_csv": lambda: pyarrow.csv.read_csv(path, parse_options=tabs),
    }
    report(f"reading {READ[0]:,} × {READ[1]:,}, TSV", path.stat().st_size, actions, runs)


def writing(folder: Path, runs: int) -> None:
    """Compare writers."""
    import polars as pl
    import pyarrow
    import pyarrow.csv

    from mbembed.outputs.text import TextWriter

    values = np.random.default_rng(SEED).normal(size=WRITE).astype(np.float32)
    ids = [f"s{i:05d}" for i in range(WRITE[0])]
    names = [f"embedding_{i}" for i in range(WRITE[1])]
    frame = pl.from_numpy(values, schema=names)
    frame.insert_column(0, pl.Series("sample", ids))
    table = pyarrow.table(dict(zip(["sample", *names], [ids, *values.T], strict=True)))
    tabs = pyarrow.csv.WriteOptions(delimiter="\t")

    def ours() -> None:
        with (folder / "ours.tsv").open("wb") as handle, TextWriter(handle, names) as writer:
            writer.write(values, ids)

    actions = {
        "mbembed": ours,
        "polars.write_csv": lambda: frame.write_csv(
            folder / "polars.tsv", separator="\t", float_precision=DECIMALS, float_scientific=False
        ),
        "pyarrow.csv.write_csv": lambda: pyarrow.csv.write_csv(table, folder / "pyarrow.tsv", tabs),
    }
    ours()
    report(f"writing {WRITE[0]:,} × {WRITE[1]:,}, TSV", (folder / "ours.tsv").stat().st_size, actions, runs)


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of each, in turn (default: 7)")
    args = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as scratch:
        reading(Path(scratch), args.runs)
        writing(Path(scratch), args.runs)


if __name__ == "__main__":
    main()
