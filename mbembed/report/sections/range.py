"""Is it in range: how far the samples are from those that the model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.report.percentiles import draw_percentiles
from mbembed.report.picture import Table
from mbembed.report.ranges import IN_RANGE, NOT_JUDGED, OUT_OF_RANGE, UNUSUAL, VERDICTS
from mbembed.report.sections.section import Section
from mbembed.report.told import Told
from mbembed.words import count, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mbembed.report.cohorts import Cohort
    from mbembed.report.picture import Picture

__all__ = ["make_range"]

#: Samples that are named: as many as people read.
ODDEST = 10
#: The scores, as the table of odd samples and the figure call them.
SCORES = {"distance": "distance", "reconstruction": "reconstruction error", "rarity": "rarity of its species"}


def make_range(cohorts: Sequence[Cohort], ranges: pd.DataFrame | None, excuse: str) -> Section:
    """Count the verdicts, draw the percentiles, and name the oddest samples with what speaks against them."""
    content: dict[str, object] = {"excuse": excuse}
    if ranges is not None:
        content.update(
            counts=_counts(ranges),
            picture=_picture(ranges),
            oddest=_oddest(ranges),
            not_judged=_not_judged(ranges),
            unseen=_unseen(cohorts),
        )
    return Section("range", "Is it in range?", "range.html", content)


def _counts(ranges: pd.DataFrame) -> str:
    verdicts = ranges["verdict"].tolist()
    told = [f"{verdicts.count(one):,} {one}" for one in VERDICTS if one in verdicts or one != NOT_JUDGED]
    return f"Of {count(len(ranges), 'sample')}: {', '.join(told)}."


def _picture(ranges: pd.DataFrame) -> Picture | None:
    known = {words: ranges[f"{name}_percentile"].dropna().to_numpy(np.float64) for name, words in SCORES.items()}
    known = {words: values for words, values in known.items() if values.size}
    return draw_percentiles(known) if known else None


def _oddest(ranges: pd.DataFrame) -> Table:
    odd = ranges[ranges["verdict"].isin([UNUSUAL, OUT_OF_RANGE])]
    # Beyond the corpus all percentiles are alike: the distance tells them apart.
    odd = odd.assign(worst=odd["verdict"] == OUT_OF_RANGE)
    odd = odd.sort_values(["worst", "percentile", "distance"], ascending=False, kind="stable")[:ODDEST]
    rows = [
        (
            str(sample),
            row["verdict"],
            *(_percentile(row[f"{name}_percentile"]) for name in SCORES),
            sentence(row["reason"]) if row["reason"] else "–",
        )
        for sample, row in odd.iterrows()
    ]
    title = "Percentiles: 99 means that 99 % of the training corpus score lower, which is more usual."
    return Table(title, ("sample", "verdict", *SCORES, "what its numbers say"), rows)


def _percentile(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else "–"


def _not_judged(ranges: pd.DataFrame) -> str:
    """Return why samples were not judged, and what to type."""
    left = ranges[ranges["verdict"] == NOT_JUDGED]
    if left.empty:
        return ""
    reasons = sorted(set(left["reason"]) - {""})
    text = f"{count(len(left), 'sample')} not judged: {'; '.join(reasons)}"
    needs_table = ranges["reconstruction_percentile"].isna().all() and any("table" in one for one in reasons)
    return f"{text} (`--table TABLE`)." if needs_table else f"{text}."


def _unseen(cohorts: Sequence[Cohort]) -> str:
    """Return a caution where most of what is in the samples was not matched."""
    told = [Told(one.summary).match for one in cohorts if one.summary]
    low = [match["median_coverage"] for match in told if match["verdict"] == "low coverage"]
    if not low:
        return ""
    return (
        f"Only {min(low):.0%} of the abundance of the median sample was matched, and mostly that is judged here: a sample of "
        f"which the model sees little can look “{IN_RANGE}” and need not be."
    )
