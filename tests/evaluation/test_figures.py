"""The figures of an evaluation: which are drawn, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from mbembed.evaluation.figures import draw_figures, plots_of
from mbembed.evaluation.plots.plot import looks_of
from mbembed.report.picture import COLOURS
from tests.evaluation import made

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "limited-data": ["learning-curve-linear-roc-auc", "learning-curve-linear-pr-auc", "learning-curve-forest-roc-auc",
                     "learning-curve-forest-pr-auc"],
    "cross-validation": ["cross-validation-roc-auc", "cross-validation-pr-auc"],
    "leave-one-study-out": ["leave-one-study-out-linear", "leave-one-study-out-forest"],
    "study-transfer": ["study-transfer-pca-log", "study-transfer-small-mae"],
}  # fmt: skip


@pytest.mark.parametrize("protocols", [("limited-data",), ("cross-validation",), made.PROTOCOLS], ids=str)
def test_only_what_was_run(tmp_path: Path, protocols: tuple[str, ...]) -> None:
    summary = made.summary(*protocols)
    paths = draw_figures(made.results(summary), summary, tmp_path / "new")
    expected = [f"{name}.{suffix}" for protocol in protocols for name in FILES[protocol] for suffix in ("png", "svg")]
    assert [path.name for path in paths] == expected
    for path in paths:
        if path.suffix == ".svg":
            root = ET.parse(path).getroot()
            assert root[1].text is not None
            assert "of ROC-AUC" in root[1].text or "of PR-AUC" in root[1].text
        else:
            assert path.read_bytes().startswith(b"\x89PNG")


def test_numbers_of_a_target(tmp_path: Path) -> None:
    summary = made.summary("limited-data", kind="continuous")
    names = [path.stem for path in draw_figures(made.results(summary), summary, tmp_path)]
    assert "learning-curve-linear-pearson-r" in names
    assert "learning-curve-linear-r2" in names


def test_same_bytes_each_time(tmp_path: Path) -> None:
    summary = made.summary("cross-validation", "study-transfer")
    results = made.results(summary)
    for one, two in zip(
        draw_figures(results, summary, tmp_path / "a"), draw_figures(results, summary, tmp_path / "b"), strict=True
    ):
        assert one.read_bytes() == two.read_bytes()


def test_tables_hold_the_scores() -> None:
    summary = made.summary()
    with plots_of(made.results(summary), summary) as plots:
        tables = {plot.name: plot.table for plot in plots}
    row = next(
        row
        for row in summary["scores"]
        if (row["protocol"], row["n_labels"], row["representation"], row["head"], row["metric"])
        == ("limited-data", 20, "small-mae", "linear", "roc_auc")
    )
    table = tables["learning-curve-linear-roc-auc"]
    assert table.columns == ("representation", "10 labels", "20 labels", "40 labels", "80 labels")
    cell = {line[0]: line for line in table.rows}["small-mae"][2]
    assert cell == f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
    transfer = tables["study-transfer-small-mae"]
    assert [line[0] for line in transfer.rows] == sorted(made.STUDIES)
    assert all(line[i + 1] == "–" for i, line in enumerate(transfer.rows))  # nobody is scored on himself
    assert tables["leave-one-study-out-linear"].rows[-1][0] == "mean over studies"


def test_interval_that_does_not_hold_its_mean() -> None:
    """Ends are cut at a metric's bound; matplotlib refuses bars of negative length."""
    summary = made.summary("limited-data", "cross-validation")
    for row in summary["scores"]:
        row["low"], row["high"] = row["mean"] + 1e-9, row["mean"] - 1e-9
    with plots_of(made.results(summary), summary) as plots:
        assert plots


def test_models_are_the_ones_that_stand_out() -> None:
    looks = looks_of(made.summary())
    assert looks["small-mae"].colour == COLOURS[0]
    assert looks["small-mae"].width == max(look.width for look in looks.values())
    assert len({(look.colour, look.marker) for look in looks.values()}) == len(looks)
