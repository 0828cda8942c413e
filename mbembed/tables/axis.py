"""Which axis of a plain matrix holds the taxa."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mbembed.errors import AxisError
from mbembed.tables.labels import lineage_from_label
from mbembed.tables.profile import Decision
from mbembed.taxonomy.names import canonical_key
from mbembed.taxonomy.vocabulary import known_names

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ORIENTATIONS", "check_names", "find_orientation", "known_share", "looks_like_taxon", "some"]

#: The choices of ``--orientation``.
ORIENTATIONS = ("samples-in-rows", "taxa-in-rows")
#: How many names of each axis an error shows.
SHOWN = 3
#: Share of an axis's names that must look like taxa when none is known. Half: a table's taxa are
#: named in one way, and sample ids hardly ever look like a species.
TAXON_SHARE = 0.5
#: Share of an axis's names that must be ids, for the error to say so.
ID_SHARE = 0.8

#: A lineage, a name with a rank prefix, a binomial, a GTDB placeholder (``CAG-83 sp000431575``), or a mOTU.
_TAXON = re.compile(
    r"([dkpcofgst]__\S)"
    r"|\[?[A-Z][a-z]{3,}\]?(_[A-Z]+)?[ _.]+\[?[a-z]{3,}"
    r"|[A-Z][A-Za-z0-9-]+(_[A-Z]+)?[ _.]sp\.?[ _]?\d*"
    r"|.*\[(ref|meta|ext)_mOTU_v\d"
)
_TAXID = re.compile(r"\d+")
#: MD5, as QIIME 2 names its features.
_HASH = re.compile(r"[0-9a-f]{32}")
#: As mothur, USEARCH and DADA2 number them.
FEATURE = re.compile(r"(z?otu|asv|denovo|sv)[_. -]?\d+", re.IGNORECASE)


def looks_like_taxon(name: str) -> bool:
    """Tell whether a text looks like the name of a taxon.

    >>> looks_like_taxon("Blautia wexlerae"), looks_like_taxon("CAG-83 sp000431575"), looks_like_taxon("S-2")
    (True, True, False)
    """
    return _TAXON.match(name.strip("\"' ")) is not None


def known_share(names: Sequence[str], known: frozenset[str]) -> float:
    """Return the share of names that are known, by their canonical keys.

    >>> known_share(["s__Blautia_obeum", "S-2"], frozenset({"blautia obeum"}))
    0.5
    """
    last = [(lineage_from_label(name) or (name,))[-1] for name in names]
    return sum(canonical_key(name) in known for name in last) / max(len(names), 1)


def find_orientation(rows: Sequence[str], columns: Sequence[str], given: str | None, *, path: str = "") -> Decision:
    """Decide which axis holds the taxa.

    Parameters
    ----------
    rows, columns : sequence of str
        Names of the rows and of the columns.
    given : {"samples-in-rows", "taxa-in-rows"}, optional
        What the user said; goes before everything.
    path : str
        For messages.

    Returns
    -------
    Decision

    Raises
    ------
    AxisError
        If neither axis, or both alike, have names of taxa.
    """
    if given is not None:
        return Decision("orientation", given, "given")
    known = known_names()
    shares = known_share(rows, known), known_share(columns, known)
    reason = "are species of an installed model"
    if shares[0] == shares[1]:
        shares = _taxon_share(rows), _taxon_share(columns)
        reason = "look like taxa"
        if max(shares) < TAXON_SHARE:
            shares = (0.0, 0.0)
    if shares[0] == shares[1]:
        raise _undecided(rows, columns, path, both=shares[0] > 0)
    value = ORIENTATIONS[shares[0] > shares[1]]
    return Decision(
        "orientation", value, f"{shares[0]:.0%} of the row names and {shares[1]:.0%} of the column names {reason}"
    )


def check_names(labels: Sequence[str], *, path: str = "") -> None:
    """Refuse taxa that are named by ids which no model knows.

    Parameters
    ----------
    labels : sequence of str
        What names the taxa.
    path : str

    Raises
    ------
    AxisError
        If they are NCBI Taxonomy ids, hashes of sequences, or numbered OTUs.
    """
    kind = _ids(labels)
    if kind:
        raise AxisError(
            f"the taxa of {path or 'the table'} are named by {kind} ({some(labels)})",
            expected="species names or lineages",
            hint=_ID_HINTS[kind],
            path=path,
        )


_ID_HINTS = {
    "numbers, as NCBI Taxonomy ids are": "--format taxids, if they are such ids; "
    "or export the table with a column of names (taxpasta merge --add-name)",
    "hashes, as QIIME 2 names its sequences": "--taxonomy taxonomy.qza (or its TSV) gives them names",
    "numbers of OTUs or sequence variants": "--taxonomy FILE (mothur's cons.taxonomy, or QIIME 2's) gives them names",
}


def _ids(names: Sequence[str]) -> str:
    for kind, pattern in zip(_ID_HINTS, (_TAXID, _HASH, FEATURE), strict=True):
        if names and sum(pattern.fullmatch(name) is not None for name in names) >= ID_SHARE * len(names):
            return kind
    return ""


def _taxon_share(names: Sequence[str]) -> float:
    return sum(map(looks_like_taxon, names)) / max(len(names), 1)


def _undecided(rows: Sequence[str], columns: Sequence[str], path: str, *, both: bool) -> AxisError:
    kinds = {axis: _ids(names) for axis, names in (("row", rows), ("column", columns))}
    found = f"the rows of {path or 'the table'} are named {some(rows)}, the columns {some(columns)}: "
    found += "both look like taxa" if both else "neither looks like taxa"
    named = [f"the {axis} names are {kind}" for axis, kind in kinds.items() if kind]
    hint = "--orientation taxa-in-rows or --orientation samples-in-rows"
    if named and not both:
        found += f" ({'; '.join(named)})"
        hint = _ID_HINTS[next(filter(None, kinds.values()))]
    return AxisError(found, expected="species names on one axis, sample ids on the other", hint=hint, path=path)


def some(names: Sequence[str]) -> str:
    """Return the first names for a message.

    >>> some(["a", "b", "c", "d"])
    'a, b, c, …'
    """
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
