"""The match: how much of each sample the model sees, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.options import WARN_COVERAGE
from mbembed.report.histogram import draw_histogram
from mbembed.report.picture import Table
from mbembed.report.sections.section import Section
from mbembed.report.told import Told
from mbembed.taxonomy.resolver import NOT_A_SPECIES, OUTSIDE, SEVERAL, UNKNOWN_NAME
from mbembed.taxonomy.target import LEFT_OUT, OUTSIDE_MODEL
from mbembed.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.report.cohorts import Cohort

__all__ = ["make_match"]

#: Samples and taxa that are named: as many as people read.
WORST, LEFTOVERS = 10, 15
#: Shares below it would round to nothing.
SMALL_SHARE = 0.001
#: The least share that two decimals of a percent show.
SMALLEST_SHOWN = 0.0001
#: The least share that is written as a whole number of percent.
ONE_PERCENT = 0.01
#: Why a taxon has no match, in plain words.
REASONS = {
    OUTSIDE_MODEL: "a known species that is not among the model’s; another model may have it",
    NOT_A_SPECIES: "it stands for a genus, a family or something unnamed, which nobody can match to a species",
    UNKNOWN_NAME: "no name map has it: a very new name, a misspelling, no microbe, or a taxon that the table names no species for",
    OUTSIDE: "a known name whose genomes are in no species that is mapped",
    SEVERAL: "it names several species, not all of them known",
    LEFT_OUT: "it could mean several species of the model, and strict names were asked for",
    "no column of that name": "only equal names were asked for, and the model has none",
}
#: What is said where nothing is known of the match.
EXCUSE = (
    "What was matched is not known: the file has the vectors alone. Give the summary of the run that made them "
    "(`--summary run.json`), or the table (`--table TABLE`)."
)


def make_match(cohorts: Sequence[Cohort]) -> Section:
    """Show the matched abundance of all samples, the worst of them, and the taxa without a match."""
    content = {"threshold": f"{WARN_COVERAGE:.0%}", "cohorts": [_cohort(one) for one in cohorts], "excuse": EXCUSE}
    return Section("match", "Match", "match.html", content)


def _cohort(cohort: Cohort) -> dict[str, Any]:
    if not cohort.summary:
        return {"name": cohort.name, "known": False}
    told = Told(cohort.summary)
    match = told.match
    leftovers = _leftovers(cohort, match)
    poor = int((told.coverage < WARN_COVERAGE).sum())
    unmatched = sum(facts["mean_abundance"] for name, facts in match["rules"].items() if name in REASONS)
    return {
        "name": cohort.name,
        "known": True,
        "histogram": draw_histogram(told.coverage[told.has_content]),
        "poor": f"{poor:,} of {count(len(told.coverage), 'sample')} {'is' if poor == 1 else 'are'}" if poor else "",
        "n_empty": int((~told.has_content).sum()),
        "worst": _worst(told),
        "leftovers": leftovers,
        "reasons": [
            (reason, words) for reason, words in REASONS.items() if any(row[-1] == reason for row in leftovers.rows)
        ],
        "leftover_share": f"{unmatched:.1%}" if unmatched >= SMALL_SHARE else f"Less than {SMALL_SHARE:.1%}",
        "rules": _rules(match),
        "observable": (
            f"Of the {match['species_in_model']:,} species of the model, {match['species_observable']:,} have a name in "
            f"this table’s naming ({told.nomenclature.words}) and could have been seen; {match['species_reached']:,} are "
            "in the table. A species that could not be seen is unknown, not absent."
        ),
        "ambiguous": _ambiguous(match["ambiguous_fraction"]),
    }


def _worst(told: Told) -> Table:
    ids, species = told.sample_ids, told.match["samples"]["species_matched"]
    order = sorted(range(len(ids)), key=lambda i: (told.coverage[i], i))[:WORST]
    rows = [
        (
            ids[i],
            f"{told.coverage[i]:.1%}",
            f"{told.unclassified[i]:.1%}" if told.states_unclassified else "not stated",
            f"{species[i]:,}",
        )
        for i in order
    ]
    title = "Matched: of the classified abundance. Not classified: of everything."
    return Table(title, ("sample", "matched", "not classified", "taxa matched"), rows)


def _leftovers(cohort: Cohort, match: dict[str, Any]) -> Table:
    """Return the most abundant taxa without a match; how many samples have them, where the table is there."""
    shown = match["leftovers"][:LEFTOVERS]
    if cohort.match is None:
        rows = [(one["name"], _small(one["mean_abundance"]), one["reason"]) for one in shown]
        title = "Abundance: mean share of what was classified."
        return Table(title, ("taxon", "abundance", "why no match"), rows)
    taxa = cohort.match.profile.taxa
    prevalence = {taxon.label: float(share) for taxon, share in zip(taxa, cohort.match.prevalence, strict=True)}
    known = [
        (one["name"], _small(one["mean_abundance"]), _few(prevalence[one["name"]]), one["reason"]) for one in shown
    ]
    title = "Abundance: mean share of what was classified. Samples: share of those that have it."
    return Table(title, ("taxon", "abundance", "samples", "why no match"), known)


def _ambiguous(fraction: float) -> str:
    if not fraction:
        return ""
    share = f"{fraction:.1%}" if fraction >= SMALL_SHARE else f"Less than {SMALL_SHARE:.1%}"
    return f"{share} of the abundance of the mean sample has names that could also mean another species of the model."


def _small(share: float) -> str:
    """Return a share of the abundance; what is there must not read 0 %."""
    return f"{share:.2%}" if share >= SMALLEST_SHOWN else f"<{SMALLEST_SHOWN:.2%}"


def _few(share: float) -> str:
    """Return a share in percent; what is there must not read 0 %."""
    return "<1%" if 0 < share < ONE_PERCENT else f"{share:.0%}"


def _rules(match: dict[str, Any]) -> Table:
    rows = [
        (
            name,
            "not matched" if name in REASONS else "matched",
            f"{facts['taxa']:,.0f}",
            f"{facts['mean_abundance']:.1%}",
        )
        for name, facts in match["rules"].items()
    ]
    return Table("How taxa found the model’s species, or why not", ("by", "", "taxa", "mean abundance"), rows)
