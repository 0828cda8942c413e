"""From a model's columns back to the taxa of a table that feed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.match import Match

__all__ = ["Feeding"]


class Feeding:
    """Which part of each model column comes from which taxon, sample by sample.

    A column's attribution is divided in proportion to what each taxon gives to it in the sample; where a
    sample has none of them, in proportion to what they give in all samples.

    Parameters
    ----------
    match : Match
    rows : ndarray of int of shape (n_samples,)
        Positions in the match's profile.

    Attributes
    ----------
    taxa : ndarray of int of shape (n_taxa,)
        Positions of the taxa that feed something and occur in these samples, in the order of the table.
    columns : list of tuple of int
        The model columns that each of them feeds.
    fractions : ndarray of shape (n_samples, n_taxa)
        Shares of the classified abundance, 0 to 1.
    sources : list of str
        Their texts in the table.
    """

    def __init__(self, match: Match, rows: NDArray[np.intp]) -> None:
        values = match.profile.values[rows]
        present = np.unique(values.indices)
        pairs = [(int(taxon), column, share) for taxon in present for column, share in match.placements[taxon].columns]
        self.taxa = np.array(sorted({taxon for taxon, _, _ in pairs}), dtype=np.intp)
        place = {int(taxon): i for i, taxon in enumerate(self.taxa)}
        self._taxon = np.array([place[taxon] for taxon, _, _ in pairs], dtype=np.intp)
        self._column = np.array([column for _, column, _ in pairs], dtype=np.intp)
        self.columns: list[tuple[int, ...]] = [
            tuple(column for column, _ in match.placements[taxon].columns) for taxon in self.taxa.tolist()
        ]
        self._n_columns = match.model.n_inputs
        self._alone = np.bincount(self._column, minlength=self._n_columns)[self._column] == 1
        weights = np.array([share for _, _, share in pairs])
        classified = match.profile.classified[rows]
        self.fractions = values[:, self.taxa].toarray() / np.where(classified > 0, classified, 1.0)[:, None]
        self.sources = [match.profile.taxa[taxon].source for taxon in self.taxa.tolist()]
        self._given = self.fractions[:, self._taxon] * weights
        self._overall = self._shares(self._given.sum(axis=0, keepdims=True), np.ones((1, len(pairs))))

    @property
    def n_taxa(self) -> int:
        """Number of taxa."""
        return len(self.taxa)

    def divide(self, attributions: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Divide attributions of columns among the taxa.

        Parameters
        ----------
        attributions : ndarray of shape (n_rows, n_columns)
        rows : ndarray of int of shape (n_rows,)
            Which of the samples they are of.

        Returns
        -------
        ndarray of shape (n_rows, n_taxa)
        """
        shares = self._shares(self._given[rows], self._overall)
        result = np.zeros((len(rows), self.n_taxa))
        np.add.at(result.T, self._taxon, (attributions[:, self._column] * shares).T)
        return result

    def _shares(self, given: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._alone.all():
            return np.ones_like(given)
        totals = np.zeros((len(given), self._n_columns))
        np.add.at(totals.T, self._column, given.T)
        total = totals[:, self._column]
        return np.where(total > 0, given / np.where(total > 0, total, 1.0), otherwise)
