"""The resolver: from whatever a profiler wrote to a GTDB R220 species and a lumped unit.

Keys are tried in a fixed order and nothing is fuzzy: mOTU and SGB id, genome accession, NCBI
taxid, then names. Which name map comes first depends on the nomenclature of the table,
because 14 strings mean another unit in NCBI than in GTDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mbembed.tables.profile import Taxon
from mbembed.taxonomy import maps
from mbembed.taxonomy.entries import Entry
from mbembed.taxonomy.nomenclature import Nomenclature, detect_nomenclature
from mbembed.taxonomy.spelling import (
    accession_number,
    motus_id,
    normalise,
    placeholder_number,
    sgb_id,
    species_text,
    without_motus_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ALTERNATIVES", "NOT_A_SPECIES", "OUTSIDE", "SEVERAL", "SURE_SHARE", "UNKNOWN_NAME", "Resolution", "resolve"]

#: Why a taxon was not resolved.
NOT_A_SPECIES, UNKNOWN_NAME, OUTSIDE = "not a species name", "unknown name", "outside the maps"
#: … such as ``Chryseobacterium artocarpi/ureilyticum``, where not all of the names are known.
SEVERAL = "several species in one name"
#: Stage of such names where all are known.
ALTERNATIVES = "one of several names"
#: A name is sure of its unit when at least this share of its public genomes lie in it. Below it
#: stand names such as Klebsiella oxytoca, of which a fifth of the genomes are another species.
SURE_SHARE = 0.8

#: Last words of names that stand for a whole genus or family.
_GENERIC_ENDS = {"sp", "spp", "bacterium", "archaeon", "unclassified", "noname", "unknown", "metagenome"}
_GENERIC_STARTS = {"unknown", "unidentified", "metagenome", "unassigned"}
_INCERTAE = ("species incertae sedis", "gen incertae sedis", "sp incertae sedis")


class Resolution(NamedTuple):
    """What one taxon of a table stands for.

    Attributes
    ----------
    taxon : int
        Position in the list of taxa.
    key : str
        Normalised name.
    matched : str
        The name or id in the map; empty if unresolved.
    species : str
        GTDB R220 species; the one with most of the name's genomes where there are several.
        Empty if unresolved, and for units without a GTDB species.
    unit : str
        Lumped unit; empty if unresolved.
    stage : str
        Which key led there: ``sgb``, ``accession``, ``taxid``, ``gtdb name``, ``ncbi name``,
        ``metaphlan4 name``, ``motus id``, ``one of several names``.
    candidates : tuple of (str, float)
        All R220 species that the name may stand for, with their share of its public genomes.
    share : float
        Share of the name's genomes that lie in the unit, 0 to 1: how sure the unit is.
    ambiguous : bool
        Whether ``share`` is below ``SURE_SHARE``. (Whether the *species* is ambiguous is
        decided against a model: see ``Target``.)
    reason : str
        Why it is unresolved; empty if it is not.
    rules : tuple of str
        What the normaliser took off the name.
    """

    taxon: int
    key: str
    matched: str = ""
    species: str = ""
    unit: str = ""
    stage: str = ""
    candidates: tuple[tuple[str, float], ...] = ()
    share: float = 0.0
    ambiguous: bool = False
    reason: str = ""
    rules: tuple[str, ...] = ()


def resolve(taxa: Sequence[Taxon], nomenclature: Nomenclature | str | None = None) -> list[Resolution]:
    """Resolve the taxa of one table.

    Parameters
    ----------
    taxa : sequence of Taxon
    nomenclature : Nomenclature or str, optional
        The naming of the table; detected when not given.

    Returns
    -------
    list of Resolution
        One per taxon, in order.

    Examples
    --------
    >>> from mbembed.tables.profile import Taxon
    >>> names = ["[Ruminococcus] gnavus", "Bacteroides vulgatus", "Clostridium sp."]
    >>> for found in resolve([Taxon(name, name) for name in names], "ncbi"):
    ...     print(*filter(None, (found.unit, found.species, found.reason)), sep=" / ")
    Ruminococcus gnavus / Ruminococcus_B gnavus
    Phocaeicola vulgatus / Phocaeicola vulgatus
    not a species name
    """
    if nomenclature is None:
        nomenclature = detect_nomenclature(taxa)
    elif isinstance(nomenclature, str):
        nomenclature = Nomenclature(nomenclature)
    return [_resolve_one(index, taxon, nomenclature) for index, taxon in enumerate(taxa)]


def _resolve_one(index: int, taxon: Taxon, nomenclature: Nomenclature) -> Resolution:
    text = species_text(taxon)
    key, rules = normalise(text)
    found = next(_keys_in_order(taxon, text, key, nomenclature), None)
    if found is not None:
        stage, entry = found
        return _resolution(index, key, rules, stage, entry)
    has_id = sgb_id(taxon.source) or accession_number(taxon.source) or motus_id(taxon.source)
    if has_id or placeholder_number(key):
        reason = OUTSIDE
    elif _is_generic(key):
        reason = NOT_A_SPECIES
    else:
        reason = SEVERAL if "/" in text else UNKNOWN_NAME
    return Resolution(index, key, reason=reason, rules=rules)


def _keys_in_order(taxon: Taxon, text: str, key: str, nomenclature: Nomenclature) -> Iterator[tuple[str, Entry]]:
    """Try one key after the other; the first hit is taken."""
    if sgb := sgb_id(taxon.source) or sgb_id(text):
        if sgb in maps.sgbs():
            yield "sgb", maps.sgbs()[sgb]
        return  # an SGB that is in no map has no other name that could be trusted
    if (number := motus_id(taxon.source)) and number in maps.motus3():
        yield "motus id", maps.motus3()[number]
    if species := _by_accession(accession_number(taxon.source)):
        yield "accession", _entry(accession_number(taxon.source), species)
    # A Kraken database built on GTDB numbers its taxa by itself; they are no NCBI taxids.
    if taxon.taxid and nomenclature.name != "gtdb" and (known := maps.taxids().get(taxon.taxid)):
        yield "taxid", maps.ncbi_names()[known]
    if _is_generic(key):
        return
    if nomenclature.name == "gtdb":
        yield from _by_gtdb_name(key, nomenclature.release_number)
        yield from _by_ncbi_name(key)
    else:
        if "clade" in text:  # Prevotella_copri_clade_A is one SGB: more exact than the name without its clade
            yield from _by_mpa4_name(text)
        yield from _by_ncbi_name(key)
        yield from _by_mpa4_name(text)
        yield from _by_gtdb_name(key, maps.R220)
    if "/" in text:
        yield from _by_alternatives(text, nomenclature)


def _by_gtdb_name(key: str, release: int) -> Iterator[tuple[str, Entry]]:
    if entry := maps.gtdb_entry(key, release):
        yield "gtdb name", entry
    number = placeholder_number(key)
    if species := _by_accession(number):
        yield "accession", _entry(number, species)
    if (renamed := maps.placeholders().get(number)) and (entry := maps.gtdb_entry(renamed)):
        yield "accession", entry


def _by_ncbi_name(key: str) -> Iterator[tuple[str, Entry]]:
    if key in maps.ncbi_names():
        yield "ncbi name", maps.ncbi_names()[key]


def _by_mpa4_name(text: str) -> Iterator[tuple[str, Entry]]:
    for sgb in maps.mpa4_names().get(text.removeprefix("s__").replace(" ", "_"), ()):
        yield "metaphlan4 name", maps.sgbs()[sgb]


def _by_alternatives(text: str, nomenclature: Nomenclature) -> Iterator[tuple[str, Entry]]:
    """``Bacteroides dorei/vulgatus`` (mOTUs): the one with most public genomes, all of them candidates."""
    genus, _, epithets = without_motus_id(text).partition(" ")
    if "/" in genus:
        return
    names = [f"{genus} {epithet}" for epithet in epithets.split("/")]
    found = resolve([Taxon(name, name) for name in names], nomenclature)
    if not all(other.species for other in found):
        return
    genomes = {other.species: maps.species_genomes()[other.species] for other in found}
    total = sum(genomes.values()) or 1.0
    largest = sorted(genomes, key=lambda species: -genomes[species])
    candidates = tuple((species, genomes[species] / total) for species in largest)
    yield ALTERNATIVES, Entry(text, maps.species_units()[largest[0]], candidates)


def _by_accession(digits: str) -> str:
    return (maps.representatives().get(digits) or maps.accessions().get(digits)) if digits else ""


def _entry(name: str, species: str) -> Entry:
    return Entry(name, maps.species_units()[species], ((species, 1.0),))


def _resolution(index: int, key: str, rules: tuple[str, ...], stage: str, entry: Entry) -> Resolution:
    units = maps.species_units()
    inside = sum(share for species, share in entry.candidates if units[species] == entry.unit)
    # Evidence without genomes (a name alone) has no shares: nothing speaks against the unit.
    share = min(1.0, inside) if any(share for _, share in entry.candidates) else 1.0
    species = entry.candidates[0][0] if entry.candidates else ""
    ambiguous = share < SURE_SHARE
    return Resolution(index, key, entry.name, species, entry.unit, stage, entry.candidates, share, ambiguous, "", rules)


def _is_generic(key: str) -> bool:
    """Tell whether a key names a genus or less: it is never mapped.

    >>> [_is_generic(key) for key in ("clostridium sp", "roseburia sp cag 18", "blautia", "gemmiger formicilis")]
    [True, False, True, False]
    """
    words = key.split()
    return (
        len(words) < 2
        or words[-1] in _GENERIC_ENDS
        or words[0] in _GENERIC_STARTS
        or any(part in key for part in _INCERTAE)
    )
