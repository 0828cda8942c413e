"""A profile as its writers need it: taxa in rows, what is not classified as one more row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbembed.outputs.lineage_ranks import UNCLASSIFIED, rank_rows
from mbembed.tables.labels import UNCLASSIFIED as UNCLASSIFIED_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from scipy.sparse import csr_array

    from mbembed.tables.profile import Profile

__all__ = ["LINEAGE_COLUMN", "TAXID_COLUMN", "Rows", "rows_of"]

#: Key or column of the lineages: the one that BIOM's documentation names, and all readers know.
LINEAGE_COLUMN = "taxonomy"
#: Key or column of the NCBI Taxonomy ids, as MetaPhlAn names it.
TAXID_COLUMN = "ncbi_tax_id"


@dataclass(frozen=True, eq=False)
class Rows:
    """What a writer gets.

    Attributes
    ----------
    values : csr_array of shape (n_samples, n_rows)
        float64, in ``unit``.
    ids : list of str
        One per taxon, unique.
    lineages : list of list of str
        Of equal length, see `mbembed.outputs.lineage_ranks.rank_rows`.
    taxids : list of str
        Empty if no taxon has one.
    sample_ids : list of str
    sample_metadata : DataFrame, optional
    unit : str
    summary : dict
        How the table was read.
    """

    values: csr_array
    ids: list[str]
    lineages: list[list[str]]
    taxids: list[str]
    sample_ids: list[str]
    sample_metadata: pd.DataFrame | None
    unit: str
    summary: dict[str, object]

    @property
    def whole(self) -> bool:
        """Whether all values are whole numbers."""
        return bool(np.array_equal(self.values.data, np.rint(self.values.data)))

    def lineage_texts(self) -> list[str]:
        """Return each lineage as one text, ``; `` between the ranks, or ``|`` where a name holds ``;``."""
        separator = "|" if any(";" in part for row in self.lineages for part in row) else "; "
        return [separator.join(row) for row in self.lineages]


def rows_of(profile: Profile, *, unclassified: str = "keep") -> Rows:
    """Lay out a profile for writing.

    Parameters
    ----------
    profile : Profile
    unclassified : {"keep", "drop"}
        What becomes of the abundance that the profiler could not assign: a row
        ``UNCLASSIFIED`` if there is any, or nothing, which changes what each sample adds up to.

    Returns
    -------
    Rows
        The ids are what names the taxa in the source; their order is that of the profile.
    """
    from scipy import sparse

    keep = unclassified == "keep" and bool(profile.unclassified.any())
    ids = list(_unique([taxon.source for taxon in profile.taxa]))
    taxids = [taxon.taxid for taxon in profile.taxa]
    values = profile.values
    if keep:
        values = sparse.csr_array(sparse.hstack([values, profile.unclassified.reshape(-1, 1)], format="csr"))
        ids.append(_unclassified_id(ids))
        taxids.append("")
    rank = next((decision.value for decision in profile.decisions if decision.what == "rank"), "species")
    return Rows(
        values=values,
        ids=ids,
        lineages=rank_rows(profile.taxa, rank, unclassified=keep),
        taxids=taxids if any(taxids) else [],
        sample_ids=profile.sample_ids,
        sample_metadata=profile.sample_metadata,
        unit=profile.unit,
        summary=profile.to_summary(),
    )


def _unique(ids: Sequence[str]) -> Iterator[str]:
    """Give every id once, repetitions numbered: in some tables two lineages stand beside one label."""
    taken: set[str] = set()
    for one in ids:
        name, count = one, 1
        while name in taken:
            count += 1
            name = f"{one} ({count})"
        taken.add(name)
        yield name


def _unclassified_id(ids: Sequence[str]) -> str:
    """Return a name that readers know as "not classified" and no taxon has."""
    taken = set(ids)
    names = [UNCLASSIFIED, *sorted(name.upper() for name in UNCLASSIFIED_NAMES)]
    return next((name for name in names if name not in taken), UNCLASSIFIED)
