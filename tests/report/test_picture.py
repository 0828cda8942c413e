"""How figures become SVG and PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from mbembed.report.histogram import draw_histogram
from mbembed.report.picture import COLOURS, MARKERS, Table, drawing, picture, save, shorten

if TYPE_CHECKING:
    from pathlib import Path


def _figure() -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.add_subplot().plot([1, 2], label="a < b & $c$")
    figure.legend()
    return figure


def test_svg_is_well_formed_text_with_title_and_description() -> None:
    with drawing():
        made = picture(_figure(), "A < B", 'says "x" & y')
    root = ET.fromstring(made.svg)
    assert [root[0].text, root[1].text] == ["A < B", 'says "x" & y']
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "a < b & $c$" in texts
    assert b"<dc:date>" not in made.svg
    assert (made.width, made.height) == (288, 192)


def test_files_are_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with drawing():
            (tmp_path / name).mkdir()
            save(_figure(), tmp_path / name, "figure", "a line")
    for suffix in ("png", "svg"):
        assert (tmp_path / "one" / f"figure.{suffix}").read_bytes() == (
            tmp_path / "two" / f"figure.{suffix}"
        ).read_bytes()


def test_no_colour_without_a_shape() -> None:
    assert len(set(COLOURS)) == len(set(MARKERS)) == len(COLOURS)


def test_columns_of_numbers() -> None:
    rows = [("1", "2.5%", "<1%", "a"), ("2", "−0.1", "–", "3")]
    assert Table("", ("sample", "x", "y", "z"), rows).numeric == {1, 2}
    assert Table("", ("sample", "x"), []).numeric == set()


@pytest.mark.parametrize("length", [5, 12, 28])
def test_labels_are_cut_to_length(length: int) -> None:
    assert len(shorten("Escherichia coli and many other bacteria of the gut", length)) == length


def test_histogram_counts_everybody() -> None:
    made = draw_histogram(np.array([0.0, 0.599, 0.6, 0.6, 1.0, 1.0 + 1e-12]))
    assert made.table is not None
    assert [tuple(row) for row in made.table.rows] == [
        ("0% to 5%", "1"),
        ("55% to 60%", "1"),
        ("60% to 65%", "2"),
        ("95% to 100%", "2"),
    ]
    assert "2 are below 60%" in made.description
