"""One profile held against one model: which taxon feeds which species, and how much of each sample that is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.match.counts import ratio
from mbembed.options import WARN_COVERAGE, WARN_OBSERVABLE
from mbembed.tables.blocks import joined
from mbembed.tables.profile import UNITS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.match.counts import MatchCounts
    from mbembed.match.report import Leftover
    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile
    from mbembed.taxonomy.nomenclature import Nomenclature
    from mbembed.taxonomy.target import Placement, Target

__all__ = ["Match"]


@dataclass(frozen=True, eq=False)
class Match:
    """One profile held against one model.

    Attributes
    ----------
    profile : Profile
    model : Model
    target : Target
        The model's columns, as names find them.
    placements : list of Placement
        For each taxon: the model columns that it feeds, by which rule, or why it feeds none.
    names : {"resolve", "strict", "exact"}
        How taxa found the model's species.
    nomenclature : Nomenclature
        The naming of the table, as detected.
    closure : {"input", "classified", "matched"}
        What an abundance is a fraction of.
    counts : MatchCounts
        Of all samples.
    """

    profile: Profile
    model: Model
    target: Target
    placements: list[Placement]
    names: str
    nomenclature: Nomenclature
    closure: str
    counts: MatchCounts

    @property
    def matched_taxa(self) -> NDArray[np.bool_]:
        """Whether each taxon feeds the model; shape (n_taxa,)."""
        return self.counts.matched_taxa

    @property
    def matched(self) -> NDArray[np.float64]:
        """Matched abundance of each sample, in the profile's unit; shape (n_samples,)."""
        return self.counts.matched

    @cached_property
    def input_sum(self) -> NDArray[np.float64]:
        """Everything that the table states of each sample, in its unit; shape (n_samples,)."""
        return self.profile.classified + self.profile.unclassified

    @cached_property
    def coverage(self) -> NDArray[np.float64]:
        """Share of each sample's classified abundance that feeds the model, 0 to 1; shape (n_samples,).

        0 where the sample has no classified abundance.
        """
        return ratio(self.matched, self.profile.classified)

    @cached_property
    def unclassified_fraction(self) -> NDArray[np.float64]:
        """Share of each sample that its profiler left unclassified, 0 to 1; shape (n_samples,)."""
        return ratio(self.profile.unclassified, self.input_sum)

    @property
    def species_matched(self) -> NDArray[np.int64]:
        """Number of taxa present in each sample that feed the model; shape (n_samples,)."""
        return self.counts.species_matched

    @cached_property
    def n_species_reached(self) -> int:
        """Number of distinct model species that at least one taxon of the table feeds."""
        columns = {column for placement in self.placements for column, _ in placement.columns}
        return len({self.model.species[column] for column in columns})

    @cached_property
    def n_observable(self) -> int:
        """Number of distinct model species that could have been seen with the table's naming at all.

        A species that no name of the profiler leads to is *unobservable*, not absent.
        """
        seen = self.target.observable_columns(self.nomenclature, filled=self.placements)
        return len({self.model.species[column] for column in np.flatnonzero(seen).tolist()} - {self.model.unnamed})

    @property
    def is_narrow(self) -> bool:
        """Whether so few model species are observable that vectors compare only within the profiler.

        Models of fewer species than ``WARN_OBSERVABLE`` are judged by half of their species.
        """
        least = min(WARN_OBSERVABLE, self.model.n_named_species // 2)
        # What the table reaches is observable: no need to look at what else could have been.
        return self.n_species_reached < least and self.n_observable < least

    @cached_property
    def ambiguous_fraction(self) -> float:
        """Mean share of the classified abundance whose names could also mean another species of the model."""
        ambiguous = np.array([bool(p.columns) and p.ambiguous for p in self.placements], dtype=bool)
        return float(self.mean_abundance[ambiguous].sum())

    @property
    def median_coverage(self) -> float:
        """Median of ``coverage`` over the samples that have any classified abundance."""
        with_content = self.coverage[self.profile.classified > 0]
        return float(np.median(with_content)) if with_content.size else 0.0

    @property
    def poor_samples(self) -> list[int]:
        """Positions of samples of which something, but less than ``WARN_COVERAGE``, matches; the worst first."""
        order = np.argsort(self.coverage, kind="stable")
        poor = (self.coverage[order] > 0) & (self.coverage[order] < WARN_COVERAGE)
        return [int(i) for i in order[poor]]

    @property
    def verdict(self) -> str:
        """``ok``, ``low coverage`` or ``nothing matched``."""
        if not self.matched.any():
            return "nothing matched"
        return "low coverage" if self.median_coverage < WARN_COVERAGE else "ok"

    def fractions(self) -> csr_array:
        """Return relative abundances in the model's columns.

        Returns
        -------
        csr_array of shape (n_samples, n_inputs)
            Fractions under ``closure``. Rows of samples without anything to divide by are empty.
        """
        blocks, start = [], 0
        for block in self.profile.blocks():
            blocks.append(self.block_fractions(block, start))
            start += block.shape[0]
        return joined(blocks, self.model.n_inputs)

    def block_fractions(self, block: csr_array, start: int) -> csr_array:
        """Return relative abundances in the model's columns, of some samples.

        Parameters
        ----------
        block : csr_array of shape (n_rows, n_taxa)
            From the profile's values.
        start : int
            Position of the first of these samples.

        Returns
        -------
        csr_array of shape (n_rows, n_inputs)
        """
        from scipy.sparse import csr_array

        aligned = csr_array(block @ self._by_column)
        rows = slice(start, start + block.shape[0])
        if self.feeds_unnamed:
            aligned = csr_array(aligned + self._unnamed(rows))
        if self._whole is not None:
            aligned.data = aligned.data / np.repeat(self._whole[rows], np.diff(aligned.indptr))
        aligned.sort_indices()
        return aligned

    @cached_property
    def _by_column(self) -> csr_array:
        """Share of each taxon that goes into each column of the model."""
        from scipy.sparse import csr_array

        cells = [(i, column, weight) for i, one in enumerate(self.placements) for column, weight in one.columns]
        taxa, columns, weights = zip(*cells, strict=True) if cells else ((), (), ())
        return csr_array(
            (np.array(weights, dtype=np.float64), (np.array(taxa, np.intp), np.array(columns, np.intp))),
            shape=(self.profile.n_taxa, self.model.n_inputs),
        )

    @property
    def feeds_unnamed(self) -> bool:
        """Whether a column of the table feeds the columns that the model's authors could not name.

        The published reference has eight rows called ``unknown``. As in the published script,
        a column of the table that is called just so is divided among them; it stays
        unclassified in every count. No other label (``UNKNOWN``, ``UNCLASSIFIED``) does so.
        """
        return (
            bool(self.model.unnamed)
            and self.closure == "input"
            and self.model.unnamed in self.profile.unclassified_labels
        )

    def _unnamed(self, rows: slice) -> csr_array:
        from scipy.sparse import csr_array

        columns = [i for i, name in enumerate(self.model.species) if name == self.model.unnamed]
        row = np.zeros((1, self.model.n_inputs))
        row[0, columns] = 1 / len(columns)
        return csr_array(csr_array(self.profile.unclassified_labels[self.model.unnamed][rows, None]) @ csr_array(row))

    @cached_property
    def _whole(self) -> NDArray[np.float64] | None:
        """What each sample is divided by; ``None`` where the values are fractions already."""
        if self.closure == "classified":
            return self.profile.classified
        if self.closure == "matched":
            return self.matched
        whole = UNITS[self.profile.unit]
        if whole is None:
            return self.input_sum
        return None if whole == 1.0 else np.full(self.profile.n_samples, whole)

    @property
    def mean_abundance(self) -> NDArray[np.float64]:
        """Mean over samples of each taxon's share of the classified abundance; shape (n_taxa,)."""
        return self.counts.mean_abundance

    @property
    def prevalence(self) -> NDArray[np.float64]:
        """Share of the samples that have each taxon; shape (n_taxa,)."""
        return self.counts.prevalence

    def taxa(self) -> pd.DataFrame:
        """Return one row per taxon of the profile, the most abundant first.

        Returns
        -------
        DataFrame of shape (n_taxa, 8)
            ``taxon`` (as in the file), ``name``, ``species`` (model species, ``|`` between
            several, empty for leftovers), ``rule`` (how they were brought together, or why
            not), ``ambiguous`` (``yes`` where another species of the model could be meant),
            ``mean_abundance`` (mean over samples of its share of the classified abundance),
            ``prevalence`` (share of the samples that have it), ``n_columns``.
        """
        import pandas as pd

        from mbembed.match.report import taxon_columns

        return pd.DataFrame(taxon_columns(self))

    def leftovers(self, limit: int) -> list[Leftover]:
        """Return the most abundant taxa that feed nothing."""
        from mbembed.match.report import leftovers

        return leftovers(self, limit)

    def to_summary(self, *, per_sample: bool = True) -> dict[str, Any]:
        """Return the match in numbers, for the summary JSON; with or without those of each sample."""
        from mbembed.match.report import to_summary

        return to_summary(self, per_sample=per_sample)
