"""The histogram of matched abundance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.options import WARN_COVERAGE
from mbembed.report.picture import COLOURS, GREY, Picture, Table, drawing, picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["draw_histogram"]

#: Inches; on a telephone its text is two thirds of this size, and still can be read.
SIZE = (5.8, 2.8)
#: Bins of 5 %: the threshold falls between two of them.
N_BINS = 20


def draw_histogram(coverage: NDArray[np.float64]) -> Picture:
    """Draw how much of each sample's classified abundance matches.

    Parameters
    ----------
    coverage : ndarray of shape (n_samples,)
        0 to 1.

    Returns
    -------
    Picture
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    # Rounding: a whole sample that matches must not fall out of the last bin.
    # … and the threshold must be an edge to the last digit.
    edges = np.arange(N_BINS + 1) / N_BINS
    counts, _ = np.histogram(np.clip(coverage, 0.0, 1.0), bins=edges)
    poor = int((coverage < WARN_COVERAGE).sum())
    description = (
        f"Histogram of {coverage.size:,} samples by the share of their abundance that matches the model, "
        f"from {coverage.min():.1%} to {coverage.max():.1%}, median {np.median(coverage):.1%}; "
        f"{poor:,} are below {WARN_COVERAGE:.0%}."
    )
    title = "Matched abundance of each sample"
    rows = [
        (f"{start:.0%} to {end:.0%}", f"{n:,}")
        for start, end, n in zip(edges[:-1], edges[1:], counts, strict=True)
        if n
    ]
    table = Table("Samples by matched abundance", ("matched", "samples"), rows)
    with drawing():
        figure = Figure(figsize=SIZE)
        axes = figure.add_subplot()
        low = edges[1:] <= WARN_COVERAGE
        width = 1 / N_BINS
        for chosen, colour, hatch in ((low, COLOURS[1], "////"), (~low, COLOURS[0], "")):
            axes.bar(
                edges[:-1][chosen], counts[chosen], width, align="edge", color=colour, edgecolor="white", hatch=hatch
            )
        axes.axvline(WARN_COVERAGE, color="#333333", linewidth=1, linestyle="--")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, max(1, counts.max()) * 1.15)
        axes.text(
            WARN_COVERAGE - 0.01,
            0.99,
            f"unreliable below {WARN_COVERAGE:.0%}",
            transform=axes.get_xaxis_transform(),
            ha="right",
            va="top",
            fontsize=9,
            color="#333333",
        )
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("share of the classified abundance that matches a species of the model")
        axes.set_ylabel("samples")
        axes.spines["left"].set_color(GREY)
        return picture(figure, title, description, table=table)
