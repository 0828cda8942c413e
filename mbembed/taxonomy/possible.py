"""What a profiler could have written: the basis of observable columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.tables.profile import Taxon
from mbembed.taxonomy import maps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mbembed.taxonomy.nomenclature import Nomenclature

__all__ = ["possible_taxa"]


def possible_taxa(nomenclature: Nomenclature) -> list[Taxon]:
    """Return every taxon that a naming can write, as far as the maps know.

    Parameters
    ----------
    nomenclature : Nomenclature

    Returns
    -------
    list of Taxon

    Examples
    --------
    >>> from mbembed.taxonomy.nomenclature import Nomenclature
    >>> len(possible_taxa(Nomenclature("gtdb", "R95"))) < len(possible_taxa(Nomenclature("gtdb")))
    True
    """
    names: Iterable[str]
    if nomenclature.name == "gtdb":
        number = nomenclature.release_number
        names = (key for key, (first, last) in maps.gtdb_releases().items() if first <= number <= last)
    elif nomenclature.name == "metaphlan4-sgb":
        names = maps.sgbs()
    elif nomenclature.name == "metaphlan4":
        named = {sgb for sgbs in maps.mpa4_names().values() for sgb in sgbs}
        names = (*maps.mpa4_names(), *(sgb for sgb in maps.sgbs() if sgb not in named))
    elif nomenclature.name == "motus3":
        # a mOTU that is in no map is known by its taxid or NCBI name
        names = (*(f"ref_mOTU_v3_{number}" for number in maps.motus3()), *maps.ncbi_names())
    elif nomenclature.name == "accession":
        names = (f"GCF_{digits}" for digits in maps.representatives())
    elif nomenclature.name == "taxid":
        return [Taxon(taxid, taxid, taxid=taxid) for taxid in maps.taxids()]
    else:
        letter = nomenclature.release.removeprefix("MetaPhlAn ")
        names = (key for key in maps.ncbi_names() if not letter or letter in maps.ncbi_seen().get(key, ""))
    return [Taxon(name, name) for name in names]
