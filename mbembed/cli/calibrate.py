"""``mbembed calibrate``: tell a model what its training samples look like."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from mbembed.cli import console
from mbembed.cli.arguments import READING, add_options, chosen, quiet_parser
from mbembed.options import EVALUATE

if TYPE_CHECKING:
    from mbembed.models.folder import Model

__all__ = ["add_parser", "run"]

DESCRIPTION = """\
Write a copy of a model that knows its training samples: where they lie, how far held-out ones
are from the others, and the decoder of the model that its readout was fitted on. Its vectors stay
as they are. 'mbembed pretrain' and 'mbembed readout' do the same for the models that they make.
"""

EPILOG = """\
example:
  mbembed calibrate my-readout profiles.biom -o my-model --pretrained my-stage1 \\
      --metadata samples.tsv --group study --map-columns country condition
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "calibrate",
        help="tell a model what its training samples look like",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    parser.add_argument("model", metavar="MODEL", help="model: a name or a folder")
    parser.add_argument("tables", nargs="+", metavar="TABLE", help="its training samples")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="model folder to make")
    parser.add_argument(
        "--pretrained", metavar="MODEL", help="the model that its readout was fitted on, for its decoder"
    )
    add_options(parser, READING, "how the tables are read (decided from their content unless given)")
    data = parser.add_argument_group("samples")
    data.add_argument("--metadata", metavar="TSV", help="what is known of the samples: a table with a header")
    data.add_argument("--id-column", metavar="COLUMN", help=EVALUATE["id_column"].help)
    data.add_argument("--group", metavar="COLUMN", help="its column with the study of each sample")
    data.add_argument(
        "--map-columns",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="its columns whose large groups get a place on the map of the training samples, such as country",
    )
    parser.add_argument("--notes", metavar="FILE", help="Markdown to add to the card, such as an evaluation")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.cli.pretrain import read_notes
    from mbembed.cli.readout import check_metadata
    from mbembed.models.store import load_model
    from mbembed.tables import read_table
    from mbembed.tables.sample_metadata import read_metadata
    from mbembed.training.describe import describe
    from mbembed.training.studies import columns_of, groups_of

    check_metadata(args, (("--map-columns", args.map_columns, "the columns are those of the metadata"),))
    notes = read_notes(args.notes)
    flags = dict.fromkeys(args.map_columns, "--map-columns")
    metadata = read_metadata(args.metadata) if args.group else None
    if metadata:
        for column, flag in {args.group: "--group", **flags}.items():
            metadata.check_column(column, flag)
    model = load_model(args.model)
    pretrained = load_model(args.pretrained) if args.pretrained else None
    profiles = [read_table(table, **chosen(args, READING)) for table in args.tables]
    ids = [sample for profile in profiles for sample in profile.sample_ids]
    result = describe(
        model,
        profiles,
        args.output,
        pretrained=pretrained,
        groups=groups_of(metadata, args.group, ids, args.id_column) if metadata else None,
        map_columns=columns_of(metadata, flags, ids, args.id_column) if metadata else None,
        command=shlex.join(["mbembed", *sys.argv[1:]]),
        notes=notes,
    )
    _tell(result, args.output)
    return 0


def _tell(model: Model, output: str) -> None:
    from mbembed.models.statistics import RECONSTRUCTION

    console.say(f"Wrote {output}: the vectors of {model.name} as before, and what is known of its training samples")
    if model.statistics and RECONSTRUCTION not in model.statistics.quantiles:
        console.warn(
            "how well unseen samples are predicted is not known, so no sample can be judged. "
            "Try: mbembed pretrain … --calibration-folds 5, and its folder as --pretrained."
        )
