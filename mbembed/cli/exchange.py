"""``mbembed exchange``: what the R package runs. Not in the list of commands: people have better ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.cli.arguments import quiet_parser

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "exchange", description="Answer a request of the R package mbembed.", parents=[quiet_parser()]
    )
    parser.add_argument("folder", metavar="FOLDER", help="where the request lies, and the answer is written")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    from mbembed.bridge.folder import answer_folder

    answer_folder(args.folder)
    return 0
