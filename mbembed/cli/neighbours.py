"""``mbembed neighbours``: the most similar samples of each sample."""

from __future__ import annotations

import argparse
import warnings

from mbembed.cli import console
from mbembed.cli.arguments import add_options, chosen, quiet_parser
from mbembed.options import NEIGHBOURS

__all__ = ["add_parser", "run"]

DESCRIPTION = """\
For each sample of an embedding its most similar samples, and a warning where two are nearly
the same (one person, or one file twice).
"""

EPILOG = """\
example:
  mbembed embed profile.biom -o embeddings.parquet
  mbembed neighbours embeddings.parquet -o neighbours.tsv
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "neighbours",
        help="the most similar samples of each sample",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    parser.add_argument("embedding", metavar="EMBEDDING", help="a file that 'mbembed embed' wrote, of any format")
    parser.add_argument("-o", "--output", required=True, metavar="TSV", help="where to write the neighbours")
    add_options(parser, ("k", "measure"), "neighbours", NEIGHBOURS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.explanation.neighbours import neighbours
    from mbembed.explanation.tables import write_frame
    from mbembed.outputs import check_place
    from mbembed.stored import read_embedding

    check_place(args.output)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        found = neighbours(read_embedding(args.embedding), **chosen(args, ("k", "measure")))
    for one in caught:
        console.warn(str(one.message))
    write_frame(args.output, found)
    console.say(f"Wrote {args.output}: {found['sample'].nunique()} samples and their neighbours")
    return 0
