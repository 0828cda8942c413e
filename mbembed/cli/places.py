"""Files that a command names: none is written over while it is read, or twice."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["check_places"]

#: Arguments that name files which are read.
READ = ("table", "tables", "embedding", "metadata", "taxonomy", "head", "notes", "species", "file")
#: Arguments that name files which are written. One that takes several files is read: ``report --summary``.
WRITTEN = ("output", "match", "summary", "report", "samples", "figure", "surprises")


def check_places(args: argparse.Namespace) -> None:
    """Check that each file that is written is another than those that are read, and than the other ones.

    Parameters
    ----------
    args : argparse.Namespace
        Of any sub-command.

    Raises
    ------
    UsageError
        If one is not.
    """
    given = vars(args)
    several = [name for name in WRITTEN if isinstance(given.get(name), list)]
    read = {place for name in (*READ, *several) for path in _paths(given.get(name)) for place in _places(path)}
    written: dict[object, str] = {}
    for name in WRITTEN:
        if name in several:
            continue
        for path in _paths(given.get(name)):
            for place in _places(path):
                if place in read:
                    raise UsageError(
                        f"{path} is named for what is read and for what is written ({name})",
                        expected="another file for what is written, as it would replace the other",
                        hint="choose another name for what is written",
                    )
                if written.setdefault(place, name) != name:
                    raise UsageError(
                        f"{path} is named for two things that are written ({written[place]} and {name})",
                        expected="a file for each",
                        hint=f"choose another name for the {name}",
                    )


def _paths(value: object) -> list[str]:
    named = value if isinstance(value, list) else [value]
    return [path for path in named if isinstance(path, str) and path != "-"]


def _places(path: str) -> Iterator[object]:
    """Yield what tells a file apart, under whatever name or link; nothing for a folder, a pipe or a device."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        yield os.path.realpath(path)
        return
    if stat.S_ISREG(found.st_mode):
        yield (found.st_dev, found.st_ino)
