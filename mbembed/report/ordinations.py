"""Ordination: samples as points of few axes, of the embedding or of the table behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import UsageError
from mbembed.extras import require_extra
from mbembed.report.distances import (
    abundances,
    centred_log_ratios,
    check_comparable,
    distances,
    gower_centred,
    rows_with_vector,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from skbio.stats.ordination import OrdinationResults

    from mbembed.embedding import Embedding
    from mbembed.stored import StoredEmbedding

__all__ = ["LEAST_SAMPLES", "METHODS", "ordination"]

#: Methods, in words for a figure.
METHODS = {
    "pca": "PCA of the embedding",
    "cosine": "PCoA of cosine distances between vectors",
    "bray-curtis": "PCoA of Bray–Curtis dissimilarities of the table",
    "aitchison": "PCA of the table's centred log-ratios (Aitchison)",
    "umap": "UMAP of the embedding (cosine distances)",
}
#: Two points always lie on one axis.
LEAST_SAMPLES = 3
#: Most taxa in an Aitchison ordination, the most prevalent: time grows with the cube.
AITCHISON_TAXA = 2_000
#: From this many samples on an Aitchison ordination is restricted to them.
MANY_SAMPLES = 2_000
#: Eigenvalues below this share of the largest are rounding errors (float64 has 16 digits; a product of matrices keeps some 12).
NEGLIGIBLE = 1e-12
#: Neighbours by which UMAP draws its graph: its own default (umap-learn), or fewer in a smaller table.
UMAP_NEIGHBOURS = 15
#: UMAP draws random numbers; with this seed it draws the same ones each time.
UMAP_SEED = 0


def ordination(embedding: Embedding | StoredEmbedding, method: str = "pca", *, axes: int = 10) -> OrdinationResults:
    """Place the samples of an embedding on few axes.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
        Samples without a vector are left out.
    method : {"pca", "cosine", "bray-curtis", "aitchison", "umap"}
        Of the vectors (``pca``, ``cosine``, ``umap``), or of the table behind them. PCA is exact, by the
        singular value decomposition; principal coordinates are those of Gower (1966). ``umap`` needs
        ``mbembed[umap]``.
    axes : int
        Most axes to return.

    Returns
    -------
    skbio.stats.ordination.OrdinationResults
        ``samples``: DataFrame of shape (n_samples, n_axes), index ``sample``, columns ``Axis.1`` and so
        on, the widest first; the sign of an axis is such that its largest value is positive.
        ``eigvals``: the sum of squares along each axis. ``proportion_explained``: its share of all
        variation, 0 to 1 (of the positive eigenvalues, where distances are not Euclidean).
        ``features``: for ``pca`` the loadings, DataFrame of shape (n_dimensions, n_axes), else None.
        No random numbers are used but by UMAP, which has no eigenvalues: those are NaN.

    Raises
    ------
    MissingExtraError
        If scikit-bio, or umap-learn for ``umap``, is not installed.
    UsageError
        If the method is unknown, fewer than three samples have a vector, all samples are
        equal, there are too many for a method that compares each with each, or the method is one
        of the table and there is no table.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[70, 30], [20, 80], [50, 50]], index=list("abc"), columns=species[:2])
    >>> result = mbembed.ordination(mbembed.embed(table, units="percent"))
    >>> result.samples.shape, bool(result.proportion_explained.iloc[0] > 0.5)
    ((3, 2), True)
    """
    if method not in METHODS:
        raise UsageError(
            f"the method is {method!r}", expected=f"one of {', '.join(METHODS)}", hint="method='pca'", method=method
        )
    require_extra("umap" if method == "umap" else "report", "an ordination")
    kept = rows_with_vector(embedding)
    if kept.size < LEAST_SAMPLES:
        raise UsageError(
            f"the number of samples with a vector is {kept.size}",
            expected=f"at least {LEAST_SAMPLES}",
            hint="a table of more samples",
        )
    values, loadings = embedding.values[kept].astype(np.float64), None
    if method == "umap":
        return _results(embedding, method, kept, _umap(values, axes), np.full(axes, np.nan), np.full(axes, np.nan))
    if method == "pca":
        coordinates, eigenvalues, shares = _pca(values, axes)
        # Of a decomposition X = U S V', the loadings V are X' (U S) / S².
        loadings = (values - values.mean(axis=0)).T @ coordinates / eigenvalues
    elif method == "aitchison":
        coordinates, eigenvalues, shares = _pca(centred_log_ratios(_fractions(embedding, kept)), axes)
    else:
        check_comparable(kept.size, method)
        coordinates, eigenvalues, shares = _pcoa(distances(embedding, kept, method), axes)
    if not eigenvalues.size:
        raise UsageError(
            "all samples are the same",
            expected="samples that differ",
            hint="mbembed inspect TABLE shows how it was read",
        )
    return _results(embedding, method, kept, coordinates, eigenvalues, shares, loadings)


def _results(
    embedding: Embedding | StoredEmbedding,
    method: str,
    kept: NDArray[np.intp],
    coordinates: NDArray[np.float64],
    eigenvalues: NDArray[np.float64],
    shares: NDArray[np.float64],
    loadings: NDArray[np.float64] | None = None,
) -> OrdinationResults:
    """Return the results in the form that scikit-bio has for them."""
    import pandas as pd
    from skbio.stats.ordination import OrdinationResults

    names = [f"Axis.{i + 1}" for i in range(coordinates.shape[1])]
    index = pd.Index([embedding.sample_ids[i] for i in kept.tolist()], name="sample")
    features = None
    if loadings is not None:
        features = pd.DataFrame(loadings, index=pd.Index(embedding.dimension_names), columns=names)
    return OrdinationResults(
        method,
        METHODS[method],
        pd.Series(eigenvalues, index=names),
        pd.DataFrame(coordinates, index=index, columns=names),
        features=features,
        proportion_explained=pd.Series(shares, index=names),
    )


def _umap(values: NDArray[np.float64], axes: int) -> NDArray[np.float64]:
    import umap

    neighbours = min(UMAP_NEIGHBOURS, len(values) - 1)
    # A random start: the spectral one fails for a handful of samples.
    reducer = umap.UMAP(
        n_neighbors=neighbours, n_components=axes, metric="cosine", random_state=UMAP_SEED, n_jobs=1, init="random"
    )
    return np.asarray(reducer.fit_transform(values), dtype=np.float64)


#: Coordinates, eigenvalues and their shares.
Axes = tuple["NDArray[np.float64]", "NDArray[np.float64]", "NDArray[np.float64]"]


def _pca(values: NDArray[np.float64], axes: int) -> Axes:
    """Decompose by singular values, through the smaller Gram matrix."""
    centred = values - values.mean(axis=0)
    by_column = values.shape[0] > values.shape[1]
    # Rounding: what centring leaves of equal rows is not variation.
    noise = NEGLIGIBLE * float((values**2).sum())
    eigenvalues, vectors = np.linalg.eigh(centred.T @ centred if by_column else centred @ centred.T)
    chosen, shares = _largest(eigenvalues, axes, noise)
    # By row the coordinates are the vectors at their lengths; by column the samples lie along the vectors.
    coordinates = centred @ vectors[:, chosen] if by_column else vectors[:, chosen] * np.sqrt(eigenvalues[chosen])
    return _fix_signs(coordinates), eigenvalues[chosen], shares


def _pcoa(square: NDArray[np.float64], axes: int) -> Axes:
    """Decompose distances (Gower 1966); shares are of the positive eigenvalues.

    As ``skbio.stats.ordination.pcoa``, which takes eigenvalues below 1e-8 for zero whatever the unit: those of
    the cosine distances of alike samples are smaller.
    """
    eigenvalues, vectors = np.linalg.eigh(gower_centred(square))
    chosen, shares = _largest(eigenvalues, axes, NEGLIGIBLE)
    return _fix_signs(vectors[:, chosen] * np.sqrt(eigenvalues[chosen])), eigenvalues[chosen], shares


def _largest(eigenvalues: NDArray[np.float64], axes: int, noise: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    positive = np.flatnonzero(eigenvalues > max(noise, NEGLIGIBLE * float(np.abs(eigenvalues).max())))
    chosen = positive[::-1][:axes]  # eigh sorts upwards
    return chosen, eigenvalues[chosen] / (eigenvalues[positive].sum() or 1.0)


def _fix_signs(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = np.abs(coordinates).argmax(axis=0)
    signs = np.sign(coordinates[largest, np.arange(coordinates.shape[1])])
    return np.asarray(coordinates * np.where(signs == 0, 1.0, signs))


def _fractions(embedding: Embedding | StoredEmbedding, kept: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return relative abundances, of many samples only those of the most prevalent taxa."""
    fractions = abundances(embedding, kept)
    if kept.size > MANY_SAMPLES and fractions.shape[1] > AITCHISON_TAXA:
        prevalence = np.diff(fractions.tocsc().indptr)
        fractions = fractions[:, np.sort(np.argsort(-prevalence, kind="stable")[:AITCHISON_TAXA])]
    return np.asarray(fractions.toarray())
