"""The model folder: written whole, checked when loaded; the store that finds it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mbembed.errors import ModelError, ModelIntegrityError, ModelNotFoundError, OutputError
from mbembed.models.folder import Model, load_folder
from mbembed.models.store import default_folder, list_models, load_model, user_folder
from mbembed.models.writing import write_folder
from tests.helpers import ROOT

GOLDEN = ROOT / "tests" / "data" / "golden" / "model"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN, tmp_path / "golden"))


def change_config(folder: Path, **entries: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_loaded_model() -> None:
    model = load_folder(GOLDEN)
    assert (model.name, model.n_inputs, model.n_dimensions) == ("golden", 12, 6)
    assert model.n_named_species == 9
    assert model.unnamed == "unknown"
    assert repr(model) == "<Model 'golden': 12 species columns → 6 dimensions>"


def test_not_a_model_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"no config\.json"):
        load_folder(tmp_path)


@pytest.mark.parametrize("name", ["weights.safetensors", "species.tsv"])
def test_changed_file(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ModelIntegrityError, match=f"{name}: its SHA-256"):
        load_folder(folder)


@pytest.mark.parametrize("name", ["weights.safetensors", "species.tsv"])
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelIntegrityError, match=f"{name}: it cannot be read"):
        load_folder(folder)


def test_configuration_that_is_not_json(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    with pytest.raises(ModelIntegrityError, match=r"config\.json"):
        load_folder(folder)


def test_newer_format_is_refused(folder: Path) -> None:
    change_config(folder, format=2)
    with pytest.raises(ModelError, match="has format 2"):
        load_folder(folder)


def test_missing_entries_are_named(folder: Path) -> None:
    change_config(folder, files={})
    with pytest.raises(ModelIntegrityError, match=r"lacks files\.weights\.safetensors, files\.species\.tsv"):
        load_folder(folder)


def test_dimensions_that_the_weights_do_not_have(folder: Path) -> None:
    change_config(folder, n_dimensions=7)
    with pytest.raises(ModelIntegrityError, match="give 6 dimensions"):
        _ = load_folder(folder).encoder


def rewrite(folder: Path, target: Path, **changes: object) -> Model:
    from safetensors.numpy import load_file

    model = load_folder(folder)
    arguments = {
        "config": {key: model.config[key] for key in ("name", "layers", "preprocessing", "species")},
        "tensors": load_file(folder / "weights.safetensors"),
        "species": [{"name": name} for name in model.species],
        "card": "# card\n",
    }
    return write_folder(target, **(arguments | changes))  # type: ignore[arg-type]


def test_written_folder_equals_the_original(folder: Path, tmp_path: Path) -> None:
    model = rewrite(folder, tmp_path / "copy")
    original = load_folder(folder)
    inputs = np.random.default_rng(0).normal(size=(3, 12)).astype(np.float32)
    assert np.array_equal(model.encoder.encode(inputs), original.encoder.encode(inputs))
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [
        "MODEL_CARD.md", "config.json", "species.tsv", "weights.safetensors",
    ]  # fmt: skip


def test_existing_folder_is_kept(folder: Path, tmp_path: Path) -> None:
    rewrite(folder, tmp_path / "copy")
    with pytest.raises(OutputError, match="exists already"):
        rewrite(folder, tmp_path / "copy")


def test_failed_write_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="species list has 2 rows"):
        rewrite(folder, tmp_path / "new" / "copy", species=[{"name": "a"}, {"name": "b"}])
    assert not (tmp_path / "new").exists() or not list((tmp_path / "new").iterdir())


def test_store_finds_by_folder_and_by_name(own_model_directory: Path) -> None:
    shutil.copytree(GOLDEN, own_model_directory / "mine")
    assert user_folder() == own_model_directory
    assert load_model("mine").name == "golden"
    assert load_model("golden").path == own_model_directory / "mine"
    assert load_model(str(GOLDEN)).name == "golden"
    assert "golden" in [model.name for model in list_models()]


def test_unknown_name_lists_the_installed(own_model_directory: Path) -> None:
    shutil.copytree(GOLDEN, own_model_directory / "golden")
    with pytest.raises(ModelNotFoundError, match=r"no model named 'nonesuch'.*golden"):
        load_model("nonesuch")


def test_published_name_says_how_to_get_it() -> None:
    with pytest.raises(ModelNotFoundError, match="mbembed models pull mae30"):
        load_model("mae30")


def test_damaged_models_do_not_hide_the_others(own_model_directory: Path) -> None:
    shutil.copytree(GOLDEN, own_model_directory / "good")
    (own_model_directory / "bad").mkdir()
    (own_model_directory / "bad" / "config.json").write_text("{}")
    assert [model.path.name for model in list_models() if model.path.parent == own_model_directory] == ["good"]


def test_the_embedded_default_loads() -> None:
    model = load_model()
    assert model.path == default_folder()
    assert load_model("default").name == model.name
    assert model.encoder.n_inputs == model.n_inputs
