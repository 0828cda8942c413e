"""What the figures of an evaluation have in common: words, looks, and the scores to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mbembed.report.picture import COLOURS, GREY, MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.figure import Figure

    from mbembed.report.picture import Table

__all__ = [
    "HEADS",
    "KINDS",
    "METRICS",
    "MINUS",
    "Look",
    "Plot",
    "looks_of",
    "metrics_in",
    "number",
    "rows_of",
    "spread",
]

#: Metrics in words, the deciding ones first.
METRICS = {"roc_auc": "ROC-AUC", "pearson_r": "Pearson r", "pr_auc": "PR-AUC", "r2": "R²"}
#: Predictors in words.
HEADS = {"linear": "linear model", "forest": "random forest"}
#: Kinds of representation in words.
KINDS = {
    "raw": "abundances",
    "pca": "abundances, condensed",
    "model": "embedding",
    "joined": "abundances and embedding",
}
#: The sign for negative numbers that is as wide as a plus.
MINUS = "−"


class Plot(NamedTuple):
    """A figure with its words.

    Attributes
    ----------
    name : str
        Of its files, without suffix.
    section : str
        The protocol.
    title, description, caption : str
    figure : Figure
    table : Table
        The numbers behind it.
    """

    name: str
    section: str
    title: str
    description: str
    caption: str
    figure: Figure
    table: Table


class Look(NamedTuple):
    """How a representation looks in every figure: colour, shape, line and width say the same."""

    colour: str
    marker: str
    line: str
    width: float


def looks_of(summary: Mapping[str, Any]) -> dict[str, Look]:
    """Return the look of each representation: models in full colour and line, the abundances thinner and broken."""
    lines = {"raw": "--", "pca": ":", "model": "-", "joined": "-."}
    order = sorted(summary["representations"], key=lambda one: ("model", "joined", "raw", "pca").index(one["kind"]))
    looks = {
        one["name"]: Look(
            COLOURS[i] if i < len(COLOURS) else GREY,
            MARKERS[i % len(MARKERS)],
            lines[one["kind"]],
            2.2 if one["kind"] == "model" else 1.3,
        )
        for i, one in enumerate(order)
    }
    return {one["name"]: looks[one["name"]] for one in summary["representations"]}


def rows_of(summary: Mapping[str, Any], protocol: str, **wanted: object) -> list[dict[str, Any]]:
    """Return the scores of a protocol that have the wanted values."""
    return [
        row
        for row in summary["scores"]
        if row["protocol"] == protocol and all(row[key] == value for key, value in wanted.items())
    ]


def metrics_in(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the metrics of some scores, the deciding one first."""
    present = {row["metric"] for row in rows}
    return [*(name for name in METRICS if name in present), *sorted(present - set(METRICS))]


def number(value: float | None) -> str:
    """Return a score as it is shown: three decimals, and a dash for none.

    Examples
    --------
    >>> number(0.81249), number(-0.05), number(float("nan"))
    ('0.812', '−0.050', '–')
    """
    if value is None or value != value:
        return "–"
    return f"{value:.3f}".replace("-", MINUS)


def spread(count: int, width: float) -> Sequence[float]:
    """Return offsets that keep marks beside each other, so that none hides another.

    Examples
    --------
    >>> spread(3, 0.4)
    [-0.2, 0.0, 0.2]
    """
    return [0.0] if count == 1 else [width * (i / (count - 1) - 0.5) for i in range(count)]
