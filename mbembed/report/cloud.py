"""The samples over the cloud of those that the model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.report.picture import COLOURS, Picture, Table, drawing, picture, shorten
from mbembed.report.scatter import LISTED_GROUPS, draw_points
from mbembed.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox
    from numpy.typing import NDArray

    from mbembed.models.statistics import Centroid, ReferenceCloud
    from mbembed.report.variables import Variable

__all__ = ["draw_cloud"]

#: Inches; as a map.
SIZE = (4.6, 4.4)
#: Greys of the cloud, from few to many training samples, all paler than any point.
PALEST, DARKEST = 0.07, 0.33
#: Room around the cloud and the samples (share of their extent).
ROOM = 0.05
#: Characters of the name of a group.
LABEL = 26
#: Groups that the description names.
NEAREST = 3
#: Where a name may stand about its cross: offset (points), and the side of the name that is there.
PLACES = (
    ((5, 0), "left", "center"),
    ((-5, 0), "right", "center"),
    ((0, 6), "center", "bottom"),
    ((0, -6), "center", "top"),
    ((5, 8), "left", "bottom"),
    ((5, -8), "left", "top"),
    ((-5, 8), "right", "bottom"),
    ((-5, -8), "right", "top"),
)


def draw_cloud(cloud: ReferenceCloud, values: NDArray[np.float32], variable: Variable | None) -> list[Picture]:
    """Draw where samples lie among those of the training corpus, and where groups of the corpus do.

    Parameters
    ----------
    cloud : ReferenceCloud
    values : ndarray of shape (n_samples, n_dimensions)
        Vectors.
    variable : Variable, optional
        Colours; of the same samples.

    Returns
    -------
    list of Picture
        Two with the same axes: the samples, and the groups, if any are known.
    """
    from matplotlib.figure import Figure

    points = cloud.project(values)
    outside = _outside(cloud, points)
    held = f"{cloud.explained[0]:.1%} and {cloud.explained[1]:.1%}"
    grey = (
        f"a grey cloud of the {cloud.n_samples:,} samples that the model was trained on, on the first two principal axes of "
        f"that corpus, which hold {held} of its variation"
    )
    inside = "all" if not outside else f"{len(points) - outside:,}"
    title = "These samples" + (f", by {variable.name}" if variable else "")
    described = f"{count(len(points), 'sample')} over {grey}. Within the extent of the cloud: {inside}."
    with drawing():
        figure = Figure(figsize=SIZE)
        axes = _background(figure, cloud, points)
        draw_points(figure, axes, points, variable)
        ours = picture(figure, title, described, table=_places(points, variable))
    if not cloud.centroids:
        return [ours]
    centre = np.median(points, axis=0)
    nearest = [f"{one.name}" for one in _by_distance(cloud, centre)[:NEAREST]]
    title = "Groups of the corpus"
    described = (
        f"Means of {len(cloud.centroids)} groups of samples over {grey}. A black dot is the median of these samples; the "
        f"nearest groups are {', '.join(nearest)}."
    )
    with drawing():
        figure = Figure(figsize=SIZE)
        axes = _background(figure, cloud, points)
        axes.plot(
            *centre, marker="o", color=COLOURS[-1], markersize=7, label="these samples (median)", linestyle="", zorder=6
        )
        for one in cloud.centroids:
            axes.plot(one.x, one.y, marker="+", color=COLOURS[1], markersize=7, markeredgewidth=1.4, zorder=4)
        figure.legend(loc="outside lower center")
        _label(axes, figure, cloud, centre)
        groups = picture(figure, title, described, table=_table(cloud, points))
    return [ours, groups]


def _background(figure: Figure, cloud: ReferenceCloud, points: NDArray[np.float64]) -> Axes:
    """Draw the cloud on axes that hold it and the samples."""
    from matplotlib.colors import LinearSegmentedColormap, LogNorm

    axes = figure.add_subplot()
    counts = np.ma.masked_equal(np.asarray(cloud.counts, dtype=np.float64), 0.0)
    greys = LinearSegmentedColormap.from_list("greys", [str(1 - PALEST), str(1 - DARKEST)])
    norm = LogNorm(max(1.0, float(counts.min())), max(2.0, float(counts.max())))
    axes.pcolormesh(cloud.x_edges, cloud.y_edges, counts, cmap=greys, norm=norm, rasterized=True, zorder=0)
    axes.grid(visible=False)
    for axis, at in (("x", 0), ("y", 1)):
        edges = (cloud.x_edges, cloud.y_edges)[at]
        low, high = min(edges[0], points[:, at].min()), max(edges[-1], points[:, at].max())
        room = ROOM * (high - low)
        getattr(axes, f"set_{axis}lim")(low - room, high + room)
        getattr(axes, f"set_{axis}label")(f"Axis {at + 1} of the corpus ({cloud.explained[at]:.1%})")
    axes.tick_params(labelsize=8)
    return axes


def _outside(cloud: ReferenceCloud, points: NDArray[np.float64]) -> int:
    x, y = points.T
    inside = (x >= cloud.x_edges[0]) & (x <= cloud.x_edges[-1]) & (y >= cloud.y_edges[0]) & (y <= cloud.y_edges[-1])
    return int((~inside).sum())


def _label(axes: Axes, figure: Figure, cloud: ReferenceCloud, centre: NDArray[np.float64]) -> None:
    """Write the names of the groups beside their centres, the largest first, where they cover no other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # the layout decides where the axes end
    renderer = canvas.get_renderer()
    whole = axes.get_window_extent(renderer)
    dots = axes.transData.transform([centre, *((one.x, one.y) for one in cloud.centroids)])
    taken: list[Bbox] = []
    for one in sorted(cloud.centroids, key=lambda group: -group.n_samples):
        for shift, across, along in PLACES:
            text = axes.annotate(
                shorten(one.name, LABEL), (one.x, one.y), shift,
                textcoords="offset points", ha=across, va=along, fontsize=7.5, color="#1f2328", zorder=5,
            )  # fmt: skip
            box = text.get_window_extent(renderer).padded(1.0)
            inside = whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 and box.y1 <= whole.y1
            covers = any(box.overlaps(other) for other in taken) or box.count_contains(dots)
            if inside and not covers:
                taken.append(box)
                break
            text.remove()


