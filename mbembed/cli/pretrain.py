"""``mbembed pretrain``: a model of one's own from tables."""

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
    from collections.abc import Mapping

    from mbembed.models.folder import Model
    from mbembed.training.loop import Epoch
    from mbembed.training.settings import Settings

__all__ = ["add_parser", "read_notes", "run"]

#: Options that are fields of :class:`mbembed.training.settings.Settings`, by group: name → (type, help).
#: Not given means "as in the recipe of the loss".
MODEL = {
    "hidden": (int, "width of the first layer (1024)"),
    "bottleneck": (int, "width of a second layer, 0 for none (0; hurdle: 256)"),
    "dropout": (float, "dropout after the first layer (0.25; hurdle: 0.1)"),
    "floor": (float, "fraction that stands for 'not detected' (1e-4; hurdle: 1e-6)"),
}
TRAINING = {
    "epochs": (int, "passes over the samples (100; hurdle: 60)"),
    "batch_size": (int, "samples per step (128; hurdle: 256)"),
    "learning_rate": (float, "peak of the one-cycle schedule (1e-3; hurdle: 2e-3)"),
    "weight_decay": (float, "of AdamW (1e-2; hurdle: 1e-3)"),
    "calibration_folds": (
        int,
        "further networks to train, each without a part of the studies: how well unseen samples are predicted (0)",
    ),
    "patience": (int, "stop after so many epochs without a better held-out loss, 0 for never (20)"),
    "seed": (int, "same seed, same weights (0)"),
}
DATA = {
    "min_prevalence": (float, "a species becomes a column if this share of the training samples has it (0.01)"),
    "validation_fraction": (
        float,
        "share of the studies, or of the samples without --group, to hold out; 0 for none (0.1)",
    ),
}
#: Options with a few choices: name → (choices, help).
CHOICES = {
    "decoder": (("linear", "hidden"), "linear, or with a hidden layer (linear; hurdle: hidden)"),
    "embedding": (("hidden", "bottleneck"), "layer whose output is the embedding (the last of the encoder)"),
    "closure": (
        ("input", "classified"),
        "what a fraction is a fraction of: all of the sample, or its classified part (input)",
    ),
    "columns": (
        ("names", "units"),
        "what a column is: a species name of the tables, or a lumped unit that every nomenclature leads to (names)",
    ),
}

#: Lines per run in a log, where no bar can be drawn.
LOG_LINES = 20

DESCRIPTION = """\
Pre-train a masked autoencoder on species tables and write it as a model folder, which
'mbembed embed --model DIR' reads. Needs mbembed[torch].
"""

