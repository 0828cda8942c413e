"""``mbembed embed``: one vector per sample."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from mbembed.cli import console
from mbembed.cli.arguments import PAGE, READING, add_options, add_reading, add_tables, chosen, one_or_all, quiet_parser
from mbembed.cli.startup import start_fast
from mbembed.errors import UsageError
from mbembed.options import REPORT

if TYPE_CHECKING:
    from mbembed.embedding import Embedding
    from mbembed.streaming import EmbeddedFile

__all__ = ["add_parser", "run"]

MATCHING = ("closure", "names", "min_coverage", "on_empty", "device")
#: Options for tables of many samples.
LARGE = ("threads", "resume", "shard")

DESCRIPTION = """\
Embed the samples of an abundance table.

The dialect (BIOM, TSV, MetaPhlAn, …), the orientation and the unit are decided from the
content and stated; every decision can be overridden. Samples in which nothing matches get
no vector and are named.
"""

EPILOG = """\
OUT picks its format by suffix: .tsv .csv .tsv.gz .csv.gz .parquet .npy .h5ad .biom

Tables of any size fit: BIOM 2.1, Parquet with samples in rows and .h5ad are read in blocks of
samples, and all but .h5ad and .biom are written so, in constant memory (--report needs all vectors
at once, and memory for them).

examples:
  mbembed embed profile.biom -o embeddings.tsv
  mbembed embed merged_abundance_table.txt -o embeddings.parquet --match match.tsv --summary run.json
  mbembed embed profile.biom -o embeddings.tsv --report report.html --metadata samples.tsv
  mbembed embed profiles/*_profile.txt -o embeddings.tsv
  mbembed embed million.biom -o embeddings.parquet --resume
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "embed",
        help="one vector per sample from a table",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    add_tables(parser)
    parser.add_argument(
        "-o", "--output", metavar="OUT", default="-", help="where to write the vectors (default: stdout, as TSV)"
    )
    add_options(parser, ("model",), "model")
    add_reading(parser)
    add_options(parser, MATCHING, "how it is matched and embedded")
    add_options(parser, LARGE, "many samples")
    records = parser.add_argument_group("records")
    records.add_argument(
        "--match", metavar="TSV", help="write which taxon fed which model species, by which rule, and the leftovers"
    )
    records.add_argument(
        "--summary", metavar="JSON", help="write every decision, version, hash and count: enough to repeat the run"
    )
    add_options(parser, REPORT, "report", REPORT)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    start_fast()
    from mbembed.outputs import check_output, check_place
    from mbembed.threads import thread_count

    if args.output == "-" and sys.stdout.isatty():
        raise UsageError(
            "no output file was named, and the terminal cannot show thousands of numbers",
            expected="a file",
            hint="-o embeddings.tsv",
        )
    threads = thread_count(args.threads)
    check_output(args.output)
    for path in filter(None, (args.match, args.summary, args.report)):
        check_place(path)
    _check_report(args)
    done = _embed_whole(args, threads) if _needs_all(args) else _embed_blocks(args, threads)
    if args.match:
        _write_match(args.match, done)
    if args.summary:
        from mbembed.outputs.summary import write_summary

        write_summary(args.summary, {"command": _command(), **done.summary})
    target = "standard output" if args.output == "-" else args.output
    console.say(f"Wrote {target}: {done.n_samples} samples × {done.n_dimensions} dimensions")
    return 0


def _needs_all(args: argparse.Namespace) -> bool:
    """Whether the vectors must be in memory at once: for a report, or by the format of the output."""
    from mbembed.streaming import writes_blocks

    return bool(args.report) or not (writes_blocks(args.output) or args.resume or args.shard)


def _embed_blocks(args: argparse.Namespace, threads: int) -> EmbeddedFile:
    from mbembed.streaming import embed_file

    bars: dict[str, console.Progress] = {}

    def show(label: str, done: int, total: int) -> None:
        if label not in bars:
            for bar in bars.values():
                bar.close()
            bars[label] = console.Progress(total, label, "samples")
        bars[label].update(done)

    try:
        done = embed_file(
            one_or_all(args.table),
            args.output,
            args.model,
            resume=args.resume,
            shard=args.shard,
            threads=threads,
            progress=show,
            **chosen(args, (*READING, *MATCHING)),
        )
    finally:
        for bar in bars.values():
            bar.close()
    _tell(done)
    if done.resumed_at:
        console.say(f"Went on behind {done.resumed_at:,} samples that an earlier run had written")
    return done


def _embed_whole(args: argparse.Namespace, threads: int) -> Embedding:
    from mbembed.pipeline import embed

    if args.resume or args.shard:
        raise UsageError(
            f"{'--resume' if args.resume else '--shard'} was given with --report, which needs all vectors at once",
            expected="one of the two",
            hint="leave out --report",
        )
    embedding = embed(one_or_all(args.table), args.model, threads=threads, **chosen(args, (*READING, *MATCHING)))
    _tell(embedding)
    page = ""
    if args.report:
        from mbembed.report import make_report

        # Made before anything is written: metadata that do not join are an error.
        page = make_report(embedding, command=_command(), **chosen(args, PAGE))
    embedding.write(args.output)
    if page:
        from mbembed.report.page import write_html

        write_html(args.report, page)
        console.say(f"Wrote {args.report}: open it in a browser")
    return embedding


def _command() -> list[str]:
    return ["mbembed", *sys.argv[1:]]


def _check_report(args: argparse.Namespace) -> None:
    """Check what the report needs before work begins."""
    if args.report:
        from mbembed.report.page import check_report

        check_report()
        if args.metadata:
            from mbembed.tables.sample_metadata import read_metadata

            read_metadata(args.metadata)
    elif given := [REPORT[name].flag for name in PAGE if getattr(args, name)]:
        raise UsageError(
            f"{given[0]} was given, but no report is written",
            expected="--report, as metadata only serve its page and change no vector",
            hint="--report report.html",
        )


def _tell(embedding: Embedding | EmbeddedFile) -> None:
    """Say in words what was read and matched."""
    from mbembed.match.report import rules

    match = embedding.match
    profile, model = match.profile, match.model
    name = profile.path or "the table"
    console.say(f"Read {name}: {profile.n_samples} samples × {profile.n_taxa} taxa, {profile.unit} ({profile.dialect})")
    for decision in profile.decisions:
        console.detail(f"  {decision.what}: {decision.value} ({decision.reason})")
    console.say(
        f"Matched to {model.name}: {match.median_coverage:.1%} of the abundance of the median sample; "
        f"{int(match.matched_taxa.sum())} of {profile.n_taxa} taxa, "
        f"{match.n_species_reached} of {model.n_named_species} model species"
    )
    for rule, facts in rules(match).items():
        console.detail(f"  {rule}: {facts['taxa']:.0f} taxa, {facts['mean_abundance']:.1%} of the abundance")
    for warning in embedding.warnings:
        console.warn(warning)


def _write_match(path: str, embedding: Embedding | EmbeddedFile) -> None:
    from mbembed.match.report import taxon_columns
    from mbembed.outputs.match_table import write_match_table

    columns = taxon_columns(embedding.match)
    write_match_table(path, zip(*columns.values(), strict=True), list(columns))
