"""The page of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.evaluation.page import write_page
from tests.evaluation import made
from tests.report.cohort import HOSTILE, check_page

if TYPE_CHECKING:
    from pathlib import Path


def _page(folder: Path, *protocols: str, **changes: object) -> str:
    summary = made.summary(*protocols) | changes
    path = write_page(made.results(summary), summary, folder)
    assert path == folder / "report.html"
    return path.read_text(encoding="utf-8")


def test_verdict_first_and_every_answer_alike(tmp_path: Path) -> None:
    html = _page(tmp_path)
    page = check_page(html)
    assert [text for level, text in page.headings if level == 2] == [
        "Verdict",
        "With few labels",
        "With all labels",
        "In a study that was never seen",
        "From one study to another",
        "Provenance",
    ]
    assert page.text.index("With 20 labelled samples the embedding gains") < page.text.index("What was asked")
    for answer in ("helps", "no difference", "hurts", "cannot be said"):
        assert f"<strong>{answer}:</strong>" in html
    assert "Classes are not balanced within Beta_2018." in page.text
    assert "case: 150, control: 170" in page.text
    assert len(page.images) == 10


@pytest.mark.parametrize("protocol", made.PROTOCOLS)
def test_one_protocol_alone(tmp_path: Path, protocol: str) -> None:
    page = check_page(_page(tmp_path, protocol))
    assert len([level for level, _ in page.headings if level == 2]) == 3
    assert "All paired differences" in page.text


def test_no_studies_no_warnings_no_differences(tmp_path: Path) -> None:
    page = check_page(_page(tmp_path, "limited-data", group=None, warnings=[], differences=[], verdicts=[]))
    assert "Warnings" not in page.text
    assert "All paired differences" not in page.text


def test_numbers(tmp_path: Path) -> None:
    summary = made.summary("limited-data", kind="continuous", name="age")
    write_page(made.results(summary), summary, tmp_path)
    page = check_page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "mean 52.1, standard deviation 11" in page.text
    assert "Pearson r by number of labels" in page.text


def test_names_cannot_run(tmp_path: Path) -> None:
    summary = made.summary("cross-validation", name=HOSTILE)
    summary["verdict"] = summary["warnings"][0] = HOSTILE
    summary["target"]["classes"] = {HOSTILE: 5, "b": 6}
    summary["options"][HOSTILE] = HOSTILE
    write_page(made.results(summary), summary, tmp_path)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert HOSTILE in check_page(html).text


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    assert _page(tmp_path / "a", "cross-validation") == _page(tmp_path / "b", "cross-validation")
