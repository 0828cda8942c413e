"""The verdict: did it work, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.options import WARN_COVERAGE
from mbembed.report.sections.section import Section
from mbembed.words import count, sentence

if TYPE_CHECKING:
    from mbembed.embedding import Embedding
    from mbembed.match import Match

__all__ = ["make_verdict"]


def make_verdict(embedding: Embedding) -> Section:
    """Say in one sentence whether the vectors can be used, then the facts, the warnings, and what to do."""
    level, judgement = _judge(embedding)
    content = {
        "level": level,
        "judgement": judgement,
        "facts": _facts(embedding),
        "warnings": [sentence(warning) for warning in embedding.warnings],
        "advice": _advice(embedding),
    }
    return Section("verdict", "Verdict", "verdict.html", content)


def _judge(embedding: Embedding) -> tuple[str, str]:
    match = embedding.match
    share = f"{match.median_coverage:.1%} of the abundance of the median sample"
    if match.verdict == "low coverage":
        return "bad", f"Do not rely on these vectors: only {share} matches the model."
    if embedding.warnings:
        return "care", f"The table matches the model ({share}), but read the warnings before you use the vectors."
    return "good", f"The table matches the model: {share}, and nothing was found that speaks against using the vectors."


def _facts(embedding: Embedding) -> list[tuple[str, str]]:
    match = embedding.match
    profile, model = match.profile, match.model
    samples = f"{embedding.n_samples - _n_missing(embedding):,} of {profile.n_samples:,} samples have a vector"
    return [
        ("Samples", f"{samples} of {embedding.n_dimensions:,} numbers"),
        ("Model", f"{model.name} ({model.n_named_species:,} species, {model.nomenclature})"),
        ("Table", f"{profile.n_taxa:,} taxa, {profile.unit}, read as {_format_words(match)}"),
        ("Names", match.nomenclature.words),
        ("Matched abundance", _coverage_words(match)),
        ("Matched taxa", f"{int(match.matched_taxa.sum()):,} of {profile.n_taxa:,}"),
        ("Not classified by the profiler", _unclassified_words(match)),
    ]


def _n_missing(embedding: Embedding) -> int:
    return int((~np.isfinite(embedding.values).all(axis=1)).sum())


def _format_words(match: Match) -> str:
    decision = next((one for one in match.profile.decisions if one.what == "format"), None)
    if decision is None or decision.reason == "given":
        return match.profile.dialect
    return f"{match.profile.dialect} ({decision.reason})"


def _coverage_words(match: Match) -> str:
    coverage = match.coverage[match.profile.classified > 0]
    if not coverage.size:
        return "no sample has any classified abundance"
    poor = int((coverage < WARN_COVERAGE).sum())
    if coverage.size == 1:
        return f"{coverage[0]:.1%}"
    return (
        f"median {np.median(coverage):.1%}, from {coverage.min():.1%} to {coverage.max():.1%}; "
        f"{count(poor, 'sample')} below {WARN_COVERAGE:.0%}"
    )


def _unclassified_words(match: Match) -> str:
    if not match.profile.unclassified_labels:
        return "not stated in the table"
    return f"{float(np.median(match.unclassified_fraction)):.1%} of the median sample"


def _advice(embedding: Embedding) -> list[str]:
    """Return what to do, the most pressing first."""
    match = embedding.match
    advice = []
    amplicons = any("amplicons" in warning for warning in match.profile.warnings)
    if amplicons:
        advice.append(
            "There is no remedy for amplicons: the model sees only the few that are named down to the species. If the "
            "samples were also sequenced by shotgun, embed those profiles."
        )
    elif match.verdict == "low coverage":
        advice.append(
            "Look at the taxa without a match below. Where most are “outside the model”, another model may know them: "
            "`mbembed inspect TABLE` compares all installed ones."
        )
        if any(reason == "not a species name" for _, _, reason in match.leftovers(5)):
            advice.append(
                "Names that are not those of species cannot be matched: give the species-level table, if there is one."
            )
    if match.verdict == "low coverage":
        advice.append("Meanwhile, analyse the abundances themselves.")
    elif poor := [i for i in match.poor_samples if match.profile.sample_ids[i] not in embedding.left_out]:
        advice.append(
            f"Leave out what matches badly ({count(len(poor), 'sample')}) with `--min-coverage {WARN_COVERAGE:g}`, or check that they "
            "do not stand apart on the map."
        )
    if match.is_narrow:
        advice.append("Compare these vectors only with those of tables made by the same profiler and database.")
    if match.nomenclature.also:
        advice.append("Embed the tables of different profilers apart, and do not compare their vectors.")
    if embedding.left_out:
        advice.append(
            "Samples without a vector are not in the output: join it with your metadata by sample id, never by position."
            if not _n_missing(embedding)
            else "Samples without a vector have missing values in the output: leave them out of what follows."
        )
    if match.verdict == "ok":
        advice.append(
            "Use the vectors as any numeric table: ordinate them, compare groups, or train a classifier on them."
        )
        advice.append(
            "Whether they help more than the abundances themselves depends on the question: compare both on your own "
            "labels with `mbembed evaluate`."
        )
    return advice
