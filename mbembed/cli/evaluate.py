"""``mbembed evaluate``: whether the embedding helps, for one's own labels."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mbembed.cli import console
from mbembed.cli.arguments import READING, add_options, add_reading, add_tables, chosen, one_or_all, quiet_parser
from mbembed.options import EVALUATE, OPTIONS

if TYPE_CHECKING:
    from mbembed.evaluation.evaluation import Evaluation

__all__ = ["add_parser", "run"]

#: Options by the group in which they are shown.
LABELS = ("metadata", "target", "group", "subject", "id_column", "kind", "positive")
MEASURING = ("protocols", "sizes", "repeats", "folds", "heads", "representations", "seed", "jobs")
#: Options that have to be given.
REQUIRED = ("metadata", "target")
#: Options that take several values.
LISTS = ("protocols", "sizes", "heads", "representations")
#: Options of matching that change the vectors.
MATCHING = ("closure", "names")

DESCRIPTION = """\
Measure on your own labels whether the embedding helps, and from how few labelled samples:
beside log abundances, CLR, presence/absence and their principal components, on the same
splits, with intervals and a verdict in words. Needs mbembed[evaluate].
"""

EPILOG = """\
DIR gets results.tsv and results.parquet (every fit), summary.json, figures (PNG, SVG) and
report.html. An interrupted run goes on where it stopped when the same command is given again.

examples:
  mbembed evaluate profile.biom --metadata samples.tsv --target disease -o evaluation
  mbembed evaluate profile.biom --metadata samples.tsv --target age --subject person -o evaluation
  mbembed evaluate cohorts.biom --metadata samples.tsv --target disease --group study --heads linear -o evaluation
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "evaluate",
        help="does the embedding help, for your own labels",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    add_tables(parser)
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder for the results")
    parser.add_argument(
        "--restart", action="store_true", help="begin anew, whatever an interrupted run has left in DIR"
    )
    add_options(parser, LABELS, "labels", EVALUATE, required=REQUIRED)
    model = parser.add_argument_group("model")
    model.add_argument(
        "--model", nargs="+", default=[OPTIONS["model"].default], metavar="NAME|DIR", help=OPTIONS["model"].help
    )
    add_options(parser, MEASURING, "what is measured", EVALUATE, lists=LISTS)
    add_reading(parser)
    add_options(parser, MATCHING, "how it is matched")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.extras import require_extra

    require_extra("evaluate", "mbembed evaluate")

    from mbembed.evaluation.evaluate import evaluate

    evaluation = evaluate(
        one_or_all(args.table),
        models=args.model,
        folder=args.output,
        restart=args.restart,
        progress=not args.quiet,
        **chosen(args, (*LABELS, *MEASURING, *READING, *MATCHING)),
    )
    _tell(evaluation)
    files = evaluation.write(args.output)
    console.say(f"Wrote {args.output}: {len(files)} files, of which {files[-1].name} is the one to look at")
    return 0


def _tell(evaluation: Evaluation) -> None:
    """Say in words what was measured, and the verdict."""
    summary = evaluation.summary
    target, samples, group = summary["target"], summary["samples"], summary["group"]
    kind = f"{target['kind']} ({target['reason']})"
    console.say(
        f"Read {summary['table']['path']}: {samples['in_table']} samples, "
        f"{samples['joined']} with metadata, {samples['used']} used"
    )
    if target["kind"] == "continuous":
        console.say(f"Target {target['name']}: {kind}, mean {target['mean']:.4g}, sd {target['sd']:.4g}")
    else:
        classes = ", ".join(f"{name} {count}" for name, count in target["classes"].items())
        positive = f"; positive: {target['positive']}" if target["positive"] else ""
        console.say(f"Target {target['name']}: {kind}, {classes}{positive}")
    if group:
        studies = ", ".join(f"{name} {facts['n']}" for name, facts in group["studies"].items())
        console.say(f"Studies: {studies}")
    for warning in evaluation.warnings:
        console.warn(warning)
    for row in summary["verdicts"]:
        console.detail(f"  {row['text']}")
    console.say(evaluation.verdict)
