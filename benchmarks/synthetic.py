"""Write a synthetic table: ``python -m benchmarks.synthetic SPECIES_TSV N_SAMPLES OUT``.

A process of its own, so that the memory of the one that measures stays small (a child's peak
memory, as the system reports it, is never below its parent's).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl

SEED = 7
#: Share of the species that a sample has; real gut profiles have 10 to 20 %.
PRESENT = 0.15


def main(species: str, n_samples: str, out: str) -> None:
    """Write log-normal fractions of the distinct named species, samples in rows."""
    lines = Path(species).read_text(encoding="utf-8").splitlines()[1:]
    names = [name for name in dict.fromkeys(line.split("\t")[0] for line in lines) if name != "unknown"]
    rng = np.random.default_rng(SEED)
    shape = (int(n_samples), len(names))
    values = rng.lognormal(-3, 2.5, size=shape) * (rng.random(shape) < PRESENT)
    values /= values.sum(axis=1, keepdims=True)
    frame = pl.from_numpy(values, schema=names)
    frame.insert_column(0, pl.Series("sample", [f"s{i:05d}" for i in range(shape[0])]))
    frame.write_csv(out, separator="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
