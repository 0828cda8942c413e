"""Ordination: samples as points of few axes, of the embedding or of the table behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.embedding import Embedding

__all__ = ["LEAST_SAMPLES", "METHODS", "PCOA_SAMPLES", "PSEUDOCOUNT", "Ordination", "ordination"]

#: Methods, in words for a figure.
METHODS = {
    "pca": "PCA of the embedding",
    "cosine": "PCoA of cosine distances between vectors",
    "bray-curtis": "PCoA of Bray–Curtis dissimilarities of the table",
    "aitchison": "PCA of the table's centred log-ratios (Aitchison)",
}
#: Two points always lie on one axis.
LEAST_SAMPLES = 3
#: Most samples whose distances are all computed: time grows with the cube; 2,000 take some five seconds on two cores.
PCOA_SAMPLES = 2_000
#: Most taxa in an Aitchison ordination, the most prevalent: time grows with the cube.
AITCHISON_TAXA = 2_000
#: Added to every abundance before a logarithm (fraction of the classified part): about the detection limit of ten million reads.
PSEUDOCOUNT = 1e-5
#: Eigenvalues below this share of the largest are rounding errors (float64 has 16 digits; a product of matrices keeps some 12).
NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class Ordination:
    """Samples on axes.

    Attributes
    ----------
    method : str
        A key of ``METHODS``.
    coordinates : DataFrame of shape (n_samples, n_axes)
        Index: ``sample``; columns ``Axis.1`` and so on, the widest first. The sign of an axis
        is chosen so that its largest value is positive.
    explained : ndarray of shape (n_axes,)
        Share of the whole variation along each axis, 0 to 1.
    """

    method: str
    coordinates: pd.DataFrame
    explained: NDArray[np.float64]


def ordination(embedding: Embedding, method: str = "pca", *, axes: int = 10) -> Ordination:
    """Place the samples of an embedding on few axes.

    Parameters
    ----------
    embedding : Embedding
        Samples without a vector are left out.
    method : {"pca", "cosine", "bray-curtis", "aitchison"}
        Of the vectors (``pca``, ``cosine``), or of the table behind them.
    axes : int
        Most axes to return.

    Returns
    -------
    Ordination
        Exact: no random numbers are used.

    Raises
    ------
    UsageError
        If the method is unknown, fewer than three samples have a vector, all samples are
        equal, or there are too many for a method that compares each with each.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[70, 30], [20, 80], [50, 50]], index=list("abc"), columns=species[:2])
    >>> result = mbembed.ordination(mbembed.embed(table, units="percent"))
    >>> result.coordinates.shape, bool(result.explained[0] > result.explained[1])
    ((3, 2), True)
    """
    import pandas as pd

    if method not in METHODS:
        raise UsageError(
            f"the method is {method!r}", expected=f"one of {', '.join(METHODS)}", hint="method='pca'", method=method
        )
    kept = np.flatnonzero(np.isfinite(embedding.values).all(axis=1))
    if kept.size < LEAST_SAMPLES:
        raise UsageError(
            f"the number of samples with a vector is {kept.size}",
            expected=f"at least {LEAST_SAMPLES}",
            hint="a table of more samples",
        )
    if method in ("cosine", "bray-curtis") and kept.size > PCOA_SAMPLES:
        raise UsageError(
            f"{kept.size:,} samples are too many to compare each with each",
            expected=f"at most {PCOA_SAMPLES:,} for method {method!r}",
            hint="method='pca' for the embedding, 'aitchison' for the table",
        )
    if method == "pca":
        coordinates, explained = _pca(embedding.values[kept].astype(np.float64), axes)
    elif method == "cosine":
        coordinates, explained = _pcoa(_cosine(embedding.values[kept].astype(np.float64)), axes)
    elif method == "bray-curtis":
        coordinates, explained = _pcoa(_bray_curtis(_fractions(embedding, kept)), axes)
    else:
        coordinates, explained = _pca(_centred_log_ratios(_fractions(embedding, kept)), axes)
    if not explained.size:
        raise UsageError(
            "all samples are the same",
            expected="samples that differ",
            hint="mbembed inspect TABLE shows how it was read",
        )
    index = pd.Index([embedding.sample_ids[i] for i in kept.tolist()], name="sample")
    names = [f"Axis.{i + 1}" for i in range(coordinates.shape[1])]
    return Ordination(method, pd.DataFrame(coordinates, index=index, columns=names), explained)


def _pca(values: NDArray[np.float64], axes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coordinates and explained shares: the singular value decomposition by the smaller Gram matrix."""
    centred = values - values.mean(axis=0)
    by_column = values.shape[0] > values.shape[1]
    # Rounding: what centring leaves of equal rows is not variation.
    noise = NEGLIGIBLE * float((values**2).sum())
    eigenvalues, vectors = np.linalg.eigh(centred.T @ centred if by_column else centred @ centred.T)
    chosen, explained = _largest(eigenvalues, axes, noise)
    # By row the coordinates are the vectors at their lengths; by column the samples lie along the vectors.
    coordinates = centred @ vectors[:, chosen] if by_column else vectors[:, chosen] * np.sqrt(eigenvalues[chosen])
    return _fix_signs(coordinates), explained


