"""``python -m benchmarks.large``: one large table, against what reading, multiplying and writing alone take.

A table of species names from the installed maps is generated (nothing is fetched), as BIOM 2.1 and as
Parquet. For each, the floor is measured (`benchmarks.large_floor`: the bytes of the values read in
blocks, the matrix products of the default model, the bytes of the vectors written), then
``mbembed embed``, in turn, each as a process of its own, with the peak of its memory; and some rows
are compared with the path in memory. ``--samples 1000000`` needs 15 GB of disk and half an hour.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.paired import machine, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Defaults: a size for a coffee break; the goals are stated for a million.
SAMPLES, TAXA, NONZEROS = 20_000, 3_000, 150
#: The goals: times the floor, and peak memory (MiB).
GOAL_RATIO, GOAL_MIB = 2.0, 1536.0
PARTS = ("read", "products", "write")


def run(module: str, *arguments: object) -> str:
    """Run a module of the benchmarks, and return what it prints."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    process = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return process.stdout.strip()


def compare(table: Path, out: Path, shape: Sequence[int], runs: int) -> None:
    """Print floor, time, ratio and memory for one table and one output, and check the rows."""
    floors, costs = [], []
    for _ in range(runs):
        floors.append(json.loads(run("large_floor", table, shape[0], out.with_stem("floor"))))
        costs.append(measure([sys.executable, "-m", "mbembed", "embed", str(table), "-o", str(out), "-q"]))
    ratios = [cost.seconds / sum(floor.values()) for cost, floor in zip(costs, floors, strict=True)]
    parts = " + ".join(f"{part} {statistics.median(floor[part] for floor in floors):.1f}" for part in PARTS)
    total = statistics.median(sum(floor.values()) for floor in floors)
    took = statistics.median(cost.seconds for cost in costs)
    print(
        f"{table.suffix} ({table.stat().st_size / 1e9:.2f} GB) to {out.suffix}: mbembed {took:.1f} s "
        f"({shape[0] / took:,.0f} samples/s), floor {total:.1f} s ({parts}), ratio {statistics.median(ratios):.2f} "
        f"(goal {GOAL_RATIO:g}), peak {max(cost.mib for cost in costs):,.0f} MiB (goal {GOAL_MIB:,.0f}); {runs} pair(s)",
        flush=True,
    )
    for line in run("large_check", *shape, out).splitlines():
        print(f"  {line}", flush=True)
    out.unlink()


def main() -> None:
    """Generate, measure, compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES, help=f"default: {SAMPLES}; the goals: 1000000")
    parser.add_argument("--taxa", type=int, default=TAXA, help=f"default: {TAXA}")
    parser.add_argument("--nonzeros", type=int, default=NONZEROS, help=f"taxa in each sample (default: {NONZEROS})")
    parser.add_argument("--tables", nargs="+", choices=("biom", "parquet"), default=("biom", "parquet"))
    parser.add_argument("--outputs", nargs="+", choices=("npy", "parquet"), default=("npy", "parquet"))
    parser.add_argument("--runs", type=int, default=1, help="pairs of runs (default: 1)")
    parser.add_argument("--folder", type=Path, help="where tables and results go for a while (default: a new one)")
    args = parser.parse_args()
    shape = (args.samples, args.taxa, args.nonzeros)
    print(f"{machine()}; {args.samples:,} samples × {args.taxa:,} taxa × {args.nonzeros} non-zeros, float64 fractions")
    print("BIOM: both copies, gzip 4 as biom-format writes them; Parquet: snappy, row groups of 10,000 samples")
    with tempfile.TemporaryDirectory(dir=args.folder) as scratch:
        for kind in args.tables:
            table = Path(scratch) / f"table.{kind}"
            run("large_tables", *shape, table)
            for output in args.outputs:
                compare(table, Path(scratch) / f"vectors.{output}", shape, args.runs)
            table.unlink()


if __name__ == "__main__":
    main()
