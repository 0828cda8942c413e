"""The model that travels with the package: whole, small, documented, and trained on what it says."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from mbembed.match import match_profile
from mbembed.models.store import load_model
from mbembed.tables import read_table
from tests.helpers import SHARED, needs_shared

#: The whole folder travels in every wheel.
MAX_BYTES = 10_000_000


def test_it_is_whole_and_says_what_it_is():
    model = load_model()
    config = model.config
    assert (model.name, model.n_inputs, model.n_dimensions) == ("mae-cmd3", 460, 1024)
    assert model.preprocessing.absent == 0.0
    assert config["licence"] == "Apache-2.0"
    assert "MetaPhlAn 3" in model.nomenclature
    assert "CC BY 4.0" in config["source"]
    assert sum(config["training"]["studies"].values()) == config["training"]["n_samples"] == 8272
    assert len(set(model.species)) == model.n_inputs
    assert sum(path.stat().st_size for path in model.path.iterdir()) < MAX_BYTES


def test_its_card_holds_the_command_that_made_it():
    model = load_model()
    card = (model.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert model.config["training"]["command"] in card
    assert model.config["training"]["data_sha256"] in card


@pytest.mark.shared
@needs_shared("corpus/profiles.biom")
def test_it_gives_the_recorded_mean_on_its_own_training_samples():
    model = load_model()
    match = match_profile(read_table(SHARED / "corpus" / "profiles.biom"), model, names="exact")
    vectors = model.encoder.encode(model.preprocessing.apply(match.fractions()))
    tensors = load_file(model.path / "weights.safetensors")
    np.testing.assert_allclose(vectors.mean(axis=0), tensors["embedding_mean"], atol=1e-4)
    np.testing.assert_allclose(vectors.std(axis=0), tensors["embedding_std"], atol=1e-4)
