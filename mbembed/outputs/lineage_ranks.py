"""Lineages of a whole table as rows of equal length, one column per rank, each with its prefix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mbembed.tables.profile import Taxon

__all__ = ["UNCLASSIFIED", "rank_rows"]

#: Name of the row that holds what the profiler could not assign, as MetaPhlAn 4 writes it.
UNCLASSIFIED = "UNCLASSIFIED"
#: Letters of the rank prefixes in their order. ``d`` and ``k`` are one step, unless a lineage has both.
_LETTERS = "dkpcofgst"
#: The same for lineages without prefixes, where the place says the rank.
_BY_PLACE = "kpcofgst"
#: Rank of a taxon → letter of its prefix.
_LETTER_OF: Mapping[str, str] = {
    "domain": "k",
    "phylum": "p",
    "class": "c",
    "order": "o",
    "family": "f",
    "genus": "g",
    "species": "s",
    "strain": "t",
}
#: What stands for a rank without a name (QIIME 2: ``__``).
_NAMELESS = frozenset({"", "__"})
_PREFIX = re.compile(r"([dkpcofgst])__")


def rank_rows(taxa: Sequence[Taxon], rank: str, *, unclassified: bool = False) -> list[list[str]]:
    """Bring the lineages of a table to one length.

    Every row gets the same ranks in the same places, since `phyloseq::import_biom` and the
    readers of QIIME 2 go by the place. A rank without a name is its bare prefix (``c__``), as
    Greengenes writes it: biom-format drops empty texts, and all names behind would move up.
    A taxon without a lineage gets its rank and name alone.

    Parameters
    ----------
    taxa : sequence of Taxon
    rank : str
        Rank of the taxa that do not say it.
    unclassified : bool
        Add a last row for what is not classified: the highest rank is named ``UNCLASSIFIED``.

    Returns
    -------
    list of list of str
        Lineages whose parts are of no known rank are kept as they are, and filled up with ``""``.

    Examples
    --------
    >>> from mbembed.tables.profile import Taxon
    >>> taxa = [Taxon("x", "Blautia obeum", ("k__Bacteria", "g__Blautia", "s__Blautia obeum")),
    ...         Taxon("y", "Dorea longicatena")]
    >>> rank_rows(taxa, "species", unclassified=True)
    [['k__Bacteria', 'g__Blautia', 's__Blautia obeum'], ['k__', 'g__', 's__Dorea longicatena'], ['k__UNCLASSIFIED', 'g__', 's__']]
    """
    found = [_by_letter(taxon, rank) for taxon in taxa]
    rows = [row for row in found if row is not None]
    if len(rows) < len(found):
        return _as_they_are(taxa, unclassified=unclassified)
    both = any({"d", "k"} <= row.keys() for row in rows)
    letters = sorted({letter for row in rows for letter in row}, key=_LETTERS.index)
    if {"d", "k"} <= set(letters) and not both:
        letters.remove("k")
    top = "d" if any("d" in row for row in rows) and not any("k" in row for row in rows) else "k"
    result = []
    for row in rows:
        parts = [row.get(letter, f"{letter}__") for letter in letters]
        if letters[0] in "dk" and not both:
            parts[0] = row.get("d") or row.get("k") or f"{top}__"
        result.append(parts)
    if unclassified:
        first = top if letters[0] in "dk" and not both else letters[0]
        result.append([f"{first}__{UNCLASSIFIED}", *(f"{letter}__" for letter in letters[1:])])
    return result


def _by_letter(taxon: Taxon, rank: str) -> dict[str, str] | None:
    """Return letter → part; None if some part has no place among the ranks."""
    if not taxon.lineage:
        letter = _LETTER_OF.get(taxon.rank or rank, "s")
        label = taxon.source.strip()
        return {letter: label if label.startswith(f"{letter}__") else f"{letter}__{taxon.name}"}
    if not any(map(_PREFIX.match, taxon.lineage)):
        if len(taxon.lineage) > len(_BY_PLACE):
            return None
        parts = zip(_BY_PLACE, taxon.lineage, strict=False)
        return {letter: f"{letter}__{'' if part in _NAMELESS else part}" for letter, part in parts}
    row: dict[str, str] = {}
    last = -1
    for part in taxon.lineage:
        prefix = _PREFIX.match(part)
        at = _LETTERS.index(prefix.group(1)) if prefix else last + 1
        if at <= last or at >= len(_LETTERS) or not (prefix or part in _NAMELESS):
            return None
        row[_LETTERS[at]] = part if prefix else f"{_LETTERS[at]}__"
        last = at
    return row


def _as_they_are(taxa: Sequence[Taxon], *, unclassified: bool) -> list[list[str]]:
    rows = [list(taxon.lineage) or [taxon.name] for taxon in taxa] + ([[UNCLASSIFIED]] if unclassified else [])
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))] for row in rows]