EPILOG = """\
Defaults stand in parentheses. --loss masked-mse is the published recipe; --loss hurdle is
that of the model which travels with mbembed.

examples:
  mbembed pretrain cohort1.biom cohort2.tsv -o my-model
  mbembed pretrain profiles.biom -o my-model --metadata samples.tsv --group study --loss hurdle
  mbembed pretrain profiles.biom -o my-model --metadata samples.tsv --group study --loss hurdle --resume
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "pretrain",
        help="train a model of your own on tables",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    parser.add_argument("tables", nargs="+", metavar="TABLE", help="abundance tables of one nomenclature")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="model folder to make")
    parser.add_argument("--resume", action="store_true", help="go on after an interruption (DIR.checkpoint)")
    parser.add_argument(
        "--threads", type=int, metavar="N", help="CPU threads; part of what makes a run repeatable (as torch finds)"
    )
    add_options(parser, READING, "how the tables are read (decided from their content unless given)")

    data = parser.add_argument_group("data")
    data.add_argument("--metadata", metavar="TSV", help="what is known of the samples: a table with a header")
    data.add_argument("--id-column", metavar="COLUMN", help=EVALUATE["id_column"].help)
    data.add_argument(
        "--group", metavar="COLUMN", help="its column with the study of each sample: whole studies are held out"
    )
    data.add_argument("--validation-studies", nargs="+", metavar="NAME", help="studies to hold out, instead of a share")
    _add(data, DATA)
    model = parser.add_argument_group("model")
    model.add_argument(
        "--loss",
        choices=("masked-mse", "hurdle"),
        default="masked-mse",
        help="what is learned (masked-mse, as published)",
    )
    model.add_argument(
        "--mask", type=_mask, metavar="R|LOW-HIGH", help="share of the species to mask (0.3; hurdle: 0.1-0.9)"
    )
    _add(model, MODEL)
    for name, (choices, text) in CHOICES.items():
        model.add_argument(_flag(name), choices=choices, help=text)
    _add(parser.add_argument_group("training"), TRAINING)

    card = parser.add_argument_group("model card")
    card.add_argument("--name", help="name of the model (the folder's name)")
    card.add_argument("--corpus", default="", metavar="TEXT", help="what the tables are and where they come from")
    card.add_argument(
        "--nomenclature", default="as in the training tables", metavar="TEXT", help="which names the species have"
    )
    card.add_argument("--licence", "--license", default="", metavar="TEXT", help="licence of the weights")
    card.add_argument("--citation", default="", metavar="TEXT", help="what to cite when the model is used")
    card.add_argument("--notes", metavar="FILE", help="Markdown to add to the card, such as an evaluation")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.errors import UsageError
    from mbembed.extras import require_extra

    require_extra("torch", "pre-training")
    if bool(args.metadata) != bool(args.group):
        given, other = ("--metadata", "--group COLUMN") if args.metadata else ("--group", "--metadata TSV")
        raise UsageError(f"{given} was given without {other.split()[0]}", expected="both or neither", hint=other)

    from mbembed.tables import read_table
    from mbembed.tables.sample_metadata import read_metadata
    from mbembed.training.pretrain import pretrain
    from mbembed.training.record import Description
    from mbembed.training.studies import groups_of

    settings = _settings(args)
    metadata = read_metadata(args.metadata) if args.group else None
    if metadata:
        metadata.check_column(args.group, "--group")
    description = Description(
        name=args.name or Path(args.output).name,
        corpus=args.corpus,
        nomenclature=args.nomenclature,
        licence=args.licence,
        citation=args.citation,
        notes=read_notes(args.notes),
        command=shlex.join(["mbembed", *sys.argv[1:]]),
    )
    profiles = []
    for table in args.tables:
        profile = read_table(table, **chosen(args, READING))
        console.say(
            f"Read {table}: {profile.n_samples} samples × {profile.n_taxa} taxa, {profile.unit} ({profile.dialect})"
        )
        for warning in profile.warnings:
            console.warn(f"{table}: {warning}")
        profiles.append(profile)
    ids = [sample for profile in profiles for sample in profile.sample_ids]
    groups = groups_of(metadata, args.group, ids, args.id_column) if metadata else None
    try:
        model = pretrain(
            profiles,
            args.output,
            settings,
            description,
            groups=groups,
            resume=args.resume,
            say=console.say,
            on_epoch=_EpochLine(settings.epochs),
        )
    except KeyboardInterrupt:
        console.say("\nFinished epochs are saved: the same command with --resume goes on from there")
        raise
    _tell(model, args.output)
    return 0


class _EpochLine:
    """Shows each epoch: on a terminal a bar with the loss, elsewhere (a log) a line now and then."""

    def __init__(self, n_epochs: int) -> None:
        self.progress = console.Progress(n_epochs, "Pre-training", "epochs")
        self.n_epochs = n_epochs
        self.every = max(1, n_epochs // LOG_LINES)

    def __call__(self, epoch: Epoch) -> None:
        held_out = "" if epoch.validation_loss is None else f", held-out {epoch.validation_loss:.4f}"
        losses = f"loss {epoch.training_loss:.4f}{held_out}"
        if not sys.stderr.isatty():
            if epoch.number % self.every == 0 or epoch.number == 1:
                console.say(f"Epoch {epoch.number} of {self.n_epochs}: {losses}")
            return
        self.progress.update(epoch.number, losses)
        if epoch.number == self.n_epochs:
            self.progress.close()


def _tell(model: Model, output: str) -> None:
    """Say how it went."""
    record = model.config["training"]
    if record["epochs_run"] < record["settings"]["epochs"]:
        console.say(
            f"Stopped after epoch {record['epochs_run']}: the held-out loss was lowest at epoch {record['epoch_kept']}"
        )
    if record["held_out_loss"] is not None:
        loss, baseline = record["held_out_loss"], record["held_out_baseline"]
        console.say(f"Held-out loss {loss:.4f}; predicting each species' training mean: {baseline:.4f}")
        if loss >= baseline:
            console.warn(
                "the model is not better than predicting each species' mean: too few samples or epochs to learn from"
            )
    console.say(
        f"Wrote {output}: {model.n_inputs} species → {model.n_dimensions} dimensions, epoch {record['epoch_kept']}"
    )
    console.say(f"Next: mbembed embed TABLE --model {shlex.quote(output)} -o embeddings.tsv")


def _settings(args: argparse.Namespace) -> Settings:
    import torch

    from mbembed.training.settings import Settings

    names = [*MODEL, *TRAINING, *DATA, *CHOICES, "mask"]
    given = {name: getattr(args, name) for name in names}
    studies = None if args.validation_studies is None else tuple(args.validation_studies)
    threads = args.threads if args.threads is not None else torch.get_num_threads()
    return Settings.from_recipe(args.loss, **given, validation_studies=studies, threads=threads)


def read_notes(path: str | None) -> str:
    """Read the author's part of a card; empty without a file."""
    from mbembed.errors import UsageError

    if path is None:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the notes {path} cannot be read ({error})", expected="a Markdown text file", hint="--notes FILE"
        ) from error


def _mask(text: str) -> tuple[float, float]:
    """Read ``0.3`` or ``0.1-0.9``."""
    low, dash, high = text.partition("-")
    try:
        return (float(low), float(high)) if dash else (float(text), float(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a ratio such as 0.3 nor a range such as 0.1-0.9"
        ) from None


def _add(group: argparse._ArgumentGroup, options: Mapping[str, tuple[type, str]]) -> None:
    for name, (kind, text) in options.items():
        group.add_argument(_flag(name), type=kind, metavar="X" if kind is float else "N", help=text.replace("%", "%%"))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
