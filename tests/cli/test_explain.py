"""``mbembed explain`` and ``mbembed neighbours`` as users type them."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import mbembed
from mbembed.cli.main import main
from mbembed.options import EXPLAIN, NEIGHBOURS, OPTIONS
from tests.explanation.cohort import cohort

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    table, metadata = cohort()
    table.to_csv(tmp_path / "table.tsv", sep="\t")
    metadata.to_csv(tmp_path / "samples.tsv", sep="\t")
    return [str(tmp_path / "table.tsv"), "-o", str(tmp_path / "taxa.tsv"), "--resamples", "40"]


def test_explain(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--metadata", str(tmp_path / "samples.tsv"), "--contrast", "disease", "-v"]
    written = ["--samples", "by_sample.tsv", "--figure", "taxa.svg", "--summary", "run.json"]
    written = [str(tmp_path / one) if "." in one else one for one in written]
    assert main(["explain", *files, *options, *written]) == 0
    talk = capsys.readouterr()
    assert talk.out == ""
    assert "The score is the direction from control to CRC (disease)" in talk.err
    assert "This is association, not cause" in talk.err
    taxa = pd.read_csv(tmp_path / "taxa.tsv", sep="\t")
    table, metadata = cohort()
    same = mbembed.explain(table, metadata, contrast="disease", resamples=40)
    assert list(taxa.taxon) == list(same.taxa.taxon)
    assert json.loads((tmp_path / "run.json").read_text())["words"] == same.words
    assert json.loads((tmp_path / "run.json").read_text())["command"][0] == "mbembed"
    assert (tmp_path / "taxa.svg").read_bytes().startswith(b"<?xml")
    assert len(pd.read_csv(tmp_path / "by_sample.tsv", sep="\t")) == 60


def test_nothing_asked(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *files]) == 2
    assert "it was not said what to explain" in capsys.readouterr().err


def test_a_bad_figure_is_refused_before_work(files: list[str], tmp_path: Path) -> None:
    assert main(["explain", *files, "--axis", "1", "--figure", str(tmp_path / "taxa.gif")]) == 2
    assert not (tmp_path / "taxa.tsv").exists()


def test_neighbours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, _ = cohort(20)
    table.iloc[5] = table.iloc[9].to_numpy()
    mbembed.embed(table).write(tmp_path / "embeddings.tsv")
    output = tmp_path / "neighbours.tsv"
    assert main(["neighbours", str(tmp_path / "embeddings.tsv"), "-o", str(output), "--k", "3"]) == 0
    assert "1 pair of samples have nearly the same vector: S005 and S009" in capsys.readouterr().err
    found = pd.read_csv(output, sep="\t")
    assert found.shape == (60, 4)
    assert found[(found["sample"] == "S005") & (found["rank"] == 1)].neighbour.item() == "S009"


def test_python_and_the_command_line_have_the_same_defaults() -> None:
    signature = inspect.signature(mbembed.explain).parameters
    for name, option in EXPLAIN.items():
        if name not in ("samples", "figure"):
            assert (signature[name].default) == option.default, name
    for name in set(signature) & set(OPTIONS) - set(EXPLAIN):
        assert signature[name].default == OPTIONS[name].default, name
    signature = inspect.signature(mbembed.neighbours).parameters
    assert {name: signature[name].default for name in NEIGHBOURS} == {n: o.default for n, o in NEIGHBOURS.items()}
