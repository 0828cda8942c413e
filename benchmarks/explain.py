"""Do explanations tell the truth? Known species, permuted labels, removed species.

    python -m benchmarks.explain CORPUS [--model NAME|DIR] [--permutations 30] [--resamples 200]

CORPUS holds ``profiles.biom`` and ``metadata.tsv`` (columns sample, study, condition), as
curatedMetagenomicData gives them. For studies of colorectal cancer it prints

1. where the species stand that two meta-analyses of other authors found to be more abundant in colorectal
   cancer (Wirbel et al. 2019, Nat Med 25:679; Thomas et al. 2019, Nat Med 25:667), and whether they are stable;
2. with permuted labels: how often a species' interval leaves out 0 although nothing can be known of it, how often
   the whole difference does, and how many species are called stable;
3. how far the difference of the groups' scores falls when the ten species with the largest attributions are
   made absent, and when ten others of the same prevalence are;
4. how far attributions miss the difference of the scores (completeness).

The figures in docs/explain.md come from here.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import mbembed
from mbembed.tables.sample_metadata import read_metadata

if TYPE_CHECKING:
    from mbembed.embedding import Embedding
    from mbembed.explanation.explanation import Explanation
    from mbembed.tables.profile import Profile

#: Studies with both groups.
STUDIES = ("ZellerG_2014", "YuJ_2015", "FengQ_2015", "WirbelJ_2018", "YachidaS_2019")
#: Of these the labels are permuted.
PERMUTED = ("ZellerG_2014", "YuJ_2015")
CASE, CONTROL = "CRC", "control"
#: More abundant in colorectal cancer in both meta-analyses.
KNOWN = (
    "Fusobacterium nucleatum",
    "Parvimonas micra",
    "Peptostreptococcus stomatis",
    "Gemella morbillorum",
    "Porphyromonas asaccharolytica",
    "Solobacterium moorei",
    "Dialister pneumosintes",
)
#: Species that are removed, and draws of as many others.
N_REMOVED, N_DRAWS = 10, 100
#: Species of fewer samples than this (share) are hardly ever wrong, as there is hardly anything of them.
PREVALENT = 0.05
#: Species that are drawn in place of a removed one: those next to it in prevalence.
ALIKE = 20


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="folder with profiles.biom and metadata.tsv")
    parser.add_argument("--model", default="default", help="model (default: the one that travels with mbembed)")
    parser.add_argument(
        "--permutations", type=int, default=30, help="of the labels of each study; 0 leaves them out (default: 30)"
    )
    parser.add_argument("--resamples", type=int, default=200, help="per explanation (default: 200)")
    arguments = parser.parse_args()
    profile = mbembed.read_table(arguments.corpus / "profiles.biom")
    metadata = read_metadata(arguments.corpus / "metadata.tsv").frame.set_index("sample")
    cohorts = {study: _cohort(profile, metadata, study, arguments.model) for study in STUDIES}
    for study, (embedding, labels) in cohorts.items():
        explanation = _explain(embedding, labels, arguments.resamples)
        _print_known(study, explanation)
        _print_removed(explanation)
    for study in PERMUTED if arguments.permutations else ():
        _print_permuted(study, *cohorts[study], arguments.permutations, arguments.resamples)


def _cohort(profile: Profile, metadata: pd.DataFrame, study: str, model: str) -> tuple[Embedding, pd.DataFrame]:
    known = metadata.reindex(profile.sample_ids)
    rows = np.flatnonzero(((known.study == study) & known.condition.isin([CASE, CONTROL])).to_numpy())
    embedding = mbembed.embed(profile.select_samples(rows.tolist()), model)
    return embedding, known.loc[embedding.sample_ids, ["condition"]]


def _explain(embedding: Embedding, labels: pd.DataFrame, resamples: int, seed: int = 0) -> Explanation:
    return mbembed.explain(
        embedding, labels, contrast="condition", case=CASE, control=CONTROL, resamples=resamples, seed=seed
    )


def _print_known(study: str, explanation: Explanation) -> None:
    taxa = explanation.taxa.set_index("name")
    taxa["rank"] = np.arange(1, len(taxa) + 1)
    total = explanation.summary["total"]
    print(
        f"\n{study} ({', '.join(f'{n} {name}' for name, n in explanation.summary['groups']['sizes'].items())}): "
        f"held-out difference {total['attribution']:.2f} ({total['lower']:.2f} to {total['upper']:.2f}), "
        f"{explanation.summary['stable_taxa']} of {len(taxa)} stable, "
        f"completeness error {explanation.summary['completeness_error']:.1e}"
    )
    for name in KNOWN:
        if name not in taxa.index:
            print(f"  {name}: feeds no species of the model")
            continue
        row = taxa.loc[name]
        print(
            f"  {name}: rank {int(row['rank'])}, {row.attribution:+.4f} ({row.lower:+.4f} to {row.upper:+.4f}), "
            f"{'stable' if row.stable else 'not stable'}, {'more' if row.change > 0 else 'less'} in {CASE}"
        )


def _print_removed(explanation: Explanation) -> None:
    """Make species absent in every sample, and look at the difference of the scores."""
    setting, direction = explanation._setting, explanation._direction
    case = setting.design.case
    assert case is not None
    inputs = setting.paths.inputs.toarray()
    columns = setting.paths.attributions(direction.weights)
    shares = columns[case].mean(axis=0) - columns[~case].mean(axis=0)
    prevalence = (inputs > 0).mean(axis=0)
    top = np.argsort(-shares)[:N_REMOVED]
    others = np.setdiff1d(np.flatnonzero(prevalence > 0), top)
    generator = np.random.default_rng(0)
    alike = [others[np.argsort(np.abs(prevalence[others] - prevalence[one]), kind="stable")[:ALIKE]] for one in top]

    def left(removed: np.ndarray) -> float:
        from copy import copy

        from scipy.sparse import csr_array

        paths = copy(setting.paths)
        without = inputs.copy()
        without[:, removed] = 0.0
        paths.inputs = csr_array(without)
        scores = paths.scores(direction.weights)
        return float(scores[case].mean() - scores[~case].mean())

    drawn = [left(np.unique([generator.choice(own) for own in alike])) for _ in range(N_DRAWS)]
    print(
        f"  without its {N_REMOVED} largest species the difference of the scores falls from {left(np.array([], np.intp)):.2f} to {left(top):.2f}; "
        f"without others of the same prevalence to {np.mean(drawn):.2f} ({np.quantile(drawn, 0.025):.2f} to "
        f"{np.quantile(drawn, 0.975):.2f}, {N_DRAWS} draws)"
    )


def _print_permuted(study: str, embedding: Embedding, labels: pd.DataFrame, permutations: int, resamples: int) -> None:
    generator = np.random.default_rng(1)
    outside, totals, stable = [], [], []
    for seed in range(permutations):
        permuted = pd.DataFrame({"condition": generator.permutation(labels["condition"])}, index=labels.index)
        explanation = _explain(embedding, permuted, resamples, seed)
        sizes = np.array(list(explanation.summary["groups"]["sizes"].values()))
        taxa = explanation.taxa
        share = (taxa.prevalence_case * sizes[0] + taxa.prevalence_control * sizes[1]) / sizes.sum()
        prevalent = taxa[(share >= PREVALENT).to_numpy()]
        outside.append(float(((prevalent.lower > 0) | (prevalent.upper < 0)).mean()))
        totals.append(explanation.summary["total"]["lower"] > 0)
        stable.append(explanation.summary["stable_taxa"])
    print(
        f"\n{study}, {permutations} permutations of the labels: the interval leaves out 0 for {np.mean(outside):.1%} of the species "
        f"(of at least {PREVALENT:.0%} prevalence; {min(outside):.1%} to {max(outside):.1%}); the whole difference is above 0 in "
        f"{np.mean(totals):.1%}; species called stable: mean {np.mean(stable):.1f}, at most {max(stable)}"
    )


if __name__ == "__main__":
    main()
