"""``python -m benchmarks``: mbembed beside the published script, in one run on one machine."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.paired import compare, machine

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Samples of the cold start and of the larger table.
SMALL, LARGE = 100, 10_000
#: From what to what the larger table is embedded. The published script reads text; a BIOM file it is
#: handed by biom-format. It writes CSV always.
WAYS = ((".tsv", ".tsv"), (".tsv", ".parquet"), (".biom", ".npy"))


def cold_start(runs: int, scratch: Path) -> None:
    """Compare how long it takes until something happens, with importing and with doing nothing."""
    python, species = sys.executable, str(scratch / "species.tsv")
    code = "import mbembed; print('name', *dict.fromkeys(mbembed.load_model().species), sep='\\n')"
    names = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout
    Path(species).write_text(names, encoding="utf-8")
    table = str(scratch / "default.tsv")
    subprocess.run([python, "-m", "benchmarks.synthetic", species, str(SMALL), table], check=True)
    imports = [python, "-c", "import numpy, pandas"]
    embed = [python, "-m", "mbembed", "embed", table, "-o", str(scratch / "default_out.tsv"), "-q"]
    compare(f"embed {SMALL} samples, TSV to TSV / import numpy, pandas", embed, imports, runs)
    ours = [python, "-c", "import mbembed; mbembed.embed; mbembed.read_table"]
    compare("import mbembed / import numpy, pandas", ours, imports, runs)
    compare("mbembed --help / python -c pass", [python, "-m", "mbembed", "--help"], [python, "-c", "pass"], runs)


def beside_published(published: Sequence[str], runs: int, folder: Path) -> None:
    """Compare whole runs with those of the published script."""
    os.environ["MBEMBED_MODELS"] = str(folder / "models")
    python = sys.executable
    mbembed = [python, "-m", "mbembed"]
    _, checkpoint, csv = published
    importing = [*mbembed, "models", "import", checkpoint, "--species", csv, "--name", "mae30", "-q"]
    subprocess.run(importing, check=True)
    species = folder / "models" / "mae30" / "species.tsv"
    for n_samples, ways in ((SMALL, WAYS[:1]), (LARGE, WAYS)):
        table = folder / f"{n_samples}.tsv"
        subprocess.run([python, "-m", "benchmarks.synthetic", str(species), str(n_samples), str(table)], check=True)
        for source, target in ways:
            given = table.with_suffix(source)
            if not given.exists():
                subprocess.run([*mbembed, "convert", str(table), str(given), "-q"], check=True)
            out = str(folder / f"ours{target}")
            theirs = [*published, str(given), str(folder / "theirs.csv")]
            compare(
                f"embed {n_samples:,} samples, {source[1:]} to {target[1:]}, mae30",
                [*mbembed, "embed", str(given), "-o", out, "--model", "mae30", "-q"],
                [python, "-m", "benchmarks.published", *theirs],
                runs,
            )


def main() -> None:
    """Run the comparisons that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--script", type=Path, help="embed_new_samples.py of LironZa/MBEmbed; nothing is fetched")
    parser.add_argument("--checkpoint", type=Path, help="mae30_encoder_full.pkl")
    parser.add_argument("--species", type=Path, help="model_species_reference.csv")
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs (default: 5)")
    args = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        cold_start(args.runs, Path(scratch))
        if args.script and args.checkpoint and args.species:
            beside_published([str(args.script), str(args.checkpoint), str(args.species)], args.runs, Path(scratch))
        else:
            print("published script: skipped (give --script, --checkpoint and --species)")


if __name__ == "__main__":
    main()
