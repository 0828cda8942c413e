"""Heat maps: trained on one study, scored on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.evaluation.metrics import CHANCE
from mbembed.evaluation.plots.plot import HEADS, METRICS, Plot, metrics_in, number
from mbembed.report.picture import Table, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["draw"]

#: Inches: of a cell; what labels and scale take; the least side, so that a scale fits below two studies.
CELL, FRAME, LEAST = 0.46, 1.7, 3.9
#: Characters of a study's name.
NAME = 16
#: How bright red, green and blue are to the eye (ITU-R BT.709), and the brightness from which on text is black.
BRIGHTNESS, BRIGHT = (0.2126, 0.7152, 0.0722), 0.45


def draw(summary: Mapping[str, Any]) -> list[Plot]:
    """Draw the first head and the deciding metric: the best representation of the abundances, then each model."""
    rows = summary["transfer"]
    metric = metrics_in(rows)[0]
    head = rows[0]["head"]
    rows = [row for row in rows if row["metric"] == metric and row["head"] == head]
    kinds = {one["name"]: one["kind"] for one in summary["representations"]}
    means = {name: _mean([row for row in rows if row["representation"] == name]) for name in kinds}
    raw = [name for name, kind in kinds.items() if kind in ("raw", "pca")]
    shown = [max(raw, key=lambda name: means[name])] if raw else []
    shown += [name for name, kind in kinds.items() if kind == "model"]
    studies = sorted({row["train_study"] for row in rows} | {row["study"] for row in rows})
    grids = {name: _grid([row for row in rows if row["representation"] == name], studies) for name in shown}
    every = np.concatenate([grid[np.isfinite(grid)] for grid in grids.values()])
    # One scale for all, from chance: below it a score is not better for being further away.
    low, high = CHANCE.get(metric, float(every.min())), max(float(every.max()), CHANCE.get(metric, 0.0) + 0.1)
    return [_draw_one(grids[name], studies, name, head, metric, (low, high), means[name]) for name in shown]


def _mean(rows: Sequence[Mapping[str, Any]]) -> float:
    values = [row["mean"] for row in rows if row["train_study"] != row["study"]]
    return float(np.mean(values)) if values else float("-inf")


def _grid(rows: Sequence[Mapping[str, Any]], studies: Sequence[str]) -> NDArray[np.float64]:
    grid = np.full((len(studies), len(studies)), np.nan)
    for row in rows:
        grid[studies.index(row["train_study"]), studies.index(row["study"])] = row["mean"]
    return grid


def _draw_one(
    grid: NDArray[np.float64],
    studies: Sequence[str],
    name: str,
    head: str,
    metric: str,
    limits: tuple[float, float],
    mean: float,
) -> Plot:
    from matplotlib import colormaps
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    words = METRICS.get(metric, metric)
    side = max(LEAST, FRAME + CELL * len(studies))
    figure = Figure(figsize=(side, side + 0.3))
    axes = figure.add_subplot()
    scale, colours = Normalize(*limits, clip=True), colormaps["cividis"]
    image = axes.imshow(grid, cmap=colours, norm=scale, interpolation="nearest")
    for i, j in np.argwhere(np.isfinite(grid)).tolist():
        ink = "black" if np.dot(colours(scale(grid[i, j]))[:3], BRIGHTNESS) > BRIGHT else "white"
        axes.text(j, i, f"{grid[i, j]:.2f}".replace("-", "−"), ha="center", va="center", color=ink, fontsize=8)
    labels = [shorten(study, NAME) for study in studies]
    axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("scored on")
    axes.set_ylabel("trained on")
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.8, aspect=30, extend="min")
    bar.set_label(words)
    bar.outline.set_visible(False)
    return Plot(
        name=f"study-transfer-{_file_name(name)}",
        section="study-transfer",
        title=f"{words} from study to study: {name}",
        description=f"Heat map of {words} for {len(studies)} training studies by {len(studies)} scored studies; "
        f"the mean over all pairs of different studies is {number(mean)}.",
        caption=f"{HEADS.get(head, head).capitalize()}. Mean over pairs: {number(mean)}.",
        figure=figure,
        table=Table(
            f"{words}, trained on (rows), scored on (columns)",
            ("trained on", *studies),
            [(study, *map(number, row)) for study, row in zip(studies, grid.tolist(), strict=True)],
        ),
    )


def _file_name(name: str) -> str:
    """Return a name that every file system takes."""
    return "".join(c if c.isalnum() else "-" for c in name).strip("-").lower() or "representation"
