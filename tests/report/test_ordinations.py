"""Ordinations against what they are by definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform

import mbembed
from mbembed.errors import MissingExtraError, UsageError
from mbembed.report import distances
from mbembed.report import ordinations as module
from mbembed.report.distances import centred_log_ratios
from mbembed.report.ordinations import METHODS, ordination
from tests.report.cohort import table

#: Those that use no random numbers.
EXACT = [method for method in METHODS if method != "umap"]


@pytest.fixture(scope="module")
def embedding() -> mbembed.Embedding:
    return mbembed.embed(table(), units="percent")


def test_pca_is_that_of_scikit_learn(embedding: mbembed.Embedding) -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    pca = decomposition.PCA(5, svd_solver="full").fit(embedding.values.astype(float))
    ours = ordination(embedding, axes=5)
    np.testing.assert_allclose(ours.proportion_explained, pca.explained_variance_ratio_, rtol=1e-6)
    theirs = pca.transform(embedding.values.astype(float))
    np.testing.assert_allclose(np.abs(ours.samples.to_numpy()), np.abs(theirs), atol=1e-5)


def test_tall_and_wide_tables_agree() -> None:
    values = np.random.default_rng(0).normal(size=(40, 7))
    tall, _, tall_explained = module._pca(values, 5)
    wide, _, wide_explained = module._pca(np.hstack([values, np.zeros((40, 50))]), 5)
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
        "aitchison": pdist(centred_log_ratios(fractions)),
    }[method]
    ours = pdist(result.samples.to_numpy())
    if method in ("pca", "aitchison"):
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    else:  # not Euclidean: the positive axes hold at least the distances
        assert np.corrcoef(ours, expected)[0, 1] > 0.97
    assert result.proportion_explained.sum() == pytest.approx(1.0)
    assert (np.diff(result.proportion_explained) <= 0).all()


def test_pcoa_of_euclidean_distances_is_pca() -> None:
    values = np.random.default_rng(3).normal(size=(15, 4))
    by_distance, _, _ = module._pcoa(squareform(pdist(values)), 4)
    np.testing.assert_allclose(by_distance, module._pca(values, 4)[0], atol=1e-9)


@pytest.mark.parametrize("method", ["cosine", "bray-curtis"])
def test_pcoa_is_that_of_scikit_bio(embedding: mbembed.Embedding, method: str) -> None:
    from skbio import DistanceMatrix
    from skbio.stats.ordination import OrdinationResults, pcoa

    square = distances.distances(embedding, np.arange(12), method)
    theirs = pcoa(DistanceMatrix(square, embedding.sample_ids), dimensions=12, warn_neg_eigval=False)
    ours = ordination(embedding, method, axes=4)
    assert isinstance(ours, OrdinationResults)
    np.testing.assert_allclose(ours.eigvals, theirs.eigvals[:4], rtol=1e-9)
    np.testing.assert_allclose(ours.proportion_explained, theirs.proportion_explained[:4], rtol=1e-9)
    np.testing.assert_allclose(np.abs(ours.samples), np.abs(theirs.samples.iloc[:, :4]), atol=1e-9)


def test_loadings_lead_from_vectors_to_axes(embedding: mbembed.Embedding) -> None:
    result = ordination(embedding, axes=4)
    centred = embedding.values - embedding.values.mean(axis=0)
    np.testing.assert_allclose(centred @ result.features.to_numpy(), result.samples.to_numpy(), atol=1e-4)
    assert list(result.features.index) == embedding.dimension_names
    assert ordination(embedding, "cosine").features is None


def test_umap_is_the_same_each_time(embedding: mbembed.Embedding) -> None:
    pytest.importorskip("umap")
    once, again = (ordination(embedding, "umap", axes=2) for _ in range(2))
    pd.testing.assert_frame_equal(once.samples, again.samples)
    assert once.proportion_explained.isna().all()


def test_umap_is_asked_for_by_its_extra(embedding: mbembed.Embedding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbembed.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"umap, skbio.*mbembed\[umap\]"):
        ordination(embedding, "umap")


def test_a_stored_embedding_has_no_table(embedding: mbembed.Embedding) -> None:
    stored = mbembed.StoredEmbedding(embedding.values, embedding.sample_ids)
    pd.testing.assert_frame_equal(ordination(stored).samples, ordination(embedding).samples)
    with pytest.raises(UsageError, match="vectors but no abundances"):
        ordination(stored, "aitchison")


def test_signs_and_names(embedding: mbembed.Embedding) -> None:
    frame = ordination(embedding).samples
    assert list(frame.columns[:2]) == ["Axis.1", "Axis.2"]
    assert list(frame.index) == embedding.sample_ids
    largest = frame.abs().to_numpy().argmax(axis=0)
    assert (frame.to_numpy()[largest, np.arange(frame.shape[1])] > 0).all()


@pytest.mark.parametrize("method", EXACT)
def test_samples_without_a_vector_are_left_out(method: str) -> None:
    values = table()
    values.loc["S03"] = 0.0
    embedding = mbembed.embed(values, units="percent", on_empty="nan")
    frame = ordination(embedding, method).samples
    assert "S03" not in frame.index
    assert np.isfinite(frame.to_numpy()).all()
    whole = ordination(mbembed.embed(table().drop(index="S03"), units="percent"), method).samples
    pd.testing.assert_frame_equal(frame, whole)


def test_refusals(embedding: mbembed.Embedding, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="method is 'nmds'"):
        ordination(embedding, "nmds")
    with pytest.raises(UsageError, match="the number of samples with a vector is 2"):
        ordination(mbembed.embed(table(2), units="percent"))
    same = pd.concat([table(1)] * 3)
    same.index = pd.Index(["a", "b", "c"])
    with pytest.raises(UsageError, match="all samples are the same"):
        ordination(mbembed.embed(same, units="percent"))
    monkeypatch.setattr(distances, "MOST_COMPARED", 5)
    with pytest.raises(UsageError, match="too many to compare each with each"):
        ordination(embedding, "cosine")


def test_many_samples_keep_the_most_prevalent_taxa(
    embedding: mbembed.Embedding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MANY_SAMPLES", 5)
    monkeypatch.setattr(module, "AITCHISON_TAXA", 10)
    assert ordination(embedding, "aitchison").samples.shape[0] == 12
    assert module._fractions(embedding, np.arange(12)).shape == (12, 10)
