"""``python -m benchmarks.reading``: `mbembed.read_table` beside what people read tables with.

All readers get the same generated files, in turn, in one process: BIOM against
``biom.load_table``, text against ``pandas.read_csv``. A ratio above 1 means that mbembed is faster.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from benchmarks.paired import machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from mbembed.tables.profile import Profile

#: Seed of the tables.
SEED = 7
#: Share of the species that a sample has; real gut profiles have 10 to 20 %.
PRESENT = 0.15
#: Samples × species of a study and of a collection.
SIZES = ((100, 900), (2_000, 2_000))


def synthetic_profile(n_samples: int, n_species: int, *, counts: bool) -> Profile:
    """Return log-normal abundances with lineages: fractions, or counts of a million reads per sample."""
    from mbembed.tables.profile import Profile, Taxon

    rng = np.random.default_rng(SEED)
    values = rng.lognormal(-3, 2.5, size=(n_samples, n_species)) * (rng.random((n_samples, n_species)) < PRESENT)
    values /= values.sum(axis=1, keepdims=True)
    values = np.rint(values * 1e6) if counts else values
    taxa = []
    for i in range(n_species):
        name = f"Genus{chr(97 + i % 26)} species{i}"
        ranks = ("d__Bacteria", f"p__Phylum{i % 9}", f"f__Family{i % 90}", f"g__{name.split()[0]}", f"s__{name}")
        taxa.append(Taxon(name, name, ranks, "species"))
    unit = "counts" if counts else "fraction"
    ids = [f"sample{i:05d}" for i in range(n_samples)]
    return Profile(sparse.csr_array(values), ids, taxa, unit, "synthetic", np.zeros(n_samples))


def seconds(action: Callable[[], object]) -> float:
    """Time one call."""
    gc.collect()
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compare(title: str, ours: Callable[[], object], theirs: Callable[[], object], runs: int) -> float:
    """Print the medians of paired runs, and return the median ratio theirs / ours."""
    seconds(ours), seconds(theirs)  # imports, file cache
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    ratios = [b / a for a, b in pairs]
    print(
        f"{title:<58} mbembed {statistics.median(a for a, _ in pairs):7.3f} s  "
        f"other {statistics.median(b for _, b in pairs):7.3f} s  ratio {statistics.median(ratios):5.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f})",
        flush=True,
    )
    return statistics.median(ratios)


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs (default: 5)")
    args = parser.parse_args()

    import biom
    import pandas as pd

    from mbembed.outputs.profile_writers import write_profile
    from mbembed.tables import read_table

    print(machine())
    with tempfile.TemporaryDirectory() as scratch:
        for n_samples, n_species in SIZES:
            for counts in (False, True):
                profile = synthetic_profile(n_samples, n_species, counts=counts)
                what = f"{n_samples:,} × {n_species:,} {profile.unit}"
                for title, suffix in (("BIOM 2.1 / biom.load_table", ".biom"), ("BIOM 1.0 / biom.load_table", ".json")):
                    path = Path(scratch) / f"table{suffix}"
                    write_profile(path, profile)
                    compare(
                        f"{title}, {what}", lambda p=path: read_table(p), lambda p=path: biom.load_table(p), args.runs
                    )
                frame = profile.to_frame()
                for title, table in (("samples in rows", frame), ("taxa in rows", frame.T)):
                    path = Path(scratch) / "table.tsv"
                    table.to_csv(path, sep="\t")
                    compare(
                        f"TSV / pandas.read_csv, {title}, {what}",
                        lambda p=path: read_table(p),
                        lambda p=path: pd.read_csv(p, sep="\t", index_col=0),
                        args.runs,
                    )


if __name__ == "__main__":
    main()
