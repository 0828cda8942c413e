"""``mbembed readout``: a linear layer on a pre-trained model, with labels or without."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.cli import console
from mbembed.cli.arguments import READING, add_options, chosen, quiet_parser
from mbembed.options import EVALUATE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["add_parser", "check_metadata", "run"]

DESCRIPTION = """\
Fit a linear readout on a model from 'mbembed pretrain --loss hurdle --bottleneck 0', and
write both as a new model folder. With labels (--labels), directions along which labelled samples of
one study differ weigh more. It takes seconds and needs no torch.
"""

EPILOG = """\
examples:
  mbembed readout my-model profiles.biom -o my-readout --metadata samples.tsv --group study
  mbembed readout my-model profiles.biom -o my-readout --metadata samples.tsv --group study \\
      --labels age bmi sex condition --controls control healthy --subject subject
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "readout",
        help="fit a readout on a pre-trained model",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    parser.add_argument("model", metavar="MODEL", help="pre-trained model: a name or a folder")
    parser.add_argument("tables", nargs="+", metavar="TABLE", help="abundance tables to fit on")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="model folder to make")
    add_options(parser, READING, "how the tables are read (decided from their content unless given)")
    data = parser.add_argument_group("labels")
    data.add_argument("--metadata", metavar="TSV", help="what is known of the samples: a table with a header")
    data.add_argument("--id-column", metavar="COLUMN", help=EVALUATE["id_column"].help)
    data.add_argument("--group", metavar="COLUMN", help="its column with the study of each sample")
    data.add_argument("--labels", nargs="+", default=[], metavar="COLUMN", help="its columns with labels")
    data.add_argument(
        "--controls",
        nargs="+",
        metavar="VALUE",
        help="values of a label column that mean 'not a case' (control healthy)",
    )
    data.add_argument("--subject", metavar="COLUMN", help="its column with the person: only the first sample counts")
    data.add_argument(
        "--map-columns",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="its columns whose large groups get a place on the map of the training samples, such as country",
    )
    card = parser.add_argument_group("model card")
    card.add_argument("--name", help="name of the model (the folder's name)")
    card.add_argument("--licence", "--license", default="", metavar="TEXT", help="licence of the weights")
    card.add_argument("--citation", default="", metavar="TEXT", help="what to cite when the model is used")
    card.add_argument("--notes", metavar="FILE", help="Markdown to add to the card, such as an evaluation")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.cli.pretrain import read_notes
    from mbembed.models.store import load_model
    from mbembed.tables import read_table
    from mbembed.tables.sample_metadata import read_metadata
    from mbembed.training.labels import CONTROLS, make_labels
    from mbembed.training.readout import add_readout
    from mbembed.training.record import Description
    from mbembed.training.studies import columns_of, groups_of

    check_metadata(
        args,
        (
            ("--labels", args.labels, "labels are compared within studies"),
            ("--map-columns", args.map_columns, "the columns are those of the metadata"),
        ),
    )
    metadata = read_metadata(args.metadata) if args.group else None
    flags = dict.fromkeys(args.labels, "--labels") | ({args.subject: "--subject"} if args.subject else {})
    if metadata:
        on_map = dict.fromkeys(args.map_columns, "--map-columns")
        for column, flag in {args.group: "--group", **flags, **on_map}.items():
            metadata.check_column(column, flag)
    model = load_model(args.model)
    profiles = [read_table(table, **chosen(args, READING)) for table in args.tables]
    ids = [sample for profile in profiles for sample in profile.sample_ids]
    groups = labels = None
    map_columns = {}
    if metadata:
        groups = groups_of(metadata, args.group, ids, args.id_column)
        map_columns = columns_of(metadata, dict.fromkeys(args.map_columns, "--map-columns"), ids, args.id_column)
        if args.labels:
            columns = columns_of(metadata, flags, ids, args.id_column)
            labels = make_labels(
                {name: columns[name] for name in args.labels},
                [groups[sample] for sample in ids],
                subjects=columns[args.subject] if args.subject else None,
                controls=tuple(args.controls or CONTROLS),
            )
            for name, count in labels.counts().items():
                console.say(f"Label {name}: {count} samples")
    description = Description(
        name=args.name or Path(args.output).name,
        licence=args.licence,
        citation=args.citation,
        notes=read_notes(args.notes),
        command=shlex.join(["mbembed", *sys.argv[1:]]),
    )
    result = add_readout(
        model, profiles, args.output, description, groups=groups, labels=labels, map_columns=map_columns
    )
    console.say(f"Wrote {args.output}: {result.n_inputs} species → {result.n_dimensions} dimensions")
    console.say(f"Next: mbembed embed TABLE --model {shlex.quote(args.output)} -o embeddings.tsv")
    return 0


def check_metadata(args: argparse.Namespace, needing: Sequence[tuple[str, Sequence[str], str]]) -> None:
    """Check that metadata are given with their studies, and where other options need them.

    Parameters
    ----------
    args : Namespace
    needing : sequence of (str, sequence of str, str)
        Option, its values, why it needs them.

    Raises
    ------
    UsageError
    """
    from mbembed.errors import UsageError

    if bool(args.metadata) != bool(args.group):
        given, other = ("--metadata", "--group COLUMN") if args.metadata else ("--group", "--metadata TSV")
        raise UsageError(f"{given} was given without {other.split()[0]}", expected="both or neither", hint=other)
    for flag, values, why in needing:
        if values and not args.group:
            raise UsageError(
                f"{flag} was given without --metadata and --group",
                expected=f"a metadata table, and the study of each sample: {why}",
                hint="--metadata metadata.tsv --group study",
            )
