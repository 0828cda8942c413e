"""Dot plots: cross-validation, and studies that were left out of training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.evaluation.metrics import CHANCE
from mbembed.evaluation.plots.plot import HEADS, METRICS, Plot, looks_of, metrics_in, number, rows_of, spread
from mbembed.report.picture import COLOURS, GREY, MARKERS, Table, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

__all__ = ["draw_cross_validation", "draw_studies"]

#: Inches: width; height of a row; what axes and legend take.
WIDTH, ROW, FRAME = 4.6, 0.36, 1.3
#: Share of a row over which marks stand above each other: of few heads, of many representations.
HEAD_SPREAD, SPREAD = 0.28, 0.5


def draw_cross_validation(summary: Mapping[str, Any]) -> list[Plot]:
    """Draw one figure for each metric: a row for each representation, a mark for each head."""
    rows = rows_of(summary, "cross-validation", study="")
    return [
        _cross_validation(summary, [row for row in rows if row["metric"] == metric], metric)
        for metric in metrics_in(rows)
    ]


def _cross_validation(summary: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], metric: str) -> Plot:
    from matplotlib.figure import Figure

    words = METRICS.get(metric, metric)
    names = [one["name"] for one in summary["representations"]]
    heads = list(dict.fromkeys(row["head"] for row in rows))
    figure = Figure(figsize=(WIDTH, FRAME + ROW * len(names)))
    axes = figure.add_subplot()
    for head, colour, marker, offset in zip(heads, COLOURS, MARKERS, spread(len(heads), HEAD_SPREAD), strict=False):
        own = [row for row in rows if row["head"] == head]
        _marks(
            axes,
            own,
            [names.index(row["representation"]) + offset for row in own],
            colour,
            marker,
            HEADS.get(head, head),
        )
    _finish(axes, metric, [shorten(name) for name in names])
    figure.legend(loc="outside lower center", ncols=2)
    best = max(rows, key=lambda row: row["mean"])
    body = [
        (
            row["representation"],
            HEADS.get(row["head"], row["head"]),
            number(row["mean"]),
            number(row["low"]),
            number(row["high"]),
        )
        for row in rows
    ]
    return Plot(
        name=f"cross-validation-{metric.replace('_', '-')}",
        section="cross-validation",
        title=f"{words} in cross-validation",
        description=f"Dot plot of {words} for {len(names)} representations. The highest is {best['representation']} "
        f"with a {HEADS.get(best['head'], best['head'])} ({number(best['mean'])}).",
        caption="Bars: 95 % intervals.",
        figure=figure,
        table=Table(words, ("representation", "head", "mean", "low", "high"), body),
    )


def draw_studies(summary: Mapping[str, Any]) -> list[Plot]:
    """Draw one figure for each head, with the deciding metric: a row for each study that was left out."""
    rows = rows_of(summary, "leave-one-study-out")
    metric = metrics_in(rows)[0]
    rows = [row for row in rows if row["metric"] == metric]
    heads = list(dict.fromkeys(row["head"] for row in rows))
    return [_studies(summary, [row for row in rows if row["head"] == head], head, metric) for head in heads]


def _studies(summary: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], head: str, metric: str) -> Plot:
    from matplotlib.figure import Figure

    words = METRICS.get(metric, metric)
    studies = [*sorted({row["study"] for row in rows} - {""}), ""]
    looks = looks_of(summary)
    figure = Figure(figsize=(WIDTH, FRAME + 0.3 + ROW * 1.3 * len(studies)))
    axes = figure.add_subplot()
    for (name, look), offset in zip(looks.items(), spread(len(looks), SPREAD), strict=True):
        for mean_row in (False, True):  # intervals for the mean only: those of each study are in the table
            own = [row for row in rows if row["representation"] == name and (row["study"] == "") is mean_row]
            places = [studies.index(row["study"]) + offset for row in own]
            _marks(axes, own, places, look.colour, look.marker, shorten(name) if mean_row else "", bars=mean_row)
    axes.axhline(len(studies) - 1.5, color=GREY, linewidth=0.8)
    _finish(axes, metric, [shorten(study) or "mean over studies" for study in studies])
    figure.legend(loc="outside lower center", ncols=2, columnspacing=1.2)
    best = max((row for row in rows if row["study"] == ""), key=lambda row: row["mean"])
    return Plot(
        name=f"leave-one-study-out-{head}",
        section="leave-one-study-out",
        title=f"{words} within each study left out, {HEADS.get(head, head)}",
        description=f"Dot plot of {words} for {len(studies) - 1} studies and their mean, for {len(looks)} "
        f"representations. The highest mean is that of {best['representation']} ({number(best['mean'])}).",
        caption="Each study was predicted by a model trained on all others, and scored within itself. Bars: 95 % "
        "intervals of the mean over studies.",
        figure=figure,
        table=_study_table(rows, studies, list(looks), words),
    )


def _marks(
    axes: Axes,
    rows: Sequence[Mapping[str, Any]],
    places: Sequence[float],
    colour: str,
    marker: str,
    label: str,
    *,
    bars: bool = True,
) -> None:
    mean = [row["mean"] for row in rows]
    ends = [[max(0.0, row["mean"] - row["low"]) for row in rows], [max(0.0, row["high"] - row["mean"]) for row in rows]]
    axes.errorbar(
        mean, places, xerr=ends if bars else None, color=colour, linestyle="none", elinewidth=1,
        marker=marker, markersize=5, label=label or "_nolegend_",
    )  # fmt: skip


def _finish(axes: Axes, metric: str, labels: Sequence[str]) -> None:
    if metric in CHANCE:
        axes.axvline(CHANCE[metric], color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.set_xlabel(
        f"{METRICS.get(metric, metric)}{f' (grey line: chance, {CHANCE[metric]:g})' if metric in CHANCE else ''}"
    )


def _study_table(rows: Sequence[Mapping[str, Any]], studies: Sequence[str], names: Sequence[str], words: str) -> Table:
    cells = {(row["study"], row["representation"]): row for row in rows}
    body = []
    for study in studies:
        found = [cells.get((study, name)) for name in names]
        texts = [
            "–" if row is None else f"{number(row['mean'])} [{number(row['low'])}, {number(row['high'])}]"
            for row in found
        ]
        body.append((study or "mean over studies", *texts))
    return Table(f"{words} with 95 % intervals", ("study", *names), body)
