"""What a match says: taxon by taxon, rule by rule, and in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from mbembed.match.profile_match import Match
    from mbembed.taxonomy.target import Placement

__all__ = ["Leftover", "leftovers", "rules", "taxon_columns", "to_summary"]

#: How many leftovers the summary holds.
SUMMARY_LEFTOVERS = 20


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


def leftovers(match: Match, limit: int) -> list[Leftover]:
    """Return the most abundant taxa that feed nothing."""
    mean = np.where(match.matched_taxa, 0.0, match.mean_abundance)
    order = np.argsort(-mean, kind="stable")[:limit].tolist()
    return [
        Leftover(match.profile.taxa[i].label, float(mean[i]), match.placements[i].reason) for i in order if mean[i] > 0
    ]


def rules(match: Match) -> dict[str, dict[str, float]]:
    """Return for each rule the number of taxa and their mean share of the classified abundance."""
    result: dict[str, dict[str, float]] = {}
    for taxon, placement in enumerate(match.placements):
        entry = result.setdefault(placement.rule or placement.reason, {"taxa": 0, "mean_abundance": 0.0})
        entry["taxa"] += 1
        entry["mean_abundance"] += float(match.mean_abundance[taxon])
    return dict(sorted(result.items(), key=lambda item: -item[1]["mean_abundance"]))


def taxon_columns(match: Match) -> dict[str, list[object]]:
    """Return the columns of `Match.taxa` as plain lists (no pandas needed)."""
    mean, prevalence = match.mean_abundance, match.prevalence
    order = np.argsort(-mean, kind="stable").tolist()
    taxa, placements = match.profile.taxa, match.placements
    return {
        "taxon": [taxa[i].source for i in order],
        "name": [taxa[i].label for i in order],
        "species": ["|".join(_species_of(match, placements[i])) for i in order],
        "rule": [placements[i].rule or placements[i].reason for i in order],
        "ambiguous": ["yes" if placements[i].ambiguous else "no" for i in order],
        "mean_abundance": [float(mean[i]) for i in order],
        "prevalence": [float(prevalence[i]) for i in order],
        "n_columns": [len(placements[i].columns) for i in order],
    }


def _species_of(match: Match, placement: Placement) -> list[str]:
    return list(dict.fromkeys(match.model.species[column] for column, _ in placement.columns))


def to_summary(match: Match, *, per_sample: bool = True) -> dict[str, Any]:
    """Return the match in numbers, for the summary JSON; with or without those of each sample."""
    profile = match.profile
    summary: dict[str, Any] = {
        "verdict": match.verdict,
        "closure": match.closure,
        "names": match.names,
        "nomenclature": match.nomenclature._asdict(),
        "median_coverage": match.median_coverage,
        "taxa_matched": int(match.matched_taxa.sum()),
        "taxa": profile.n_taxa,
        "species_reached": match.n_species_reached,
        "species_in_model": match.model.n_named_species,
        "species_observable": match.n_observable,
        "ambiguous_fraction": match.ambiguous_fraction,
        "rules": rules(match),
        "leftovers": [leftover._asdict() for leftover in leftovers(match, SUMMARY_LEFTOVERS)],
    }
    if per_sample:
        summary["samples"] = {
            "id": profile.sample_ids,
            "input_sum": match.input_sum.tolist(),
            "unclassified_fraction": match.unclassified_fraction.tolist(),
            "coverage": match.coverage.tolist(),
            "species_matched": match.species_matched.tolist(),
        }
    return summary