def _by_distance(cloud: ReferenceCloud, centre: NDArray[np.float64]) -> list[Centroid]:
    return sorted(cloud.centroids, key=lambda one: float(np.hypot(one.x - centre[0], one.y - centre[1])))


def _places(points: NDArray[np.float64], variable: Variable | None) -> Table:
    """Return the medians of all samples, and of the groups of the variable."""
    groups = [("all", np.ones(len(points), dtype=bool))]
    if variable is not None and not variable.is_continuous:
        groups += [(level, variable.values == level) for level, _ in variable.levels[:LISTED_GROUPS]]
    rows = []
    for name, chosen in groups:
        x, y = np.median(points[chosen], axis=0)
        rows.append((name, f"{int(chosen.sum()):,}", f"{x:.3g}", f"{y:.3g}"))
    return Table("Medians on the axes of the corpus", ("samples", "number", "axis 1", "axis 2"), rows)


def _table(cloud: ReferenceCloud, points: NDArray[np.float64]) -> Table:
    centre = np.median(points, axis=0)
    rows = [("these samples (median)", f"{len(points):,}", f"{centre[0]:.3g}", f"{centre[1]:.3g}")]
    rows += [(one.name, f"{one.n_samples:,}", f"{one.x:.3g}", f"{one.y:.3g}") for one in _by_distance(cloud, centre)]
    return Table("Centres of groups of the corpus, the nearest first", ("group", "samples", "axis 1", "axis 2"), rows)
