"""Statistics of the training samples: what is held out, what is aggregated, what is passed on."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.covariance import ledoit_wolf as of_sklearn

from mbembed.errors import TrainingError, UsageError
from mbembed.in_range import out_of_distribution
from mbembed.models.folder import DECODER, STATISTICS, load_folder
from mbembed.models.writing import write_folder
from mbembed.pipeline import embed
from mbembed.training.calibration import calibrate, ledoit_wolf
from mbembed.training.card import MANY, write_card
from mbembed.training.describe import describe
from mbembed.training.folds import make_folds
from mbembed.training.pretrain import pretrain
from mbembed.training.readout import add_readout
from mbembed.training.record import Description
from mbembed.training.reference import MIN_IN_CELL, MIN_IN_GROUP, reference_map
from tests.training.synthetic import corpus, settings

#: More samples than a readout has dimensions.
N_SAMPLES = 540


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A pre-trained model with calibration, its readout, and their samples."""
    profile, groups = corpus(n_samples=N_SAMPLES)
    folder = tmp_path_factory.mktemp("calibration")
    chosen = settings("hurdle", bottleneck=0, validation_fraction=0.0, hidden=32, epochs=12, calibration_folds=3)
    model = pretrain([profile], folder / "stage1", chosen, Description(name="tiny"), groups=groups)
    columns = {"kind": ["a", "b"] * (N_SAMPLES // 2), "rare": ["x"] * 20 + [""] * (N_SAMPLES - 20)}
    readout = add_readout(
        model, [profile], folder / "readout", Description(name="tiny"), groups=groups, map_columns=columns
    )
    return model, readout, profile, groups, columns


@pytest.mark.parametrize("shape", [(300, 20), (15, 30)])
def test_shrinkage_is_that_of_scikit_learn(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape) @ np.diag(np.linspace(0.2, 3, shape[1]))
    centred = values - values.mean(axis=0)
    np.testing.assert_allclose(ledoit_wolf(centred), of_sklearn(values)[0], rtol=1e-8)


def test_folds_keep_studies_whole() -> None:
    groups = ["a"] * 50 + ["b"] * 30 + ["c"] * 30 + ["d"] * 10
    folds = make_folds(groups, len(groups), 3)
    assert (folds.number, folds.unit) == (3, "studies")
    for study in "abcd":
        assert len(set(folds.of_sample[np.array(groups) == study].tolist())) == 1
    assert np.bincount(folds.of_sample).tolist() == [50, 40, 30]
    assert make_folds(["a"] * 9, 9, 4).unit == "samples"
    assert make_folds([], 9, 4).number == 4


def test_held_out_studies_are_farther_than_their_own_covariance_says() -> None:
    generator = np.random.default_rng(0)
    studies = np.repeat(np.arange(6), 60)
    vectors = (generator.normal(size=(360, 4)) + 3 * generator.normal(size=(6, 4))[studies]).astype(np.float32)
    fractions = csr_array(np.full((360, 2), 0.5))
    by_study = calibrate(vectors, fractions, [str(study) for study in studies])[1]["quantiles_distance"]
    by_sample = calibrate(vectors, fractions, [])[1]["quantiles_distance"]
    assert np.median(by_study) > 1.2 * np.median(by_sample)


def test_the_map_tells_no_sample_and_no_small_group() -> None:
    values = np.random.default_rng(0).normal(size=(400, 3))
    labels = ["big"] * MIN_IN_GROUP + ["small"] * (MIN_IN_GROUP - 1) + [""] * (401 - 2 * MIN_IN_GROUP)
    entry, tensors = reference_map(values, {"kind": labels})
    assert entry["groups"] == [{"name": "kind: big", "n_samples": MIN_IN_GROUP}]
    counts = tensors["reference_counts"]
    assert set(np.unique(counts[counts < MIN_IN_CELL]).tolist()) == {0}
    centre = (values[:MIN_IN_GROUP] - values.mean(axis=0)) @ tensors["reference_axes"]
    np.testing.assert_allclose(tensors["reference_centroids"][0], centre.mean(axis=0), atol=1e-5)


def test_pretraining_keeps_its_decoder(made) -> None:
    model, _, profile, _, _ = made
    assert model.config["statistics"] == {
        "n_samples": N_SAMPLES,
        "n_folds": 5,
        "held_out": "studies",
        "n_networks": 3,
        "groups": [],
    }
    assert set(model.config["files"]) >= {DECODER, STATISTICS}
    fractions = embed(profile, model, names="exact").match.fractions()
    expected = model.decoder.expect(model.preprocessing.above_absent(fractions))
    present = fractions.toarray() > 0
    # Whoever sees the other species of a community type knows the hidden one.
    assert np.median(expected.presence[present]) > 0.6
    assert np.median(expected.presence[~present]) < 0.3


def test_unseen_samples_are_predicted_worse_than_those_trained_on(made) -> None:
    model, _, profile, _, _ = made
    fractions = embed(profile, model, names="exact").match.fractions()
    own = model.decoder.surprise(model.preprocessing.above_absent(fractions))
    assert np.median(model.statistics.quantiles["reconstruction"]) > np.median(own)


def test_a_readout_passes_the_decoder_on(made) -> None:
    model, readout, profile, _, _ = made
    assert (readout.path / DECODER).read_bytes() == (model.path / DECODER).read_bytes()
    np.testing.assert_array_equal(
        readout.statistics.quantiles["reconstruction"], model.statistics.quantiles["reconstruction"]
    )
    above = model.preprocessing.above_absent(embed(profile, model, names="exact").match.fractions())
    np.testing.assert_allclose(readout.decoder.expect(above).logit, model.decoder.expect(above).logit, atol=1e-4)
    assert [one.name for one in readout.reference.centroids] == ["kind: a", "kind: b"]


def test_training_samples_are_in_range_and_strangers_are_not(made) -> None:
    _, readout, profile, _, _ = made
    verdicts = out_of_distribution(embed(profile, readout, names="exact"))["verdict"]
    assert (verdicts == "in range").mean() > 0.9
    stranger, _ = corpus(n_samples=40, seed=5)
    # One species of each community type, which never are alone together.
    values = np.zeros(stranger.values.shape)
    values[:, :4] = 0.25
    mixed = type(stranger)(csr_array(values), stranger.sample_ids, stranger.taxa, "fraction", "synthetic", np.zeros(40))
    found = out_of_distribution(embed(mixed, readout, names="exact"))
    assert (found["verdict"] == "out of range").all()
    assert found["reason"].str.contains("only 4 species of the model").all()


def test_a_model_gets_its_statistics_later(made, tmp_path) -> None:
    model, readout, profile, groups, columns = made
    config = json.loads((readout.path / "config.json").read_text(encoding="utf-8"))
    for key in ("decoder", "statistics", "format", "files", "n_inputs", "n_dimensions"):
        del config[key]
    from safetensors.numpy import load_file

    bare = write_folder(
        tmp_path / "bare",
        config=config,
        tensors=load_file(readout.path / "weights.safetensors"),
        species=[{"name": name} for name in readout.species],
        card="# bare\n",
    )
    assert bare.decoder is None
    full = describe(
        bare, [profile], tmp_path / "full", pretrained=model, groups=groups, map_columns=columns, command="mbembed x"
    )
    assert full.weights_sha256 == bare.weights_sha256
    for name in (DECODER, STATISTICS):
        assert (full.path / name).read_bytes() == (readout.path / name).read_bytes()
    card = (full.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "mbembed x" in card
    assert "- Aggregates: mean and shrunk covariance" in card
    assert "no sample can be told" not in card  # of so few samples, percentiles are the scores of single ones
    many = {**full.config, "statistics": {**full.config["statistics"], "n_samples": MANY}}
    assert "- Aggregates, from which no sample can be told: mean" in write_card(many)
    assert "by 3 further networks" in card
    without = describe(bare, [profile], tmp_path / "without", groups=groups)
    assert "reconstruction" not in without.statistics.quantiles
    judged = out_of_distribution(embed(profile, without, names="exact"))
    assert set(judged["verdict"]) == {"not judged"}
    assert judged["distance_percentile"].notna().all()


def test_the_decoder_of_another_model_is_refused(made, tmp_path) -> None:
    _, readout, profile, groups, _ = made
    other = pretrain(
        [profile],
        tmp_path / "other",
        settings("hurdle", bottleneck=0, validation_fraction=0.0, epochs=1, seed=3),
        Description(name="other"),
        groups=groups,
    )
    with pytest.raises(UsageError, match="the first layer of 'tiny' is not that of 'other'"):
        describe(readout, [profile], tmp_path / "no", pretrained=other)
    assert not (tmp_path / "no").exists()


def test_a_bottleneck_is_part_of_the_decoder(tmp_path) -> None:
    profile, groups = corpus()
    chosen = settings("hurdle", validation_fraction=0.0, epochs=2)
    model = pretrain([profile], tmp_path / "m", chosen, Description(name="deep"), groups=groups)
    assert model.config["decoder"]["reads"] == 32
    fractions = embed(profile, model, names="exact").match.fractions()
    assert np.isfinite(model.decoder.surprise(model.preprocessing.above_absent(fractions))).all()
    assert load_folder(model.path).statistics.quantiles.keys() == {"distance", "rarity", "richness", "dominance"}


def test_masked_mse_keeps_no_decoder(tmp_path) -> None:
    profile, groups = corpus()
    model = pretrain([profile], tmp_path / "m", settings(epochs=1), Description(name="mse"), groups=groups)
    assert model.decoder is None
    assert model.statistics is not None


@pytest.mark.parametrize(("loss", "folds"), [("masked-mse", 5), ("hurdle", 1), ("hurdle", -1)])
def test_impossible_calibrations_are_refused(loss: str, folds: int) -> None:
    with pytest.raises(UsageError, match="--calibration-folds"):
        settings(loss, calibration_folds=folds)


def test_vectors_that_do_not_differ_are_refused() -> None:
    same = np.ones((40, 4))
    with pytest.raises(TrainingError, match="hardly differ in some direction"):
        calibrate(same, csr_array(np.ones((40, 3))), [f"study {i % 8}" for i in range(40)])
