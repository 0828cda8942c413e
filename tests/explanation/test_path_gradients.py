"""Integrated gradients: exact where they can be, complete everywhere."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

import mbembed
from mbembed.errors import ModelError
from mbembed.explanation import path_gradients
from mbembed.explanation.path_gradients import COMPLETENESS, FIRST_NODES, PathGradients
from mbembed.models.encoder import Stage
from mbembed.training.features import STEEPNESS

#: How close a fine Riemann sum comes.
FINE = 20_000


def stages(widths: list[int], gelus: list[bool], *, scale: float = 1.0, seed: int = 0) -> list[Stage]:
    generator = np.random.default_rng(seed)
    return [
        Stage(
            (scale * generator.normal(size=(before, after))).astype(np.float32),
            generator.normal(size=after).astype(np.float32),
            gelu=gelu,
        )
        for (before, after), gelu in zip(pairwise(widths), gelus, strict=True)
    ]


def score(layers: list[Stage], inputs: np.ndarray, direction: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    for layer in layers:
        inputs = inputs @ layer.weight.astype(np.float64) + layer.bias
        inputs = inputs * ndtr(inputs) if layer.gelu else inputs
    return inputs @ direction


def paths_of(layers: list[Stage], n_inputs: int, *, n: int = 4, seed: int = 1) -> PathGradients:
    generator = np.random.default_rng(seed)
    inputs = np.where(generator.random((n, n_inputs)) < 0.4, 6 * generator.random((n, n_inputs)), 0.0)
    return PathGradients(layers, csr_array(inputs), generator.random(n_inputs))


@pytest.mark.parametrize(
    ("widths", "gelus"),
    [([5, 8], [True]), ([5, 8, 3], [True, False]), ([5, 8, 3], [False, True]), ([5, 3], [False])],
    ids=["one layer", "and a readout", "linear first", "linear only"],
)
def test_exact_without_any_step(widths: list[int], gelus: list[bool]) -> None:
    layers = stages(widths, gelus, scale=STEEPNESS)
    paths = paths_of(layers, widths[0])
    direction = np.linspace(-1, 1, widths[-1])
    assert paths.is_exact
    assert paths.refine(direction) < 1e-12
    # Against the definition: the mean of numerical gradients along the path.
    inputs = paths.inputs.toarray()
    found = paths.attributions(direction)
    step = 1e-6
    for j in range(widths[0]):
        shift = np.eye(1, widths[0], j)[0] * step
        nodes = (np.arange(FINE) + 0.5) / FINE
        line = paths.baseline + nodes[:, None] * (inputs[0] - paths.baseline)
        gradient = (score(layers, line + shift, direction) - score(layers, line - shift, direction)) / (2 * step)
        expected = (inputs[0, j] - paths.baseline[j]) * gradient.mean()
        assert found[0, j] == pytest.approx(expected, rel=1e-3, abs=1e-3 * np.abs(found[0]).max())


def test_deep_networks_are_refined_until_complete() -> None:
    layers = stages([6, 9, 5, 4], [True, True, False], scale=4.0)
    paths = paths_of(layers, 6)
    direction = np.ones(4)
    assert not paths.is_exact
    assert paths.refine(direction) <= COMPLETENESS
    assert paths.n_nodes > FIRST_NODES
    total = paths.scores(direction) - paths.baseline_score(direction)
    np.testing.assert_allclose(
        paths.attributions(direction).sum(axis=1), total, atol=COMPLETENESS * np.abs(total).max()
    )


def test_incomplete_attributions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_gradients, "MOST_NODES", FIRST_NODES)
    layers = stages([6, 9, 5], [True, True], scale=STEEPNESS)
    with pytest.raises(ModelError, match="attributions miss the difference of the scores by"):
        paths_of(layers, 6).refine(np.ones(5))


def test_default_model_is_exact_and_agrees_with_its_encoder() -> None:
    model = mbembed.load_model()
    generator = np.random.default_rng(0)
    fractions = generator.dirichlet(np.full(model.n_inputs, 0.05), 6)
    fractions[fractions < 1e-6] = 0.0
    inputs = model.preprocessing.above_absent(csr_array(fractions))
    direction = generator.normal(size=model.n_dimensions)
    paths = PathGradients(model.encoder_above_absent.stages, inputs, np.zeros(model.n_inputs))
    assert paths.is_exact
    assert paths.refine(direction) < 1e-9
    encoded = model.encode(csr_array(fractions)).astype(np.float64) @ direction
    np.testing.assert_allclose(paths.scores(direction), encoded, atol=1e-5 * np.abs(encoded).max())
    # What is absent in the sample and in the baseline has no attribution.
    assert not paths.attributions(direction)[fractions == 0].any()


def test_blocks_do_not_change_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = stages([5, 8, 3], [True, False])
    paths = paths_of(layers, 5, n=7)
    whole = paths.attributions(np.ones(3))
    monkeypatch.setattr(path_gradients, "BLOCK_NUMBERS", 16)
    np.testing.assert_allclose(paths.attributions(np.ones(3)), whole, atol=1e-12)
    np.testing.assert_allclose(paths.of(np.array([2, 5])).attributions(np.ones(3)), whole[[2, 5]], atol=1e-12)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_mean_slope_lies_between_the_slopes_and_is_smooth(before: float, after: float) -> None:
    found = float(path_gradients._mean_slope(np.array([before]), np.array([after]))[0])
    assert -0.13 < found < 1.13  # the slope of GELU lies within these
    near = float(path_gradients._mean_slope(np.array([before]), np.array([before + 1e-9]))[0])
    assert near == pytest.approx(float(path_gradients._slope(np.array([before]))[0]), abs=1e-6)
