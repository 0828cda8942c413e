"""The maps: what the shipped tables say, each file read when it is first needed.

The files are gzipped tab-separated text in ``mbembed/taxonomy/data`` (see the README
there); ``tools/compile_maps.py`` makes them. Every reader returns plain dictionaries.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Accessions",
    "R220",
    "Entry",
    "GtdbName",
    "Names",
    "UnitFact",
    "about",
    "accessions",
    "gtdb_entry",
    "gtdb_names",
    "gtdb_releases",
    "lineages",
    "mpa4_names",
    "motus3",
    "ncbi_names",
    "ncbi_seen",
    "placeholders",
    "representatives",
    "sgbs",
    "species_genomes",
    "species_keys",
    "species_units",
    "taxids",
    "unit_facts",
]

#: The release of GTDB whose species everything leads to.
R220 = 220

_PLACEHOLDER = re.compile(r" sp(\d{9})$")
_NOT_IN_KEY = re.compile(r"[^a-z0-9\n]+")


class Entry(NamedTuple):
    """What one name leads to.

    Attributes
    ----------
    name : str
        The name as the map spells it.
    unit : str
        Its lumped unit.
    candidates : tuple of (str, float)
        GTDB R220 species with their share (0 to 1) of the public genomes that ever carried
        the name, those of the unit first. Empty for units without an R220 species.
    """

    name: str
    unit: str
    candidates: tuple[tuple[str, float], ...]


class Names(Mapping[str, Entry]):
    """Key → :class:`Entry`, where an entry is put together when it is asked for.

    Parameters
    ----------
    rows : dict of str to tuple of str
        Key → name, candidates as text (``species:share|species:share``), and unit where it
        is not that of the first candidate.
    """

    def __init__(self, rows: dict[str, tuple[str, str, str]]) -> None:
        self._rows = rows

    def __getitem__(self, key: str) -> Entry:
        return _entry(*self._rows[key])

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _entry(name: str, text: str, unit: str = "") -> Entry:
    pairs = (part.rsplit(":", 1) for part in text.split("|") if part)
    candidates = tuple((species, float(share)) for species, share in pairs)
    return Entry(name, unit or species_units()[candidates[0][0]], candidates)


class Accessions:
    """Genome accession → species, by binary search (67,000 of them load in a few milliseconds).

    Parameters
    ----------
    species : tuple of str
    steps : tuple of str
        For each species its accession numbers in order, each as the step from the one before.
    """

    def __init__(self, species: tuple[str, ...], steps: tuple[str, ...]) -> None:
        counts = [text.count(",") + 1 for text in steps]
        numbers = np.array(",".join(steps).split(","), dtype=np.int64)
        total = np.cumsum(numbers)
        ends = np.cumsum(counts)
        before = np.concatenate([[0], total[ends[:-1] - 1]])
        numbers = total - np.repeat(before, counts)
        order = np.argsort(numbers, kind="stable")
        self._numbers, self._owner, self._species = numbers[order], np.repeat(np.arange(len(species)), counts)[order], species

    def get(self, digits: str) -> str:
        """Return the GTDB R220 species of a genome, by the nine digits of its accession; empty if unknown."""
        place = int(np.searchsorted(self._numbers, int(digits)))
        found = place < len(self._numbers) and self._numbers[place] == int(digits)
        return self._species[int(self._owner[place])] if found else ""

    def __len__(self) -> int:
        return len(self._numbers)


class UnitFact(NamedTuple):
    """How common a unit is in 8,272 public gut metagenomes.

    Attributes
    ----------
    mean : float
        Mean abundance, as a fraction.
    prevalence : float
        Share of samples that have it.
    species : tuple of str
        MetaPhlAn 3 names of those samples that fall into the unit, the most abundant first.
    """

    mean: float
    prevalence: float
    species: tuple[str, ...]


@cache
def about() -> dict[str, Any]:
    """Return version, nomenclature, and rows and SHA-256 of each file."""
    content: dict[str, Any] = json.loads((files("mbembed.taxonomy") / "data" / "maps.json").read_text(encoding="utf-8"))
    return content


@cache
def _columns(name: str) -> dict[str, tuple[str, ...]]:
    """Read one file: column name → values."""
    packed = (files("mbembed.taxonomy") / "data" / f"{name}.tsv.gz").read_bytes()
    header, *lines = gzip.decompress(packed).decode("utf-8").rstrip("\n").split("\n")
    columns = zip(*(line.split("\t") for line in lines), strict=True)
    return dict(zip(header.split("\t"), columns, strict=True))


def _keys(names: tuple[str, ...]) -> list[str]:
    """Keys of GTDB names, all at once (they have no brackets, quotes or status words)."""
    return _NOT_IN_KEY.sub(" ", "\n".join(names).lower()).split("\n")


@cache
def species_units() -> dict[str, str]:
    """Return GTDB R220 species → unit."""
    columns = _columns("species")
    return dict(zip(columns["species"], columns["unit"], strict=True))


@cache
def species_genomes() -> dict[str, float]:
    """Return GTDB R220 species → number of public genomes (R214; not whole where a species was split)."""
    columns = _columns("species")
    return dict(zip(columns["species"], map(float, columns["genomes"]), strict=True))


@cache
def species_keys() -> dict[str, str]:
    """Return key → GTDB R220 species of that name."""
    columns = _columns("species")
    return dict(zip(_keys(columns["species"]), columns["species"], strict=True))


@cache
def representatives() -> dict[str, str]:
    """Return digits of the representative genome's accession → GTDB R220 species."""
    columns = _columns("species")
    return dict(zip(columns["representative"], columns["species"], strict=True))


