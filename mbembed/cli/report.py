"""``mbembed report``: a page to look at, from embeddings that were written before."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from mbembed.cli import console
from mbembed.cli.arguments import PAGE, READING, add_options, add_reading, chosen, one_or_all, quiet_parser
from mbembed.options import REPORT

if TYPE_CHECKING:
    from mbembed.embedding import Embedding
    from mbembed.stored import StoredEmbedding

__all__ = ["add_parser", "run"]

DESCRIPTION = """\
Make a page to look at from embeddings that were written before: verdict, match, map, whether the
samples are in range, study signal, and how to repeat it. Needs mbembed[report].

Several embeddings of one model are cohorts on one map. Files that carry their summary (.parquet,
.h5ad, .biom) say what was matched; for the others name it with --summary. With the table the page
is that of mbembed embed --report.
"""

EPILOG = """\
examples:
  mbembed report embeddings.parquet -o report.html --metadata samples.tsv
  mbembed report embeddings.tsv --table profile.biom -o report.html
  mbembed report ours.parquet theirs.parquet -o both.html --metadata samples.tsv --color-by cohort
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "report",
        help="a page to look at from embeddings",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    parser.add_argument("embedding", metavar="EMBEDDING", nargs="+", help="what mbembed embed wrote; several: cohorts")
    parser.add_argument("-o", "--output", metavar="HTML", required=True, help="where to write the page")
    known = parser.add_argument_group("how it was made")
    known.add_argument(
        "--summary",
        metavar="JSON",
        nargs="+",
        help="what mbembed embed --summary wrote, one for each embedding (default: what the file carries)",
    )
    known.add_argument(
        "--table",
        metavar="TABLE",
        nargs="+",
        help="the table that it was made of; of several embeddings one for each. It is embedded again and compared",
    )
    add_options(parser, ("model",), "model")
    add_options(parser, PAGE, "page", REPORT)
    add_reading(parser)
    # None: as the summary says.
    parser.set_defaults(run=run, model=None, missing=None)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.outputs import check_place
    from mbembed.report.page import check_report

    check_place(args.output)
    check_report()
    if args.metadata:
        from mbembed.tables.sample_metadata import read_metadata

        read_metadata(args.metadata)

    from mbembed.report import write_report

    embeddings = _read(args)
    for one in embeddings:
        for warning in one.warnings:
            console.warn(warning)
    write_report(args.output, embeddings, command=["mbembed", *sys.argv[1:]], **chosen(args, PAGE))
    console.say(f"Wrote {args.output}: open it in a browser")
    return 0


def _read(args: argparse.Namespace) -> list[Embedding | StoredEmbedding]:
    """Read the embeddings, each with its summary and its table where they were named."""
    from mbembed.errors import UsageError
    from mbembed.stored import read_embedding

    n_files = len(args.embedding)
    if len(set(args.embedding)) < n_files:
        twice = next(path for path in args.embedding if args.embedding.count(path) > 1)
        raise UsageError(
            f"{twice} was named more than once",
            expected="each embedding once",
            hint=f"mbembed report {twice} -o report.html",
        )
    tables = [one_or_all(args.table)] if args.table and n_files == 1 else args.table
    for flag, named in (("--summary", args.summary), ("--table", tables)):
        if named and len(named) != n_files:
            raise UsageError(
                f"{n_files} embeddings were named, but {len(named)} after {flag}",
                expected="one for each embedding, in the same order",
                hint=f"{flag} {' '.join(['FILE'] * n_files)}",
            )
    found: list[Embedding | StoredEmbedding] = []
    for i, path in enumerate(args.embedding):
        stored = read_embedding(path, summary=args.summary[i] if args.summary else None)
        console.say(f"Read {path}: {stored.n_samples} samples × {stored.n_dimensions} dimensions")
        if tables:
            found.append(stored.with_table(tables[i], args.model, **chosen(args, READING)))
        else:
            found.append(stored)
    return found
