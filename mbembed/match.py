"""The match: which taxon of a profile feeds which species of a model, and what is left over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import NoMatchError
from mbembed.options import WARN_COVERAGE, check_choice
from mbembed.tables.profile import UNITS
from mbembed.taxonomy.names import canonical_key

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile

__all__ = ["Assignment", "Match", "match_profile"]

#: Closure of models that do not state one: fractions of the whole sample, as published.
DEFAULT_CLOSURE = "input"
#: How many leftovers and examples a message names.
SHOWN = 5


class Assignment(NamedTuple):
    """One taxon of the profile feeding one input column of the model.

    Attributes
    ----------
    taxon : int
        Position in ``profile.taxa``.
    column : int
        Position in ``model.species``.
    weight : float
        Share of the taxon's abundance that goes there. A species that stands k times in the
        model's list gets 1/k of it in each place, as published.
    rule : str
        How the names were brought together.
    """

    taxon: int
    column: int
    weight: float
    rule: str


@dataclass(frozen=True, eq=False)
class Match:
    """One profile held against one model.

    Attributes
    ----------
    profile : Profile
    model : Model
    assignments : list of Assignment
    closure : {"input", "classified", "matched"}
        What an abundance is a fraction of.
    """

    profile: Profile
    model: Model
    assignments: list[Assignment]
    closure: str

    @cached_property
    def matched_taxa(self) -> NDArray[np.bool_]:
        """Whether each taxon feeds the model; shape (n_taxa,)."""
        matched = np.zeros(self.profile.n_taxa, dtype=bool)
        matched[[a.taxon for a in self.assignments]] = True
        return matched

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
        return len({self.model.species[a.column] for a in self.assignments})

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

        by_column = csr_array(
            (
                np.array([a.weight for a in self.assignments], dtype=np.float64),
                (
                    np.array([a.taxon for a in self.assignments], dtype=np.intp),
                    np.array([a.column for a in self.assignments], dtype=np.intp),
                ),
            ),
            shape=(self.profile.n_taxa, self.model.n_inputs),
        )
        aligned = csr_array(self.profile.values @ by_column)
        total = self._closure_total()
        if total is not None:
            rows = np.repeat(np.arange(self.profile.n_samples), np.diff(aligned.indptr))
            aligned.data = aligned.data / total[rows]
        return aligned

    def _closure_total(self) -> NDArray[np.float64] | None:
        """What each sample is divided by; ``None`` where the values are fractions already."""
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
        DataFrame of shape (n_taxa, 7)
            ``taxon`` (as in the file), ``name``, ``species`` (model species, ``|`` between
            several, empty for leftovers), ``rule``, ``mean_abundance`` (mean over samples of
            its share of the classified abundance), ``prevalence`` (share of the samples that
            have it), ``n_columns``.
        """
        import pandas as pd

        return pd.DataFrame(self.taxon_columns())

    def taxon_columns(self) -> dict[str, list[object]]:
        """Return the columns of :meth:`taxa` as plain lists (no pandas needed)."""
        species: dict[int, list[str]] = {}
        rules: dict[int, str] = {}
        n_columns: dict[int, int] = {}
        for a in self.assignments:
            name = self.model.species[a.column]
            if name not in species.setdefault(a.taxon, []):
                species[a.taxon].append(name)
            rules[a.taxon] = a.rule
            n_columns[a.taxon] = n_columns.get(a.taxon, 0) + 1
        mean, prevalence = self._mean_abundance, self._prevalence
        order = np.argsort(-mean, kind="stable").tolist()
        taxa = self.profile.taxa
        return {
            "taxon": [taxa[i].source for i in order],
            "name": [taxa[i].name for i in order],
            "species": ["|".join(species.get(i, [])) for i in order],
            "rule": [rules.get(i, "no such species in the model") for i in order],
            "mean_abundance": [float(mean[i]) for i in order],
            "prevalence": [float(prevalence[i]) for i in order],
            "n_columns": [n_columns.get(i, 0) for i in order],
        }

    @cached_property
    def _mean_abundance(self) -> NDArray[np.float64]:
        weights = _ratio(np.ones(self.profile.n_samples), self.profile.classified)
        return np.asarray(self.profile.values.T @ weights) / max(1, self.profile.n_samples)

    @cached_property
    def _prevalence(self) -> NDArray[np.float64]:
        counts = np.bincount(self.profile.values.indices, minlength=self.profile.n_taxa)
        return counts / max(1, self.profile.n_samples)

    def leftovers(self, limit: int = SHOWN) -> list[tuple[str, float]]:
        """Return the most abundant taxa that feed nothing: (name, mean share of the classified abundance)."""
        mean = np.where(self.matched_taxa, 0.0, self._mean_abundance)
        order = np.argsort(-mean, kind="stable")[:limit]
        return [(self.profile.taxa[i].name, float(mean[i])) for i in order if mean[i] > 0]

    def rules(self) -> dict[str, dict[str, float]]:
        """Return for each rule the number of taxa and their mean share of the classified abundance."""
        result: dict[str, dict[str, float]] = {}
        for taxon, rule in {a.taxon: a.rule for a in self.assignments}.items():
            entry = result.setdefault(rule, {"taxa": 0, "mean_abundance": 0.0})
            entry["taxa"] += 1
            entry["mean_abundance"] += float(self._mean_abundance[taxon])
        return result

    def to_summary(self) -> dict[str, object]:
        """Return the match in numbers, for the summary JSON."""
        profile = self.profile
        return {
            "verdict": self.verdict,
            "closure": self.closure,
            "median_coverage": self.median_coverage,
            "taxa_matched": int(self.matched_taxa.sum()),
            "taxa": profile.n_taxa,
            "species_reached": self.n_species_reached,
            "species_in_model": self.model.n_named_species,
            "rules": self.rules(),
            "leftovers": [{"name": name, "mean_abundance": share} for name, share in self.leftovers(20)],
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
    return Match(
        profile=profile,
        model=model,
        assignments=_by_equal_name(profile, model),
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


def _by_equal_name(profile: Profile, model: Model) -> list[Assignment]:
    """Match names letter by letter, then by their canonical key."""
    columns: dict[str, list[int]] = {}
    for column, species in enumerate(model.species):
        if species != model.unnamed:
            columns.setdefault(species, []).append(column)
    by_key = {canonical_key(species): species for species in columns}
    assignments: list[Assignment] = []
    for index, taxon in enumerate(profile.taxa):
        species, rule = taxon.name, "equal name"
        if species not in columns:
            species, rule = by_key.get(canonical_key(taxon.name), ""), "equal name, other spelling"
        places = columns.get(species, [])
        assignments += [Assignment(index, column, 1 / len(places), rule) for column in places]
    return assignments


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(whole, dtype=np.float64), where=whole > 0)
