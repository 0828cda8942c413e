"""The match: which taxon of a profile feeds which species of a model, and what is left over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import NoMatchError
from mbembed.options import WARN_COVERAGE, WARN_OBSERVABLE, check_choice
from mbembed.tables.profile import UNITS
from mbembed.taxonomy.nomenclature import detect_nomenclature
from mbembed.taxonomy.target import Target

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile
    from mbembed.taxonomy.nomenclature import Nomenclature
    from mbembed.taxonomy.target import Placement

__all__ = ["Leftover", "Match", "match_profile", "require_match"]

#: Closure of models that do not state one: fractions of the whole sample, as published.
DEFAULT_CLOSURE = "input"
#: How many leftovers and examples a message names, and how many the summary holds.
SHOWN, SUMMARY_LEFTOVERS = 5, 20


class Leftover(NamedTuple):
    """A taxon that feeds nothing.

    Attributes
    ----------
    name : str
    mean_abundance : float
        Mean over samples of its share of the classified abundance, 0 to 1.
    reason : str
    """

    name: str
    mean_abundance: float
    reason: str


@dataclass(frozen=True, eq=False)
class Match:
    """One profile held against one model.

    Attributes
    ----------
    profile : Profile
    model : Model
    placements : list of Placement
        For each taxon: the model columns that it feeds, by which rule, or why it feeds none.
    names : {"resolve", "strict", "exact"}
        How taxa found the model's species.
    nomenclature : Nomenclature
        The naming of the table, as detected.
    closure : {"input", "classified", "matched"}
        What an abundance is a fraction of.
    """

    profile: Profile
    model: Model
    placements: list[Placement]
    names: str
    nomenclature: Nomenclature
    closure: str

    @cached_property
    def matched_taxa(self) -> NDArray[np.bool_]:
        """Whether each taxon feeds the model; shape (n_taxa,)."""
        return np.array([bool(placement.columns) for placement in self.placements], dtype=bool)

    @cached_property
    def matched(self) -> NDArray[np.float64]:
        """Matched abundance of each sample, in the profile's unit; shape (n_samples,)."""
        return np.asarray(self.profile.values @ self.matched_taxa.astype(np.float64))

    @cached_property
    def input_sum(self) -> NDArray[np.float64]:
        """Everything that the table states of each sample, in its unit; shape (n_samples,)."""
        return self.profile.classified + self.profile.unclassified

    @cached_property
    def coverage(self) -> NDArray[np.float64]:
        """Share of each sample's classified abundance that feeds the model, 0 to 1; shape (n_samples,).

        0 where the sample has no classified abundance.
        """
        return _ratio(self.matched, self.profile.classified)

    @cached_property
    def unclassified_fraction(self) -> NDArray[np.float64]:
        """Share of each sample that its profiler left unclassified, 0 to 1; shape (n_samples,)."""
        return _ratio(self.profile.unclassified, self.input_sum)

    @cached_property
    def species_matched(self) -> NDArray[np.int64]:
        """Number of taxa present in each sample that feed the model; shape (n_samples,)."""
        present = self.profile.values.copy()
        present.data = np.ones_like(present.data)
        return np.asarray(present @ self.matched_taxa.astype(np.float64)).astype(np.int64)

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
        seen = _target(self.model).observable_columns(self.nomenclature, filled=self.placements)
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
        return float(self._mean_abundance[ambiguous].sum())

    @property
    def median_coverage(self) -> float:
        """Median of ``coverage`` over the samples that have any classified abundance."""
        with_content = self.coverage[self.profile.classified > 0]
        return float(np.median(with_content)) if with_content.size else 0.0

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
        from scipy.sparse import csr_array

        taxa, columns, weights = [], [], []
        for taxon, placement in enumerate(self.placements):
            for column, weight in placement.columns:
                taxa.append(taxon)
                columns.append(column)
                weights.append(weight)
        by_column = csr_array(
            (np.array(weights, dtype=np.float64), (np.array(taxa, np.intp), np.array(columns, np.intp))),
            shape=(self.profile.n_taxa, self.model.n_inputs),
        )
        aligned = csr_array(self.profile.values @ by_column)
        if self.feeds_unnamed:
            aligned = csr_array(aligned + self._unnamed())
        total = self._closure_total()
        if total is not None:
            rows = np.repeat(np.arange(self.profile.n_samples), np.diff(aligned.indptr))
            aligned.data = aligned.data / total[rows]
        aligned.sort_indices()
        return aligned

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

    def _unnamed(self) -> csr_array:
        from scipy.sparse import csr_array

        columns = [i for i, name in enumerate(self.model.species) if name == self.model.unnamed]
        row = np.zeros((1, self.model.n_inputs))
        row[0, columns] = 1 / len(columns)
        return csr_array(csr_array(self.profile.unclassified_labels[self.model.unnamed][:, None]) @ csr_array(row))

    def _closure_total(self) -> NDArray[np.float64] | None:
        """Return what each sample is divided by; ``None`` where the values are fractions already."""
        if self.closure == "classified":
            return self.profile.classified
        if self.closure == "matched":
            return self.matched
        whole = UNITS[self.profile.unit]
        if whole is None:
            return self.input_sum
        return None if whole == 1.0 else np.full(self.profile.n_samples, whole)

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

        return pd.DataFrame(self.taxon_columns())

    def taxon_columns(self) -> dict[str, list[object]]:
        """Return the columns of :meth:`taxa` as plain lists (no pandas needed)."""
        mean, prevalence = self._mean_abundance, self._prevalence
        order = np.argsort(-mean, kind="stable").tolist()
        taxa, placements = self.profile.taxa, self.placements
        return {
            "taxon": [taxa[i].source for i in order],
            "name": [taxa[i].label for i in order],
            "species": ["|".join(self._species_of(placements[i])) for i in order],
            "rule": [placements[i].rule or placements[i].reason for i in order],
            "ambiguous": ["yes" if placements[i].ambiguous else "no" for i in order],
            "mean_abundance": [float(mean[i]) for i in order],
            "prevalence": [float(prevalence[i]) for i in order],
            "n_columns": [len(placements[i].columns) for i in order],
        }

    def _species_of(self, placement: Placement) -> list[str]:
        return list(dict.fromkeys(self.model.species[column] for column, _ in placement.columns))

    @cached_property
    def _mean_abundance(self) -> NDArray[np.float64]:
        weights = _ratio(np.ones(self.profile.n_samples), self.profile.classified)
        return np.asarray(self.profile.values.T @ weights) / max(1, self.profile.n_samples)

    @cached_property
    def _prevalence(self) -> NDArray[np.float64]:
        counts = np.bincount(self.profile.values.indices, minlength=self.profile.n_taxa)
        return counts / max(1, self.profile.n_samples)

    def leftovers(self, limit: int = SHOWN) -> list[Leftover]:
        """Return the most abundant taxa that feed nothing."""
        mean = np.where(self.matched_taxa, 0.0, self._mean_abundance)
        order = np.argsort(-mean, kind="stable")[:limit].tolist()
        return [
            Leftover(self.profile.taxa[i].label, float(mean[i]), self.placements[i].reason)
            for i in order
            if mean[i] > 0
        ]

    def rules(self) -> dict[str, dict[str, float]]:
        """Return for each rule the number of taxa and their mean share of the classified abundance."""
        result: dict[str, dict[str, float]] = {}
        for taxon, placement in enumerate(self.placements):
            entry = result.setdefault(placement.rule or placement.reason, {"taxa": 0, "mean_abundance": 0.0})
            entry["taxa"] += 1
            entry["mean_abundance"] += float(self._mean_abundance[taxon])
        return dict(sorted(result.items(), key=lambda item: -item[1]["mean_abundance"]))

    def to_summary(self) -> dict[str, object]:
        """Return the match in numbers, for the summary JSON."""
        profile = self.profile
        return {
            "verdict": self.verdict,
            "closure": self.closure,
            "names": self.names,
            "nomenclature": self.nomenclature._asdict(),
            "median_coverage": self.median_coverage,
            "taxa_matched": int(self.matched_taxa.sum()),
            "taxa": profile.n_taxa,
            "species_reached": self.n_species_reached,
            "species_in_model": self.model.n_named_species,
            "species_observable": self.n_observable,
            "ambiguous_fraction": self.ambiguous_fraction,
            "rules": self.rules(),
            "leftovers": [leftover._asdict() for leftover in self.leftovers(SUMMARY_LEFTOVERS)],
            "samples": {
                "id": profile.sample_ids,
                "input_sum": self.input_sum.tolist(),
                "unclassified_fraction": self.unclassified_fraction.tolist(),
                "coverage": self.coverage.tolist(),
                "species_matched": self.species_matched.tolist(),
            },
        }


