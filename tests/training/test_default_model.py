"""The model that travels with the package: whole, small, documented, and trained on what it says."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from safetensors.numpy import load_file

from mbembed.match import match_profile
from mbembed.models.store import load_model
from mbembed.pipeline import embed
from mbembed.tables import read_table
from mbembed.training.units import unobservable_columns
from tests.helpers import SHARED, needs_shared

#: The whole folder travels in every wheel.
MAX_BYTES = 12_500_000


def test_it_is_whole_and_says_what_it_is():
    model = load_model()
    config = model.config
    assert (model.name, model.n_inputs, model.n_dimensions) == ("units-cmd3", 448, 512)
    assert model.preprocessing.absent == 0.0
    assert config["licence"] == "Apache-2.0"
    assert "units" in model.nomenclature
    assert "CC BY 4.0" in config["source"]
    assert sum(config["training"]["studies"].values()) == config["training"]["n_samples"] == 8272
    assert len(set(model.species)) == model.n_inputs
    assert sum(path.stat().st_size for path in model.path.iterdir()) < MAX_BYTES


def test_its_card_holds_the_command_that_made_it():
    model = load_model()
    card = (model.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert model.config["training"]["command"] in card
    assert model.config["readout"]["command"] in card
    assert model.config["readout"]["data_sha256"] == model.config["training"]["data_sha256"]
    assert model.config["training"]["data_sha256"] in card


def test_its_blind_spots_are_those_of_the_name_maps():
    model = load_model()
    stated = model.config["species"]["unobservable"]
    assert stated == unobservable_columns(model.species)
    assert stated["MetaPhlAn 3"] == []
    assert len(stated["MetaPhlAn 2"]) > 100


#: Tables of the same 191 people; their sample names differ by a suffix.
TWINS = ("metaphlan3_merged", "bracken_gtdb_r95_S", "bracken_ncbi_S")
#: Share of samples whose nearest neighbour among the other profiler's vectors is itself.
FIND_THEMSELVES = 0.98


@pytest.mark.shared
@needs_shared("crossprofiler/metaphlan3_merged.txt")
@pytest.mark.parametrize(("one", "other"), list(combinations(TWINS, 2)))
def test_the_same_person_looks_the_same_by_another_profiler(one, other):
    vectors = []
    for name in (one, other):
        embedding = embed(SHARED / "crossprofiler" / f"{name}.txt")
        centred = embedding.values - embedding.values.mean(axis=0)
        people = [sample.removesuffix("_concat") for sample in embedding.sample_ids]
        vectors.append((np.array(people), centred / np.linalg.norm(centred, axis=1, keepdims=True)))
    (here, left), (there, right) = vectors
    cosine = left @ right.T
    found = [(there[cosine.argmax(axis=1)] == here).mean(), (here[cosine.argmax(axis=0)] == there).mean()]
    assert np.mean(found) >= FIND_THEMSELVES


@pytest.mark.shared
@needs_shared("corpus/profiles.biom")
def test_it_gives_the_recorded_mean_on_its_own_training_samples():
    model = load_model()
    match = match_profile(read_table(SHARED / "corpus" / "profiles.biom"), model, names="resolve")
    vectors = model.encoder.encode(model.preprocessing.apply(match.fractions()))
    tensors = load_file(model.path / "weights.safetensors")
    np.testing.assert_allclose(vectors.mean(axis=0), tensors["embedding_mean"], atol=1e-4)
    np.testing.assert_allclose(vectors.std(axis=0), tensors["embedding_std"], atol=1e-4)
