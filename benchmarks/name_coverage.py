"""How much of each real table finds its place: equal names against the name maps.

    python benchmarks/name_coverage.py DATA [--detail]

Prints, for every species table of the folder,

1. the mean share of the classified species abundance that feeds the published 902-column
   model (GTDB R220 names) and the lumped units of at least 1 % prevalence, and the number of
   columns that the profiler could have seen;
2. for samples profiled twice, the cosine of the two vectors log10(max(x, 1e-4)) + 2 and how
   often a sample's nearest neighbour in the other table is itself, before (equal names) and
   after (units).

Nothing of the folder is kept; the figures in docs/names.md come from here.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import mbembed
from mbembed.errors import DialectError
from mbembed.taxonomy import maps
from mbembed.taxonomy.nomenclature import NOMENCLATURES, detect_nomenclature
from mbembed.taxonomy.resolver import resolve
from mbembed.taxonomy.target import Target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.tables.profile import Profile
    from mbembed.taxonomy.nomenclature import Nomenclature
    from mbembed.taxonomy.target import Placement

#: Units that this share of 8,272 public gut samples has are columns.
MIN_PREVALENCE = 0.01
#: Floor of the published preprocessing, as a fraction, and what is added after the logarithm.
FLOOR, SHIFT = 1e-4, 2.0

TABLES = (
    "corpus/profiles.biom",
    "crossprofiler/metaphlan3_merged.txt",
    "crossprofiler/bracken_gtdb_r95_S.txt",
    "crossprofiler/bracken_ncbi_S.txt",
    "corpus_more/metaml_stool.biom",
    "corpus_more/ihmp_mpa2.biom",
    "corpus_more/yachida_mpa2.biom",
    "corpus_more/erawijantari_mpa2.biom",
    "corpus_more/mars_ibs_shogun.biom",
    "corpus_more/neighborfinder_crc_msp.biom",
    "corpus_more/wirbel_motus2.biom",
    "formats/metaphlan2_merged_bom.csv",
    "formats/metaphlan/Subj001_time1_S1_metaphlan3.txt",
    "formats/metaphlan/Subj003_time1_S3_metaphlan3.txt",
    "formats/metaphlan/ERR7569997.txt",
    "formats/metaphlan/ERR7569998.txt",
    "formats/motus/2612_pe-ERR5766176-db_mOTU.out",
)
#: Tables of the same people; their sample names differ by a suffix.
PAIRS = (
    ("crossprofiler/metaphlan3_merged.txt", "crossprofiler/bracken_gtdb_r95_S.txt"),
    ("crossprofiler/metaphlan3_merged.txt", "crossprofiler/bracken_ncbi_S.txt"),
    ("crossprofiler/bracken_gtdb_r95_S.txt", "crossprofiler/bracken_ncbi_S.txt"),
)


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the real tables")
    parser.add_argument("--detail", action="store_true", help="also the share of each stage and the largest leftovers")
    arguments = parser.parse_args()
    data: Path = arguments.data

    with (data / "upstream" / "model_species_reference.csv").open(encoding="utf-8") as handle:
        published = Target([row["species_name"] for row in csv.DictReader(handle)], "GTDB R220")
    units = [unit for unit, fact in maps.unit_facts().items() if fact.prevalence >= MIN_PREVALENCE]
    lumped = Target(units, "lumped units")
    corpus = mbembed.read_table(data / "corpus" / "profiles.biom")
    common = np.diff(corpus.values.tocsc().indptr) >= MIN_PREVALENCE * corpus.n_samples
    species = Target([name for name, keep in zip(corpus.taxon_names, common, strict=True) if keep], "MetaPhlAn 3")

    print("Mean share of species abundance, %: equal names → resolve (strict); columns seen / observable")
    print(f"{'table':44} {'samples':>7} {'naming':22} {'published model':34} {lumped.n_columns} unit columns")
    for table in TABLES:
        try:
            profile = mbembed.read_table(data / table)
        except DialectError as error:
            print(f"{table:44} not read: {error.found}")
            continue
        started = time.perf_counter()
        nomenclature = detect_nomenclature(profile.taxa)
        resolutions = resolve(profile.taxa, nomenclature)
        took = time.perf_counter() - started
        texts = []
        for target, exact in ((published, published), (lumped, species)):
            placed = target.columns_for(resolutions)
            shares = [
                covered(profile, placements)
                for placements in (exact.equal_names(profile.taxa), placed, target.columns_for(resolutions, "strict"))
            ]
            seen = len({column for placement in placed for column, _ in placement.columns})
            observable = int(target.observable_columns(nomenclature, filled=placed).sum())
            texts.append(f"{shares[0]:5.1f} → {shares[1]:5.1f} ({shares[2]:5.1f}); {seen:3d} / {observable:3d}")
        name = f"{nomenclature.name} {nomenclature.release}"
        print(f"{table:44} {profile.n_samples:7d} {name:22} {texts[0]:34} {texts[1]}  [{took * 1e3:.0f} ms]")
        if arguments.detail:
            detail(profile, nomenclature, published.columns_for(resolutions))

    print("\nSame samples, two profilers: cosine (other pairs) and nearest neighbour is itself, equal names → units")
    for left, right in PAIRS:
        before, after = (
            agreement(data / left, data / right, t, m) for t, m in ((species, "exact"), (lumped, "resolve"))
        )
        print(f"{Path(left).stem} | {Path(right).stem}: {before} → {after}")


def weights(profile: Profile) -> NDArray[np.float64]:
    """Return the mean share of the classified abundance that each taxon has."""
    total = profile.classified
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0) / max(1, int((total > 0).sum()))
    return np.asarray(profile.values.T @ scale)


def covered(profile: Profile, placements: list[Placement]) -> float:
    """Return the mean share of the classified abundance that feeds a model, in percent."""
    feeds = np.array([bool(placement.columns) for placement in placements])
    return float(100 * weights(profile)[feeds].sum())


def detail(profile: Profile, nomenclature: Nomenclature, placements: list[Placement]) -> None:
    """Print the share of each stage, and what the published model does not get."""
    share = 100 * weights(profile)
    stages: dict[str, float] = {}
    for placement, percent in zip(placements, share, strict=True):
        rule = placement.rule or placement.reason
        stages[rule] = stages.get(rule, 0.0) + float(percent)
    left = [i for i in np.argsort(-share)[:200] if not placements[i].columns][:8]
    print(f"    {NOMENCLATURES[nomenclature.name]}: {nomenclature.evidence}")
    print("    " + "; ".join(f"{rule} {percent:.1f}" for rule, percent in sorted(stages.items(), key=lambda p: -p[1])))
    print("    left: " + "; ".join(f"{profile.taxa[i].name} {share[i]:.1f} ({placements[i].reason})" for i in left))


def vectors(profile: Profile, target: Target, mode: str) -> NDArray[np.float64]:
    """Return log-scaled abundances in the target's columns; shape (n_samples, n_columns)."""
    aligned = np.zeros((profile.n_samples, target.n_columns))
    fractions = profile.values.toarray() / profile.classified[:, None]
    for taxon, placement in enumerate(target.match(profile.taxa, mode)):
        for column, weight in placement.columns:
            aligned[:, column] += weight * fractions[:, taxon]
    return np.log10(np.maximum(aligned, FLOOR)) + SHIFT


def agreement(left: Path, right: Path, target: Target, mode: str) -> str:
    """Compare two tables of the same samples, in the columns that either of them fills."""
    one, two = mbembed.read_table(left), mbembed.read_table(right)
    place = {sample.split("_")[0]: index for index, sample in enumerate(two.sample_ids)}
    both = [(index, place[name]) for index, name in enumerate(s.split("_")[0] for s in one.sample_ids) if name in place]
    a = vectors(one, target, mode)[[index for index, _ in both]]
    b = vectors(two, target, mode)[[index for _, index in both]]
    empty = np.log10(FLOOR) + SHIFT
    filled = ((a > empty) | (b > empty)).any(axis=0)
    a, b = (x[:, filled] / np.linalg.norm(x[:, filled], axis=1, keepdims=True) for x in (a, b))
    cosine = a @ b.T
    own = np.diag(cosine)
    others = (cosine.sum() - own.sum()) / (cosine.size - len(own))
    nearest = float((cosine.argmax(axis=1) == np.arange(len(own))).mean())
    return f"{own.mean():.3f} ({others:.3f}), {100 * nearest:.1f} % [{int(filled.sum())} columns, {len(own)} samples]"


if __name__ == "__main__":
    sys.exit(main())
