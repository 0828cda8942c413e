"""The decoder: each species is hidden before it is predicted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import ndtr

from mbembed.errors import ModelError
from mbembed.models import decoder as module
from mbembed.models.decoder import Decoder, presence_of, surprise_of
from mbembed.models.encoder import Stage

N_SPECIES, N_HIDDEN = 7, 5


def stage(generator: np.random.Generator, n_in: int, n_out: int, *, gelu: bool) -> Stage:
    weight, bias = generator.normal(size=(n_in, n_out)), generator.normal(size=n_out)
    return Stage(weight.astype(np.float32), bias.astype(np.float32), gelu)


@pytest.fixture
def small() -> tuple[Decoder, csr_array]:
    generator = np.random.default_rng(0)
    stages = [stage(generator, N_HIDDEN, 6, gelu=True), stage(generator, 6, 2 * N_SPECIES, gelu=False)]
    inputs = generator.uniform(1, 5, size=(9, N_SPECIES)) * (generator.random((9, N_SPECIES)) < 0.5)
    return Decoder(stage(generator, N_SPECIES, N_HIDDEN, gelu=True), stages), csr_array(inputs.astype(np.float32))


def run_through(decoder: Decoder, inputs: np.ndarray) -> np.ndarray:
    values = inputs.astype(np.float64)
    for one in (decoder.first, *decoder.middle, decoder.last):
        values = values @ one.weight + one.bias
        if one.gelu:
            values = values * ndtr(values)
    return values


def test_each_species_is_predicted_with_itself_hidden(small: tuple[Decoder, csr_array]) -> None:
    decoder, inputs = small
    found = decoder.expect(inputs)
    dense = inputs.toarray()
    for j in range(N_SPECIES):
        hidden = dense.copy()
        hidden[:, j] = 0
        output = run_through(decoder, hidden)
        np.testing.assert_allclose(found.logit[:, j], output[:, j], atol=1e-4)
        np.testing.assert_allclose(found.log_abundance[:, j], output[:, N_SPECIES + j], atol=1e-4)
    np.testing.assert_allclose(found.presence, 1 / (1 + np.exp(-found.logit)), rtol=1e-5)


def test_blocks_change_nothing(small: tuple[Decoder, csr_array], monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, inputs = small
    whole, errors = decoder.expect(inputs), decoder.surprise(inputs)
    monkeypatch.setattr(module, "BLOCK_ROWS", 2)
    monkeypatch.setattr(module, "BLOCK_SAMPLES", 4)
    np.testing.assert_allclose(decoder.expect(inputs).logit, whole.logit, atol=1e-5)
    np.testing.assert_allclose(decoder.surprise(inputs), errors, atol=1e-5)


def test_surprise_counts_observable_species_per_present_one() -> None:
    logit = np.array([[2.0, -1.0, 0.5], [2.0, -1.0, 0.5], [0.0, 0.0, 0.0]], dtype=np.float32)
    present = np.array([[True, False, True], [True, True, True], [False, False, True]])
    counted = np.array([True, True, False])
    found = surprise_of(logit, present, counted)
    assert found[0] == pytest.approx(np.log1p(np.exp(-2)) + np.log1p(np.exp(-1)))
    assert found[1] == pytest.approx((np.log1p(np.exp(-2)) + np.log1p(np.exp(1))) / 2)
    assert np.isnan(found[2])


def test_presence_is_what_is_stored(small: tuple[Decoder, csr_array]) -> None:
    np.testing.assert_array_equal(presence_of(small[1]), small[1].toarray() > 0)


@pytest.mark.parametrize("widths", [(4, 2 * N_SPECIES), (N_HIDDEN, N_SPECIES)])
def test_layers_that_do_not_fit_are_refused(widths: tuple[int, int]) -> None:
    generator = np.random.default_rng(0)
    first = stage(generator, N_SPECIES, N_HIDDEN, gelu=True)
    with pytest.raises(ModelError, match="the decoder's layers have widths 5, "):
        Decoder(first, [stage(generator, *widths, gelu=False)])
    with pytest.raises(ModelError, match="two numbers for each of the 7 species"):
        Decoder(first, [stage(generator, N_HIDDEN, 2 * N_SPECIES, gelu=True)])
