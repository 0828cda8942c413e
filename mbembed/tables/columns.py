"""Which columns of a raw table become which taxa: decided on their names, before a value is read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.tables.axis import check_names
from mbembed.tables.labels import identity, make_taxon
from mbembed.tables.rows import Rows
from mbembed.tables.strangers import check_strangers, odd_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.profile import Taxon
    from mbembed.tables.raw import RawTable

__all__ = ["Columns"]


class Columns(NamedTuple):
    """The columns of a raw table, and what becomes of them.

    Attributes
    ----------
    rows : Rows
        All of them, told apart by their labels.
    rank : str
        The one that was chosen.
    chosen : list of int
        Positions of the columns of that rank.
    taxa : list of Taxon
        What they are called, each name once.
    targets : ndarray of int of shape (n_chosen,)
        The taxon of each chosen column.
    merged : dict of str to int
        Names that stood more than once.
    odd : list of int
        Taxa that are not named like taxa, though most are.
    """

    rows: Rows
    rank: str
    chosen: list[int]
    taxa: list[Taxon]
    targets: NDArray[np.intp]
    merged: dict[str, int]
    odd: list[int]

    @classmethod
    def of(cls, raw: RawTable, rank: str | None, path: str) -> Columns:
        """Tell what becomes of the columns of a raw table.

        Parameters
        ----------
        raw : RawTable
        rank : str, optional
            What the user asked for.
        path : str
            For messages.

        Raises
        ------
        AxisError
            If taxa are named by ids or hashes, or data about samples stand among them.
        TableError
            If there are no columns of the rank that was asked for.
        """
        rows = Rows.of(raw)
        has_ids = any(raw.taxids or ())
        if not rows.has_lineage and not has_ids:
            check_names([raw.labels[i] for i in rows.taxa], path=path)
        check_strangers([raw.labels[i] for i in rows.taxa], [rows.lineages[i] for i in rows.taxa], path=path)
        chosen, taken = rows.choose(rank, path)
        taxa, targets, merged = _merge(raw, rows, chosen)
        odd = [] if has_ids else odd_words([taxon.source for taxon in taxa], [taxon.lineage for taxon in taxa])
        return cls(rows, taken, chosen, taxa, targets, merged, odd)

    @property
    def n_taxa(self) -> int:
        """Number of taxa."""
        return len(self.taxa)

    def select(self, block: csr_array) -> csr_array:
        """Take the chosen columns out of some rows, and sum those of one name.

        Parameters
        ----------
        block : csr_array of shape (n_rows, n_labels)

        Returns
        -------
        csr_array of shape (n_rows, n_taxa)
            Indices sorted, no explicit zeros. May share its arrays with ``block``.
        """
        from scipy.sparse import csr_array

        n_labels = block.shape[1]
        if not self.merged and np.array_equal(self.chosen, np.arange(n_labels)):
            table = block
        elif not self.merged:
            place = np.full(n_labels, -1, dtype=block.indices.dtype)
            place[self.chosen] = self.targets
            columns = place[block.indices]
            kept = columns >= 0
            before = np.concatenate([np.zeros(1, dtype=block.indptr.dtype), np.cumsum(kept, dtype=block.indptr.dtype)])
            table = csr_array((block.data[kept], columns[kept], before[block.indptr]), (block.shape[0], self.n_taxa))
        else:
            entries = (np.ones(len(self.chosen)), (np.asarray(self.chosen, np.intp), self.targets))
            table = csr_array(block @ csr_array(entries, shape=(n_labels, self.n_taxa)))
        if not table.has_sorted_indices:
            table = table.sorted_indices()
        if np.count_nonzero(table.data) != table.nnz:
            table = table.copy()
            table.eliminate_zeros()
        return table


def _merge(raw: RawTable, rows: Rows, chosen: Sequence[int]) -> tuple[list[Taxon], NDArray[np.intp], dict[str, int]]:
    """Name the chosen columns, and find those of one name."""
    taxids = raw.taxids or [""] * len(raw.labels)
    taxa: dict[tuple[str, str], Taxon] = {}
    place: dict[tuple[str, str], int] = {}
    counts: Counter[tuple[str, str]] = Counter()
    targets = []
    for i in chosen:
        taxon = make_taxon(raw.labels[i], rows.lineages[i], taxids[i])
        key = identity(taxon)
        targets.append(place.setdefault(key, len(place)))
        taxa.setdefault(key, taxon)
        counts[key] += 1
    merged = {name: count for (name, _), count in counts.items() if count > 1}
    return list(taxa.values()), np.asarray(targets, dtype=np.intp), merged
