from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from mbembed.errors import TrainingError, UsageError
from mbembed.models.encoder import Encoder, Stage
from mbembed.models.preprocess import Preprocessing
from mbembed.pipeline import embed
from mbembed.training.features import DETECTED, STEEPNESS, Features, join_stages, switch_stage
from mbembed.training.labels import make_labels
from mbembed.training.pretrain import pretrain
from mbembed.training.readout import N_CONTENT, N_ROBUST, ROBUST_VARIANCE, add_readout
from mbembed.training.record import Description
from tests.training.synthetic import corpus, settings

LOG_FLOOR = Preprocessing(floor=1e-6, shift=6.0, clip_below_floor=True)
#: More samples than a readout has dimensions.
N_SAMPLES = 540


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    profile, groups = corpus(n_samples=N_SAMPLES)
    chosen = settings("hurdle", bottleneck=0, embedding=None, validation_fraction=0.0, hidden=32, epochs=2)
    model = pretrain(
        [profile], tmp_path_factory.mktemp("readout") / "m", chosen, Description(name="tiny"), groups=groups
    )
    return model, profile, groups


def test_switches_say_detection_and_abundance_above_the_floor():
    switches = switch_stage(1, LOG_FLOOR)
    fractions = csr_array(np.array([[0.0], [DETECTED[0] / 3], [DETECTED[1]], [0.1], [1.0]]))
    units = Encoder([switches]).encode(LOG_FLOOR.above_absent(fractions))
    lower, higher = (units / STEEPNESS).T
    steps = np.log10(DETECTED[1] / DETECTED[0])
    np.testing.assert_allclose((lower - higher) / steps, [0, 0, 1, 1, 1], atol=0.01)
    np.testing.assert_allclose(higher, [0, 0, 0, 3, 4], atol=0.01)


def test_maps_of_features_equal_maps_of_units():
    generator = np.random.default_rng(0)
    hidden = Stage(generator.normal(size=(6, 4)).astype(np.float32), generator.normal(size=4).astype(np.float32), True)
    switches = switch_stage(6, LOG_FLOOR)
    fractions = csr_array(generator.dirichlet(np.full(6, 0.1), size=20).clip(1e-7))
    above = LOG_FLOOR.above_absent(fractions)
    features = Features(hidden, switches, above)
    units = Encoder([join_stages(hidden, switches)]).encode(above).astype(np.float64)
    for values, make in ((features.content, features.map_content), (features.abundance, features.map_abundance)):
        weight = generator.normal(size=(values.shape[1], 3))
        mapped = make(weight)
        np.testing.assert_allclose(units @ mapped.weight + mapped.bias, values @ weight, atol=1e-6)


def test_blocks_have_their_width_mean_and_variance(pretrained, tmp_path):
    model, profile, groups = pretrained
    result = add_readout(model, [profile], tmp_path / "r", Description(name="r"), groups=groups)
    vectors = embed(profile, result, names="exact").values.astype(np.float64)
    assert vectors.shape == (N_SAMPLES, N_CONTENT + N_ROBUST)
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-3)
    assert vectors[:, :N_CONTENT].var(axis=0).sum() == pytest.approx(1, rel=0.01)
    assert vectors[:, N_CONTENT:].var(axis=0).sum() == pytest.approx(ROBUST_VARIANCE, rel=0.01)
    assert result.config["readout"]["label_axes"] == {}
    assert "No labels were used" in (result.path / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_labels_bring_their_direction_forward(pretrained, tmp_path):
    model, profile, groups = pretrained
    studies = [groups[sample] for sample in profile.sample_ids]
    # A label that one rare species decides: hardly any variance speaks for it.
    present = profile.values.toarray() > 0
    rare = int(np.abs(present.mean(axis=0) - 0.3).argmin())
    truth = present[:, rare].astype(float)
    labels = make_labels({"rare": [str(value) for value in truth]}, studies)
    plain = add_readout(model, [profile], tmp_path / "plain", Description(name="plain"), groups=groups)
    guided = add_readout(
        model, [profile], tmp_path / "guided", Description(name="guided"), groups=groups, labels=labels
    )

    def share(result):
        """Return how much of the content block's variance lies along the label."""
        block = embed(profile, result, names="exact").values[:, :N_CONTENT].astype(np.float64)
        block -= block.mean(axis=0)
        label = (truth - truth.mean()) / np.linalg.norm(truth - truth.mean())
        return ((label @ block) ** 2).sum() / (block**2).sum()

    assert share(guided) > 1.5 * share(plain)
    assert guided.config["readout"]["label_axes"] == labels.counts()


def test_same_input_same_bytes(pretrained, tmp_path):
    model, profile, groups = pretrained
    one, two = (
        add_readout(model, [profile], tmp_path / name, Description(name="r"), groups=groups) for name in ("a", "b")
    )
    assert one.weights_sha256 == two.weights_sha256


def test_a_vector_does_not_depend_on_the_batch(pretrained, tmp_path):
    model, profile, groups = pretrained
    result = add_readout(model, [profile], tmp_path / "r", Description(name="r"), groups=groups)
    whole = embed(profile, result, names="exact").values
    alone = embed(
        replace(
            profile,
            values=profile.values[7:8],
            sample_ids=profile.sample_ids[7:8],
            unclassified=profile.unclassified[7:8],
        ),
        result,
        names="exact",
    ).values
    np.testing.assert_array_equal(alone[0], whole[7])


def test_models_of_another_kind_are_refused(pretrained, tmp_path):
    _, profile, groups = pretrained
    deep = pretrain(
        [profile],
        tmp_path / "deep",
        settings("hurdle", embedding="bottleneck", validation_fraction=0.0, epochs=1),
        Description(name="deep"),
        groups=groups,
    )
    readout = add_readout(pretrained[0], [profile], tmp_path / "r", Description(name="r"), groups=groups)
    for model in (deep, readout):
        with pytest.raises(UsageError, match="cannot take a readout"):
            add_readout(model, [profile], tmp_path / "no", Description(name="no"), groups=groups)
    assert not (tmp_path / "no").exists()


def test_too_few_samples_and_wrong_labels_are_refused(pretrained, tmp_path):
    model, profile, groups = pretrained
    few = replace(
        profile,
        values=profile.values[:100],
        sample_ids=profile.sample_ids[:100],
        unclassified=profile.unclassified[:100],
    )
    with pytest.raises(TrainingError, match="100 samples to fit a readout"):
        add_readout(model, [few], tmp_path / "few", Description(name="few"), groups=groups)
    studies = [groups[sample] for sample in profile.sample_ids]
    labels = make_labels({"n": [str(i) for i in range(N_SAMPLES)]}, studies)
    with pytest.raises(UsageError, match="labels of 540 samples, and 100 samples"):
        add_readout(model, [few], tmp_path / "few", Description(name="few"), groups=groups, labels=labels)
    with pytest.raises(UsageError, match="of which study"):
        add_readout(model, [profile], tmp_path / "few", Description(name="few"), labels=labels)
