"""The command line as users type it: results, talk, exit codes, and what it must not import."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.cli.main import build_parser, main
from mbembed.options import OPTIONS, REPORT
from tests.helpers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN = ROOT / "tests" / "data" / "golden"
MODEL = str(GOLDEN / "model")
INPUT = str(GOLDEN / "input.tsv")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mbembed", *arguments], capture_output=True, text=True, check=False)


def test_embed_writes_what_python_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "e.tsv"
    assert main(["embed", INPUT, "-o", str(out), "--model", MODEL, "--units", "fraction"]) == 0
    frame = pd.read_csv(out, sep="\t", index_col="sample")
    python = mbembed.embed(INPUT, MODEL, units="fraction").to_frame()
    assert list(frame.index) == list(python.index)
    assert np.array_equal(frame.to_numpy(np.float32), python.to_numpy())
    talk = capsys.readouterr()
    assert talk.out == ""
    assert "Read " in talk.err
    assert "9 samples × 9 taxa" in talk.err
    assert "Matched to golden: 100.0%" in talk.err
    assert "golden0 (all zero)" in talk.err


def test_embed_to_stdout(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["embed", INPUT, "--model", MODEL, "--units", "fraction", "-q"]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert lines[0].split("\t") == ["sample", *[f"embedding_{i}" for i in range(6)]]
    assert len(lines) == 9


def test_reports(tmp_path: Path) -> None:
    arguments = ["embed", INPUT, "-o", str(tmp_path / "e.npy"), "--model", MODEL, "--units", "fraction", "-q"]
    arguments += ["--match", str(tmp_path / "m.tsv"), "--summary", str(tmp_path / "s.json")]
    assert main(arguments) == 0
    match = pd.read_csv(tmp_path / "m.tsv", sep="\t", keep_default_na=False)
    assert list(match.columns)[:4] == ["taxon", "name", "species", "rule"]
    assert len(match) == 9
    summary = json.loads((tmp_path / "s.json").read_text())
    assert summary["output"] == {"samples": 8, "dimensions": 6, "left_out": {"golden0": "all zero"}}
    assert np.load(tmp_path / "e.npy").shape == (8, 6)


def test_inspect_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", INPUT, "--model", MODEL, "--units", "fraction"]) == 0
    words = capsys.readouterr().out
    assert "9 samples × 9 taxa" in words
    assert "Model golden: ok" in words
    assert f"Next: mbembed embed {INPUT} --model golden" in words


def test_inspect_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", INPUT, "--model", MODEL, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["table"]["samples"] == 9
    assert report["models"][0]["name"] == "golden"


def test_inspect_writes_a_line_per_sample(tmp_path: Path) -> None:
    arguments = ["inspect", INPUT, "--model", MODEL, "--units", "fraction", "--samples", str(tmp_path / "s.tsv")]
    assert main(arguments) == 0
    samples = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    match = mbembed.match_profile(mbembed.read_table(INPUT, units="fraction"), mbembed.load_model(MODEL))
    assert list(samples["sample"]) == match.profile.sample_ids
    assert set(samples["model"]) == {"golden"}
    assert np.array_equal(samples["coverage"], match.coverage)
    assert np.array_equal(samples["species_matched"], match.species_matched)
    assert list(samples.columns[2:4]) == ["input_sum", "unclassified_fraction"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["embed", "nowhere.tsv", "-o", "e.tsv"], 1, "there is no file nowhere.tsv"),
        (["embed", INPUT, "-o", "e.xyz"], 2, "e.xyz"),
        (["embed", INPUT, "-o", "e.tsv", "--model", "nonesuch"], 1, "no model named 'nonesuch'"),
        (["embed", INPUT, "-o", "e.tsv", "--min-coverage", "7"], 2, "a share from 0 to 1"),
        (["embed", INPUT, "-o", "e.tsv", "--format", "nonesuch"], 2, "nonesuch"),
    ],
)
def test_errors_are_one_line_without_traceback(
    arguments: list[str], status: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == status
    talk = capsys.readouterr().err
    assert message in talk
    assert "Expected: " in talk
    assert "Traceback" not in talk
    assert len(talk.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = run("embed", str(tmp_path / "no.tsv"), "-o", str(tmp_path / "e.tsv"), "--debug")
    assert result.returncode == 1
    assert "Traceback" in result.stderr


def test_wrong_arguments_exit_2() -> None:
    assert run("embed").returncode == 2
    assert run("nonesuch").returncode == 2
    assert run().returncode == 2


def test_version() -> None:
    assert run("--version").stdout == f"mbembed {mbembed.__version__}\n"


def test_torch_and_pandas_are_not_imported_by_embed(tmp_path: Path) -> None:
    code = (
        "import sys; from mbembed.cli.main import main; "
        f"status = main(['embed', {INPUT!r}, '-o', {str(tmp_path / 'e.tsv')!r}, '--model', {MODEL!r}, '-q']); "
        "print(status, sorted({'torch', 'pandas', 'matplotlib', 'sklearn', 'h5py', 'biom', 'anndata'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "0 []"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from mbembed.cli.main import main\n"
        "try:\n    main(['embed', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'scipy', 'pandas', 'polars', 'torch', 'matplotlib', 'jinja2'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"


def test_every_option_of_embed_is_in_the_one_list() -> None:
    commands = next(action for action in build_parser()._actions if action.dest == "command")
    embed = commands.choices["embed"]  # type: ignore[index]
    own = {"help", "table", "output", "match", "summary", "quiet", "verbose", "debug"}
    for action in embed._actions:
        if action.dest in own:
            continue
        option = (OPTIONS | REPORT)[action.dest]
        assert action.default == option.default
        assert option.flag in action.option_strings


@pytest.mark.parametrize(("command", "first"), [("embed {}", "sample\t"), ("convert {} -", "#OTU ID\t")])
def test_a_reader_that_leaves_early_is_no_error(command: str, first: str) -> None:
    # More than a pipe holds (64 KiB), so that writing goes on after `head` has left.
    table = ROOT / "examples" / "cohort.biom"
    line = f"{sys.executable} -m mbembed {command.format(table)} -q | head -n 1"
    result = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(first)
