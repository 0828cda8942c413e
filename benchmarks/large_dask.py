"""``python -m benchmarks.large_dask``: a Dask cluster on this machine beside ``mbembed embed`` alone.

The same generated samples, as one Parquet file and as a folder of them (10,000 samples each). Both are
timed as processes of their own, from their start to the last vector on disk; the cluster has one
worker for each core. A ratio above 1 means that the cluster is slower.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.large import NONZEROS, TAXA, run
from benchmarks.paired import machine, measure

#: Default number of samples: a few files for each core.
SAMPLES = 100_000


def on_cluster(tables: Path, out: Path, workers: int) -> None:
    """Embed a folder of files on a cluster of processes."""
    import warnings

    from distributed import Client, LocalCluster

    from mbembed.distributed import embed_shards

    options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(processes=True, **options) as cluster, Client(cluster), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of samples of which little matches
        embed_shards(tables, out)


def same(one: Path, folder: Path) -> bool:
    """Tell whether a file of vectors holds those of a folder, in their order."""
    import polars as pl

    return pl.read_parquet(one).equals(pl.concat(map(pl.read_parquet, sorted(folder.glob("*.parquet")))))


def main() -> None:
    """Generate, measure in turn, compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_dask", description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES, help=f"default: {SAMPLES}")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="default: one for each core")
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs (default: 3)")
    parser.add_argument("--folder", type=Path, help="where tables and results go for a while (default: a new one)")
    parser.add_argument("--cluster", nargs=2, type=Path, metavar=("TABLES", "OUT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.cluster:
        on_cluster(*args.cluster, args.workers)
        return
    print(f"{machine()}; {args.samples:,} samples × {TAXA:,} taxa × {NONZEROS} non-zeros, {args.workers} workers")
    with tempfile.TemporaryDirectory(dir=args.folder) as scratch:
        table, tables = Path(scratch) / "table.parquet", Path(scratch) / "tables"
        for target in (table, tables):
            run("large_tables", args.samples, TAXA, NONZEROS, target)
        pairs = []
        for i in range(args.runs):
            one, many = Path(scratch) / "vectors.parquet", Path(scratch) / f"vectors{i}"
            alone = measure([sys.executable, "-m", "mbembed", "embed", str(table), "-o", str(one), "-q"])
            command = [sys.executable, "-m", "benchmarks.large_dask", "--workers", str(args.workers)]
            cluster = measure([*command, "--cluster", str(tables), str(many)])
            pairs.append((alone.seconds, cluster.seconds))
        ratios = [cluster / alone for alone, cluster in pairs]
        print(
            f"mbembed embed {statistics.median(a for a, _ in pairs):.1f} s, Dask {statistics.median(b for _, b in pairs):.1f} s, "
            f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}, {args.runs} pairs); "
            f"the vectors are {'the same bit for bit' if same(one, many) else 'NOT THE SAME'}"
        )


if __name__ == "__main__":
    main()
