"""The match: how much of each sample the model sees, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.match.report import rules
from mbembed.options import WARN_COVERAGE
from mbembed.report.histogram import draw_histogram
from mbembed.report.picture import Table
from mbembed.report.sections.section import Section
from mbembed.taxonomy.resolver import NOT_A_SPECIES, OUTSIDE, SEVERAL, UNKNOWN_NAME
from mbembed.taxonomy.target import LEFT_OUT, OUTSIDE_MODEL

if TYPE_CHECKING:
    from mbembed.embedding import Embedding
    from mbembed.match import Match

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


def make_match(embedding: Embedding) -> Section:
    """Show the matched abundance of all samples, the worst of them, and the taxa without a match."""
    match = embedding.match
    model = match.model
    with_content = match.coverage[match.profile.classified > 0]
    leftovers = _leftovers(match)
    n_poor = int((match.coverage < WARN_COVERAGE).sum())
    content = {
        "histogram": draw_histogram(with_content),
        "threshold": f"{WARN_COVERAGE:.0%}",
        "n_poor": f"{n_poor:,}" if n_poor else "",
        "n_samples": f"{match.profile.n_samples:,}",
        "n_empty": int((match.profile.classified <= 0).sum()),
        "worst": _worst(match),
        "leftovers": leftovers,
        "reasons": [
            (reason, words) for reason, words in REASONS.items() if any(row[-1] == reason for row in leftovers.rows)
        ],
        "leftover_share": f"{float(match.mean_abundance[~match.matched_taxa].sum()):.1%}",
        "rules": _rules(match),
        "observable": (
            f"Of the {model.n_named_species:,} species of the model, {match.n_observable:,} have a name in this table’s "
            f"naming ({match.nomenclature.words}) and could have been seen; {match.n_species_reached:,} are in the table. "
            "A species that could not be seen is unknown, not absent."
        ),
        "ambiguous": _ambiguous(match),
    }
    return Section("match", "Match", "match.html", content)


def _worst(match: Match) -> Table:
    ids = match.profile.sample_ids
    order = sorted(range(len(ids)), key=lambda i: (match.coverage[i], i))[:WORST]
    rows = [
        (
            ids[i],
            f"{match.coverage[i]:.1%}",
            f"{match.unclassified_fraction[i]:.1%}" if match.profile.unclassified_labels else "not stated",
            f"{match.species_matched[i]:,}",
        )
        for i in order
    ]
    title = "Matched: of the classified abundance. Not classified: of everything."
    return Table(title, ("sample", "matched", "not classified", "taxa matched"), rows)


def _leftovers(match: Match) -> Table:
    prevalence = {taxon.label: float(share) for taxon, share in zip(match.profile.taxa, match.prevalence, strict=True)}
    rows = [
        (one.name, _small(one.mean_abundance), _few(prevalence[one.name]), one.reason)
        for one in match.leftovers(LEFTOVERS)
    ]
    return Table(
        "Abundance: mean share of what was classified. Samples: share of those that have it.",
        ("taxon", "abundance", "samples", "why no match"),
        rows,
    )


def _ambiguous(match: Match) -> str:
    if not match.ambiguous_fraction:
        return ""
    share = (
        f"{match.ambiguous_fraction:.1%}" if match.ambiguous_fraction >= SMALL_SHARE else f"Less than {SMALL_SHARE:.1%}"
    )
    return f"{share} of the abundance of the mean sample has names that could also mean another species of the model."


def _small(share: float) -> str:
    """Return a share of the abundance; what is there must not read 0 %."""
    return f"{share:.2%}" if share >= SMALLEST_SHOWN else f"<{SMALLEST_SHOWN:.2%}"


def _few(share: float) -> str:
    """Return a share in percent; what is there must not read 0 %."""
    return "<1%" if 0 < share < ONE_PERCENT else f"{share:.0%}"


def _rules(match: Match) -> Table:
    matched = {placement.rule for placement in match.placements if placement.columns}
    rows = [
        (
            name,
            "matched" if name in matched else "not matched",
            f"{facts['taxa']:,.0f}",
            f"{facts['mean_abundance']:.1%}",
        )
        for name, facts in rules(match).items()
    ]
    return Table("How taxa found the model’s species, or why not", ("by", "", "taxa", "mean abundance"), rows)
