"""The verdict: did it work, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.options import WARN_COVERAGE, WARN_OBSERVABLE
from mbembed.report.ranges import NOT_JUDGED, OUT_OF_RANGE, VERDICTS
from mbembed.report.sections.section import Section
from mbembed.report.told import Told
from mbembed.taxonomy.resolver import NOT_A_SPECIES
from mbembed.words import count, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mbembed.report.cohorts import Cohort

__all__ = ["make_verdict"]

#: Share of the samples (0 to 1) that must be out of range to say so in the verdict: of samples like those of the corpus
#: at most one in two hundred is.
MOST_OUT = 0.1
#: Leftovers that are looked at for what to do.
LOOKED_AT = 5


def make_verdict(cohorts: Sequence[Cohort], ranges: pd.DataFrame | None) -> Section:
    """Say in one sentence whether the vectors can be used, then the facts, the warnings, and what to do.

    Parameters
    ----------
    cohorts : sequence of Cohort
    ranges : DataFrame, optional
        As :func:`mbembed.out_of_distribution` gives it, of all cohorts in order.
    """
    parts: list[pd.DataFrame | None] = [None] * len(cohorts)
    if ranges is not None:
        ends = np.cumsum([one.embedding.n_samples for one in cohorts])
        parts = [ranges.iloc[end - one.embedding.n_samples : end] for one, end in zip(cohorts, ends, strict=True)]
    content = {"cohorts": [_cohort(one, part) for one, part in zip(cohorts, parts, strict=True)]}
    return Section("verdict", "Verdict", "verdict.html", content)


def _cohort(cohort: Cohort, ranges: pd.DataFrame | None) -> dict[str, Any]:
    told = Told(cohort.summary) if cohort.summary else None
    level, judgement = _judge(cohort, told, ranges)
    return {
        "name": cohort.name,
        "level": level,
        "judgement": judgement,
        "facts": [*_facts(cohort, told), *_range_facts(ranges)],
        "warnings": [sentence(warning) for warning in cohort.embedding.warnings],
        "advice": _advice(cohort, told) if told else _advice_without(),
    }


def _judge(cohort: Cohort, told: Told | None, ranges: pd.DataFrame | None) -> tuple[str, str]:
    if told is None:
        return "care", "Whether these vectors can be relied on is not known: the file does not say how they were made."
    share = f"{told.match['median_coverage']:.1%} of the abundance of the median sample"
    if told.match["verdict"] == "low coverage":
        return "bad", f"Do not rely on these vectors: only {share} matches the model."
    n_judged, n_out = _out_of_range(ranges)
    if n_judged and n_out >= MOST_OUT * n_judged:
        return "care", (
            f"The names match the model ({share}), but {n_out:,} of {count(n_judged, 'sample')} {_are(n_out)} out of the range that "
            f"the model was trained on: see “Is it in range?”{' and the warnings' if cohort.embedding.warnings else ''} before "
            "you use the vectors."
        )
    if cohort.embedding.warnings:
        return "care", f"The table matches the model ({share}), but read the warnings before you use the vectors."
    if not n_judged:
        return "good", f"The table matches the model: {share}, and nothing in it gave cause for a warning."
    return "good", (
        f"The table matches the model: {share}. Nothing in it gave cause for a warning, and {n_judged - n_out:,} of "
        f"{count(n_judged, 'sample')} {_are(n_judged - n_out)} of the kind that the model was trained on, or not far from it."
    )


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _out_of_range(ranges: pd.DataFrame | None) -> tuple[int, int]:
    """Return how many samples were judged, and how many of them are out of range."""
    if ranges is None:
        return 0, 0
    verdicts = [one for one in ranges["verdict"] if one != NOT_JUDGED]
    return len(verdicts), verdicts.count(OUT_OF_RANGE)


def _range_facts(ranges: pd.DataFrame | None) -> list[tuple[str, str]]:
    if ranges is None:
        return []
    counts = {one: int((ranges["verdict"] == one).sum()) for one in VERDICTS}
    told = ", ".join(f"{n:,} {one}" for one, n in counts.items() if n or one != NOT_JUDGED)
    return [("Like the training samples", told)]


def _facts(cohort: Cohort, told: Told | None) -> list[tuple[str, str]]:
    embedding = cohort.embedding
    with_vector = embedding.n_samples - cohort.n_missing
    if told is None:
        return [("Samples", _with_vector(with_vector, embedding.n_samples, embedding.n_dimensions))]
    match, read, model = told.match, told.read, told.model
    return [
        ("Samples", _with_vector(with_vector, read["samples"], embedding.n_dimensions)),
        ("Model", f"{model['name']} ({match['species_in_model']:,} species, {model['nomenclature']})"),
        ("Table", f"{read['taxa']:,} taxa, {read['units']}, read as {_format_words(read)}"),
        ("Names", told.nomenclature.words),
        ("Matched abundance", _coverage_words(told)),
        ("Matched taxa", f"{match['taxa_matched']:,} of {match['taxa']:,}"),
        ("Not classified by the profiler", _unclassified_words(told)),
    ]


def _with_vector(n_with: int, n_samples: int, n_dimensions: int) -> str:
    numbers = f"a vector of {n_dimensions:,} numbers"
    if n_samples == 1:
        return f"1 sample, {'with' if n_with else 'without'} {numbers}"
    return f"{n_with:,} of {n_samples:,} samples have {numbers}"


def _format_words(read: dict[str, Any]) -> str:
    decision = next((one for one in read["decisions"] if one["what"] == "format"), None)
    if decision is None or decision["reason"] == "given":
        return str(read["dialect"])
    return f"{read['dialect']} ({decision['reason']})"


def _coverage_words(told: Told) -> str:
    coverage = told.coverage[told.has_content]
    if not coverage.size:
        return "no sample has any classified abundance"
    poor = int((coverage < WARN_COVERAGE).sum())
    if coverage.size == 1:
        return f"{coverage[0]:.1%}"
    return (
        f"median {np.median(coverage):.1%}, from {coverage.min():.1%} to {coverage.max():.1%}; "
        f"{count(poor, 'sample')} below {WARN_COVERAGE:.0%}"
    )


def _unclassified_words(told: Told) -> str:
    if not told.states_unclassified:
        return "nothing, or the table does not state it"
    return f"{float(np.median(told.unclassified)):.1%} of the median sample"


def _advice_without() -> list[str]:
    give = (
        "Give the summary of the run that made them (`--summary run.json`), or the table itself (`--table TABLE`): then "
        "this page says what was matched, and whether the samples are of the kind that the model knows."
    )
    return [
        give,
        "Formats that carry the summary, for the next time: `.parquet`, `.h5ad`, `.biom`.",
    ]


def _advice(cohort: Cohort, told: Told) -> list[str]:
    """Return what to do, the most pressing first."""
    match = told.match
    is_low = match["verdict"] == "low coverage"
    left_out = told.output["left_out"]
    advice = []
    if any("amplicons" in warning for warning in cohort.embedding.warnings):
        advice.append(
            "There is no remedy for amplicons: the model sees only the few that are named down to the species. If the "
            "samples were also sequenced by shotgun, embed those profiles."
        )
    elif is_low:
        advice.append(
            "Look at the taxa without a match below. Where most are “outside the model”, another model may know them: "
            "`mbembed inspect TABLE` compares all installed ones."
        )
        if any(one["reason"] == NOT_A_SPECIES for one in match["leftovers"][:LOOKED_AT]):
            advice.append(
                "Names that are not those of species cannot be matched: give the species-level table, if there is one."
            )
    if is_low:
        advice.append("Meanwhile, analyse the abundances themselves.")
    elif poor := sum(1 for sample in told.poor_samples if sample not in left_out):
        advice.append(
            f"Leave out what matches badly ({count(poor, 'sample')}) with `--min-coverage {WARN_COVERAGE:g}`, or check that they "
            "do not stand apart on the map."
        )
    if match["species_observable"] < min(WARN_OBSERVABLE, match["species_in_model"] // 2):
        advice.append("Compare these vectors only with those of tables made by the same profiler and database.")
    if told.nomenclature.also:
        advice.append("Embed the tables of different profilers apart, and do not compare their vectors.")
    if left_out:
        advice.append(
            "Samples without a vector are not in the output: join it with your metadata by sample id, never by position."
            if not cohort.n_missing
            else "Samples without a vector have missing values in the output: leave them out of what follows."
        )
    if match["verdict"] == "ok":
        advice.append(
            "Use the vectors as any numeric table: ordinate them, compare groups, or train a classifier on them."
        )
        advice.append(
            "Whether they help more than the abundances themselves depends on the question: compare both on your own "
            "labels with `mbembed evaluate`."
        )
    return advice
