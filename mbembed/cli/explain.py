"""``mbembed explain``: which taxa speak."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from mbembed.cli import console
from mbembed.cli.arguments import READING, add_options, add_reading, add_tables, chosen, one_or_all, quiet_parser
from mbembed.options import EXPLAIN

if TYPE_CHECKING:
    from mbembed.explanation.explanation import Explanation

__all__ = ["add_parser", "run"]

#: Options by the group in which they are shown.
QUESTION = ("contrast", "case", "control", "head", "dimension", "axis")
SAMPLES = ("metadata", "group", "subject", "id_column")
MEASURING = ("baseline", "resamples", "seed")
MATCHING = ("closure", "names", "min_coverage")
#: Taxa that the command line names.
SHOWN = 10

DESCRIPTION = """\
Say which taxa of a table speak in a score of its embedding: in the difference between two
groups, in a head that 'mbembed evaluate' has fitted, in one dimension or in a principal axis.
Attributions add up to the difference of the score, and are made again on resamples of the
samples to see which are stable.
"""

EPILOG = """\
examples:
  mbembed explain profile.biom --metadata samples.tsv --contrast disease -o taxa.tsv --figure taxa.svg
  mbembed explain profile.biom --metadata samples.tsv --contrast disease --case CRC --control control -o taxa.tsv
  mbembed explain profile.biom --head evaluation/heads.json -o taxa.tsv --samples samples_by_taxa.tsv
  mbembed explain profile.biom --axis 1 -o taxa.tsv
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "explain",
        help="which taxa speak in a difference, a head or an axis",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    add_tables(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="TSV", help="where to write the taxa with their attributions"
    )
    add_options(parser, QUESTION, "what is explained: one of --contrast, --head, --dimension and --axis", EXPLAIN)
    add_options(parser, SAMPLES, "what is known of the samples", EXPLAIN)
    add_options(parser, MEASURING, "how it is measured", EXPLAIN)
    add_options(parser, ("model",), "model")
    add_reading(parser)
    add_options(parser, MATCHING, "how it is matched and embedded")
    add_options(parser, ("samples", "figure"), "records", EXPLAIN)
    parser.add_argument_group("summary").add_argument(
        "--summary", metavar="JSON", help="write every decision, version, hash and count: enough to repeat the run"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.explanation.explain import explain
    from mbembed.explanation.figure import check_figure
    from mbembed.outputs import check_place
    from mbembed.outputs.summary import write_summary

    for path in filter(None, (args.output, args.samples, args.figure, args.summary)):
        check_place(path)
    if args.figure:
        check_figure(args.figure)
    bar = console.Progress(args.resamples, "Drawing samples again", "resamples")
    explanation = explain(
        one_or_all(args.table),
        model=args.model,
        each=bar.update,
        **chosen(args, (*QUESTION, *SAMPLES, *MEASURING, *READING, *MATCHING)),
    )
    bar.close()
    _tell(explanation)
    explanation.write(args.output, samples=args.samples, figure=args.figure)
    if args.summary:
        write_summary(args.summary, {"command": ["mbembed", *sys.argv[1:]], **explanation.summary})
    console.say(f"Wrote {args.output}: {len(explanation.taxa)} taxa")
    return 0


def _tell(explanation: Explanation) -> None:
    """Say in words what was found."""
    for warning in explanation.warnings:
        console.warn(warning)
    for sentence in explanation.words:
        console.say(sentence)
    for row in explanation.taxa[explanation.taxa.stable].head(SHOWN).itertuples(index=False):
        console.detail(
            f"  {row.name}: {row.attribution:+.3f} ({row.lower:+.3f} to {row.upper:+.3f}), change {row.change:+.2f}"
        )
