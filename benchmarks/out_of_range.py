"""Judge tables as in range or out of range, and predict species that are hidden.

    python benchmarks/out_of_range.py DATA [--sites TABLE METADATA] [--limit N]

DATA is a folder with tables, of which those that are there are taken. ``--sites`` adds a table of several body
sites: METADATA is tab-separated, with the columns ``sample`` and ``bodysite``. Prints three tables:

1. how many samples of each table are in range, unusual and out of range, by the whole rule and by the scores alone
   (without what is known of amplicons and of the match);
2. the AUC of each score, and of their combination, at telling the samples of each table from gut samples of tables
   that the model was not trained on;
3. how well the species of unseen gut samples are predicted from their other species, beside what prevalence and
   mean abundance alone say.

The figures in docs/out-of-range.md and docs/impute.md come from here.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import mbembed
from mbembed.errors import MbembedError
from mbembed.in_range.judgement import OUT_PERCENTILE, UNUSUAL_PERCENTILE
from mbembed.models.folder import read_species

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.imputation import Imputation

#: Gut samples: (name, file, whether the model saw none of these people in training).
GUT = (
    ("South Africa, MetaPhlAn 3", "crossprofiler/metaphlan3_merged.txt", True),
    ("South Africa, Bracken on GTDB", "crossprofiler/bracken_gtdb_r95_S.txt", True),
    ("South Africa, Bracken on GenBank", "crossprofiler/bracken_ncbi_S.txt", True),
    ("IBS (Mars 2020), SHOGUN", "corpus_more/mars_ibs_shogun.biom", True),
    ("GMHI collection, MetaPhlAn 2", "formats/metaphlan2_merged_bom.csv", False),
    ("Yachida 2019, MetaPhlAn 2", "corpus_more/yachida_mpa2.biom", False),
    ("IBDMDB, MetaPhlAn 2", "corpus_more/ihmp_mpa2.biom", False),
    ("MetAML stool, MetaPhlAn 2", "corpus_more/metaml_stool.biom", False),
    ("CRC, METEOR on GTDB", "corpus_more/neighborfinder_crc_msp.biom", False),
    ("CRC (Wirbel 2019), mOTUs 2", "corpus_more/wirbel_motus2.biom", False),
)
UNSEEN = {name for name, _, new in GUT if new}
#: Samples that are no gut metagenomes.
OTHER = (
    ("HMP, 16S V1-3, all body sites", "formats/phyloseq/HMPv13.rda"),
    ("American Gut, 16S", "formats/biom/ag-fecal.biom"),
    *(
        (
            f"mock community {n}",
            f"formats/metaphlan/MOCK_00{n}_Illumina_Hiseq_3000_se_metaphlan3-db.metaphlan3_profile.txt",
        )
        for n in (1, 2, 3)
    ),
    ("ERR7569997, MetaPhlAn 4", "formats/metaphlan/ERR7569997.txt"),
    ("ERR7569998, MetaPhlAn 4", "formats/metaphlan/ERR7569998.txt"),
)
SCORES = ("distance_percentile", "reconstruction_percentile", "rarity_percentile", "percentile")
#: A species enters the mean of the AUCs with at least so many samples that have it, and that lack it.
MIN_SAMPLES = 10


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the tables")
    parser.add_argument(
        "--sites", nargs=2, type=Path, metavar=("TABLE", "METADATA"), help="a table of several body sites"
    )
    parser.add_argument("--limit", type=int, default=500, help="samples of each table, evenly spaced (default: 500)")
    arguments = parser.parse_args()
    judged: dict[str, pd.DataFrame] = {}
    imputed: dict[str, Imputation] = {}
    print("| table | samples | matched | in range | unusual | out of range | scores alone: unusual | out of range |")
    print("|---|---|---|---|---|---|---|---|")
    for name, file in (*((name, file) for name, file, _ in GUT), *OTHER):
        embedding = _embed(arguments.data / file, arguments.limit)
        if embedding is None:
            continue
        judged[name] = _judge(embedding)
        _print_rates(name, judged[name])
        if name in UNSEEN:
            imputed[name] = mbembed.impute(embedding)
    if arguments.sites:
        embedding = _embed(arguments.sites[0], None)
        if embedding is not None:
            sites = pd.read_csv(arguments.sites[1], sep="\t", dtype=str, index_col="sample")["bodysite"]
            found = _judge(embedding)
            for site, rows in found.groupby(sites.reindex(found.index)):
                judged[str(site)] = rows
                _print_rates(str(site), rows)
    _print_discrimination(judged)
    _print_predictions(imputed)


def _embed(path: Path, limit: int | None) -> Embedding | None:
    if not path.exists():
        return None
    profile = mbembed.read_table(path)
    if limit is not None and profile.n_samples > limit:
        profile = profile.select_samples(np.linspace(0, profile.n_samples - 1, limit).round().astype(int).tolist())
    try:
        return mbembed.embed(profile)
    except MbembedError:
        return None


def _judge(embedding: Embedding) -> pd.DataFrame:
    judged = mbembed.out_of_distribution(embedding)
    matched = pd.Series(embedding.match.coverage, index=embedding.match.profile.sample_ids)
    return judged.assign(matched=matched.reindex(judged.index))


def _print_rates(name: str, judged: pd.DataFrame) -> None:
    verdicts = judged["verdict"].value_counts(normalize=True)
    rule = " | ".join(f"{verdicts.get(verdict, 0):.1%}" for verdict in ("in range", "unusual", "out of range"))
    out = judged["percentile"] >= OUT_PERCENTILE
    unusual = (judged["percentile"] >= UNUSUAL_PERCENTILE) & ~out
    print(
        f"| {name} | {len(judged)} | {judged['matched'].median():.0%} | {rule} | {unusual.mean():.1%} | {out.mean():.1%} |",
        flush=True,
    )


def _print_discrimination(judged: dict[str, pd.DataFrame]) -> None:
    gut = pd.concat([judged[name] for name in judged if name in UNSEEN])
    seen = {name for name, _, _ in GUT}
    print(f"\nAUC against {len(gut)} gut samples of tables that were not trained on")
    print("\n| | samples | distance | reconstruction error | rarity | together |\n|---|---|---|---|---|---|")
    for name, rows in judged.items():
        if name not in seen and len(rows) >= MIN_SAMPLES:
            values = " | ".join(f"{_auc(rows[score], gut[score]):.3f}" for score in SCORES)
            print(f"| {name} | {len(rows)} | {values} |")


def _auc(out: pd.Series[float], inside: pd.Series[float]) -> float:
    """Return the chance that a sample that is out has the higher score; ties count half."""
    ranks = pd.concat([out, inside]).rank().to_numpy()[: len(out)]
    return float((ranks.sum() - len(out) * (len(out) + 1) / 2) / (len(out) * len(inside)))


def _print_predictions(imputed: dict[str, Imputation]) -> None:
    print(
        "\n| table | samples | presence: AUC | by prevalence | AUC within species | log10 abundance: r | by mean | error | by mean |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    rows = read_species(mbembed.load_model().path)
    prevalence, mean = (np.array([float(row[column]) for row in rows]) for column in ("prevalence", "mean_fraction"))
    for name, result in imputed.items():
        seen = result.observable
        present, odds = result.observed[:, seen] > 0, result.presence[:, seen]
        known = np.broadcast_to(prevalence[seen], odds.shape)
        within = [
            _auc(pd.Series(odds[has, j]), pd.Series(odds[~has, j]))
            for j, has in enumerate(present.T)
            if min(has.sum(), (~has).sum()) >= MIN_SAMPLES
        ]
        truth = np.log10(result.observed[:, seen][present])
        ours = np.log10(result.abundance[:, seen][present])
        plain = np.log10(np.broadcast_to((mean / prevalence)[seen], odds.shape)[present])
        cells = (
            _auc(pd.Series(odds[present]), pd.Series(odds[~present])),
            _auc(pd.Series(known[present]), pd.Series(known[~present])),
            float(np.mean(within)),
            _correlation(truth, ours),
            _correlation(truth, plain),
            _error(truth, ours),
            _error(truth, plain),
        )
        print(f"| {name} | {len(odds)} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")


def _correlation(truth: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.corrcoef(truth, other)[0, 1])


def _error(truth: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the standard deviation of the differences: what a shift common to all species does not excuse."""
    return float((truth - other).std())


if __name__ == "__main__":
    main()
