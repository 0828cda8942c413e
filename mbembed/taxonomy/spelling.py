"""Spelling: what a profiler writes around a species name, taken off rule by rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mbembed.tables.profile import Taxon

__all__ = [
    "Normalised",
    "accession_number",
    "motus_id",
    "normalise",
    "placeholder_number",
    "sgb_id",
    "species_text",
    "without_motus_id",
]

_RANK_PREFIX = re.compile(r"^(?:[a-zA-Z]__|species:\s*)")
_MOTUS = re.compile(r"\s*\[?((?:ref|meta|ext)_mOTU(?:_v[\d.]+)?_\d+)\]?$")
_MOTUS_V3 = re.compile(r"(?:ref|meta|ext)_mOTU_v3\d?_(\d+)")
_SGB = re.compile(r"(?:t__|[_ |.]|^)((?:EUK)?SGB\d+)(?:_group)?$")
_ACCESSION = re.compile(r"GC[AF]_(\d{9})")
_PLACEHOLDER = re.compile(r" sp(\d{9})$")
_CLADE = re.compile(r"[_ ]clade[_ ][A-Za-z0-9]+$")
_GROUP = re.compile(r"(?<=SGB)(\d+)_group$")
_STATUS = re.compile(r"^(Candidatus|uncultured|unclassified)[_ .]+")
_SP = re.compile(r"[ _]sp\.?(?=[ _]|$)")
_CAG = re.compile(r"CAG[:_ .](\d+)")
_MADE_NAME = re.compile(r"^X\.(?=[A-Z])")
_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")
#: A species text inside a lineage that lost its separators (R's ``make.names`` writes ``.``).
_SPECIES_PART = re.compile(r"(?:^|[|;.\s])s__([^|;]*?)(?:[|;.]t__[^|;]*)?$")


class Normalised(NamedTuple):
    """A name without its wrapping.

    Attributes
    ----------
    key : str
        Lower case, every run of other characters one blank.
    rules : tuple of str
        What was taken off or rewritten, in order, in words.
    """

    key: str
    rules: tuple[str, ...]


def normalise(name: str) -> Normalised:
    """Reduce a name to its key and say which rules it took.

    Nothing here is fuzzy: two names have one key only if they differ in the wrapping that
    is listed in ``docs/names.md``.

    Parameters
    ----------
    name : str
        A species name, or a lineage whose last part is one.

    Returns
    -------
    Normalised

    Examples
    --------
    >>> normalise("s__Blautia_wexlerae")
    Normalised(key='blautia wexlerae', rules=('rank prefix', 'underscores'))
    >>> normalise("[Ruminococcus] gnavus").key
    'ruminococcus gnavus'
    >>> normalise("Clostridium sp. CAG:58").key == normalise("Clostridium_sp_CAG_58").key
    True
    >>> normalise("X.Ruminococcus..gnavus").key
    'ruminococcus gnavus'
    >>> normalise("Prevotella_copri_clade_A")
    Normalised(key='prevotella copri', rules=('clade', 'underscores'))
    """
    rules: list[str] = []

    def apply(rule: str, new: str, old: str) -> str:
        if new != old:
            rules.append(rule)
        return new

    text = name.strip()
    text = apply("quotes", text.replace('"', "").replace("'", ""), text)
    part = _SPECIES_PART.search(text)
    text = apply("lineage", part.group(1) if part and part.start() else text, text)
    text = apply("rank prefix", _RANK_PREFIX.sub("", text), text)
    text = apply("mOTU id", _MOTUS.sub("", text), text)
    text = apply("brackets", text.replace("[", "").replace("]", ""), text)
    text = apply("Candidatus", _STATUS.sub("", text), text)
    text = apply("clade", _CLADE.sub("", text), text)
    text = apply("group", _GROUP.sub(r"\1", text), text)
    text = apply("CAG number", _CAG.sub(r"CAG \1", text), text)
    text = apply("sp.", _SP.sub(" sp", text), text)
    if " " not in text:  # R's make.names: "X.Ruminococcus..gnavus"
        text = apply("dots", _MADE_NAME.sub("", text).replace(".", " "), text)
    text = apply("underscores", text.replace("_", " "), text)
    return Normalised(_NOT_IN_KEY.sub(" ", text.lower()).strip(), tuple(rules))


def species_text(taxon: Taxon) -> str:
    """Return the part of a taxon that should be a species name.

    The ``s__`` rank of the lineage where there is one (with the genus before it where it
    is a bare epithet), else the name.

    Examples
    --------
    >>> from mbembed.tables.profile import Taxon
    >>> lineage = ("k__Bacteria", "g__Blautia", "s__Blautia_wexlerae", "t__SGB4837")
    >>> species_text(Taxon("|".join(lineage), "SGB4837", lineage))
    'Blautia_wexlerae'
    """
    ranks = {part[:3]: part[3:] for part in taxon.lineage if part[1:3] == "__"}
    species = ranks.get("s__", "")
    if species:
        genus = ranks.get("g__", "")
        bare = genus and " " not in species and "_" not in species and "." not in species
        return f"{genus} {species}" if bare else species
    if "s__" in taxon.source and not taxon.lineage:
        part = _SPECIES_PART.search(taxon.source)
        return part.group(1) if part else taxon.name
    return taxon.name


def sgb_id(text: str) -> str:
    """Return the MetaPhlAn 4 SGB at the end of a text, without ``_group``; empty if there is none.

    Examples
    --------
    >>> sgb_id("k__Bacteria|s__GGB9699_SGB15216|t__SGB15216"), sgb_id("t__SGB15316_group"), sgb_id("SGB")
    ('SGB15216', 'SGB15316', '')
    """
    found = _SGB.search(text)
    return found.group(1) if found else ""


def motus_id(text: str) -> str:
    """Return the number of a mOTUs 3 id such as ``ref_mOTU_v3_00001``; empty if there is none.

    Examples
    --------
    >>> motus_id("Leptospira alexanderi [ref_mOTU_v3_00001]"), motus_id("Leptospira alexanderi")
    ('00001', '')
    """
    found = _MOTUS_V3.search(text)
    return found.group(1) if found else ""


def without_motus_id(text: str) -> str:
    """Return a name without its mOTU id.

    Examples
    --------
    >>> without_motus_id("Bacteroides dorei/vulgatus [ref_mOTU_v3_02367]")
    'Bacteroides dorei/vulgatus'
    """
    return _MOTUS.sub("", text)


def accession_number(text: str) -> str:
    """Return the nine digits of a genome accession in a text; empty if there is none.

    Examples
    --------
    >>> accession_number("t__GCF_000158655"), accession_number("GCA_000158655.1_genomic.fna")
    ('000158655', '000158655')
    """
    found = _ACCESSION.search(text)
    return found.group(1) if found else ""


def placeholder_number(key: str) -> str:
    """Return the accession digits of a GTDB placeholder such as ``gemmiger sp900540595``; else empty.

    Examples
    --------
    >>> placeholder_number("gemmiger sp900540595"), placeholder_number("gemmiger formicilis")
    ('900540595', '')
    """
    found = _PLACEHOLDER.search(key)
    return found.group(1) if found else ""
