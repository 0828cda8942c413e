"""``mbembed convert``: any dialect to BIOM, text, Parquet or AnnData."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mbembed.cli import console
from mbembed.cli.arguments import READING, add_options, add_reading, add_tables, chosen, one_or_all, quiet_parser
from mbembed.cli.startup import start_fast
from mbembed.options import CONVERT

if TYPE_CHECKING:
    from mbembed.tables.profile import Profile
    from mbembed.taxonomy.resolver import Resolution

__all__ = ["add_parser", "run"]

#: Choices of ``--to``, by suffix; as in `mbembed.outputs.profile_writers`, which is not imported for help.
FORMATS = {
    "biom": ".biom",
    "biom1": ".biom1 .json",
    "tsv": ".tsv .tsv.gz .txt",
    "csv": ".csv .csv.gz",
    "parquet": ".parquet",
    "h5ad": ".h5ad",
}

DESCRIPTION = """\
Convert an abundance table of any dialect, one rank of it, with the lineages as far as the
table has them. Values, ids and their order are kept exactly.
"""

EPILOG = f"""\
OUT picks its format by suffix, unless --to names it:
{chr(10).join(f"  {name:<8} {suffixes}" for name, suffixes in FORMATS.items())}

examples:
  mbembed convert merged_abundance_table.txt profile.biom
  mbembed convert profile.biom species.tsv --names resolve
  mbembed convert ps.rds profile.json
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "convert",
        help="a table of any dialect to BIOM, TSV, Parquet or AnnData",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    add_tables(parser)
    parser.add_argument("output", metavar="OUT", help="where to write it; - for stdout, as TSV")
    add_reading(parser)
    add_options(parser, CONVERT, "what is written", CONVERT)
    parser.add_argument(
        "--match", metavar="TSV", help="with --names resolve: write which taxon became which species, by which rule"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    start_fast()
    from mbembed.errors import UsageError
    from mbembed.outputs import check_place
    from mbembed.outputs.profile_writers import check_profile_output, write_profile

    if args.match and args.names != "resolve":
        raise UsageError(
            "--match was given, but no names are resolved", expected="both or neither", hint="--names resolve"
        )
    title = check_profile_output(args.output, args.to)
    if args.match:
        check_place(args.match)

    from mbembed.conversion import change_unit, resolve_names
    from mbembed.tables import read_table

    profile = read_table(one_or_all(args.table), **chosen(args, READING))
    console.say(
        f"Read {profile.path}: {profile.n_samples} samples × {profile.n_taxa} taxa, {profile.unit} ({profile.dialect})"
    )
    for decision in profile.decisions:
        console.detail(f"  {decision.what}: {decision.value} ({decision.reason})")
    for warning in profile.warnings:
        console.warn(warning)
    if args.names == "resolve":
        taxa = profile.taxa
        profile, found = resolve_names(profile)
        console.say(f"Names: {profile.decisions[-1].reason}")
        if args.match:
            _write_match(args.match, [taxon.source for taxon in taxa], found)
    if args.to_unit:
        profile = change_unit(profile, args.to_unit)
    write_profile(args.output, profile, to=args.to, unclassified=args.unclassified)
    _tell(args, profile, title)
    return 0


def _tell(args: argparse.Namespace, profile: Profile, title: str) -> None:
    """Say what was written, and what the file does not hold."""
    from mbembed.conversion import unit_when_read

    target = "standard output" if args.output == "-" else args.output
    console.say(f"Wrote {target} ({title}): {profile.n_samples} samples × {profile.n_taxa} taxa, {profile.unit}")
    if profile.unclassified.any():
        word = "in the row UNCLASSIFIED" if args.unclassified == "keep" else "left out"
        console.say(f"Not classified: {_mean_share(profile):.1%} of the abundance on average, {word}")
    if profile.sample_metadata is not None and not title.startswith(("BIOM", "AnnData")):
        count = profile.sample_metadata.shape[1]
        columns = "1 column" if count == 1 else f"{count} columns"
        console.warn(f"{title} has no place for the {columns} of sample metadata. Try: .biom or .h5ad.")
    if unit_when_read(profile, unclassified=args.unclassified) != profile.unit:
        console.warn(
            f"the values alone do not show that they are {profile.unit}. Try: --units {profile.unit} when it is read."
        )


def _mean_share(profile: Profile) -> float:
    import numpy as np

    sums = profile.classified + profile.unclassified
    return float(np.mean(profile.unclassified / np.where(sums > 0, sums, 1.0)))


def _write_match(path: str, sources: list[str], found: list[Resolution]) -> None:
    from mbembed.outputs.match_table import write_match_table

    columns = ("taxon", "species", "rule", "share", "candidates", "reason")
    rows = (
        (
            source,
            one.species,
            one.stage,
            f"{one.candidates[0][1]:g}" if one.candidates else "",
            "|".join(f"{species}:{share:g}" for species, share in one.candidates),
            one.reason or ("" if one.species else "no GTDB R220 species"),
        )
        for source, one in zip(sources, found, strict=True)
    )
    write_match_table(path, rows, columns)
