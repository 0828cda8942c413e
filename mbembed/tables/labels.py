"""From the text that names a row to a taxon: lineage, rank, name; or "not classified"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mbembed.tables.profile import Taxon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["RANKS", "identity", "is_unclassified", "lineage_from_label", "make_taxon", "rank_of", "unmangle"]

#: Letter of a rank prefix → rank, from the widest to the narrowest. ``d`` and ``k`` are one step.
RANKS: Mapping[str, str] = {
    "d": "domain",
    "k": "domain",
    "p": "phylum",
    "c": "class",
    "o": "order",
    "f": "family",
    "g": "genus",
    "s": "species",
    "t": "strain",
}
#: The same steps for lineages whose parts have no prefix: the rank is the position.
_STEPS = ("domain", "phylum", "class", "order", "family", "genus", "species", "strain")
#: What profilers call the abundance that they could not assign, lower case (MetaPhlAn 3, MetaPhlAn 4,
#: Kraken2, mOTUs 3 and QIIME, mOTUs 2).
UNCLASSIFIED = frozenset({"unknown", "unclassified", "unassigned", "-1"})
#: The same as NCBI Taxonomy ids (Kraken2 and taxpasta: 0; MetaPhlAn: -1).
UNCLASSIFIED_IDS = frozenset({"0", "-1"})

_PREFIX = re.compile(r"^([dkpcofgst])__")
#: SILVA's old prefixes count the ranks: ``D_0__Bacteria;D_1__Firmicutes``.
_SILVA = re.compile(r"(?<![^;|\s])D_([0-7])__")
_SEPARATORS = re.compile(r"\s*[|;]\s*")
#: Id of a mOTU behind its name: ``[ref_mOTU_v3_00001]``, ``[mOTUv4.0_000001]``.
_MOTU = re.compile(r"\s*\[((?:ref|meta|ext)_mOTU_\w+|mOTUv[\d.]+_\w+)\]$")
#: What QIIME 2 writes for a rank without a name.
_NAMELESS = "__"
#: A bare epithet, as Greengenes and SILVA write it, with the letter of Greengenes2: ``copri_A``.
_EPITHET = re.compile(r"[a-z][a-z-]+(_[A-Z]+)?")
#: What R's ``make.names`` leaves of a binomial (``Faecalibacterium.prausnitzii``) and of a lineage.
_MANGLED = re.compile(r"[A-Z][A-Za-z0-9-]+\.+[A-Za-z0-9][A-Za-z0-9._]*|([dk]__[A-Za-z0-9_]+)\.p__.*")
_MANGLED_RANK = re.compile(r"\.+(?=[pcofgst]__)")


def lineage_from_label(label: str) -> tuple[str, ...]:
    """Read a label as a lineage.

    Parameters
    ----------
    label : str

    Returns
    -------
    tuple of str
        Ranks from domain down; empty ones keep their place. A name alone has no lineage.

    Examples
    --------
    >>> lineage_from_label("k__Bacteria|p__Firmicutes|s__Blautia_obeum")
    ('k__Bacteria', 'p__Firmicutes', 's__Blautia_obeum')
    >>> lineage_from_label("d__Bacteria; p__Bacillota; g__Blautia; __")
    ('d__Bacteria', 'p__Bacillota', 'g__Blautia', '__')
    >>> lineage_from_label("D_0__Bacteria;D_1__Firmicutes")
    ('d__Bacteria', 'p__Firmicutes')
    >>> lineage_from_label("Blautia obeum")
    ()
    """
    if "D_0__" in label:
        label = _SILVA.sub(lambda found: "dpcofgst"[int(found.group(1))] + "__", label)
    parts = _SEPARATORS.split(label.strip())
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    prefixed = any(part == _NAMELESS or _PREFIX.match(part) for part in parts)
    return tuple(parts) if len(parts) > 1 and (prefixed or len(parts) >= len(_STEPS) - 2) else ()


def rank_of(label: str, lineage: Sequence[str]) -> str:
    """Return the rank of the last part; empty where nothing says it.

    Examples
    --------
    >>> rank_of("s__Blautia_obeum", ()), rank_of("Blautia obeum", ())
    ('species', '')
    >>> rank_of("x", ("k__Bacteria", "g__Blautia"))
    'genus'
    """
    last = lineage[-1] if lineage else label.strip()
    prefix = _PREFIX.match(last)
    if prefix:
        return RANKS[prefix.group(1)]
    return _STEPS[len(lineage) - 1] if 1 < len(lineage) <= len(_STEPS) else ""


def make_taxon(label: str, lineage: Sequence[str], taxid: str = "") -> Taxon:
    """Name a taxon by the last part of its lineage.

    The rank prefix is removed; ``_`` is read as a blank in a name that has no blank (so the
    ``_A`` of GTDB's ``Blautia_A wexlerae`` stays), but not in ids at strain rank; a bare
    epithet gets its genus. A species without a name becomes ``unnamed species of GENUS``:
    kept, because its abundance is part of the sample, and matching nothing.

    Parameters
    ----------
    label : str
    lineage : sequence of str
    taxid : str

    Returns
    -------
    Taxon

    Examples
    --------
    >>> make_taxon("k__Bacteria|g__Blautia|s__Blautia_obeum", ("k__Bacteria", "g__Blautia", "s__Blautia_obeum")).name
    'Blautia obeum'
    >>> make_taxon("OTU 1", ("k__Bacteria", "g__Faecalibacterium", "s__prausnitzii")).name
    'Faecalibacterium prausnitzii'
    >>> make_taxon("OTU 2", ("k__Bacteria", "g__Faecalibacterium", "s__")).name
    'unnamed species of Faecalibacterium'
    """
    rank = rank_of(label, lineage)
    last = lineage[-1] if lineage else label.strip()
    name = _MOTU.sub("", _bare(last))
    genus = _genus(lineage) if rank == "species" and _EPITHET.fullmatch(name) else ""
    if genus:
        name = f"{genus} {name}"
    elif rank != "strain" and " " not in name:
        name = name.replace("_", " ").strip()
    if not name:
        parent = next((bare for bare in map(_bare, reversed(lineage)) if bare), "")
        name = f"unnamed {rank or 'taxon'} of {parent.replace('_', ' ')}" if parent else "unnamed"
    return Taxon(label, name, tuple(lineage), rank, taxid)


def identity(taxon: Taxon) -> tuple[str, str]:
    """Return what two rows must share to be summed as one taxon: the name, and the id of a mOTU.

    Examples
    --------
    >>> identity(Taxon("Clostridium sp. [ref_mOTU_v3_00851]", "Clostridium sp."))
    ('Clostridium sp.', 'ref_mOTU_v3_00851')
    """
    motu = _MOTU.search(taxon.source)
    return taxon.name, motu.group(1) if motu else ""


def is_unclassified(label: str, lineage: Sequence[str], taxid: str = "") -> bool:
    """Tell whether a row holds what the profiler could not assign.

    Examples
    --------
    >>> is_unclassified("UNKNOWN", ()), is_unclassified("Unassigned;__;__", ("Unassigned", "__", "__"))
    (True, True)
    >>> is_unclassified("k__Bacteria|s__unclassified", ("k__Bacteria", "s__unclassified"))
    False
    """
    if taxid in UNCLASSIFIED_IDS:
        return True
    named = False
    for name in map(_bare, lineage or (label.strip(),)):
        if name and name.lower() not in UNCLASSIFIED:
            return False
        named = named or bool(name)
    return named


def unmangle(labels: Sequence[str]) -> list[tuple[str, ...]] | None:
    """Undo what R's ``make.names`` did to names, where a table shows that it did.

    It writes ``.`` for every character that a variable's name may not have:
    ``Faecalibacterium.prausnitzii``, ``k__Bacteria.p__Firmicutes.….s__Blautia_obeum``.

    Parameters
    ----------
    labels : sequence of str

    Returns
    -------
    list of tuple of str, or None
        A lineage for each label; None if a blank, ``|`` or ``;`` stands in any label or
        fewer than half of them are mangled.

    Examples
    --------
    >>> unmangle(["Faecalibacterium.prausnitzii", "Blautia.sp..CAG.257"])
    [('s__Faecalibacterium prausnitzii',), ('s__Blautia sp CAG 257',)]
    >>> unmangle(["Faecalibacterium prausnitzii"])
    """
    if any(set(label) & set(" |;") for label in labels):
        return None
    mangled = [_MANGLED.fullmatch(label) is not None for label in labels]
    if not labels or 2 * sum(mangled) < len(labels):
        return None
    return [_unmangled(label) if is_so else () for label, is_so in zip(labels, mangled, strict=True)]


def _unmangled(label: str) -> tuple[str, ...]:
    if _PREFIX.match(label):
        return tuple(_MANGLED_RANK.split(label))
    return ("s__" + re.sub(r"\.+", " ", label).strip(),)


def _bare(part: str) -> str:
    name = _PREFIX.sub("", part.strip())
    return "" if name == _NAMELESS else name.strip()


def _genus(lineage: Sequence[str]) -> str:
    for i, part in enumerate(lineage[:-1]):
        if part.startswith("g__") or (not _PREFIX.match(part) and i == _STEPS.index("genus")):
            return _bare(part).strip("[]").replace("_", " ")
    return ""
