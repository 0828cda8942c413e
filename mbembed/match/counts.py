"""What a match counts of each sample and each taxon, in one pass over the values."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mbembed.tables.blocks import carry_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.taxonomy.target import Placement

__all__ = ["MatchCounts", "ratio"]


class MatchCounts:
    """Counts of a profile whose taxa have been placed in a model, block by block.

    Parameters
    ----------
    placements : sequence of Placement
        One per taxon.

    Attributes
    ----------
    matched_taxa : ndarray of bool of shape (n_taxa,)
        Whether each taxon feeds the model.
    n_samples : int
        How many were counted so far.
    """

    def __init__(self, placements: Sequence[Placement]) -> None:
        self.placements = placements
        self.matched_taxa = np.array([bool(placement.columns) for placement in placements], dtype=bool)
        self._picked = self.matched_taxa.astype(np.float64)
        self._shares = np.zeros(len(placements))
        self._present = np.zeros(len(placements), dtype=np.int64)
        self.n_samples = 0
        self._matched: list[NDArray[np.float64]] = []
        self._species: list[NDArray[np.int64]] = []

    def add(self, table: csr_array, classified: NDArray[np.float64]) -> None:
        """Take the next samples.

        Parameters
        ----------
        table : csr_array of shape (n_rows, n_taxa)
        classified : ndarray of shape (n_rows,)
            Sum of each row.
        """
        n_taxa = len(self.placements)
        self._matched.append(np.asarray(table @ self._picked))
        present = type(table)((np.ones(table.nnz, dtype=np.float32), table.indices, table.indptr), table.shape)
        self._species.append(np.asarray(present @ self._picked).astype(np.int64))
        self._shares = carry_on(self._shares, table, ratio(np.ones(table.shape[0]), classified))
        self._present += np.bincount(table.indices, minlength=n_taxa)
        self.n_samples += table.shape[0]

    @cached_property
    def matched(self) -> NDArray[np.float64]:
        """Matched abundance of each sample, in the profile's unit; shape (n_samples,)."""
        return np.concatenate(self._matched)

    @cached_property
    def species_matched(self) -> NDArray[np.int64]:
        """Number of taxa present in each sample that feed the model; shape (n_samples,)."""
        return np.concatenate(self._species)

    @cached_property
    def mean_abundance(self) -> NDArray[np.float64]:
        """Mean over samples of each taxon's share of the classified abundance; shape (n_taxa,)."""
        return self._shares / max(1, self.n_samples)

    @cached_property
    def prevalence(self) -> NDArray[np.float64]:
        """Share of the samples that have each taxon; shape (n_taxa,)."""
        return self._present / max(1, self.n_samples)


def ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a share; 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(whole, dtype=np.float64), where=whole > 0)
