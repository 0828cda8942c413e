"""Command-line arguments that several commands share, built from the one list of options."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from mbembed.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mbembed.options import Option

__all__ = ["PAGE", "READING", "add_options", "add_reading", "add_tables", "chosen", "one_or_all", "quiet_parser"]

#: Options that say how a table is read.
READING = ("format", "orientation", "units", "rank", "missing", "taxonomy")
#: Options of the page of a report.
PAGE = ("metadata", "color_by", "batch", "contrast")


def add_options(
    parser: argparse.ArgumentParser,
    names: Iterable[str],
    title: str,
    options: Mapping[str, Option] = OPTIONS,
    *,
    lists: Collection[str] = (),
    required: Collection[str] = (),
) -> None:
    """Add options by name, in a titled group; those of ``lists`` take several values."""
    group = parser.add_argument_group(title)
    for name in names:
        option = options[name]
        if option.kind is bool:
            group.add_argument(option.flag, dest=option.name, action="store_true", help=option.help)
            continue
        default = "" if option.default is None or "default:" in option.help else f" (default: {option.default})"
        group.add_argument(
            option.flag,
            dest=option.name,
            default=option.default,
            type=option.kind,
            choices=option.choices or None,
            metavar=option.metavar or None,
            nargs="+" if name in lists else None,
            required=name in required,
            help=f"{option.help}{default}".replace("%", "%%"),
        )


def add_tables(parser: argparse.ArgumentParser) -> None:
    """Add the tables that a command reads."""
    parser.add_argument(
        "table", metavar="TABLE", nargs="+", help="abundance table, or several: one sample each, named by their files"
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``READING``."""
    add_options(parser, READING, "how the table is read (decided from its content unless given)")


def chosen(args: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return the values of some options as keyword arguments."""
    return {name: getattr(args, name) for name in names}


def one_or_all(tables: Sequence[str]) -> str | Sequence[str]:
    """Return the only table, or the list of several, as ``read_table`` takes them."""
    return tables[0] if len(tables) == 1 else tables


def quiet_parser() -> argparse.ArgumentParser:
    """Return the parent parser with ``-q``, ``-v`` and ``--debug``."""
    parent = argparse.ArgumentParser(add_help=False)
    talk = parent.add_argument_group("talk").add_mutually_exclusive_group()
    talk.add_argument("-q", "--quiet", action="store_true", help="only warnings and errors")
    talk.add_argument("-v", "--verbose", action="store_true", help="say every decision and why")
    talk.add_argument("--debug", action="store_true", help="like -v; on failure show the Python traceback")
    return parent
