"""``mbembed models``: list, show, pull, import and verify models."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from mbembed.cli import console
from mbembed.cli.arguments import quiet_parser
from mbembed.errors import EXIT_DATA, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mbembed.models.folder import Model

__all__ = ["add_parser", "run_import", "run_list", "run_pull", "run_show", "run_verify"]

DESCRIPTION = """\
Models are folders with weights (safetensors), config.json, species.tsv and a model card.
One travels with mbembed; others are installed in your model directory (MBEMBED_MODELS).
"""

PULL = """\
Download a published model (pinned to a commit, checked by SHA-256) and install it.
A broken download goes on where it stopped. MBEMBED_MIRROR sets another address.
"""

IMPORT = """\
Install a checkpoint that was published as a torch pickle, with its species list. Nothing in
the pickle is run: one that names anything but the known torch layers is refused.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "models",
        help="list, show, pull, import and verify models",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)

    def action(
        name: str, run: Callable[[argparse.Namespace], int], summary: str, description: str = ""
    ) -> argparse.ArgumentParser:
        leaf = actions.add_parser(
            name,
            help=summary,
            description=description or summary[0].upper() + summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[quiet_parser()],
        )
        leaf.set_defaults(run=run)
        return leaf

    listing = action("list", run_list, "list the installed models")
    listing.add_argument("--json", action="store_true", help="print JSON instead of a table")

    show = action("show", run_show, "say what a model takes, gives and comes from")
    show.add_argument("name", metavar="NAME", help="an installed model, or a model folder")
    show.add_argument("--json", action="store_true", help="print JSON instead of words")

    pull = action("pull", run_pull, "download and install a published model", PULL)
    pull.add_argument("name", metavar="NAME", help="a published model, for example mae30")

    importing = action("import", run_import, "install a published checkpoint from files", IMPORT)
    importing.add_argument("file", metavar="FILE", help="the checkpoint, for example mae30_encoder_full.pkl")
    importing.add_argument(
        "--species", metavar="CSV", required=True, help="its species list (columns species_name, rep_id, order)"
    )
    importing.add_argument("--name", metavar="NAME", required=True, help="name of the new model")
    importing.add_argument(
        "--nomenclature",
        metavar="TEXT",
        help='which nomenclature its names follow, for example "GTDB R220" (default: known for published '
        "checkpoints, else unspecified)",
    )
    importing.add_argument("--force", action="store_true", help="replace an installed model of that name")

    verify = action("verify", run_verify, "check the files of a model against their recorded SHA-256")
    verify.add_argument("name", metavar="NAME", help="an installed model, or a model folder")


def run_list(args: argparse.Namespace) -> int:
    """Run ``mbembed models list``."""
    from mbembed.models.folder import load_folder
    from mbembed.models.published import PUBLISHED
    from mbembed.models.store import installed_folders, user_folder

    models = []
    for folder in installed_folders():
        try:
            models.append(load_folder(folder))
        except ModelError as error:
            console.warn(f"{folder.name} is left out: {error}")
    if args.json:
        print(json.dumps([_facts(model) for model in models], indent=2, ensure_ascii=False))
    else:
        _print_table(models)
    console.detail(f"Models are installed in {user_folder()}")
    for name in sorted(PUBLISHED.keys() - {model.name for model in models}):
        console.say(
            f"Not installed: {name}, published by {PUBLISHED[name].citation.partition(' (')[0]}. "
            f"Get it: mbembed models pull {name}"
        )
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Run ``mbembed models show``."""
    from mbembed.models.card import chain_in_words
    from mbembed.models.folder import CARD
    from mbembed.models.store import load_model

    model = load_model(args.name)
    if args.json:
        print(json.dumps({**_facts(model), "config": model.config}, indent=2, ensure_ascii=False))
        return 0
    preprocessing = model.preprocessing
    lines = {
        "name": model.name + (" (the default)" if _is_default(model) else ""),
        "folder": model.path,
        "species columns": f"{model.n_inputs} ({model.n_named_species} distinct species)",
        "nomenclature": model.nomenclature,
        "dimensions": model.n_dimensions,
        "layers": chain_in_words(model.config),
        "preprocessing": f"fractions; 0 becomes {preprocessing.floor:g}; log10; {preprocessing.shift:+g}"
        + ("; smaller values raised to the floor" if preprocessing.clip_below_floor else ""),
        "source": _statement(model),
        "licence": model.config.get("licence", "not stated"),
        "citation": model.config.get("citation", "not stated"),
        "weights SHA-256": model.weights_sha256,
        "model card": model.path / CARD,
    }
    width = max(map(len, lines))
    for key, value in lines.items():
        print(f"{key:<{width}}  {value}")
    return 0


def run_pull(args: argparse.Namespace) -> int:
    """Run ``mbembed models pull``."""
    from mbembed.models.pulling import find_pulled, pull_model

    installed = find_pulled(args.name)
    if installed is not None:
        console.say(f"{args.name} is installed already: {installed.path}")
        return 0
    bar: list[console.Progress] = []

    def progress(done: int, total: int) -> None:
        if not bar:
            bar.append(console.Progress(total, f"Downloading {args.name}", "bytes"))
        bar[0].update(done)

    try:
        model = pull_model(args.name, progress=progress)
    finally:
        for shown in bar:
            shown.close()
    _say_installed(model)
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Run ``mbembed models import``."""
    from mbembed.models.importing import UNSPECIFIED, import_checkpoint

    model = import_checkpoint(args.file, args.species, args.name, nomenclature=args.nomenclature, overwrite=args.force)
    console.say(f"The checkpoint is: {_statement(model)}")
    if model.nomenclature == UNSPECIFIED:
        console.warn("which nomenclature the species names follow is not stated. Try: --nomenclature TEXT --force.")
    _say_installed(model)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Run ``mbembed models verify``."""
    from mbembed.models.verifying import find_folder, verify_folder

    folder = find_folder(args.name)
    checks = verify_folder(folder)
    print(folder)
    width = max(len(check.file) for check in checks)
    for check in checks:
        parts = ["ok    " if check.ok else "NOT ok", f"{check.file or 'model':<{width}}", check.sha256, check.remark]
        print("  ".join(part for part in parts if part).rstrip())
    return 0 if all(check.ok for check in checks) else EXIT_DATA


def _facts(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "path": str(model.path),
        "default": _is_default(model),
        "n_inputs": model.n_inputs,
        "n_named_species": model.n_named_species,
        "n_dimensions": model.n_dimensions,
        "nomenclature": model.nomenclature,
        "source": _statement(model),
        "licence": model.config.get("licence"),
        "weights_sha256": model.weights_sha256,
    }


def _print_table(models: list[Model]) -> None:
    rows = [("name", "species", "dimensions", "nomenclature", "licence", "folder")]
    rows += [
        (
            model.name + (" (default)" if _is_default(model) else ""),
            str(model.n_named_species),
            str(model.n_dimensions),
            model.nomenclature,
            str(model.config.get("licence", "not stated")),
            str(model.path),
        )
        for model in models
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _is_default(model: Model) -> bool:
    from mbembed.models.store import default_folder

    return model.path == default_folder()


def _statement(model: Model) -> str:
    """Say in one line where a model comes from; other writers of model folders may store plain text."""
    source = model.config.get("source", "not stated")
    return str(source.get("statement", "not stated") if isinstance(source, dict) else source)


def _say_installed(model: Model) -> None:
    console.say(
        f"Installed {model.name}: {model.n_named_species} species, {model.n_dimensions} dimensions, in {model.path}"
    )
    console.say(f"Use it: mbembed embed TABLE -o OUT --model {model.name}")
