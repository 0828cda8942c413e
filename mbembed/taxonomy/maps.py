"""The maps: what the shipped tables say, each file read when it is first needed.

The files are gzipped tab-separated text in ``mbembed/taxonomy/data`` (see the README
there); ``tools/compile_maps.py`` makes them. Every reader returns plain dictionaries.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from mbembed.taxonomy.entries import Accessions, Entry, GtdbName, Names, UnitFact, parse_candidates

__all__ = [
    "R220",
    "about",
    "accessions",
    "gtdb_entry",
    "gtdb_names",
    "gtdb_releases",
    "lineages",
    "motus3",
    "mpa4_names",
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

#: Folder of the shipped files.
DATA = Path(__file__).parent / "data"
#: The release of GTDB whose species everything leads to.
R220 = 220

_PLACEHOLDER = re.compile(r" sp(\d{9})$")
_NOT_IN_KEY = re.compile(r"[^a-z0-9\n]+")


@cache
def about() -> dict[str, Any]:
    """Return version, nomenclature, and rows and SHA-256 of each file."""
    content: dict[str, Any] = json.loads((DATA / "maps.json").read_text(encoding="utf-8"))
    return content


@cache
def _columns(name: str) -> dict[str, tuple[str, ...]]:
    """Read one file: column name → values."""
    packed = (DATA / f"{name}.tsv.gz").read_bytes()
    header, _, body = gzip.decompress(packed).decode("utf-8").rstrip("\n").partition("\n")
    names = header.split("\t")
    # One split and one slice per column: four times faster than a list per row.
    cells = body.replace("\n", "\t").split("\t")
    return {column: tuple(cells[place :: len(names)]) for place, column in enumerate(names)}


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


@cache
def gtdb_names() -> dict[str, list[GtdbName]]:
    """Return key → meanings, the newest first, of GTDB names that are not an R220 species of the same name."""
    columns = _columns("gtdb_names")
    rows = zip(
        map(int, columns["first_release"]),
        map(int, columns["last_release"]),
        columns["name"],
        columns["species"],
        strict=True,
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
            return _meaning(meaning)
    if species := species_keys().get(key):
        return Entry(species, species_units()[species], ((species, 1.0),))
    return _meaning(meanings[0]) if meanings else None


def _meaning(meaning: GtdbName) -> Entry:
    candidates = parse_candidates(meaning.species)
    return Entry(meaning.name, species_units()[candidates[0][0]], candidates)


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
    return Names(dict(zip(columns["key"], rows, strict=True)), species_units)


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
    return Names(dict(zip(columns["sgb"], rows, strict=True)), species_units)


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
    return Names(dict(zip(columns["id"], rows, strict=True)), species_units)


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
