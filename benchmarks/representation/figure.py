"""The figure of ``docs/evidence.md``: the gain of the shipped recipe, task by task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.representation.rows import SHIPPED
from benchmarks.representation.tasks import SEX
from mbembed.report.picture import COLOURS, GREY, drawing, save

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.representation.measures import Figures, Measure

__all__ = ["draw_gains"]

#: Inches: width and height of a panel.
WIDTH, HEIGHT = 1.55, 3.4
#: How far the points of tasks lie beside each other (axis units), so that none hides another.
JITTER = 0.18
NAME = "gains"
DESCRIPTION = (
    "Gain of the shipped recipe over the best single baseline: a grey point for each task, "
    "the mean over tasks with its 95 % interval in colour; below the line the baseline is better."
)


def draw_gains(figures: Figures, folder: Path) -> list[Path]:
    """Draw the paired difference to the best single baseline, one panel for each measure.

    Parameters
    ----------
    figures : Figures
        With the shipped recipe among its rows.
    folder : Path
        Where ``gains.png`` and ``gains.svg`` go.

    Returns
    -------
    list of Path
    """
    from matplotlib.figure import Figure

    measures = [measure for measure in figures.measures if measure.group != SEX]
    with drawing():
        figure = Figure(figsize=(WIDTH * len(measures), HEIGHT))
        panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
        for panel, measure in zip(panels, measures, strict=True):
            _panel(panel, figures, measure)
        panels[0].set_ylabel("gain over the best single baseline")
        return save(figure, folder, NAME, DESCRIPTION)


def _panel(axes: Axes, figures: Figures, measure: Measure) -> None:
    best = figures.best_baseline(measure)
    table = figures.by_task(measure)
    gains = (table[SHIPPED] - table[best]).to_numpy()
    places = np.random.default_rng(0).uniform(-JITTER, JITTER, len(gains))
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.scatter(places, gains, s=14, color=GREY, alpha=0.6, linewidths=0)
    mean, low, high = figures.difference(measure, SHIPPED, best)
    if not np.isnan(low):
        axes.vlines(0.0, low, high, color=COLOURS[0], linewidth=2.0)
    axes.plot([0.0], [mean], marker="o", color=COLOURS[0], markersize=6)
    axes.set_title(f"{measure.name}\nover {best}", fontsize="small")
    axes.set_xlim(-0.5, 0.5)
    axes.set_xticks([])
