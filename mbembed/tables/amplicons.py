"""Tables of 16S and other amplicons: read like all others, but to be embedded with care."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mbembed.tables.axis import FEATURE
from mbembed.tables.labels import is_unclassified, lineage_from_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.raw import RawTable

__all__ = ["AMPLICON", "amplicon_note"]

#: How the warning begins: whoever asks whether a profile has it looks for this.
AMPLICON = "this looks like a table of 16S or other amplicons"

#: Dialects of shotgun profilers.
SHOTGUN = frozenset(
    {"bracken", "cami", "kraken-mpa", "kraken2", "metaphlan", "motus", "pcl", "sourmash", "sylph", "taxids", "taxpasta"}
)
#: Share of the taxa that have to look so.
SHARE = 0.5
#: How many taxa are looked at.
LOOKED_AT = 2000

#: How much of a feature's name a warning shows (characters); a sequence has hundreds.
SHOWN_CHARACTERS = 12
#: Ranks above the species, domain to genus: a longer lineage has a place for a species.
UPPER_RANKS = 6

#: Names of features: MD5 of the sequence (QIIME 2), or the sequence itself (DADA2).
_FEATURE = re.compile(r"[0-9a-f]{32}|[ACGTN]{50,}")
#: What SILVA calls species that nobody has named.
_NAMELESS = re.compile(r"s__(uncultured|unidentified|metagenome|gut[ _]metagenome|human[ _]gut)", re.IGNORECASE)
_EPITHET = re.compile(r"s__[a-z][a-z-]+(_[A-Z]+)?")


def amplicon_note(raw: RawTable) -> list[str]:
    """Warn of a table that looks like one of amplicons.

    Parameters
    ----------
    raw : RawTable

    Returns
    -------
    list of str
        One warning, or none.
    """
    if raw.dialect in SHOTGUN:
        return []
    labels = list(raw.labels[:LOOKED_AT])
    given = raw.lineages or [()] * len(labels)
    lineages = [known or lineage_from_label(label) for known, label in zip(given, labels, strict=False)]
    lineages = [
        parts for parts, label in zip(lineages, labels, strict=True) if parts and not is_unclassified(label, parts)
    ]
    above = {parts[:n] for parts in lineages for n in range(1, len(parts))}
    evidence = _evidence(labels, [parts for parts in lineages if parts not in above])
    if not evidence:
        return []
    return [
        (
            f"{AMPLICON} ({evidence}); the models were trained on shotgun "
            "metagenomes, and few amplicons are named down to the species, so little of it will match"
        )
    ]


def _evidence(labels: Sequence[str], lineages: Sequence[tuple[str, ...]]) -> str:
    if sum(bool(_FEATURE.fullmatch(label) or FEATURE.fullmatch(label)) for label in labels) > SHARE * len(labels):
        return (
            f"its taxa are named like {labels[0][:SHOWN_CHARACTERS]}{'…' if len(labels[0]) > SHOWN_CHARACTERS else ''}"
        )
    species = [parts[-1] for parts in lineages if parts[-1].startswith("s__")]
    bare = sum(_EPITHET.fullmatch(name) is not None for name in species)
    named = sum(len(name) > len("s__") and not _NAMELESS.match(name) for name in species)
    if bare > SHARE * max(named, 1):
        return "species are epithets without their genus, as Greengenes writes them"
    deep = any(parts[-1].startswith("s__") or len(parts) > UPPER_RANKS for parts in lineages)
    if deep and named <= (1 - SHARE) * len(lineages) and not any("t__" in parts[-1] for parts in lineages):
        return f"{named} of {len(lineages)} taxa have a species"
    return ""
