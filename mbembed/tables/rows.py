"""Which rows of a table are taxa of one rank, and which repeat others or are not classified."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from mbembed.errors import TableError
from mbembed.tables.labels import RANKS, is_unclassified, lineage_from_label, rank_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mbembed.tables.raw import RawTable

__all__ = ["SPECIES", "UNRANKED", "Rows"]

#: A row stands for the rows below it if it holds at least this share of their sum (rounding of text).
PARENT_SHARE = 0.98
#: Share of the parent rows that must do so for a table to be one of all ranks.
NESTED_SHARE = 0.9
#: The rank that models know.
SPECIES = "species"
#: The rank at which MetaPhlAn 4 lists its species-level genome bins, and how it writes them.
SGB_RANK = "strain"
_SGB = re.compile(r"t__SGB\d+(_group)?$")
#: Rows that say no rank in a table that has ranks, but not species.
UNRANKED = "unranked"


class Rows(NamedTuple):
    """The rows of a table, told apart by their labels; each list holds their positions.

    Attributes
    ----------
    lineages : list of tuple of str
        Of every row; empty where there is none.
    ranks : list of str
        Of every row.
    taxa, unclassified : list of int
        Rows of taxa, and of what the profiler could not assign.
    has_lineage : bool
        Whether any row has a lineage.
    """

    lineages: list[tuple[str, ...]]
    ranks: list[str]
    taxa: list[int]
    unclassified: list[int]
    has_lineage: bool

    @classmethod
    def of(cls, raw: RawTable) -> Rows:
        """Tell the rows of a table apart."""
        given = raw.lineages or [()] * len(raw.labels)
        lineages = [known or lineage_from_label(label) for known, label in zip(given, raw.labels, strict=True)]
        taxids = raw.taxids or [""] * len(raw.labels)
        unclassified = [i for i, label in enumerate(raw.labels) if is_unclassified(label, lineages[i], taxids[i])]
        left_out = set(unclassified)
        taxa = [i for i in range(len(raw.labels)) if i not in left_out]
        ranks = [rank_of(label, lineage) for label, lineage in zip(raw.labels, lineages, strict=True)]
        # A row without a rank is a species, unless the table has ranks and species is none of them.
        said = {ranks[i] for i in taxa}
        unranked = SPECIES if said <= {""} or SPECIES in said else UNRANKED
        ranks = [rank or unranked for rank in ranks]
        return cls(lineages, ranks, taxa, unclassified, any(map(bool, lineages)))

    def choose(self, asked: str | None, path: str) -> tuple[list[int], str]:
        """Choose one rank: the one asked for, else SGBs, else species, else the narrowest.

        MetaPhlAn 4 tables that list SGBs (``t__SGB15316``) below the species are read at that
        rank: one species name can cover several SGBs, and many SGBs have no name at all.

        Returns
        -------
        tuple of (list of int, str)
            Its rows, and its name.

        Raises
        ------
        TableError
            If the table has no rows of it.
        """
        present = {self.ranks[i] for i in self.taxa}
        found = [rank for rank in dict.fromkeys(RANKS.values()) if rank in present]
        rank = asked or (SGB_RANK if self._lists_sgbs() else found[-1] if found and SPECIES not in found else SPECIES)
        if found and rank not in found:
            raise TableError(
                f"{path or 'the table'} has no rows of the rank {rank}",
                expected=f"one of its ranks: {', '.join(found)}",
                hint="leave out --rank",
                path=path,
            )
        return [i for i in self.taxa if self.ranks[i] == rank], rank

    def _lists_sgbs(self) -> bool:
        """Whether every species row of the table has its SGBs below it, so that none is lost with them."""
        covered = {
            self.lineages[i][:-1]
            for i in self.taxa
            if self.ranks[i] == SGB_RANK and self.lineages[i] and _SGB.match(self.lineages[i][-1])
        }
        species = {self.lineages[i] for i in self.taxa if self.ranks[i] == SPECIES}
        return bool(covered) and species <= covered

    def leftovers(self, chosen: Sequence[int], *, nested: bool) -> tuple[list[int], list[int]]:
        """Split the rows that were not chosen: those that repeat others, and those that nothing else covers.

        ``nested``: whether the rows above others hold their sum, see `is_nested`.
        """
        taken = set(chosen)
        names = {self.lineages[i] for i in chosen}
        rest = [i for i in self.taxa if i not in taken]
        parents = set(self._above()) if nested and rest else set()
        repeats = [
            i
            for i in rest
            if i in parents
            or not self.lineages[i]
            or any(self.lineages[i][:n] in names for n in range(1, len(self.lineages[i])))
        ]
        repeated = set(repeats)
        return repeats, [i for i in rest if i not in repeated]

    def is_nested(self, totals: NDArray[np.float64]) -> bool:
        """Tell whether rows above others hold their sum, as in a table of all ranks; not so in one of leaves.

        Lineages alone do not say it: in a 16S table an OTU that is known to the genus only stands
        beside, not above, the OTUs of its species. There the sums do not fit.

        Parameters
        ----------
        totals : ndarray of shape (n_rows,)
            What each row adds up to over all samples.
        """
        below: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for i in self.taxa:
            below[self.lineages[i][:-1]] += totals[i]
        parents = self._above()
        fitting = [i for i in parents if totals[i] >= PARENT_SHARE * below[self.lineages[i]]]
        return bool(parents) and len(fitting) >= NESTED_SHARE * len(parents)

    def _above(self) -> list[int]:
        """Rows whose lineage is the beginning of another's."""
        prefixes = {self.lineages[i][:n] for i in self.taxa for n in range(1, len(self.lineages[i]))}
        return [i for i in self.taxa if self.lineages[i] in prefixes]
