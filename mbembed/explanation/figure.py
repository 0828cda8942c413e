"""The figure of an explanation: the taxa that say most, as bars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.errors import UsageError
from mbembed.extras import require_extra
from mbembed.report.picture import COLOURS, GREY, PALE, Table, drawing, picture, shorten

if TYPE_CHECKING:
    import os

    import pandas as pd
    from matplotlib.figure import Figure

    from mbembed.explanation.explanation import Explanation
    from mbembed.report.picture import Picture

__all__ = ["check_figure", "draw_bars", "save_figure"]

#: Bars that fit on a page that people read to its end.
MOST_BARS = 20
#: Inches: width; height without bars, and of each bar.
WIDTH, HEIGHT, BAR_HEIGHT = 6.4, 1.5, 0.27
#: Suffixes of figures.
SUFFIXES = (".svg", ".png")


def check_figure(path: str | os.PathLike[str]) -> None:
    """Check, before work begins, that a figure can be drawn.

    Raises
    ------
    UsageError
        If the suffix is neither ``.svg`` nor ``.png``.
    MissingExtraError
        If matplotlib is not installed.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"a figure cannot be written to {path}",
            expected=f"a name that ends in {' or '.join(SUFFIXES)}",
            hint="--figure taxa.svg",
        )
    require_extra("report", "a figure")


def draw_bars(explanation: Explanation) -> Picture:
    """Draw the taxa with the largest attributions, those that are not stable in grey.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    Picture
        With the numbers as a table.
    """
    with drawing():
        return picture(_figure(explanation), _title(explanation), _description(explanation), table=_table(explanation))


def save_figure(path: str | os.PathLike[str], explanation: Explanation) -> None:
    """Save the figure as SVG or PNG, by the suffix.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    from mbembed.outputs.atomic import atomic_path

    if Path(path).suffix.lower() == ".svg":
        drawn = draw_bars(explanation).svg
        with atomic_path(path) as temporary:
            temporary.write_bytes(drawn)
        return
    with drawing(), atomic_path(path) as temporary:
        metadata = {"Software": None, "Title": _title(explanation), "Description": _description(explanation)}
        _figure(explanation).savefig(temporary, format="png", metadata=metadata)


def _sides(explanation: Explanation) -> tuple[str, str]:
    """Return what is said of taxa that go up and down with the score."""
    groups = explanation.summary["groups"]
    where = f"in {next(iter(groups['sizes']))}" if groups else "where the score is high"
    return f"higher mean log abundance {where}", f"lower mean log abundance {where}"


def _title(explanation: Explanation) -> str:
    words = explanation.summary["explained"]["words"]
    return f"Taxa that speak in {words}"


def _description(explanation: Explanation) -> str:
    shown = explanation.taxa.head(MOST_BARS)
    more, less = _sides(explanation)
    stable = shown[shown.stable]
    named = "; ".join(
        f"{row.name} {row.attribution:+.3f}, {more if row.change > 0 else less}"
        for row in stable.head(5).itertuples(index=False)
    )
    return (
        f"Bar chart of the {len(shown)} largest attributions of {len(explanation.taxa)} taxa, with intervals; {len(stable)} of them are "
        f"stable when samples are drawn again{f', the largest being: {named}' if named else ''}; the others are grey."
    )


def _table(explanation: Explanation) -> Table:
    more, less = _sides(explanation)
    rows = [
        (
            row.name, f"{row.attribution:+.3f}", f"{row.lower:+.3f}", f"{row.upper:+.3f}",
            "yes" if row.stable else "no", more if row.change > 0 else less,
        )
        for row in explanation.taxa.head(MOST_BARS).itertuples(index=False)
    ]  # fmt: skip
    return Table("The largest attributions", ("taxon", "attribution", "from", "to", "stable", "abundance"), rows)


def _figure(explanation: Explanation) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    shown = explanation.taxa.head(MOST_BARS).iloc[::-1]
    figure = Figure(figsize=(WIDTH, HEIGHT + BAR_HEIGHT * len(shown)))
    axes = figure.add_subplot()
    axes.axvline(0, color=GREY, linewidth=0.8)
    for place, row in enumerate(shown.itertuples(index=False)):
        colour, hatch = _look(row)
        axes.barh(place, row.attribution, height=0.72, color=colour, edgecolor="white", hatch=hatch, linewidth=0)
        axes.plot([row.lower, row.upper], [place, place], color="#333333" if row.stable else GREY, linewidth=1.1)
    axes.set_yticks(range(len(shown)), _labels(shown))
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(_unit(explanation))
    more, less = _sides(explanation)
    handles = [
        Patch(facecolor=COLOURS[0], label=more),
        Patch(facecolor=COLOURS[1], hatch="////", edgecolor="white", linewidth=0, label=less),
        Patch(facecolor=PALE, label="not stable when samples are drawn again"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=1)
    return figure


def _look(row: object) -> tuple[str, str]:
    hatch = "" if row.change > 0 else "////"  # type: ignore[attr-defined]  # a row of a DataFrame
    if not row.stable:  # type: ignore[attr-defined]
        return PALE, hatch
    return COLOURS[0] if not hatch else COLOURS[1], hatch


def _labels(shown: pd.DataFrame) -> list[str]:
    """Return the names; a taxon that stands twice by the end of its text in the table."""
    twice = shown.name.duplicated(keep=False)
    return [
        shorten(f"{name} [{taxon}]" if again else name)
        for name, taxon, again in zip(shown.name, shown.taxon, twice, strict=True)
    ]


def _unit(explanation: Explanation) -> str:
    groups = explanation.summary["groups"]
    if groups is None:
        return "share of the score's variance"
    case, control = groups["sizes"]
    return f"part of the difference in score, {case} less {control}"
