"""Ordinations against what they are by definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform

import mbembed
from mbembed.errors import UsageError
from mbembed.report import ordinations as module
from mbembed.report.ordinations import METHODS, ordination
from tests.report.cohort import table


@pytest.fixture(scope="module")
def embedding() -> mbembed.Embedding:
    return mbembed.embed(table(), units="percent")


def test_pca_is_that_of_scikit_learn(embedding: mbembed.Embedding) -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    pca = decomposition.PCA(5, svd_solver="full").fit(embedding.values.astype(float))
    ours = ordination(embedding, axes=5)
    np.testing.assert_allclose(ours.explained, pca.explained_variance_ratio_, rtol=1e-6)
    theirs = pca.transform(embedding.values.astype(float))
    np.testing.assert_allclose(np.abs(ours.coordinates.to_numpy()), np.abs(theirs), atol=1e-5)


def test_tall_and_wide_tables_agree() -> None:
    values = np.random.default_rng(0).normal(size=(40, 7))
    tall, tall_explained = module._pca(values, 5)
    wide, wide_explained = module._pca(np.hstack([values, np.zeros((40, 50))]), 5)
    np.testing.assert_allclose(tall, wide, atol=1e-9)
    np.testing.assert_allclose(tall_explained, wide_explained)


@pytest.mark.parametrize("method", ["cosine", "bray-curtis", "aitchison", "pca"])
def test_axes_together_hold_the_distances(embedding: mbembed.Embedding, method: str) -> None:
    result = ordination(embedding, method, axes=100)
    fractions = table().to_numpy() / 100
    expected = {
        "pca": pdist(embedding.values.astype(float)),
        "cosine": pdist(embedding.values.astype(float), "cosine"),
        "bray-curtis": pdist(fractions, "braycurtis"),
        "aitchison": pdist(module._centred_log_ratios(fractions)),
    }[method]
    ours = pdist(result.coordinates.to_numpy())
    if method in ("pca", "aitchison"):
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    else:  # not Euclidean: the positive axes hold at least the distances
        assert np.corrcoef(ours, expected)[0, 1] > 0.97
    assert result.explained.sum() == pytest.approx(1.0)
    assert (np.diff(result.explained) <= 0).all()


def test_pcoa_of_euclidean_distances_is_pca() -> None:
    values = np.random.default_rng(3).normal(size=(15, 4))
    by_distance, _ = module._pcoa(squareform(pdist(values)), 4)
    np.testing.assert_allclose(by_distance, module._pca(values, 4)[0], atol=1e-9)


def test_signs_and_names(embedding: mbembed.Embedding) -> None:
    frame = ordination(embedding).coordinates
    assert list(frame.columns[:2]) == ["Axis.1", "Axis.2"]
    assert list(frame.index) == embedding.sample_ids
    largest = frame.abs().to_numpy().argmax(axis=0)
    assert (frame.to_numpy()[largest, np.arange(frame.shape[1])] > 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_samples_without_a_vector_are_left_out(method: str) -> None:
    values = table()
    values.loc["S03"] = 0.0
    embedding = mbembed.embed(values, units="percent", on_empty="nan")
    frame = ordination(embedding, method).coordinates
    assert "S03" not in frame.index
    assert np.isfinite(frame.to_numpy()).all()
    whole = ordination(mbembed.embed(table().drop(index="S03"), units="percent"), method).coordinates
    pd.testing.assert_frame_equal(frame, whole)


def test_refusals(embedding: mbembed.Embedding, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="method is 'umap'"):
        ordination(embedding, "umap")
    with pytest.raises(UsageError, match="the number of samples with a vector is 2"):
        ordination(mbembed.embed(table(2), units="percent"))
    same = pd.concat([table(1)] * 3)
    same.index = pd.Index(["a", "b", "c"])
    with pytest.raises(UsageError, match="all samples are the same"):
        ordination(mbembed.embed(same, units="percent"))
    monkeypatch.setattr(module, "PCOA_SAMPLES", 5)
    with pytest.raises(UsageError, match="too many to compare each with each"):
        ordination(embedding, "cosine")


def test_many_samples_keep_the_most_prevalent_taxa(
    embedding: mbembed.Embedding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PCOA_SAMPLES", 5)
    monkeypatch.setattr(module, "AITCHISON_TAXA", 10)
    assert ordination(embedding, "aitchison").coordinates.shape[0] == 12
    assert module._fractions(embedding, np.arange(12)).shape == (12, 10)
