"""The rivals from single-cell RNA: same call, same answer by seed, an encoder that knows neither batch nor study."""

from __future__ import annotations

import sys
import warnings
from functools import cache
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.sparse import csr_array, vstack

from benchmarks.rivals import train_transformer, train_vae, transformer, vae
from benchmarks.rivals.tokens import BINS, batches, tokenize
from benchmarks.rivals.vae import pseudo_counts
from mbembed.errors import MissingExtraError

N_UNITS, N_SAMPLES = 30, 90
GROUPS = ["A", "B", "C"] * (N_SAMPLES // 3)
needs_scvi = pytest.mark.skipif(find_spec("scvi") is None, reason="scvi-tools is not installed")
TRAIN = [
    pytest.param(train_vae, vae.DIMENSIONS, marks=[needs_scvi, pytest.mark.slow], id="vae"),
    pytest.param(train_transformer, transformer.WIDTH, id="transformer"),
]


def fractions(seed=1, n_samples=N_SAMPLES):
    draw = np.random.default_rng(seed)
    values = draw.lognormal(size=(n_samples, N_UNITS)) * (draw.random((n_samples, N_UNITS)) < 0.4)
    values[:, 0] += 0.1
    return csr_array(values / values.sum(axis=1, keepdims=True))


@cache
def encoder(train, seed=3, groups=tuple(GROUPS)):
    with warnings.catch_warnings():
        if train is train_vae:  # of lightning and scvi-tools, about workers and small data
            warnings.simplefilter("ignore")
        return train(fractions(), groups, seed, epochs=2)


def embed(encode, table):
    with warnings.catch_warnings():
        if encode.__module__ == vae.__name__:
            warnings.simplefilter("ignore")
        return encode(table)


@pytest.mark.parametrize(("train", "width"), TRAIN)
def test_one_finite_vector_per_sample(train, width):
    new = embed(encoder(train), fractions(seed=2, n_samples=7))
    assert new.shape == (7, width)
    assert new.dtype == np.float32
    assert np.isfinite(new).all()
    assert (new.std(axis=0) > 0).all()


@pytest.mark.parametrize(("train", "width"), TRAIN)
def test_the_seed_decides(train, width):
    new = fractions(seed=2, n_samples=7)
    again, other = (encoder.__wrapped__(train, seed) for seed in (3, 4))
    np.testing.assert_array_equal(embed(encoder(train), new), embed(again, new))
    assert not np.allclose(embed(encoder(train), new), embed(other, new))


@pytest.mark.parametrize(("train", "width"), TRAIN)
def test_a_sample_is_embedded_alike_in_any_company(train, width):
    new, encode = fractions(seed=2, n_samples=7), encoder(train)
    together = embed(encode, new)
    np.testing.assert_allclose(np.vstack([embed(encode, new[[row]]) for row in range(7)]), together, atol=1e-5)
    backwards = embed(encode, new[np.arange(7)[::-1]])[::-1]
    np.testing.assert_allclose(backwards, together, atol=1e-5)


@pytest.mark.parametrize(("train", "width"), TRAIN)
def test_samples_without_anything(train, width):
    empty = csr_array((2, N_UNITS))
    with warnings.catch_warnings():
        if train is train_vae:
            warnings.simplefilter("ignore")
        encode = train(csr_array(vstack([fractions(), empty])), [*GROUPS, "A", "empty"], 3, epochs=2)
    new = embed(encode, csr_array(vstack([fractions(seed=2, n_samples=3), empty])))
    assert np.isfinite(new).all()
    np.testing.assert_array_equal(new[3], new[4])


def test_the_transformer_leaves_the_global_random_state_alone():
    import torch

    before = torch.random.get_rng_state()
    encoder.__wrapped__(train_transformer, 5)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_transformer_learns_which_species_are_abundant():
    import torch

    # The even species always come in the upper half of a sample, the odd ones in the lower half.
    draw = np.random.default_rng(0)
    present = draw.random((256, N_UNITS)) < 0.6
    values = csr_array(present * np.where(np.arange(N_UNITS) % 2, 1.0, 10.0) * draw.uniform(1, 2, present.shape))
    tokens = tokenize(values)
    losses = []
    for epochs in (0, 20):
        network = transformer.fit(values, seed=0, epochs=epochs)
        species, bins = torch.from_numpy(tokens.species), torch.from_numpy(tokens.bins)
        hidden = torch.rand(species.shape, generator=torch.Generator().manual_seed(1)) < 0.5
        removed = torch.zeros_like(hidden)
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(2)
            losses.append(network.loss(species, bins, hidden, removed).item())
    assert losses[0] == pytest.approx(np.log(BINS) + np.log(BINS + 1), rel=0.1)
    # Which half a bin is in can be known, and no more than that.
    assert np.log(BINS / 2) < losses[1] < 0.85 * losses[0]


def test_bins_are_quantiles_of_the_sample():
    values = np.linspace(1, 40, 40)
    tokens = tokenize(csr_array(np.vstack([values, values * 1e-6])))
    np.testing.assert_array_equal(np.bincount(tokens.bins[0]), np.full(BINS, 4))
    np.testing.assert_array_equal(tokens.bins[0], tokens.bins[1])


def test_entries_of_zero_are_no_tokens():
    table = csr_array((np.array([0.0, 1.0]), np.array([0, 2]), np.array([0, 2])), shape=(1, 3))
    assert tokenize(table).species.tolist() == [[2]]


def test_batches_hold_every_sample_once_and_are_cut_to_the_longest():
    table = fractions()
    tokens = tokenize(table)
    order = np.argsort((tokens.species < N_UNITS).sum(axis=1), kind="stable")
    parts = list(batches(tokens, order, 16, N_UNITS))
    assert sorted(np.concatenate([rows for rows, _ in parts])) == list(range(N_SAMPLES))
    for rows, part in parts:
        assert part.species.shape[1] == (table[rows].toarray() > 0).sum(axis=1).max()


def test_every_epoch_has_every_sample_once():
    lengths = np.arange(150) % 20 + 1
    order = transformer._order(lengths, np.arange(3, 150), np.random.default_rng(0))
    assert sorted(order) == list(range(3, 150))


def test_pseudo_counts_are_whole_and_keep_what_is_present():
    table = fractions()
    table.data[0] = 1e-9
    counts = pseudo_counts(table).toarray()
    np.testing.assert_array_equal(counts, np.round(counts))
    np.testing.assert_array_equal(counts > 0, table.toarray() > 0)
    assert table.data[0] == 1e-9


def test_without_scvi_tools_nothing_is_begun(monkeypatch):
    monkeypatch.setattr(vae, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"needs scvi, which is not installed.*pip install scvi-tools"):
        train_vae(fractions(), GROUPS, 0)
    assert find_spec("scvi") is not None or "scvi" not in sys.modules


@needs_scvi
@pytest.mark.slow
def test_the_study_that_is_named_changes_nothing():
    new = fractions(seed=2, n_samples=7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, studies = vae.fit(fractions(), GROUPS, 3, epochs=1)
        first, *others = (vae.latent_means(model, new, study) for study in studies)
    assert studies == ["A", "B", "C"]
    for other in others:
        np.testing.assert_array_equal(first, other)
