"""Scatter plots of an ordination, coloured by a variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.report.picture import COLOURS, GREY, MARKERS, Picture, Table, drawing, picture, shorten
from mbembed.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from skbio.stats.ordination import OrdinationResults

    from mbembed.report.variables import Variable

__all__ = ["LISTED_GROUPS", "draw_map", "draw_points", "points_of"]

#: Inches; 440 pixels on a screen, two beside each other on a desktop.
SIZE = (4.6, 4.4)
#: From here on points are an image inside the figure: 10,000 drawn points make a page of megabytes slow.
RASTER_FROM = 1_500
#: Area of a point (square points) where there are few and where there are many samples.
LARGE, SMALL = 34.0, 6.0
#: Quantiles between which a measurement is coloured, so that one outlier does not make all others equal.
QUANTILES = (0.02, 0.98)
#: Axes that the table behind an uncoloured map lists.
LISTED_AXES = 10
#: Groups that the table behind a map lists; studies of a large cohort are fewer.
LISTED_GROUPS = 40


def draw_map(result: OrdinationResults, words: str, variable: Variable | None = None) -> Picture:
    """Draw the first two axes.

    Parameters
    ----------
    result : OrdinationResults
    words : str
        What it is an ordination of, for the title.
    variable : Variable, optional
        Colours; of the same samples.

    Returns
    -------
    Picture
    """
    from matplotlib.figure import Figure

    points = points_of(result)
    title = f"{words}, by {variable.name}" if variable else words
    description = _description(result, variable)
    with drawing():
        figure = Figure(figsize=SIZE)
        axes = figure.add_subplot()
        draw_points(figure, axes, points, variable)
        axes.set_xlabel(_axis(result, 0))
        axes.set_ylabel(_axis(result, 1))
        axes.tick_params(labelsize=8)
        axes.margins(0.06)
        axes.set_aspect("equal", adjustable="datalim")  # a distance on paper is the same along both axes
        return picture(figure, title, description, table=_table(result, variable))


def points_of(result: OrdinationResults) -> NDArray[np.float64]:
    """Return the first two axes; shape (n_samples, 2). Where there is one only, the second is 0."""
    points = result.samples.to_numpy()[:, :2]
    return np.column_stack([points, np.zeros(len(points))]) if points.shape[1] == 1 else points


def draw_points(figure: Figure, axes: Axes, points: NDArray[np.float64], variable: Variable | None) -> None:
    """Draw samples, in the colours of a variable, with a legend below; call inside ``drawing``.

    Parameters
    ----------
    figure : Figure
    axes : Axes
    points : ndarray of shape (n_samples, 2)
    variable : Variable, optional
        Of the same samples.
    """
    style: dict[str, Any] = {
        "s": LARGE if len(points) < RASTER_FROM / 3 else SMALL * 2 if len(points) < RASTER_FROM else SMALL,
        "rasterized": len(points) >= RASTER_FROM,
        "linewidths": 0.4,
    }
    if variable is None:
        axes.scatter(points[:, 0], points[:, 1], color=COLOURS[0], edgecolors="white", alpha=0.85, **style)
    elif variable.is_continuous:
        _measured(figure, axes, points, variable, style)
    else:
        _grouped(figure, axes, points, variable, style)


def _axis(result: OrdinationResults, at: int) -> str:
    if at >= result.samples.shape[1]:
        return f"Axis {at + 1} (no variation)"
    share = result.proportion_explained.iloc[at]
    return f"Axis {at + 1} ({share:.1%})" if np.isfinite(share) else f"Axis {at + 1}"


def _grouped(
    figure: Figure, axes: Axes, points: NDArray[np.float64], variable: Variable, style: dict[str, Any]
) -> None:
    levels = variable.levels
    shown = levels if len(levels) <= len(COLOURS) else levels[: len(COLOURS) - 1]
    rest = levels[len(shown) :]
    names = {level for level, _ in shown}
    missing = variable.missing
    others = np.array([not gone and str(v) not in names for v, gone in zip(variable.values, missing, strict=True)])
    if rest:
        several = f"{len(rest)} other values (n = {sum(n for _, n in rest):,})"
        axes.scatter(*points[others].T, marker=".", color="#A6A6A6", label=several, **style)
    for (level, n), colour, marker in zip(shown, COLOURS, MARKERS, strict=False):
        here = np.array([value == level for value in variable.values])
        # matplotlib leaves names that begin with _ out of a legend.
        label = f"{' ' * level.startswith('_')}{shorten(level)} (n = {n:,})"
        axes.scatter(*points[here].T, marker=marker, color=colour, edgecolors="white", alpha=0.9, label=label, **style)
    _without(axes, points, missing, style)
    _legend(figure)


def _measured(
    figure: Figure, axes: Axes, points: NDArray[np.float64], variable: Variable, style: dict[str, Any]
) -> None:
    missing = variable.missing
    values = variable.values.astype(np.float64)
    low, high = np.quantile(values[~missing], QUANTILES)
    if low == high:
        low, high = values[~missing].min(), values[~missing].max()
    _without(axes, points, missing, style)
    drawn = axes.scatter(
        *points[~missing].T, c=values[~missing], cmap="viridis_r", vmin=low, vmax=high, edgecolors="white", **style
    )
    bar = figure.colorbar(drawn, ax=axes, location="bottom", shrink=0.8, aspect=30, pad=0.02, extend="both")
    bar.set_label(shorten(variable.name))
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    if missing.any():
        _legend(figure)


def _without(axes: Axes, points: NDArray[np.float64], missing: NDArray[np.bool_], style: dict[str, Any]) -> None:
    if missing.any():
        crosses = {**style, "linewidths": 0.8, "s": style["s"] * 0.6}
        label = f"no value (n = {int(missing.sum()):,})"
        axes.scatter(*points[missing].T, marker="x", color=GREY, label=label, zorder=1, **crosses)


def _legend(figure: Figure) -> None:
    legend = figure.legend(loc="outside lower center", ncols=2, handletextpad=0.2, columnspacing=1.0)
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_sizes([LARGE])


def _description(result: OrdinationResults, variable: Variable | None) -> str:
    shares = " and ".join(f"{share:.1%}" for share in result.proportion_explained[:2] if np.isfinite(share))
    held = f", which hold {shares} of the variation" if shares else ""
    text = f"Scatter plot of {len(result.samples):,} samples on two axes{held}."
    if variable is None:
        return text
    if variable.is_continuous:
        return f"{text} Colour shows {variable.name}, from pale (low) to dark (high)."
    return f"{text} Colour and shape show {variable.name}, with {count(len(variable.levels), 'value')}."


def _table(result: OrdinationResults, variable: Variable | None) -> Table | None:
    points = result.samples.to_numpy()[:, :2]
    if variable is None:
        shares = [share for share in result.proportion_explained[:LISTED_AXES] if np.isfinite(share)]
        rows = [(f"Axis {i + 1}", f"{share:.1%}") for i, share in enumerate(shares)]
        return Table("Share of the variation along each axis", ("axis", "share"), rows) if rows else None
    known = ~variable.missing
    axes = [f"axis {i + 1}" for i in range(points.shape[1])]
    if variable.is_continuous:
        values = variable.values[known].astype(np.float64)
        rows = [("samples with a value", f"{known.sum():,}"), ("smallest", f"{values.min():g}")]
        rows += [("median", f"{np.median(values):g}"), ("largest", f"{values.max():g}")]
        rows += [
            (f"rank correlation with {name}", f"{_rank_correlation(values, points[known, i]):.2f}")
            for i, name in enumerate(axes)
        ]
        return Table(f"{variable.name} in numbers", ("what", "value"), rows)
    groups = []
    for level, n in variable.levels[:LISTED_GROUPS]:
        centre = points[np.array([value == level for value in variable.values])].mean(axis=0)
        groups.append((level, f"{n:,}", *(f"{x:.3g}" for x in centre)))
    more = len(variable.levels) - len(groups)
    caption = f"Centre of each group of {variable.name}" + (
        f" (the largest; {more} smaller ones are not listed)" if more else ""
    )
    return Table(caption, (variable.name, "samples", *axes), groups)


def _rank_correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    import pandas as pd

    if left.size < 3 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return float("nan")
    return float(np.corrcoef(pd.Series(left).rank(), pd.Series(right).rank())[0, 1])
