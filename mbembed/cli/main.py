"""The command ``mbembed``: finds the sub-command, turns errors into messages and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from mbembed import __version__
from mbembed.cli import (
    calibrate,
    console,
    convert,
    embed,
    evaluate,
    exchange,
    explain,
    impute,
    inspect,
    models,
    neighbours,
    pretrain,
    readout,
    report,
)
from mbembed.cli.places import check_places
from mbembed.errors import EXIT_DATA, MbembedError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["build_parser", "main"]

#: Exit status after Ctrl-C: 128 + SIGINT, as shells report it.
EXIT_INTERRUPTED = 130

EPILOG = """\
Start here:
  mbembed inspect profile.biom                     what would be read, and how well it matches
  mbembed embed profile.biom -o embeddings.tsv     one vector per sample

Exit status: 0 done; 1 the data could not be used; 2 the arguments were wrong.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all sub-commands."""
    parser = argparse.ArgumentParser(
        prog="mbembed",
        description="Any gut-metagenome species table in, one trustworthy vector per sample out.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mbembed {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for module in (
        embed,
        inspect,
        convert,
        report,
        evaluate,
        explain,
        neighbours,
        impute,
        models,
        pretrain,
        readout,
        calibrate,
        exchange,
    ):
        module.add_parser(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default: those of the process.

    Returns
    -------
    int
        Exit status.
    """
    parser = build_parser()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        parser.print_help(sys.stderr)
        return 2
    args = parser.parse_args(arguments)
    console.set_level(
        console.QUIET if args.quiet else console.VERBOSE if args.verbose or args.debug else console.NORMAL
    )
    try:
        check_places(args)
        status: int = args.run(args)
        sys.stdout.flush()
    except MbembedError as error:
        if args.debug:
            raise
        console.error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        rest = "; the same command goes on from there" if getattr(args, "resume", False) else ""
        console.error(f"interrupted; nothing was written under the final name{rest}")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has gone: not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        if args.debug:
            raise
        console.error(
            "the memory of this machine is not enough for this table. Try: split it by samples; vectors do not change."
        )
        return EXIT_DATA
    except Exception as error:
        if args.debug:
            raise
        console.error(
            f"unexpected {type(error).__name__}: {error}. This is a bug in mbembed. "
            "Try: the same command with --debug, and report what it prints."
        )
        return EXIT_DATA
    return status
