"""Lineages that stand beside a table: BIOM ``taxonomy``, a phyloseq ``tax_table``, columns of ranks."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from mbembed.tables.labels import is_unclassified, lineage_from_label, rank_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "LINEAGE_KEYS",
    "TAXID_KEYS",
    "axis_lineages",
    "axis_taxids",
    "lineage_of",
    "lineage_of_ranks",
    "rank_prefix",
    "split_lineage",
    "taxa_lineages",
]

#: Keys under which whole lineages are kept, lower case: BIOM documentation (``taxonomy``), QIIME 2
#: (``Taxon``), QIIME 1 (``ConsensusLineage``), mia and AnnData exports (``lineage``, ``clade_name``).
LINEAGE_KEYS = ("taxonomy", "taxon", "consensuslineage", "consensus_lineage", "lineage", "clade_name")
#: Keys under which NCBI Taxonomy ids are kept, lower case, best first: MetaPhlAn, taxpasta, GMrepo.
TAXID_KEYS = ("ncbi_tax_id", "clade_taxid", "taxonomy_id", "tax_id", "taxid", "ncbi_taxon_id")

#: Name of a rank, lower case → its prefix, from the widest rank to the narrowest.
RANK_PREFIXES: Mapping[str, str] = {
    "domain": "d__",
    "superkingdom": "d__",
    "kingdom": "k__",
    "phylum": "p__",
    "class": "c__",
    "order": "o__",
    "family": "f__",
    "genus": "g__",
    "species": "s__",
    "strain": "t__",
    "sgb": "t__",
}

#: Distinct names whose cleaned form is remembered: the upper ranks of a table repeat in every row.
CACHED_NAMES = 65_536
#: How many values of a column without a rank's name are looked at for prefixes.
PEEKED_VALUES = 20
#: Order of the prefixes in a lineage; ``d`` and ``k`` are the same step in most nomenclatures.
_ORDER = "dkpcofgst"
#: ``k__Bacteria``, ``d_Bacteria`` is left alone; SILVA's old ``D_0__Bacteria`` counts ranks from 0.
_PREFIX = re.compile(r"^([dkpcofgst])__")
_SILVA_PREFIX = re.compile(r"^D_([0-7])__")
_SILVA_RANKS = ("d__", "p__", "c__", "o__", "f__", "g__", "s__", "t__")
_NUMBERED_RANK = re.compile(r"^(?:rank|level|tax(?:on(?:omy)?)?)[ _.]?(\d{1,2})$")
#: Texts that stand for "no name at this rank" in R and Python exports.
_NOTHING = frozenset({"", "na", "nan", "none", "null", "n/a", "<na>", "__"})


def taxa_lineages(metadata: Mapping[str, Sequence[object]], labels: Sequence[str]) -> list[tuple[str, ...]] | None:
    """Find the lineages of taxa; a taxon without one gets that its rank is known, and its name not.

    So an OTU of unknown lineage in a table of genera is not taken for the table's only species
    because of its label. Labels that are lineages themselves, or mean "not classified", stay.

    Parameters
    ----------
    metadata : mapping of str to sequence
        See `axis_lineages`.
    labels : sequence of str
        What names the taxa.

    Returns
    -------
    list of tuple of str, or None

    Examples
    --------
    >>> taxa_lineages({"Genus": ["Blautia", None, None]}, ["OTU1", "Bacteria", "-1"])
    [('g__Blautia',), ('g__',), ()]
    """
    found = axis_lineages(metadata)
    if found is None:
        return None
    last = Counter(parts[-1][: len("s__")] for parts in found if parts and _PREFIX.match(parts[-1]))
    if not last:
        return found
    unnamed = (last.most_common(1)[0][0],)
    return [
        parts or (() if is_unclassified(label, ()) or rank_of(label, lineage_from_label(label)) else unnamed)
        for parts, label in zip(found, labels, strict=True)
    ]


def axis_lineages(metadata: Mapping[str, Sequence[object]]) -> list[tuple[str, ...]] | None:
    """Find the lineages among what is known about each id of an axis.

    Parameters
    ----------
    metadata : mapping of str to sequence
        Key or column name → one value per id.

    Returns
    -------
    list of tuple of str, or None
        None if there are none. Whole lineages under one key go before columns of ranks.

    Examples
    --------
    >>> axis_lineages({"Taxon": ["k__Bacteria; p__Firmicutes", None], "Confidence": [0.9, None]})
    [('k__Bacteria', 'p__Firmicutes'), ()]
    >>> axis_lineages({"ta1": ["d__Bacteria"], "ta2": ["p__Bacillota"], "BMI": [22]})
    [('d__Bacteria', 'p__Bacillota')]
    >>> axis_lineages({"BMI": [22]})
    """
    by_key = {key.strip().lower(): key for key in metadata}
    whole = [[lineage_of(value) for value in metadata[by_key[key]]] for key in LINEAGE_KEYS if key in by_key]
    for found in whole:
        if any(len(parts) > 1 for parts in found):
            return found
    columns = {key: values for key, values in metadata.items() if rank_prefix(key) or _has_prefixes(values)}
    if columns:
        rows = zip(*columns.values(), strict=True)
        names = list(columns)
        found = [lineage_of_ranks(names, [None if value is None else str(value) for value in row]) for row in rows]
        if any(found):
            return found
    return next((found for found in whole if any(found)), None)


def axis_taxids(metadata: Mapping[str, Sequence[object]]) -> list[str] | None:
    """Find the NCBI Taxonomy ids among what is known about each id of an axis.

    Parameters
    ----------
    metadata : mapping of str to sequence

    Returns
    -------
    list of str, or None
        The last id of a path of ids (MetaPhlAn: ``2|1239|40520``); empty where there is none.

    Examples
    --------
    >>> axis_taxids({"NCBI_tax_id": ["2|40520", "", None]})
    ['40520', '', '']
    """
    by_key = {key.strip().lower(): key for key in metadata}
    found = next((metadata[by_key[key]] for key in TAXID_KEYS if key in by_key), None)
    return None if found is None else ["" if one is None else str(one).strip().split("|")[-1] for one in found]


def split_lineage(text: str) -> tuple[str, ...]:
    """Cut a lineage that is one string; ``|`` goes before ``;``.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of str
        Without quotes, blanks around the names, and empty ranks at the end.

    Examples
    --------
    >>> split_lineage('"k__Bacteria; p__Firmicutes; g__; s__"')
    ('k__Bacteria', 'p__Firmicutes', 'g__', 's__')
    >>> split_lineage("k__Bacteria|p__Firmicutes")
    ('k__Bacteria', 'p__Firmicutes')
    """
    return _tidy(text.split("|") if "|" in text else text.split(";"))


def lineage_of(value: object) -> tuple[str, ...]:
    """Read a lineage in any shape that BIOM files give it: a list, one string, or nothing.

    Parameters
    ----------
    value : object

    Returns
    -------
    tuple of str
        Empty if there is none.

    Examples
    --------
    >>> lineage_of(["k__Bacteria", "p__Firmicutes", "", ""])
    ('k__Bacteria', 'p__Firmicutes')
    >>> lineage_of(["k__Bacteria; p__Firmicutes"])
    ('k__Bacteria', 'p__Firmicutes')
    >>> lineage_of("['k__Bacteria', 's__']")
    ('k__Bacteria', 's__')
    """
    if value is None:
        return ()
    if isinstance(value, str):
        if value.startswith("[") and value.endswith("]") and "'" in value:
            # A list printed by Python, as `biom convert` writes it without a formatter.
            return _tidy(value[1:-1].replace("'", "").split(","))
        return split_lineage(value)
    if isinstance(value, list | tuple):
        parts = ["" if part is None else str(part) for part in value]
        return split_lineage(parts[0]) if len(parts) == 1 else _tidy(parts)
    return ()


def lineage_of_ranks(names: Sequence[str], values: Sequence[str | None]) -> tuple[str, ...]:
    """Put together a lineage from columns of ranks; a prefix in a value goes before its column's name.

    Parameters
    ----------
    names : sequence of str
        Column names: ``Kingdom``, ``rank1``, ….
    values : sequence of str or None

    Returns
    -------
    tuple of str
        Each with its prefix where value or column say the rank; in the order of the ranks.
        An empty rank below a named one is kept as a bare prefix, so that "species unknown" is said.

    Examples
    --------
    >>> lineage_of_ranks(["Kingdom", "Genus", "Species"], ["Bacteria", "Blautia", "Blautia wexlerae"])
    ('k__Bacteria', 'g__Blautia', 's__Blautia wexlerae')
    >>> lineage_of_ranks(["Rank1", "Rank2"], ["d__Bacteria", "p__Bacillota"])
    ('d__Bacteria', 'p__Bacillota')
    """
    ranks: dict[str, str] = {}
    loose: list[str] = []
    for name, value in zip(names, values, strict=True):
        text = _clean("" if value is None else value)
        own = _PREFIX.match(text)
        if own:
            prefix: str | None = own.group(0)
            bare = text[own.end() :].strip()
            text = "" if bare.lower() in _NOTHING else bare  # `s__NA`, as R writes it
        else:
            prefix = rank_prefix(name)
        if prefix is None:
            if text:
                loose.append(text)
        elif text or prefix not in ranks:
            ranks[prefix] = prefix + text
    if not ranks:
        return _tidy(loose)
    for one, other in (("d__", "k__"), ("k__", "d__")):
        if ranks.get(one) == one and len(ranks.get(other, other)) > len(other):
            del ranks[one]  # the same step under two names
    return _named(sorted(ranks.values(), key=lambda part: _ORDER.index(part[0])))


def rank_prefix(name: str) -> str | None:
    """Return the prefix of a rank's name, or None if the name is none of a rank.

    >>> rank_prefix("Species"), rank_prefix("rank3"), rank_prefix("BMI")
    ('s__', 'c__', None)
    """
    key = name.strip().lower()
    if key in RANK_PREFIXES:
        return RANK_PREFIXES[key]
    numbered = _NUMBERED_RANK.match(key)
    if numbered and 1 <= int(numbered.group(1)) <= len(_SILVA_RANKS):
        return _SILVA_RANKS[int(numbered.group(1)) - 1]
    return None


def _has_prefixes(values: Sequence[object]) -> bool:
    named = (value for value in values if value)
    return any(isinstance(value, str) and _PREFIX.match(_clean(value)) for value in islice(named, PEEKED_VALUES))


@lru_cache(maxsize=CACHED_NAMES)
def _clean(text: str) -> str:
    text = text.strip().strip("\"'").strip()
    silva = _SILVA_PREFIX.match(text)
    if silva:
        return _SILVA_RANKS[int(silva.group(1))] + text[silva.end() :]
    return "" if text.lower() in _NOTHING else text


def _tidy(parts: Iterable[str]) -> tuple[str, ...]:
    cleaned = [_clean(part) for part in parts]
    while cleaned and not cleaned[-1]:
        cleaned.pop()
    return tuple(cleaned)


def _named(parts: Sequence[str]) -> tuple[str, ...]:
    """Return nothing where no rank has a name."""
    return tuple(parts) if any(len(part) > len("s__") for part in parts) else ()
