"""Tables by hand, and into documents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.representation.figure import draw_gains
from benchmarks.representation.measures import MEASURES, Figures
from benchmarks.representation.rows import PUBLISHED, SHIPPED, WORDS
from benchmarks.representation.scoring import Scores
from benchmarks.representation.tables import best_table, each_table, goal_table, mean_table, task_table
from benchmarks.representation.writing import BEGIN, END, check_markers, write_between_markers
from mbembed.errors import UsageError
from tests.helpers import ROOT

#: Row → task → AUC of two draws.
DRAWS = {
    "log": {"A X": (0.5, 0.7), "B X": (0.6, 0.6), "C X": (0.7, 0.7)},
    "presence": {"A X": (0.6, 0.8), "B X": (0.6, 0.6), "C X": (0.9, 0.9)},
    PUBLISHED: {"A X": (0.5, 0.5), "B X": (0.5, 0.5), "C X": (0.5, 0.5)},
    SHIPPED: {"A X": (0.8, 0.8), "B X": (0.8, 0.6), "C X": (0.8, 0.8)},
}
KINDS = {"log": "raw", "presence": "raw", PUBLISHED: "model", SHIPPED: "model"}
AUC_20 = MEASURES[0]


@pytest.fixture
def figures():
    rows = [
        ("disease", task, task[0], "limited-data", 20, draw, row, "linear", "roc_auc", value)
        for row, tasks in DRAWS.items()
        for task, values in tasks.items()
        for draw, value in enumerate(values)
    ]
    names = ["group", "task", "study", "protocol", "n_labels", "split", "representation", "head", "metric", "value"]
    return Figures(Scores(pd.DataFrame(rows, columns=names), KINDS, []), "linear")


def cells(table: str, row: str) -> list[str]:
    return next(line for line in table.splitlines() if line.startswith(f"| {row} |")).strip("| ").split(" | ")[1:]


def test_means_over_draws_then_tasks(figures):
    assert figures.measures == [AUC_20]
    assert cells(mean_table(figures), WORDS["log"]) == ["0.633"]
    assert cells(mean_table(figures), WORDS["presence"]) == ["0.733"]
    assert cells(mean_table(figures), WORDS[SHIPPED]) == ["**0.767**"]


def test_differences_are_paired_by_task_against_the_best_and_against_each(figures):
    assert figures.best_baseline(AUC_20) == "presence"
    assert "AUC, 20 labels; best: `presence`" in best_table(figures)
    gain = figures.difference(AUC_20, SHIPPED, "presence")
    assert gain.mean == pytest.approx(np.mean([0.1, 0.1, -0.1]))
    assert gain.low < 0 < gain.high
    assert cells(best_table(figures), WORDS[SHIPPED])[0].startswith("+0.033 [-")
    assert cells(each_table(figures), WORDS["log"])[0].startswith("+0.133 [")
    assert WORDS[SHIPPED] not in each_table(figures)


def test_losses_stand_beside_wins(figures):
    table = task_table(figures)
    assert cells(table, "C X") == ["0.90 → 0.80"]
    assert cells(table, "shipped is ahead in") == ["2 of 3"]


def test_goals_say_what_is_missing(figures):
    table = goal_table(figures, {})
    assert "| AUC, 20 labels: gain over the best single baseline | ≥ +0.04 | +0.033 [" in table
    assert "**missed by 0.007**" in table
    low = figures.difference(AUC_20, SHIPPED, "presence").low
    assert f"| AUC, 20 labels: interval of that gain | above 0 | from {low:+.3f} | **missed by {-low:.3f}** |" in table
    assert cells(table, "AUC, 20 labels: gain over the published MAE-30 %")[-1] == "reached"


def test_tables_go_between_the_markers_and_nothing_else_changes(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nText\n", encoding="utf-8")
    check_markers(path)
    write_between_markers(path, "| new |\n")
    assert path.read_text(encoding="utf-8") == f"# Title\n\n{BEGIN}\n\n| new |\n\n{END}\n\nText\n"
    write_between_markers(path, "| new |\n")
    assert path.read_text(encoding="utf-8").count("| new |") == 1


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}\n{END}"])
def test_a_document_without_its_two_markers(tmp_path, text):
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="does not say where the tables belong"):
        check_markers(path)
    with pytest.raises(UsageError, match="cannot be read"):
        check_markers(tmp_path / "none.md")


def test_the_page_of_evidence_holds_tables_of_this_benchmark():
    page = ROOT / "docs" / "evidence.md"
    check_markers(page)
    text = page.read_text(encoding="utf-8")
    made = text[text.index(BEGIN) : text.index(END)]
    for row in ("log", "clr", "presence", "presence-units", PUBLISHED):
        assert f"\n| {WORDS[row]} | " in made
    assert "python -m benchmarks.representation CORPUS" in text


def test_a_figure_of_the_gains(figures, tmp_path):
    png, svg = draw_gains(figures, tmp_path)
    assert (png.name, svg.name) == ("gains.png", "gains.svg")
    assert png.read_bytes().startswith(b"\x89PNG")
    text = svg.read_text(encoding="utf-8")
    assert "AUC, 20 labels" in text
    assert "over presence" in text
