"""``mbembed models``: what it prints, and where."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from mbembed.cli import models as command
from mbembed.errors import ModelNotFoundError, OutputError, UnsafePickleError, UsageError
from mbembed.models import store
from tests.models.checkpoints import small_encoder, write_checkpoint, write_pickle, write_species
from tests.models.server import publish_tiny, serve

if TYPE_CHECKING:
    from pathlib import Path


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser(prog="mbembed")
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *argv])
    status: int = args.run(args)
    return status


@pytest.fixture(autouse=True)
def no_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model that travels with the package is another test's business."""
    monkeypatch.setattr(store, "default_folder", lambda: tmp_path / "absent")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A checkpoint and its species list."""
    checkpoint = write_checkpoint(tmp_path / "encoder.pkl", small_encoder())
    return str(checkpoint), str(write_species(tmp_path / "species.csv"))


@pytest.fixture
def installed(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    """The name of an installed model."""
    assert run("import", files[0], "--species", files[1], "--name", "small", "--nomenclature", "GTDB R220") == 0
    capsys.readouterr()
    return "small"


def test_import(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", files[0], "--species", files[1], "--name", "small") == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "The checkpoint is: unknown checkpoint" in printed.err
    assert "--nomenclature" in printed.err
    assert "Installed small: 5 species, 4 dimensions" in printed.err


def test_import_again_needs_force(installed: str, files: tuple[str, str]) -> None:
    arguments = ["import", files[0], "--species", files[1], "--name", installed]
    with pytest.raises(OutputError, match="--force"):
        run(*arguments)
    assert run(*arguments, "--force") == 0


def test_import_of_bad_input(files: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name of a model"):
        run("import", files[0], "--species", files[1], "--name", "Not Good")
    evil = write_pickle(tmp_path / "evil.pkl", print, 4)
    with pytest.raises(UnsafePickleError, match=r"builtins\.print"):
        run("import", str(evil), "--species", files[1], "--name", "evil")
    with pytest.raises(SystemExit) as caught:
        run("import", files[0], "--name", "x")
    assert caught.value.code == 2


def test_list(installed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    printed = capsys.readouterr()
    header, row = printed.out.splitlines()
    assert header.split() == ["name", "species", "dimensions", "nomenclature", "licence", "folder"]
    assert row.split()[:5] == ["small", "5", "4", "GTDB", "R220"]
    assert "mbembed models pull mae30" in printed.err


def test_list_json(installed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert (facts["name"], facts["n_inputs"], facts["n_dimensions"], facts["default"]) == ("small", 5, 4, False)


def test_list_names_the_default(
    installed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(store.user_folder() / installed, tmp_path / "default")
    monkeypatch.setattr(store, "default_folder", lambda: tmp_path / "default")
    assert run("list") == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("small (default)  5")


def test_list_says_which_models_are_damaged(installed: str, capsys: pytest.CaptureFixture[str]) -> None:
    (store.user_folder() / installed / "species.tsv").write_text("")
    assert run("list") == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 1
    assert "small is left out" in printed.err


def test_show(installed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", installed) == 0
    printed = capsys.readouterr().out
    assert "linear → batch_norm → gelu → dropout" in printed
    assert "fractions; 0 becomes 0.0001; log10; +2" in printed
    assert "unknown checkpoint" in printed
    assert run("show", installed, "--json") == 0
    assert json.loads(capsys.readouterr().out)["config"]["name"] == "small"
    with pytest.raises(ModelNotFoundError):
        run("show", "nothing")


def test_verify(installed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", installed) == 0
    assert "NOT ok" not in capsys.readouterr().out
    folder = store.user_folder() / installed
    (folder / "weights.safetensors").write_bytes(b"changed")
    assert run("verify", installed) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(folder)
    assert [line.split()[2] for line in lines if line.startswith("NOT ok")] == ["weights.safetensors", "model"]


def test_pull(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(publish_tiny(tmp_path, monkeypatch)) as url:
        monkeypatch.setenv("MBEMBED_MIRROR", url)
        assert run("pull", "tiny") == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Installed tiny: 40 species, 300 dimensions" in printed.err
    assert "\r" not in printed.err  # no bar where stderr is no terminal
    assert run("pull", "tiny") == 0
    assert "installed already" in capsys.readouterr().err