def match_profile(profile: Profile, model: Model, *, closure: str | None = None, names: str = "resolve") -> Match:
    """Hold a profile against a model.

    Parameters
    ----------
    profile : Profile
    model : Model
    closure : {"input", "classified", "matched"}, optional
        What an abundance is a fraction of; default: as the model was trained.
    names : {"resolve", "strict", "exact"}
        How taxa find the model's species.

    Returns
    -------
    Match
        Also when nothing matches; :func:`require_match` turns that into an error.
    """
    check_choice("closure", closure)
    check_choice("names", names)
    nomenclature = detect_nomenclature(profile.taxa)
    return Match(
        profile=profile,
        model=model,
        placements=_target(model).match(profile.taxa, names, nomenclature),
        names=names,
        nomenclature=nomenclature,
        closure=closure or str(model.config.get("closure", DEFAULT_CLOSURE)),
    )


def require_match(match: Match) -> None:
    """Refuse a match with nothing in it.

    Raises
    ------
    NoMatchError
        Saying which names the table has and which the model knows.
    """
    if match.verdict != "nothing matched":
        return
    profile, model = match.profile, match.model
    theirs = ", ".join(taxon.source for taxon in profile.taxa[:SHOWN])
    ours = ", ".join(name for name in dict.fromkeys(model.species) if name != model.unnamed)
    ours = ", ".join(ours.split(", ")[:SHOWN])
    raise NoMatchError(
        f"none of the {profile.n_taxa} taxa is a species of the model {model.name!r}; the table has: {theirs}",
        expected=f"species names ({model.nomenclature}) such as: {ours}",
        hint="mbembed inspect TABLE shows how the table was read; another --rank, --orientation or --model may be meant",
        model=model.name,
        n_taxa=profile.n_taxa,
    )


def _target(model: Model) -> Target:
    return Target(model.species, model.nomenclature, unnamed=model.unnamed)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(whole, dtype=np.float64), where=whole > 0)
