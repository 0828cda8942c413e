"""Why a sample is unlike the training samples: what its own numbers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.in_range.habitats import HabitatShares
from mbembed.models.statistics import DOMINANCE, RICHNESS
from mbembed.tables.amplicons import AMPLICON

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.match import Match

__all__ = ["Causes"]

#: Below this share of matched abundance (0 to 1) the match itself is named as a cause.
FEW_MATCHED = 0.5
#: Percentiles of the training samples beyond which richness and dominance are named.
LOW, HIGH = 0.5, 99.5
#: Fewer reads than this in a sample of counts are named: half a million suffice for the species of a gut sample
#: (Hillmann et al. 2018, mSystems 3:e00069-18).
MIN_READS = 500_000
#: From this share of columns on (0 to 1), that the naming cannot show them is named.
MANY_UNOBSERVABLE = 0.25
#: Unexpected species that a sentence names.
SHOWN = 3


class Causes:
    """What can be said of the samples of one table.

    Parameters
    ----------
    match : Match
    observable : ndarray of bool, shape (n_columns,)

    Attributes
    ----------
    amplicons : bool
        Whether the table looks like one of 16S or other amplicons.
    """

    def __init__(self, match: Match, observable: NDArray[np.bool_]) -> None:
        self._match, self._observable = match, observable
        self._habitats = HabitatShares(match.profile.taxa)
        self.amplicons = any(AMPLICON in warning for warning in match.profile.warnings)

    def of(
        self,
        samples: NDArray[np.intp],
        values: csr_array,
        above: csr_array,
        logit: NDArray[np.float32],
        present: NDArray[np.bool_],
    ) -> list[str]:
        """Return likely causes, as one text per sample.

        Parameters
        ----------
        samples : ndarray of shape (n,)
            Their positions in the profile.
        values : csr_array of shape (n, n_taxa)
            In the unit of the profile.
        above : csr_array of shape (n, n_columns)
            Log10 of fractions above the floor.
        logit, present : ndarray of shape (n, n_columns)
            Expected log-odds of presence, and presence.
        """
        habitats = self._habitats.sentences(values, self._match.profile.classified[samples])
        return [
            "; ".join(self._of_one(int(sample), habitats[i], above[i : i + 1].toarray()[0], logit[i], present[i]))
            for i, sample in enumerate(samples)
        ]

    def _of_one(
        self,
        sample: int,
        habitat: str,
        above: NDArray[np.float32],
        logit: NDArray[np.float32],
        present: NDArray[np.bool_],
    ) -> list[str]:
        match = self._match
        causes = (
            ["a table of 16S or other amplicons, unlike the shotgun metagenomes of training"] if self.amplicons else []
        )
        if habitat:
            causes.append(habitat)
        if match.coverage[sample] < FEW_MATCHED:
            causes.append(f"{match.coverage[sample]:.1%} of its abundance are species that the model knows")
        causes += self._extremes(above, int(present.sum()))
        reads = match.input_sum[sample]
        if match.profile.unit == "counts" and reads < MIN_READS and not self.amplicons:
            causes.append(f"it has {reads:,.0f} reads")
        if not causes and 1 - self._observable.mean() >= MANY_UNOBSERVABLE:
            causes.append(
                f"the names of this table ({match.nomenclature.words}) cannot show {1 - self._observable.mean():.0%} of the "
                "model's species"
            )
        if len(causes) < 2 and not self.amplicons:
            unexpected = np.flatnonzero(present & self._observable & (logit < 0))
            names = [match.model.species[i] for i in unexpected[np.argsort(logit[unexpected])][:SHOWN]]
            if names:
                causes.append(f"unexpected beside its other species: {', '.join(names)}")
        return causes or ["an unusual combination of known species"]

    def _extremes(self, above: NDArray[np.float32], n_present: int) -> list[str]:
        model = self._match.model
        statistics, floor = model.statistics, model.preprocessing.floor
        if statistics is None:
            return []
        richness = float(statistics.percentile(RICHNESS, np.array([n_present]))[0])
        causes = []
        if richness <= LOW:
            causes.append(f"only {n_present} species of the model in it")
        if richness >= HIGH:
            causes.append(f"{n_present} species of the model in it, as profilers find that report traces")
        most = int(above.argmax())
        share = floor * 10 ** float(above[most])
        if float(statistics.percentile(DOMINANCE, np.array([share]))[0]) >= HIGH:
            causes.append(f"{share:.0%} of it is {model.species[most]}")
        return causes
