"""What a model knows of its training samples, and the files that hold it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file
from scipy.sparse import csr_array

from mbembed.errors import ModelIntegrityError
from mbembed.models.folder import DECODER, OPTIONAL, STATISTICS, load_folder
from mbembed.models.statistics import Statistics
from mbembed.models.store import default_folder, load_model
from mbembed.models.verifying import verify_folder
from tests.helpers import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(default_folder(), tmp_path / "model")


def test_distance_is_that_of_mahalanobis() -> None:
    generator = np.random.default_rng(0)
    covariance = np.array([[2.0, 0.6], [0.6, 0.5]])
    variance, directions = np.linalg.eigh(covariance)
    known = Statistics(np.array([1.0, -1.0]), (directions / np.sqrt(variance)) @ directions.T, np.ones(1))
    values = generator.normal(size=(5, 2)).astype(np.float32)
    centred = values - known.mean
    expected = np.sqrt(np.einsum("ij,jk,ik->i", centred, np.linalg.inv(covariance), centred))
    np.testing.assert_allclose(known.distance(values), expected, rtol=1e-6)
    assert np.isnan(known.distance(np.full((1, 2), np.nan, dtype=np.float32))).all()


def test_rarity_does_not_see_what_is_not_matched() -> None:
    known = Statistics(np.zeros(1), np.eye(1), np.array([0.1, 0.0]))
    fractions = csr_array(np.array([[0.5, 0.0], [0.05, 0.0], [0.0, 0.2], [0.0, 0.0]]))
    found = known.rarity(fractions)
    np.testing.assert_allclose(found[:3], [1, 1, 7])
    assert np.isnan(found[3])


def test_a_score_that_was_not_calibrated_has_no_percentile() -> None:
    known = Statistics(np.zeros(1), np.eye(1), np.ones(1), {"distance": np.array([0.0, 1.0])})
    assert np.isnan(known.percentile("reconstruction", np.array([1.0]))).all()
    assert np.isnan(known.percentile("distance", np.array([np.nan]))).all()


def test_the_default_model_has_them() -> None:
    model = load_model()
    statistics, reference, decoder = model.statistics, model.reference, model.decoder
    assert statistics is not None
    assert reference is not None
    assert decoder is not None
    assert statistics.n_samples == reference.n_samples == model.config["training"]["n_samples"]
    assert statistics.held_out == "studies"
    assert decoder.n_species == model.n_inputs
    for score in ("distance", "reconstruction", "rarity", "richness", "dominance"):
        quantiles = statistics.quantiles[score]
        assert (np.diff(quantiles) >= 0).all()
        assert np.isfinite(quantiles).all()
    assert reference.counts.shape == (len(reference.y_edges) - 1, len(reference.x_edges) - 1)
    assert 0.8 * reference.n_samples < reference.counts.sum() <= reference.n_samples
    assert reference.project(np.zeros((3, model.n_dimensions), dtype=np.float32)).shape == (3, 2)
    assert 0 < reference.explained[1] < reference.explained[0] < 1
    np.testing.assert_allclose(reference.axes.T @ reference.axes, np.eye(2), atol=1e-5)
    assert min(one.n_samples for one in reference.centroids) >= 50
    assert "country: DNK" in [one.name for one in reference.centroids]


def test_a_model_without_them_says_so() -> None:
    model = load_folder(ROOT / "tests" / "data" / "golden" / "model")
    assert (model.decoder, model.statistics, model.reference) == (None, None, None)


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_file_that_is_not_there_changes_no_vector(folder: Path, name: str) -> None:
    (folder / name).unlink()
    model = load_folder(folder)
    assert (model.decoder is None) == (name == DECODER)
    assert (model.statistics is None) == (name == STATISTICS)
    wrong = [check for check in verify_folder(folder) if not check.ok]
    assert [check.file for check in wrong] == [name]


@pytest.mark.parametrize("name", OPTIONAL)
def test_another_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    with pytest.raises(ModelIntegrityError, match=f"{name}: its SHA-256"):
        load_folder(folder)


@pytest.mark.parametrize(("entry", "file"), [("decoder", DECODER), ("statistics", STATISTICS)])
def test_a_file_without_its_entry_is_refused(folder: Path, entry: str, file: str) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del config[entry]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert file in config["files"]
    with pytest.raises(ModelIntegrityError, match=f"it lacks {entry}"):
        load_folder(folder)


def test_the_files_hold_no_sample() -> None:
    tensors = load_file(default_folder() / STATISTICS)
    n_samples = load_model().config["training"]["n_samples"]
    assert all(n_samples not in array.shape for array in tensors.values())
    counts = tensors["reference_counts"]
    assert counts[counts > 0].min() >= 5
