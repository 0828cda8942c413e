"""One decision for all parts, or a refusal that names the parts that differ."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from mbembed.errors import (
    AxisError,
    DuplicateIdError,
    EmptyTableError,
    MbembedError,
    TableError,
    UnitError,
    UsageError,
)
from mbembed.words import count, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mbembed.distributed.evidence import Evidence
    from mbembed.distributed.options import Options

__all__ = ["Part", "agree", "check_columns", "collected"]


class Part(NamedTuple):
    """A part of a table: what it is called in messages, and what was found in it."""

    name: str
    found: Evidence


def agree(parts: Sequence[Part], options: Options) -> tuple[str, str]:
    """Check that all parts are to be read alike.

    A part of nothing but zeros says nothing, and is read as the others are.

    Parameters
    ----------
    parts : sequence of Part
    options : Options
        What was given is not asked of the parts.

    Returns
    -------
    tuple of (str, str)
        The unit and the rank of all of them.

    Raises
    ------
    EmptyTableError
        If there is nothing but zeros in any of them.
    DuplicateIdError
        If a sample stands in two of them.
    UnitError, AxisError, TableError
        If they were read in different ways, or one of them cannot be read; naming the parts.
    """
    _check_samples(parts)
    units: defaultdict[str, list[str]] = defaultdict(list)
    undecided = []
    for part in parts:
        refusal = part.found.refusal
        if isinstance(refusal, UnitError) and options.units is None:
            undecided.append(part)
        elif refusal is not None:
            raise _named(refusal, part.name)
        elif not part.found.is_empty:
            units[part.found.unit].append(part.name)
    if undecided and not units:
        raise _named(undecided[0].found.refusal, undecided[0].name)
    if not units:
        raise EmptyTableError(
            f"the table holds nothing but zeros ({count(len(parts), 'part')})",
            expected="at least one abundance above zero",
            hint="check the step that wrote it",
        )
    for part in undecided:
        units["no unit that it shows by itself"].append(part.name)
    if len(units) > 1:
        raise UnitError(
            f"the parts of the table are in different units, by what their samples add up to: {_groups(units)}",
            expected="one unit for the whole table",
            hint='convert them to one unit; or, if all are in one, name it: units="fraction", "percent" or "counts"',
            units=dict(units),
        )
    filled = [part for part in parts if not part.found.is_empty]
    rank = _alike(filled, "rank", lambda one: one.rank, TableError, 'name it: rank="species"')
    for dialect in dict.fromkeys(part.found.dialect for part in filled):  # BIOM always has taxa in rows, text seldom
        same = [part for part in filled if part.found.dialect == dialect]
        _alike(same, "orientation", lambda one: one.orientation, AxisError, 'name it: orientation="samples-in-rows"')
    return next(iter(units)), rank


def check_columns(parts: Sequence[Part]) -> None:
    """Check that the partitions of one table have the same columns, nested in the same way.

    Raises
    ------
    UsageError
        If columns differ, or stand in another order.
    TableError
        If higher ranks are sums of others in some partitions only.
    """
    first = parts[0]
    other = [part.name for part in parts if part.found.columns != first.found.columns]
    if other:
        raise UsageError(
            f"{some(other)} has other columns than {first.name}, or the same in another order"
            if len(other) == 1
            else f"{count(len(other), 'partition')} have other columns than {first.name}, or the same in another order: "
            f"{some(other)}",
            expected="the same species as columns of all partitions",
            hint="frame.reindex(columns=species, fill_value=0) for each",
            names=other,
        )
    filled = [part for part in parts if not part.found.is_empty]
    _alike(
        filled,
        "rows left out because they repeat others",
        lambda one: ", ".join(f"{n} {rank}" for rank, n in sorted(one.repeats.items())) or "none",
        TableError,
        "leave the columns of higher ranks out of the table",
    )


def collected(parts: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """Say each warning once, with the parts that it holds for.

    Examples
    --------
    >>> collected([("partition 0", ["odd"]), ("partition 1", ["odd"]), ("partition 2", [])])
    ['partition 0, partition 1: odd']
    >>> collected([("partition 0", ["odd"]), ("partition 1", ["odd"])])
    ['odd']
    """
    holders: defaultdict[str, list[str]] = defaultdict(list)
    n_parts = 0
    for name, warnings in parts:
        n_parts += 1
        for warning in warnings:
            holders[warning].append(name)
    return [warning if len(names) == n_parts else f"{some(names)}: {warning}" for warning, names in holders.items()]


def _check_samples(parts: Sequence[Part]) -> None:
    """Refuse a sample that stands in two parts."""
    n_samples = sum(len(part.found.sample_ids) for part in parts)
    if len(set().union(*(part.found.sample_ids for part in parts))) == n_samples:
        return
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for part in parts:
        for name in part.found.sample_ids:
            holders[name].append(part.name)
    twice = {name: list(dict.fromkeys(names)) for name, names in holders.items() if len(names) > 1}
    shown = "; ".join(f"{name} in {some(names)}" for name, names in list(twice.items())[:2])
    raise DuplicateIdError(
        f"{count(len(twice), 'sample id')} {'stands' if len(twice) == 1 else 'stand'} more than once: {shown}",
        expected="every sample once in the whole table",
        hint="rename or remove the repeated samples",
        ids=list(twice),
    )


def _alike(
    parts: Sequence[Part],
    what: str,
    value: Callable[[Evidence], str],
    error: type[MbembedError],
    hint: str,
) -> str:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for part in parts:
        groups[value(part.found)].append(part.name)
    if len(groups) > 1:
        raise error(
            f"the parts of the table differ in {what}: {_groups(groups)}",
            expected="the same in all of them",
            hint=hint,
        )
    return next(iter(groups))


def _groups(groups: dict[str, list[str]]) -> str:
    """Name the parts of each group, the largest group first."""
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return "; ".join(f"{value}: {some(names)}" for value, names in ordered)


def _named(error: MbembedError | None, name: str) -> MbembedError:
    """Return the error of a part with the part's name in front, unless it names itself."""
    assert error is not None
    found = error.found if name in error.found else f"{name}: {error.found}"
    return type(error)(found, expected=error.expected, hint=error.hint, **error.fields)