def _pcoa(distances: NDArray[np.float64], axes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coordinates and explained shares (Gower 1966); shares are of the positive eigenvalues."""
    squared = -0.5 * distances**2
    squared -= squared.mean(axis=0)
    squared -= squared.mean(axis=1, keepdims=True)
    eigenvalues, vectors = np.linalg.eigh(squared)
    chosen, explained = _largest(eigenvalues, axes, NEGLIGIBLE)
    return _fix_signs(vectors[:, chosen] * np.sqrt(eigenvalues[chosen])), explained


def _largest(eigenvalues: NDArray[np.float64], axes: int, noise: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    positive = np.flatnonzero(eigenvalues > max(noise, NEGLIGIBLE * float(np.abs(eigenvalues).max())))
    chosen = positive[::-1][:axes]  # eigh sorts upwards
    return chosen, eigenvalues[chosen] / (eigenvalues[positive].sum() or 1.0)


def _fix_signs(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = np.abs(coordinates).argmax(axis=0)
    signs = np.sign(coordinates[largest, np.arange(coordinates.shape[1])])
    return np.asarray(coordinates * np.where(signs == 0, 1.0, signs))


def _fractions(embedding: Embedding, kept: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return relative abundances of the samples' classified part; shape (n_kept, n_taxa present)."""
    profile = embedding.match.profile
    position = {sample: i for i, sample in enumerate(profile.sample_ids)}
    rows = np.array([position[embedding.sample_ids[i]] for i in kept.tolist()], dtype=np.intp)
    values = profile.values[rows]
    prevalence = np.bincount(values.indices, minlength=profile.n_taxa)
    order = np.argsort(-prevalence, kind="stable")[:AITCHISON_TAXA] if rows.size > PCOA_SAMPLES else slice(None)
    dense = np.asarray(values[:, order].toarray() if isinstance(order, np.ndarray) else values.toarray(), np.float64)
    total = profile.classified[rows]
    return dense / np.where(total > 0, total, 1.0)[:, None]


def _bray_curtis(fractions: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.spatial.distance import pdist, squareform

    # Of fractions that add up to 1 it is half of the city-block distance, which is defined for empty samples too.
    return np.asarray(squareform(pdist(fractions, "cityblock") / 2))


def _cosine(values: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit = values / np.where(lengths > 0, lengths, 1.0)
    return np.asarray(np.clip(1.0 - unit @ unit.T, 0.0, 2.0))


def _centred_log_ratios(fractions: NDArray[np.float64]) -> NDArray[np.float64]:
    logarithms = np.log(fractions + PSEUDOCOUNT)
    return np.asarray(logarithms - logarithms.mean(axis=1, keepdims=True))
