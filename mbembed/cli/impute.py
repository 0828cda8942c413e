"""``mbembed impute``: which species each sample should have, and how much of each."""

from __future__ import annotations

import argparse

from mbembed.cli import console
from mbembed.cli.arguments import READING, add_options, add_reading, add_tables, chosen, one_or_all, quiet_parser
from mbembed.options import IMPUTE

__all__ = ["add_parser", "run"]

MATCHING = ("closure", "names")

DESCRIPTION = """\
Say which of the model's species each sample should have, and how much of each, given its other
species: each species is hidden in turn and predicted from the rest. The table that comes out holds
the probability of presence times the abundance where present, as fractions of the sample.
"""

EPILOG = """\
OUT picks its format by suffix, as in 'mbembed convert': .tsv .csv .parquet .biom .h5ad

examples:
  mbembed impute profile.biom -o expected.tsv
  mbembed impute profile.biom -o expected.parquet --surprises surprises.tsv
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "impute",
        help="which species a sample should have, given its others",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    add_tables(parser)
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="where to write it; - for stdout, as TSV")
    add_options(parser, ("model",), "model")
    add_reading(parser)
    add_options(parser, MATCHING, "how it is matched")
    add_options(parser, IMPUTE, "what is unexpected", IMPUTE)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.errors import UsageError
    from mbembed.outputs import check_place
    from mbembed.outputs.profile_writers import check_profile_output, write_profile

    title = check_profile_output(args.output)
    if args.surprises:
        check_place(args.surprises)
    if args.top < 1:
        raise UsageError(f"--top {args.top} is not possible", expected="a whole number of at least 1", hint="--top 10")

    from mbembed.imputation import impute, require_decoder
    from mbembed.match import match_profile, require_match
    from mbembed.match.selection import reasons
    from mbembed.match.warnings import match_warnings
    from mbembed.models.store import load_model
    from mbembed.outputs.match_table import write_match_table
    from mbembed.tables import read_table

    model = load_model(args.model)
    profile = read_table(one_or_all(args.table), **chosen(args, READING))
    match = match_profile(profile, model, **chosen(args, MATCHING))
    require_match(match)
    require_decoder(match)
    for warning in [*profile.warnings, *match_warnings(match, reasons(match, 0.0), "drop")]:
        console.warn(warning)
    result = impute(match)
    hidden = int((~result.observable).sum())
    if hidden:
        console.say(
            f"{hidden} of {len(result.species)} species cannot be shown by the names of this table "
            f"({match.nomenclature.words}): they are imputed, and never called absent"
        )
    write_profile(args.output, result.to_profile())
    if args.surprises:
        found = result.surprises(args.top)
        write_match_table(
            args.surprises,
            ((*row[:3], *(f"{number:.6g}" for number in row[3:])) for row in found.itertuples(index=False, name=None)),
            list(found.columns),
        )
        console.say(f"Wrote {args.surprises}: {len(found)} surprises")
    target = "standard output" if args.output == "-" else args.output
    console.say(f"Wrote {target} ({title}): {len(result.sample_ids)} samples × {len(result.species)} species")
    return 0
