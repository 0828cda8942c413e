"""Learning curves: how scores grow with the number of labelled samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.evaluation.metrics import CHANCE
from mbembed.evaluation.plots.plot import HEADS, METRICS, Plot, looks_of, metrics_in, number, rows_of, spread
from mbembed.report.picture import GREY, Table, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["draw"]

#: Inches; two beside each other on a desktop.
SIZE = (4.6, 4.3)
#: Width over which the representations stand beside each other at one number of labels (octaves).
SPREAD = 0.3
PROTOCOL = "limited-data"


def draw(summary: Mapping[str, Any]) -> list[Plot]:
    """Draw one figure for each head and metric: the mean over studies, where there are several."""
    rows = rows_of(summary, PROTOCOL, study="")
    heads = list(dict.fromkeys(row["head"] for row in rows))
    return [_draw_one(summary, rows, head, metric) for head in heads for metric in metrics_in(rows)]


def _draw_one(summary: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], head: str, metric: str) -> Plot:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, NullLocator

    rows = [row for row in rows if row["head"] == head and row["metric"] == metric]
    sizes = sorted({row["n_labels"] for row in rows})
    words = METRICS.get(metric, metric)
    figure = Figure(figsize=SIZE)
    axes = figure.add_subplot()
    axes.set_xscale("log", base=2)
    looks = looks_of(summary)
    for (name, look), offset in zip(looks.items(), spread(len(looks), SPREAD), strict=True):
        own = sorted((row for row in rows if row["representation"] == name), key=lambda row: row["n_labels"])
        if not own:
            continue
        mean = [row["mean"] for row in own]
        axes.errorbar(
            [row["n_labels"] * 2**offset for row in own],
            mean,
            # An end may be cut at the metric's bound, never on the wrong side of the mean.
            yerr=[
                [max(0.0, row["mean"] - row["low"]) for row in own],
                [max(0.0, row["high"] - row["mean"]) for row in own],
            ],
            color=look.colour,
            linestyle=look.line,
            linewidth=look.width,
            elinewidth=0.8,
            marker=look.marker,
            markersize=5,
            label=shorten(name),
            zorder=3 if look.width > 2 else 2,
        )
    if metric in CHANCE:
        axes.axhline(CHANCE[metric], color=GREY, linewidth=0.8)
        axes.annotate("chance", (1, CHANCE[metric]), xycoords=("axes fraction", "data"), xytext=(-2, 3),
                      textcoords="offset points", ha="right", color=GREY, fontsize=8)  # fmt: skip
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("labelled samples")
    axes.set_ylabel(words)
    figure.legend(loc="outside lower center", ncols=2, columnspacing=1.2, handlelength=3)
    best = max((row for row in rows if row["n_labels"] == sizes[0]), key=lambda row: row["mean"])
    last = max((row for row in rows if row["n_labels"] == sizes[-1]), key=lambda row: row["mean"])
    description = (
        f"Line chart of {words} against the number of labelled samples, from {sizes[0]} to {sizes[-1]}, for "
        f"{len(looks)} representations. With {sizes[0]} labels {best['representation']} is highest "
        f"({number(best['mean'])}), with {sizes[-1]} {last['representation']} ({number(last['mean'])})."
    )
    return Plot(
        name=f"learning-curve-{head}-{metric.replace('_', '-')}",
        section=PROTOCOL,
        title=f"{words} by number of labels, {HEADS.get(head, head)}",
        description=description,
        caption="Bars: 95 % intervals. Marks are moved a little to the side, so that none hides another.",
        figure=figure,
        table=_table(rows, sizes, list(looks), words),
    )


def _table(rows: Sequence[Mapping[str, Any]], sizes: Sequence[int], names: Sequence[str], words: str) -> Table:
    cells = {(row["representation"], row["n_labels"]): row for row in rows}
    body = [
        (name, *(_interval(cells.get((name, size))) for size in sizes))
        for name in names
        if any((name, size) in cells for size in sizes)
    ]
    return Table(f"{words} with 95 % intervals", ("representation", *(f"{size} labels" for size in sizes)), body)


def _interval(row: Mapping[str, Any] | None) -> str:
    return "–" if row is None else f"{number(row['mean'])} [{number(row['low'])}, {number(row['high'])}]"
