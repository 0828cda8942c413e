"""Histograms of how usual samples are among those that the model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.report.picture import COLOURS, GREY, Picture, Table, drawing, picture
from mbembed.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["draw_percentiles"]

#: Inches: width, height of a panel, and of what is around them.
WIDTH, PANEL, AROUND = 5.8, 1.35, 0.7
#: Bins of 5 %: samples like those of the corpus fill each of them alike.
N_BINS = 20
#: Samples of which one in each bin would be expected: of fewer the line means nothing.
LEAST_EXPECTED = 20


def draw_percentiles(scores: Mapping[str, NDArray[np.float64]]) -> Picture:
    """Draw how many samples lie in each twentieth of the training corpus.

    Parameters
    ----------
    scores : mapping of str to ndarray of shape (n_samples,)
        Name of a score → percentiles, 0 to 100.

    Returns
    -------
    Picture
        A panel for each score.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    edges = np.linspace(0, 100, N_BINS + 1)
    counts = {name: np.histogram(np.clip(values, 0, 100), bins=edges)[0] for name, values in scores.items()}
    n_samples = max(values.size for values in scores.values())
    expected = n_samples / N_BINS
    title = "Samples by percentile of the training corpus"
    beyond = ", ".join(f"{found[-1]:,} by {name}" for name, found in counts.items())
    description = (
        f"Histograms of {count(n_samples, 'sample')} by how unusual they are among held-out samples of the training corpus, "
        f"from 0 (the most usual) to 100. Beyond 95 % of the corpus are {beyond}"
    )
    enough = n_samples >= LEAST_EXPECTED
    description += f"; of samples like those of the corpus it would be {expected:.0f}." if enough else "."
    rows = [
        (f"{edges[i]:.0f} to {edges[i + 1]:.0f}", *(f"{found[i]:,}" for found in counts.values()))
        for i in range(N_BINS)
        if any(found[i] for found in counts.values())
    ]
    table = Table("Samples by percentile", ("percentile", *counts), rows)
    with drawing():
        figure = Figure(figsize=(WIDTH, AROUND + PANEL * len(counts)))
        panels = figure.subplots(len(counts), sharex=True, squeeze=False)[:, 0]
        for axes, (name, found) in zip(panels, counts.items(), strict=True):
            axes.bar(edges[:-1], found, 100 / N_BINS, align="edge", color=COLOURS[0], edgecolor="white")
            if enough:
                axes.axhline(expected, color="#333333", linewidth=1, linestyle="--", label="like the corpus")
            axes.set_xlim(0, 100)
            axes.set_ylim(0, max(1.0, float(found.max()), expected) * 1.15)
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.grid(visible=False, axis="x")
            axes.set_title(name, loc="left", fontsize=9)
            axes.set_ylabel("samples")
            axes.spines["left"].set_color(GREY)
        panels[-1].set_xlabel("percentile of the training corpus (right: unusual)")
        if enough:
            handles, labels = panels[-1].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center")
        return picture(figure, title, description, table=table)
