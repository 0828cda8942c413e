"""``python -m benchmarks``: mbembed beside the published script, in one run on one machine."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.paired import compare, machine

#: Samples of the cold start and of the larger table.
SMALL, LARGE = 100, 10_000


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
        mbembed = [python, "-m", "mbembed"]
        files = [str(args.checkpoint), "--species", str(args.species)]
        subprocess.run([*mbembed, "models", "import", *files, "--name", "mae30", "-q"], check=True)
        species = folder / "models" / "mae30" / "species.tsv"
        for n_samples in (SMALL, LARGE):
            table = str(folder / f"{n_samples}.tsv")
            subprocess.run([python, "-m", "benchmarks.synthetic", str(species), str(n_samples), table], check=True)
            out = str(folder / "ours.tsv")
            theirs = [*map(str, (args.script, args.checkpoint, args.species)), table, str(folder / "theirs.csv")]
            compare(
                f"embed {n_samples:,} samples, TSV to TSV, mae30",
                [*mbembed, "embed", table, "-o", out, "--model", "mae30", "-q"],
                [python, "-m", "benchmarks.published", *theirs],
                args.runs,
            )


if __name__ == "__main__":
    main()
