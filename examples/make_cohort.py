"""Make the shipped example: a simulated cohort, as BIOM, as a MetaPhlAn table, with metadata.

Run ``python examples/make_cohort.py``; the seed is fixed, the files come out the same. No
person's data are in it: the only input is a list of species as MetaPhlAn 3 names them, with their
mean abundance and prevalence in the training corpus of the default model (``species.tsv``).

The simulation, per sample:

1. A community type (two, as most adult cohorts show): in type 1 *Bacteroides* and
   *Phocaeicola* species are more common, in type 2 *Prevotella* species.
2. A group: controls, or cases, in whom some oral species are more often present and some
   butyrate producers less abundant, which gives the example something to find.
3. A species is present with a probability that follows its prevalence; its abundance is
   log-normal around its mean; 10-fold changes between people are usual (SD 0.8 in log10).
4. Closure to fractions, values below the detection limit of the sequencing depth removed.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

SEED = 1122
N_SAMPLES = 48
#: Spread of a species' abundance between people (standard deviation, log10 units).
SPREAD = 0.8
#: Detection limit (fraction of the sample), as of some ten million reads.
DETECTION_LIMIT = 1e-5
#: How many times more abundant the genera of a community type are in it.
TYPE_EFFECT = 6.0
#: How much cases differ: odds of presence of oral species, abundance of butyrate producers.
CASE_ODDS, CASE_ABUNDANCE = 5.0, 0.35
ORAL = ("Fusobacterium", "Parvimonas", "Peptostreptococcus", "Porphyromonas", "Streptococcus", "Gemella")
BUTYRATE = ("Faecalibacterium", "Roseburia", "Eubacterium", "Agathobaculum", "Coprococcus")
TYPES = (("Bacteroides", "Phocaeicola"), ("Prevotella",))

HERE = Path(__file__).parent
SPECIES = HERE / "species.tsv"


def simulate() -> tuple[np.ndarray, list[str], list[dict[str, str]]]:
    """Return fractions (samples × species), species names and one metadata row per sample."""
    rng = np.random.default_rng(SEED)
    with SPECIES.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    names = [row["name"] for row in rows]
    genus = np.array([name.split()[0] for name in names])
    prevalence = np.array([float(row["prevalence"]) for row in rows])
    mean = np.array([float(row["mean_fraction"]) for row in rows])
    centre = np.log10(mean / prevalence) - SPREAD**2 * np.log(10) / 2  # so that the mean comes out right

    values, metadata = [], []
    for i in range(N_SAMPLES):
        kind, case = int(rng.integers(2)), i % 2 == 1
        odds = prevalence / (1 - np.minimum(prevalence, 0.999))
        abundance = 10 ** (centre + SPREAD * rng.normal(size=len(names)))
        abundance[np.isin(genus, TYPES[kind])] *= TYPE_EFFECT
        abundance[np.isin(genus, TYPES[1 - kind])] /= TYPE_EFFECT
        if case:
            odds[np.isin(genus, ORAL)] *= CASE_ODDS
            abundance[np.isin(genus, BUTYRATE)] *= CASE_ABUNDANCE
        abundance *= rng.random(len(names)) < odds / (1 + odds)
        abundance /= abundance.sum()
        abundance[abundance < DETECTION_LIMIT] = 0
        values.append(abundance / abundance.sum())
        metadata.append(
            {
                "sample": f"EX{i + 1:03d}",
                "group": "case" if case else "control",
                "age": str(int(np.clip(rng.normal(52, 14), 18, 88))),
                "site": ("north", "south", "west")[i % 3],
            }
        )
    table = np.array(values)
    seen = table.any(axis=0)
    return table[:, seen], [name for name, keep in zip(names, seen, strict=True) if keep], metadata


def write_biom(table: np.ndarray, names: list[str], samples: list[str]) -> None:
    """Write examples/cohort.biom (BIOM 2.1), fractions."""
    from datetime import UTC, datetime

    import biom
    import h5py

    content = biom.Table(table.T, names, samples, type="Taxon table")
    with h5py.File(HERE / "cohort.biom", "w", track_order=True) as handle:
        content.to_hdf5(handle, "mbembed examples/make_cohort.py", creation_date=datetime(2026, 1, 1, tzinfo=UTC))


def write_metaphlan(table: np.ndarray, names: list[str], samples: list[str]) -> None:
    """Write examples/cohort_metaphlan.tsv: laid out like a merged MetaPhlAn 3 table (percent, two ranks)."""
    genera: dict[str, np.ndarray] = {}
    for name, column in zip(names, table.T, strict=True):
        genera[name.split()[0]] = genera.get(name.split()[0], np.zeros(len(samples))) + column
    with (HERE / "cohort_metaphlan.tsv").open("w", encoding="utf-8", newline="\n") as handle:
        handle.write("#mpa_v30_simulated\n")
        handle.write("\t".join(["clade_name", "NCBI_tax_id", *samples]) + "\n")

        def row(clade: str, values: np.ndarray) -> None:
            handle.write("\t".join([clade, "", *(f"{100 * value:.5f}" if value else "0" for value in values)]) + "\n")

        for genus, total in genera.items():
            row(f"k__Bacteria|g__{genus}", total)
            for name, column in zip(names, table.T, strict=True):
                if name.split()[0] == genus:
                    row(f"k__Bacteria|g__{genus}|s__{name.replace(' ', '_')}", column)


def main() -> None:
    """Write the three files."""
    table, names, metadata = simulate()
    samples = [row["sample"] for row in metadata]
    write_biom(table, names, samples)
    write_metaphlan(table, names, samples)
    with (HERE / "cohort_metadata.tsv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(metadata[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(metadata)


if __name__ == "__main__":
    main()
