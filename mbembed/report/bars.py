"""Bar charts with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.report.picture import COLOURS, GREY, PALE, Picture, Table, drawing, picture, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Bar", "draw_bars"]

#: Inches: the width of a page on a telephone at two thirds; height of one bar, and of what is around them.
WIDTH, PER_BAR, AROUND = 5.8, 0.26, 0.75


class Bar(NamedTuple):
    """One bar.

    Attributes
    ----------
    name : str
    value, low, high : float
        Ends of its interval; NaN: none.
    colour : int
        Of ``COLOURS``; -1: grey, for what is not to be relied on.
    """

    name: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    colour: int = 0


def draw_bars(
    bars: Sequence[Bar],
    title: str,
    description: str,
    label: str,
    table: Table,
    *,
    line: tuple[float, str] | None = None,
    limits: tuple[float, float] | None = None,
) -> Picture:
    """Draw lying bars, the first on top.

    Parameters
    ----------
    bars : sequence of Bar
    title, description, label : str
        Heading, alternative text, and what the axis shows.
    table : Table
        The numbers.
    line : (float, str), optional
        A value to compare with, and what it is.
    limits : (float, float), optional
        Of the axis.

    Returns
    -------
    Picture
    """
    from matplotlib.figure import Figure

    with drawing():
        figure = Figure(figsize=(WIDTH, AROUND + (0.3 if line else 0.0) + PER_BAR * max(len(bars), 2)))
        axes = figure.add_subplot()
        for place, bar in enumerate(bars):
            grey = bar.colour < 0
            axes.barh(
                place, bar.value, 0.72,
                color=PALE if grey else COLOURS[bar.colour],
                edgecolor=GREY if grey else "white", hatch="////" if grey else "", linewidth=0.4,
            )  # fmt: skip
            if np.isfinite(bar.low):
                axes.plot([bar.low, bar.high], [place, place], color="#1f2328", linewidth=1.4, solid_capstyle="butt")
        if line:
            axes.axvline(line[0], color="#333333", linewidth=1, linestyle="--", label=line[1])
            figure.legend(loc="outside lower center")
        if limits:
            axes.set_xlim(*limits)
        if any(bar.value < 0 for bar in bars):
            axes.axvline(0, color="#333333", linewidth=0.8)
        axes.set_yticks(range(len(bars)), [shorten(bar.name, 34) for bar in bars])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(label)
        return picture(figure, title, description, table=table)
