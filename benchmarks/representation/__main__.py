"""``python -m benchmarks.representation``: the tables of ``docs/evidence.md``, made again."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.representation.corpus import read_corpus
from benchmarks.representation.crossprofiler import read_twins
from benchmarks.representation.figure import draw_gains
from benchmarks.representation.measures import Figures
from benchmarks.representation.providers import Providers
from benchmarks.representation.rivals import RIVALS
from benchmarks.representation.rows import SHIPPED
from benchmarks.representation.same_disease import same_disease_scores, same_disease_table
from benchmarks.representation.scoring import score_folds
from benchmarks.representation.summary import summarise
from benchmarks.representation.tables import all_tables
from benchmarks.representation.tasks import FOLDS
from benchmarks.representation.writing import check_markers, write_between_markers
from mbembed.errors import MbembedError
from mbembed.evaluation.heads import HEADS
from mbembed.extras import require_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.representation.corpus import LabelledCorpus
    from benchmarks.representation.tasks import Fold

DESCRIPTION = (
    "Does the representation help? Plain ones, the published model and models trained without the scored studies."
)
#: Files of the folder of --out.
SCORES, TABLES, SUMMARY, MODELS = "scores.tsv", "tables.md", "summary.json", "models"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the protocol, write its files and print its tables; returns the exit status."""
    args = _parser().parse_args(argv)
    try:
        require_extra("evaluate", "the benchmark")
        if args.as_published or args.rivals or not args.only_baselines:
            require_extra("torch", "pre-training")
        for path in args.write:
            check_markers(path)
        print(_run(args), end="")
    except MbembedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _run(args: argparse.Namespace) -> str:
    """Do what was asked for; returns the tables."""

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    args.out.mkdir(parents=True, exist_ok=True)
    corpus = read_corpus(args.corpus)
    folds = [fold for fold in FOLDS if fold.name in args.only_folds]
    providers = Providers(
        corpus,
        args.out / MODELS,
        published=args.published,
        trained=not args.only_baselines,
        as_published=args.as_published,
        rivals=args.rivals,
        epochs=args.epochs,
        say=say,
    )
    scores = score_folds(corpus, folds, providers.rows, heads=args.heads, repeats=args.repeats, jobs=args.jobs, say=say)
    scores.frame.to_csv(args.out / SCORES, sep="\t", index=False, lineterminator="\n")
    figures = {head: Figures(scores, head) for head in args.heads}
    twins = providers.crossprofiler(read_twins(args.crossprofiler)) if args.crossprofiler else {}
    tables = all_tables(figures, twins, repeats=args.repeats) + _same_disease(corpus, folds, providers, args, say)
    options = {key: str(value) if isinstance(value, Path) else value for key, value in vars(args).items()}
    options["write"] = [str(path) for path in args.write]
    summary = summarise(corpus, folds, scores, figures, twins, providers.models, options)
    (args.out / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    (args.out / TABLES).write_text(tables, encoding="utf-8")
    for path in args.write:
        write_between_markers(path, tables)
    if SHIPPED in scores.kinds:
        draw_gains(figures[args.heads[0]], args.figures or args.out)
    return tables


def _same_disease(
    corpus: LabelledCorpus,
    folds: Sequence[Fold],
    providers: Providers,
    args: argparse.Namespace,
    say: Callable[[str], None],
) -> str:
    """Return the tables of diseases that readouts knew from other studies; empty where nothing is trained."""
    tables = []
    for fold in folds:
        for question in fold.questions:
            if question.across and not args.only_baselines:
                models = providers.models[fold.name]
                scores = same_disease_scores(corpus, question, models, repeats=args.repeats, jobs=args.jobs, say=say)
                tables.append("\n" + same_disease_table(scores, question))
    return "".join(tables)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.representation", description=DESCRIPTION)
    parser.add_argument("corpus", metavar="CORPUS_DIR", type=Path, help="folder with profiles.biom and metadata.tsv")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("representation"),
        help=f"keep {SCORES}, {TABLES}, {SUMMARY} and {MODELS}/ there; models in it are used again "
        "(default: representation)",
    )
    parser.add_argument("--published", metavar="MODEL", help="the published model, as mbembed models import named it")
    parser.add_argument(
        "--crossprofiler", type=Path, metavar="DIR", help="tables of the same samples by three profilers"
    )
    parser.add_argument("--only-baselines", action="store_true", help="without the models of the recipe that ships")
    parser.add_argument("--as-published", action="store_true", help="also train the published recipe")
    parser.add_argument(
        "--rivals", nargs="+", choices=RIVALS, default=[], help="also train these (the first needs scvi-tools)"
    )
    parser.add_argument("--epochs", type=_positive, metavar="N", help="of the pre-training (default: the recipe's)")
    parser.add_argument("--repeats", type=_positive, default=10, metavar="N", help="draws per study (default: 10)")
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=list(HEADS[:1]), help="the first one decides")
    names = [fold.name for fold in FOLDS]
    parser.add_argument("--only-folds", nargs="+", choices=names, default=names, help="default: all")
    parser.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument(
        "--write",
        nargs="+",
        type=Path,
        default=[],
        metavar="MD",
        help="put the tables between the markers of these files",
    )
    parser.add_argument(
        "--figures", type=Path, metavar="DIR", help="put gains.png and gains.svg there (default: the folder of --out)"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
