"""Damage of an installed model is found and named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mbembed.errors import ModelNotFoundError
from mbembed.models.importing import import_checkpoint
from mbembed.models.store import list_models, load_model
from mbembed.models.verifying import find_folder, verify_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mbembed.models.folder import Model


@pytest.fixture
def model(checkpoint: Path, species: Path) -> Model:
    return import_checkpoint(checkpoint, species, "small")


def verdicts(folder: Path) -> dict[str, bool]:
    return {check.file: check.ok for check in verify_folder(folder)}


def test_sound_model(model: Model) -> None:
    checks = verify_folder(find_folder("small"))
    assert all(check.ok for check in checks)
    assert [check.file for check in checks] == [
        "config.json",
        "weights.safetensors",
        "species.tsv",
        "MODEL_CARD.md",
        "",
    ]
    assert checks[1].sha256 == model.weights_sha256
    assert checks[-1].remark == "5 species → 4 dimensions"


@pytest.mark.parametrize("file", ["weights.safetensors", "species.tsv"])
def test_changed_file(file: str, model: Model) -> None:
    (model.path / file).write_bytes((model.path / file).read_bytes() + b"\n")
    assert [name for name, ok in verdicts(find_folder("small")).items() if not ok] == [file, ""]


@pytest.mark.parametrize("file", ["weights.safetensors", "species.tsv", "MODEL_CARD.md"])
def test_missing_file(file: str, model: Model) -> None:
    (model.path / file).unlink()
    assert not verdicts(find_folder("small"))[file]


@pytest.mark.parametrize("content", ["", "[]", '{"files": []}', '{"files": 3}', "{}", "\udcff"])
def test_broken_configuration(content: str, model: Model) -> None:
    (model.path / "config.json").write_text(content, errors="surrogateescape")
    found = verdicts(find_folder("small"))
    assert not found["config.json"]
    assert not found["weights.safetensors"]
    assert not found[""]


def test_configuration_that_does_not_fit_the_weights(model: Model) -> None:
    config = json.loads((model.path / "config.json").read_text())
    config["n_dimensions"] = 5
    (model.path / "config.json").write_text(json.dumps(config))
    found = verdicts(find_folder("small"))
    assert [name for name, ok in found.items() if not ok] == [""]


def test_unknown_model() -> None:
    with pytest.raises(ModelNotFoundError):
        find_folder("nothing")


def test_damaged_model_is_not_in_the_way_of_others(model: Model, checkpoint: Path, species: Path) -> None:
    import_checkpoint(checkpoint, species, "other")
    (model.path / "species.tsv").unlink()
    assert load_model("other").name == "other"
    with pytest.raises(ModelNotFoundError, match="nothing"):
        load_model("nothing")


def test_folder_that_a_killed_run_left_is_no_model(model: Model) -> None:
    model.path.rename(model.path.with_name(".small-abc"))
    assert "small" not in {found.name for found in list_models()}
