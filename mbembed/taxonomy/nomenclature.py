"""Which naming a table uses: it decides which map is asked first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mbembed.taxonomy import maps
from mbembed.taxonomy.spelling import accession_number, motus_id, normalise, placeholder_number, sgb_id, species_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.profile import Taxon

__all__ = ["NOMENCLATURES", "Nomenclature", "detect_nomenclature"]

#: The namings that are told apart, in words.
NOMENCLATURES = {
    "gtdb": "GTDB species names",
    "ncbi": "NCBI species names",
    "metaphlan4-sgb": "MetaPhlAn 4 with SGB rows",
    "metaphlan4": "MetaPhlAn 4 species names without SGB rows",
    "motus3": "mOTUs 3 ids",
    "accession": "genome accessions",
    "taxid": "NCBI taxids",
    "unknown": "names that no map knows",
}

#: Share of the taxa that have to carry an id (SGB, mOTU, accession, taxid) before a table is
#: said to be keyed by it. The rest are rows such as eukaryotes that the profiler names otherwise.
MOST = 0.5
#: A MetaPhlAn 4 table without ``t__`` rows names at least this share of its species by their
#: SGB (``GGB9699_SGB15216``); gut tables have 20 to 50 %.
SOME_SGB = 0.02
#: A second naming that marks at least this share of the taxa is reported: two profilers in one table.
SECOND_NAMING = 0.10
#: Share of the names that MetaPhlAn 2 or 3 must have been seen to report, and the least number
#: of names, before a table is said to be in its naming.
PROFILER_SHARE, PROFILER_NAMES = 0.9, 10

_TAXID_NAME = re.compile(r"^(?:ncbi_|taxid[_:|]?)?\d+$", re.IGNORECASE)
_GTDB_LETTERS = re.compile(r"^[A-Za-z0-9-]+_[A-Z]{1,3} | [a-z]+_[A-Z]{1,3}$")


class Nomenclature(NamedTuple):
    """The naming of a table.

    Attributes
    ----------
    name : str
        A key of ``NOMENCLATURES``.
    release : str
        ``R95`` for GTDB, ``MetaPhlAn 3`` for NCBI names as that profiler writes them; may be empty.
    evidence : str
        One sentence: what it was decided on.
    also : tuple of str
        Other namings that mark part of the taxa. Not empty: the table mixes profilers.
    """

    name: str
    release: str = ""
    evidence: str = ""
    also: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The naming in words."""
        title = NOMENCLATURES.get(self.name, self.name)
        return f"{title}, {self.release}" if self.release else title

    @property
    def release_number(self) -> int:
        """Release of GTDB; 220 where it is not known."""
        digits = self.release.removeprefix("R")
        return int(digits) if digits.isdigit() else maps.R220


def detect_nomenclature(taxa: Sequence[Taxon]) -> Nomenclature:
    """Tell which naming a table uses.

    Some 2,600 strings are names both in NCBI and in GTDB and 14 of them mean different units, so
    the decision is made for the table as a whole.

    Parameters
    ----------
    taxa : sequence of Taxon

    Returns
    -------
    Nomenclature

    Examples
    --------
    >>> from mbembed.tables.profile import Taxon
    >>> names = ["Blautia_A wexlerae", "Gemmiger sp900540595", "Escherichia coli"]
    >>> detect_nomenclature([Taxon(name, name) for name in names]).name
    'gtdb'
    >>> detect_nomenclature([Taxon("s__Roseburia_sp_CAG_18", "Roseburia sp CAG 18")]).name
    'ncbi'
    """
    n_taxa = len(taxa)
    if not n_taxa:
        return Nomenclature("unknown", evidence="no taxa")
    texts = [species_text(taxon) for taxon in taxa]
    ids = {
        "metaphlan4-sgb": sum("t__" in taxon.source and bool(sgb_id(taxon.source)) for taxon in taxa),
        "motus3": sum(bool(motus_id(taxon.source)) for taxon in taxa),
        "accession": sum(bool(accession_number(taxon.source)) for taxon in taxa),
        "taxid": sum(bool(_TAXID_NAME.match(text)) for text in texts),
    }
    sgb_named = sum(bool(sgb_id(text)) for text in texts)
    also = tuple(name for name, count in ids.items() if SECOND_NAMING * n_taxa <= count < MOST * n_taxa)
    for name, count in ids.items():
        if count >= MOST * n_taxa:
            return Nomenclature(name, "", f"{count} of {n_taxa} taxa carry such an id", also)
    if sgb_named >= max(1.0, SOME_SGB * n_taxa):
        return Nomenclature("metaphlan4", "", f"{sgb_named} of {n_taxa} species are named by their SGB", also)
    return _by_names(texts, also)


def _by_names(texts: Sequence[str], also: tuple[str, ...]) -> Nomenclature:
    """Decide between GTDB and NCBI by the names that only one of them has."""
    n_taxa = len(texts)
    keys = [normalise(text).key for text in texts]
    releases, ncbi = maps.gtdb_releases(), maps.ncbi_names()
    in_gtdb = [key in releases or bool(placeholder_number(key)) for key in keys]
    in_ncbi = [key in ncbi for key in keys]
    only_gtdb = sum(
        (gtdb and not other) or bool(_GTDB_LETTERS.search(text.removeprefix("s__")))
        for gtdb, other, text in zip(in_gtdb, in_ncbi, texts, strict=True)
    )
    only_ncbi = sum(
        (other and not gtdb) or " sp " in f"{key} " for gtdb, other, key in zip(in_gtdb, in_ncbi, keys, strict=True)
    )
    if not any(in_gtdb) and not any(in_ncbi) and not only_gtdb and not only_ncbi:
        return Nomenclature("unknown", "", f"none of the {n_taxa} names is in a map", also)
    counted = f"{only_gtdb} of {n_taxa} names are GTDB's alone, {only_ncbi} NCBI's alone"
    if only_gtdb > only_ncbi:
        release, known = _gtdb_release(keys)
        if only_ncbi >= SECOND_NAMING * n_taxa:
            also = (*also, "ncbi")
        return Nomenclature("gtdb", f"R{release}", f"{counted}; R{release} has {known} of them", also)
    if only_gtdb >= SECOND_NAMING * n_taxa:
        also = (*also, "gtdb")
    return Nomenclature("ncbi", _ncbi_profiler(keys), counted, also)


def _gtdb_release(keys: Sequence[str]) -> tuple[int, int]:
    """Return the release that has most of the names (the newest of several), and how many."""
    spans = [span for span in map(maps.gtdb_releases().get, keys) if span]
    counts = {
        release: sum(first <= release <= last for first, last in spans)
        for release in sorted({end for span in maps.gtdb_releases().values() for end in span}, reverse=True)
    }
    best = max(counts, key=lambda release: counts[release])
    return best, counts[best]


def _ncbi_profiler(keys: Sequence[str]) -> str:
    """Return ``MetaPhlAn 2`` or ``MetaPhlAn 3`` where nearly all names are ones that it reports."""
    seen = maps.ncbi_seen()
    known = [seen.get(key, "") for key in keys if key in maps.ncbi_names()]
    if len(known) < PROFILER_NAMES:
        return ""
    counts = {letter: sum(letter in letters for letters in known) for letter in ("3", "2")}
    best = max(counts, key=lambda letter: counts[letter])
    return f"MetaPhlAn {best}" if counts[best] >= PROFILER_SHARE * len(known) else ""
