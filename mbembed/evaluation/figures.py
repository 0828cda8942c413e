"""The figures of an evaluation: which there are, and their files."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mbembed.evaluation.plots import curves, dots, heat_map
from mbembed.report.page import check_report
from mbembed.report.picture import drawing, save

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from mbembed.evaluation.plots.plot import Plot

__all__ = ["draw_figures", "plots_of"]


def draw_figures(results: pd.DataFrame, summary: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw the figures of the protocols that were run, each as PNG and SVG.

    Parameters
    ----------
    results : DataFrame
        Every fit; its ``protocol`` says what was run.
    summary : mapping
        With ``scores``, ``transfer`` and ``representations``.
    folder : Path
        Where the files go; made if need be.

    Returns
    -------
    list of Path
        The files, in the order in which the page shows them.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OutputError
        If a file cannot be written.
    """
    check_report()
    paths: list[Path] = []
    with plots_of(results, summary) as plots:
        for plot in plots:
            paths += save(plot.figure, folder, plot.name, plot.description)
    return paths


@contextmanager
def plots_of(results: pd.DataFrame, summary: Mapping[str, Any]) -> Iterator[list[Plot]]:
    """Give the figures; they can be saved only inside, as the style belongs to the drawing.

    Yields
    ------
    list of Plot
        Learning curves, cross-validation, leave-one-study-out, transfer; those that were run.
    """
    protocols = set(results["protocol"])
    with drawing():
        plots: list[Plot] = []
        if "limited-data" in protocols:
            plots += curves.draw(summary)
        if "cross-validation" in protocols:
            plots += dots.draw_cross_validation(summary)
        if "leave-one-study-out" in protocols:
            plots += dots.draw_studies(summary)
        if "study-transfer" in protocols:
            plots += heat_map.draw(summary)
        yield plots