class GtdbName(NamedTuple):
    """What a GTDB name meant in a stretch of releases.

    Attributes
    ----------
    first, last : int
        Releases.
    name : str
    species : str
        As in :class:`Names`.
    """

    first: int
    last: int
    name: str
    species: str


@cache
def gtdb_names() -> dict[str, list[GtdbName]]:
    """Return key → meanings, the newest first, of GTDB names that are not an R220 species of the same name."""
    columns = _columns("gtdb_names")
    rows = zip(
        map(int, columns["first_release"]), map(int, columns["last_release"]), columns["name"], columns["species"], strict=True
    )
    result: dict[str, list[GtdbName]] = {}
    for key, row in zip(_keys(columns["name"]), rows, strict=True):
        result.setdefault(key, []).append(GtdbName(*row))
    return result


def gtdb_entry(key: str, release: int = R220) -> Entry | None:
    """Return what a GTDB name leads to.

    Parameters
    ----------
    key : str
    release : int
        The release that the table was made with. A few hundred names stand for other
        species now than they did.

    Returns
    -------
    Entry or None
    """
    meanings = gtdb_names().get(key, [])
    for meaning in meanings:
        if meaning.first <= release <= meaning.last:
            return _entry(meaning.name, meaning.species)
    if species := species_keys().get(key):
        return Entry(species, species_units()[species], ((species, 1.0),))
    return _entry(meanings[0].name, meanings[0].species) if meanings else None


@cache
def placeholders() -> dict[str, str]:
    """Return digits of a GTDB placeholder that was renamed since → key in :func:`gtdb_names`."""
    return {found.group(1): key for key in gtdb_names() if (found := _PLACEHOLDER.search(key))}


@cache
def gtdb_releases() -> dict[str, tuple[int, int]]:
    """Return key of a GTDB name → first and last release that use it."""
    columns = _columns("species")
    spans = zip(map(int, columns["first_release"]), map(int, columns["last_release"]), strict=True)
    result = dict(zip(_keys(columns["species"]), spans, strict=True))
    for key, meanings in gtdb_names().items():
        if key not in result:
            result[key] = (meanings[-1].first, meanings[0].last)
    return result


@cache
def ncbi_names() -> Names:
    """Return NCBI and MetaPhlAn 2/3 names, synonyms included, by key."""
    columns = _columns("ncbi_names")
    rows = zip(columns["name"], columns["species"], columns["unit"], strict=True)
    return Names(dict(zip(columns["key"], rows, strict=True)))


@cache
def ncbi_seen() -> dict[str, str]:
    """Return key of an NCBI name → ``2``, ``3`` or ``23``: reported by MetaPhlAn 2 or 3 in public gut tables."""
    columns = _columns("ncbi_names")
    return {key: seen for key, seen in zip(columns["key"], columns["seen"], strict=True) if seen}


@cache
def taxids() -> dict[str, str]:
    """Return NCBI taxid → key in :func:`ncbi_names`."""
    columns = _columns("ncbi_names")
    return {
        taxid: key
        for key, listed in zip(columns["key"], columns["taxids"], strict=True)
        if listed
        for taxid in listed.split("|")
    }


@cache
def sgbs() -> Names:
    """Return MetaPhlAn 4's SGBs, by id.

    The first candidate is the R207 name that MetaPhlAn gives, carried to R220 by shared
    genomes. The second, where there is one, is what MetaPhlAn's own R220 table says; it has
    share 0, because that table is wrong for several of the commonest species.
    """
    columns = _columns("sgb")
    units = ("" if text else sgb for sgb, text in zip(columns["sgb"], columns["candidates"], strict=True))
    rows = zip(columns["sgb"], columns["candidates"], units, strict=True)
    return Names(dict(zip(columns["sgb"], rows, strict=True)))


@cache
def mpa4_names() -> dict[str, tuple[str, ...]]:
    """Return MetaPhlAn 4 species name, as written after ``s__`` → its SGBs, the most abundant first."""
    columns = _columns("sgb")
    pairs: dict[str, list[tuple[float, str]]] = {}
    for name, sgb, mean in zip(columns["metaphlan4_name"], columns["sgb"], columns["max_mean"], strict=True):
        if name:
            pairs.setdefault(name, []).append((-float(mean), sgb))
    return {name: tuple(sgb for _, sgb in sorted(found)) for name, found in pairs.items()}


@cache
def motus3() -> Names:
    """Return the mOTUs of version 3, by number."""
    columns = _columns("motus3")
    none = ("",) * len(columns["id"])
    rows = zip((f"mOTU {number}" for number in columns["id"]), columns["species"], none, strict=True)
    return Names(dict(zip(columns["id"], rows, strict=True)))


@cache
def accessions() -> Accessions:
    """Return the genomes of the published model's species (their representatives are in :func:`representatives`)."""
    columns = _columns("accessions")
    return Accessions(columns["species"], columns["numbers"])


@cache
def unit_facts() -> dict[str, UnitFact]:
    """Return unit → how common it is, the most abundant first."""
    columns = _columns("units")
    return {
        unit: UnitFact(float(mean), float(prevalence), tuple(species.split("|")) if species else ())
        for unit, mean, prevalence, species in zip(
            columns["unit"],
            columns["corpus_mean"],
            columns["corpus_prevalence"],
            columns["corpus_species"],
            strict=True,
        )
    }


@cache
def lineages() -> dict[str, tuple[str, ...]]:
    """Return GTDB R220 genus → domain, phylum, class, order, family, genus."""
    columns = _columns("lineages")
    return {lineage[-1]: lineage for lineage in zip(*columns.values(), strict=True)}

