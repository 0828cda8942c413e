"""``python -m benchmarks``: mbembed beside the published script, in one run on one machine."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.paired import compare, machine

#: Seed of the synthetic tables.
SEED = 7
#: Share of the species that a sample has; real gut profiles have 10 to 20 %.
PRESENT = 0.15
#: Samples of the cold start and of the larger table.
SMALL, LARGE = 100, 10_000


def synthetic_table(path: Path, species: list[str], n_samples: int) -> None:
    """Write log-normal fractions, samples in rows."""
    rng = np.random.default_rng(SEED)
    values = rng.lognormal(-3, 2.5, size=(n_samples, len(species))) * (rng.random((n_samples, len(species))) < PRESENT)
    values /= values.sum(axis=1, keepdims=True)
    frame = pl.from_numpy(values, schema=species)
    frame.insert_column(0, pl.Series("sample", [f"s{i:05d}" for i in range(n_samples)]))
    frame.write_csv(path, separator="\t")


def main() -> None:
    """Run the comparisons that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--script", type=Path, help="embed_new_samples.py of LironZa/MBEmbed; nothing is fetched")
    parser.add_argument("--checkpoint", type=Path, help="mae30_encoder_full.pkl")
    parser.add_argument("--species", type=Path, help="model_species_reference.csv")
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs (default: 5)")
    args = parser.parse_args()
    python = sys.executable
    print(machine())
    compare(
        "import mbembed / import numpy, pandas",
        [python, "-c", "import mbembed; mbembed.embed; mbembed.read_table"],
        [python, "-c", "import numpy, pandas"],
        args.runs,
    )
    compare("mbembed --help / python -c pass", [python, "-m", "mbembed", "--help"], [python, "-c", "pass"], args.runs)
    if not (args.script and args.checkpoint and args.species):
        print("published script: skipped (give --script, --checkpoint and --species)")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["MBEMBED_MODELS"] = str(folder / "models")
        from mbembed.models.importing import import_checkpoint

        model = import_checkpoint(args.checkpoint, args.species, "mae30")
        species = list(dict.fromkeys(model.species))
        for n_samples in (SMALL, LARGE):
            table = folder / f"{n_samples}.tsv"
            synthetic_table(table, species, n_samples)
            out = folder / "ours.tsv"
            compare(
                f"embed {n_samples:,} × {len(species)}, TSV to TSV, mae30",
                [python, "-m", "mbembed", "embed", str(table), "-o", str(out), "--model", "mae30", "-q"],
                [python, "-m", "benchmarks.published", *map(str, (args.script, args.checkpoint, args.species)),
                 str(table), str(folder / "theirs.csv")],
                args.runs,
            )  # fmt: skip


if __name__ == "__main__":
    main()
