"""``python -m benchmarks.few_labels``: the tables of ``model/evaluation.md``, made again."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.few_labels.corpus import read_corpus
from benchmarks.few_labels.protocol import run
from benchmarks.few_labels.report import by_task, difference_table, mean_table, write_scores
from benchmarks.few_labels.representations import PRESENCE, PRETRAININGS, SHIPPED
from mbembed.errors import MbembedError
from mbembed.extras import require_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

DESCRIPTION = (
    "Few labels: embeddings beside log abundances, CLR and presence/absence, on studies that were not trained on."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the protocol and print its tables; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.few_labels", description=DESCRIPTION)
    parser.add_argument("corpus", metavar="CORPUS_DIR", type=Path, help="folder with profiles.biom and metadata.tsv")
    parser.add_argument("--folds", type=int, default=2, metavar="N", help="parts of the scored studies (default: 2)")
    parser.add_argument("--draws", type=_positive, default=8, metavar="N", help="draws per study (default: 8)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep the models, scores.tsv and tables.md there; models in it are used"
    )
    parser.add_argument("--only-baselines", action="store_true", help="train nothing: log10, CLR, presence/absence")
    args = parser.parse_args(argv)
    try:
        require_extra("sklearn", "the linear head")
        if not args.only_baselines:
            require_extra("torch", "pre-training")
        with tempfile.TemporaryDirectory() as scratch:
            out = args.out or Path(scratch)
            scores = run(
                read_corpus(args.corpus),
                () if args.only_baselines else PRETRAININGS,
                out / "models",
                n_folds=args.folds,
                n_draws=args.draws,
                say=lambda text: print(text, file=sys.stderr, flush=True),
            )
            means = by_task(scores)
            tables = f"{mean_table(means)}\n\n{difference_table(means, PRESENCE if args.only_baselines else SHIPPED)}\n"
            out.mkdir(parents=True, exist_ok=True)
            (out / "scores.tsv").write_text(write_scores(scores), encoding="utf-8")
            (out / "tables.md").write_text(tables, encoding="utf-8")
    except MbembedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(tables, end="")
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
