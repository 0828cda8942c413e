"""Spelling of sample ids: why those of two tables may differ though they mean the same samples."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mbembed.tables.sample_names import without_suffix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["spelling_difference"]

#: Shortest ending that all ids of a table may share to count as a suffix (characters).
MIN_SUFFIX = 3


def spelling_difference(table: Sequence[str], metadata: Sequence[str], joined: int) -> str:
    """Return in words the change of spelling by which more ids would be equal.

    Nothing is joined by it: two ids that differ may be two samples.

    Parameters
    ----------
    table, metadata : sequence of str
        The ids of both sides.
    joined : int
        How many are equal as they stand.

    Returns
    -------
    str
        Empty if no change joins more.

    Examples
    --------
    >>> spelling_difference(["S.1", "S.2"], ["S-1", "S-2"], 0)
    "the ids differ in '.', '-', '_' or blanks, as R's make.names writes them: without that, 2 would join"
    """
    ending = _common_ending(table)
    keys: list[tuple[str, Callable[[str], str]]] = [
        ("the ids differ in upper and lower case", str.casefold),
        ("the ids differ in '.', '-', '_' or blanks, as R's make.names writes them", _separators),
        ("R has put an X before the ids of one side", _without_x),
        (f"the ids of the table end in {ending!r}", lambda one: one.removesuffix(ending) if ending else one),
        ("the ids of one side have an ending of a file or a profiler", without_suffix),
        ("the ids of one side have zeros in front", _without_zeros),
        (
            "the ids differ in case, separators and endings",
            lambda one: _without_x(without_suffix(one.removesuffix(ending) if ending else one)).casefold(),
        ),
    ]
    for words, key in keys:
        found = len({key(one) for one in table} & {key(one) for one in metadata if one})
        if found > joined:
            return f"{words}: without that, {found} would join"
    return ""


def _separators(one: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", ".", one)


def _without_x(one: str) -> str:
    return _separators(re.sub(r"^X(?=[^A-Za-z])", "", one))


def _without_zeros(one: str) -> str:
    """Return an id as a spreadsheet leaves it that takes it for a number."""
    return one.lstrip("0") or "0"


def _common_ending(ids: Sequence[str]) -> str:
    """Return the ending that all ids share, from its separator on."""
    ending = os.path.commonprefix([one[::-1] for one in ids])[::-1] if len(ids) > 1 else ""  # noqa: RUF071 - text, no paths
    found = re.search(r"[^A-Za-z0-9].*", ending)
    return found.group() if found and len(found.group()) >= MIN_SUFFIX else ""
