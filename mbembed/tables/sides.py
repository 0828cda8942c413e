"""Sides that a format fixes, and tables that were written with them swapped all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import AxisError
from mbembed.tables.axis import find_orientation, looks_like_taxon, some
from mbembed.tables.profile import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["check_sides"]

#: Share of a side's names that must look like taxa, for it to be the side of the taxa, and the share
#: that the other side must stay below. Half and a tenth: sample ids are made by people and seldom
#: look like taxa at all; taxa of one table are named in one way.
TAXON_SHARE = 0.5
SAMPLE_SHARE = 0.1


def check_sides(
    source: Source,
    options: ReadOptions,
    *,
    what: str,
    native: str,
    taxa: Sequence[str],
    samples: Sequence[str],
    samples_have_lineages: bool = False,
) -> Decision:
    """Check that the sides of a format that fixes them are not swapped.

    Parameters
    ----------
    source : Source
    options : ReadOptions
        Its ``orientation`` goes before everything.
    what : str
        The format, with its article.
    native : {"taxa-in-rows", "samples-in-rows"}
        What the format fixes.
    taxa, samples : sequence of str
        Names by the rule of the format.
    samples_have_lineages : bool
        A sign of swapped sides.

    Returns
    -------
    Decision
        ``native``, or the other if the user said so.

    Raises
    ------
    UsageError
        If the ``orientation`` is none.
    AxisError
        If the sides look swapped and the user did not say so.
    """
    if options.orientation:
        return find_orientation(taxa, samples, options.orientation, path=str(source.path))
    named = samples_have_lineages or _taxon_share(samples) >= TAXON_SHARE
    if named and _taxon_share(taxa) < SAMPLE_SHARE:
        other = "samples-in-rows" if native == "taxa-in-rows" else "taxa-in-rows"
        raise AxisError(
            f"{source.path} is {what} with its sides swapped: its samples are named like taxa "
            f"({some(samples)}) and its taxa are not ({some(taxa)})",
            expected=f"{native.replace('-', ' ')}, which the format fixes",
            hint=f"--orientation {other} reads it as it was meant",
            path=str(source.path),
        )
    return Decision("orientation", native, f"fixed by the format ({what})")


def _taxon_share(names: Sequence[str]) -> float:
    return sum(map(looks_like_taxon, names)) / max(len(names), 1)
