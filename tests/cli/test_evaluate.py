"""``mbembed evaluate`` as users type it."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

import pytest

import mbembed
from mbembed.cli.main import main
from mbembed.evaluation.heads import HEADS
from mbembed.evaluation.representations import RAW
from mbembed.evaluation.splits import PROTOCOLS
from mbembed.evaluation.target import KINDS
from mbembed.options import EVALUATE
from tests.evaluation.synthetic import table_and_metadata

if TYPE_CHECKING:
    from pathlib import Path

QUICK = [
    "--heads",
    "linear",
    "--repeats",
    "2",
    "--sizes",
    "10",
    "20",
    "--representations",
    "clr",
    "model",
    "--jobs",
    "1",
]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    table, metadata = table_and_metadata()
    table.to_csv(tmp_path / "table.tsv", sep="\t")
    metadata.to_csv(tmp_path / "samples.tsv", sep="\t")
    return [str(tmp_path / "table.tsv"), "--metadata", str(tmp_path / "samples.tsv"), "-o", str(tmp_path / "out")]


def test_evaluate(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *files, "--target", "disease", "--group", "study", "--subject", "person", *QUICK]) == 0
    talk = capsys.readouterr()
    assert talk.out == ""
    assert "Target disease: binary (two values: case, control), control 30, case 30; positive: case" in talk.err
    assert "Studies: study_0 30, study_1 30" in talk.err
    assert "With " in talk.err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"results.tsv", "results.parquet", "summary.json", "report.html"} <= names
    assert "fits.jsonl" not in names
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["verdict"] in talk.err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--target", "diseas"], 2, "Try: --target disease"),
        (
            ["--target", "disease", "--id-column", "person"],
            1,
            "no sample id of the table is in the metadata; column 'sample'",
        ),
        (["--target", "disease", "--positive", "sick"], 2, "--positive is 'sick'"),
        (["--target", "disease", "--protocols", "study-transfer"], 2, "Try: --group STUDY"),
    ],
)
def test_refusals(
    files: list[str],
    arguments: list[str],
    status: int,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "--id-column" in arguments:  # one line per person, or the column would have duplicates
        path = tmp_path / "samples.tsv"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([lines[0], *lines[1::2]]))
    assert main(["evaluate", *files, *arguments, *QUICK]) == status
    talk = capsys.readouterr()
    assert message in talk.err
    assert len(talk.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_options_are_the_same_on_every_surface() -> None:
    assert EVALUATE["protocols"].choices == PROTOCOLS
    assert EVALUATE["kind"].choices == KINDS
    assert EVALUATE["heads"].choices == HEADS
    assert EVALUATE["representations"].choices == EVALUATE["representations"].default
    assert EVALUATE["representations"].choices[:3] == RAW


def test_defaults_are_those_of_python() -> None:
    parameters = inspect.signature(mbembed.evaluate).parameters
    for name, option in EVALUATE.items():
        default = parameters[name].default
        # From Python one process, so that no script starts others unasked; "all that fit" is None.
        if name != "jobs" and default is not inspect.Parameter.empty:
            assert default == option.default, name
