"""Nearest neighbours: for each sample the samples that are most like it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mbembed.errors import UsageError
from mbembed.words import count, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["MEASURES", "NEAR_DUPLICATE", "neighbours"]

#: How alike two samples are: the cosine of their vectors, or their Euclidean distance with a minus.
MEASURES = ("cosine", "euclidean")
#: Two samples whose squared distance is at most this share of the mean squared distance of all samples are nearly
#: the same (no unit). For centred vectors of equal length that is a cosine of 0.999.
NEAR_DUPLICATE = 0.001
#: Similarities that are held at once (numbers): 64 MiB of float32.
BLOCK_NUMBERS = 16 * 1024 * 1024
#: Pairs that a warning names.
SHOWN = 5


class Vectors(Protocol):
    """Anything with vectors and ids: an embedding, or one that was read from a file."""

    @property
    def values(self) -> NDArray[np.float32]:
        """Shape (n_samples, n_dimensions)."""

    @property
    def sample_ids(self) -> list[str]:
        """One per row."""


def neighbours(embedding: Vectors, k: int = 5, *, measure: str = "cosine") -> pd.DataFrame:
    """Return for each sample its most similar samples in the same table.

    Parameters
    ----------
    embedding : Embedding or StoredEmbedding
        Samples without a vector are left out.
    k : int
        Neighbours per sample; fewer if there are not as many other samples.
    measure : {"cosine", "euclidean"}

    Returns
    -------
    DataFrame of shape (n_samples * k, 4)
        ``sample``, ``neighbour``, ``rank`` (from 1), ``similarity`` (cosine: up to 1; Euclidean: the distance with a minus, up to
        0). In the order of the samples; equally similar ones in that order too. The time grows with the square
        of the samples, the memory does not.

    Raises
    ------
    UsageError
        If ``k`` or ``measure`` is impossible, or there are fewer than two samples.

    Warns
    -----
    UserWarning
        If samples are nearly the same: one person, or one file twice.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> table = pd.DataFrame([[99, 1, 0], [60, 40, 0], [0, 10, 90]], index=list("abc"), columns=species[:3])
    >>> mbembed.neighbours(mbembed.embed(table, units="percent"), k=1)[["sample", "neighbour"]].to_numpy().tolist()
    [['a', 'b'], ['b', 'a'], ['c', 'b']]
    """
    import pandas as pd

    if measure not in MEASURES:
        raise UsageError(f"measure is {measure!r}", expected=f"one of {', '.join(MEASURES)}", hint="--measure cosine")
    if k < 1:
        raise UsageError(f"k is {k}", expected="at least one neighbour", hint="--k 5")
    kept = np.flatnonzero(np.isfinite(embedding.values).all(axis=1))
    if len(kept) < 2:
        raise UsageError(
            f"{count(len(kept), 'sample')} with a vector", expected="at least two", hint="a table of more samples"
        )
    vectors = embedding.values[kept].astype(np.float64)
    ids = np.array(embedding.sample_ids, dtype=object)[kept]
    k = min(k, len(kept) - 1)
    places, found = zip(*_blocks(vectors, k, measure), strict=True)
    place, similarity = np.concatenate(places), np.concatenate(found)
    alike = _near_duplicates(vectors, place[:, 0])
    if len(alike):
        pairs = [f"{ids[i]} and {ids[place[i, 0]]}" for i in alike.tolist()]
        warnings.warn(
            f"{count(len(alike), 'pair')} of samples have nearly the same vector: {some(pairs, SHOWN)}; "
            "the same person, or the same file twice?",
            stacklevel=2,
        )
    return pd.DataFrame(
        {
            "sample": np.repeat(ids, k),
            "neighbour": ids[place.ravel()],
            "rank": np.tile(np.arange(1, k + 1), len(kept)),
            "similarity": similarity.ravel(),
        }
    )


def _blocks(
    vectors: NDArray[np.float64], k: int, measure: str
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Yield for blocks of samples the places and similarities of their neighbours, the nearest first."""
    prepared = _prepared(vectors, measure)
    others = prepared.astype(np.float32)
    # Found in float32, then measured in float64: a few more are taken along, so that rounding hides none.
    wide = min(2 * k + 8, len(vectors) - 1)
    size = max(1, BLOCK_NUMBERS // len(vectors))
    lengths = np.einsum("ij,ij->i", others, others)
    for start in range(0, len(vectors), size):
        rows = np.arange(start, min(start + size, len(vectors)))
        similar = others[rows] @ others.T
        if measure == "euclidean":
            similar = 2 * similar - lengths[None, :]
        similar[np.arange(len(rows)), rows] = -np.inf
        near = (
            np.argpartition(-similar, wide - 1, axis=1)[:, :wide] if wide < len(vectors) - 1 else _all_others(similar)
        )
        near.sort(axis=1)
        exact = _exact(prepared, rows, near, measure)
        order = np.argsort(-exact, axis=1, kind="stable")[:, :k]
        yield np.take_along_axis(near, order, axis=1), np.take_along_axis(exact, order, axis=1)


def _all_others(similar: NDArray[np.float32]) -> NDArray[np.intp]:
    return np.argsort(-similar, axis=1)[:, :-1]  # the sample itself is the last


def _prepared(vectors: NDArray[np.float64], measure: str) -> NDArray[np.float64]:
    if measure == "euclidean":
        return np.asarray(vectors - vectors.mean(axis=0))  # distances stay, and lose fewer digits
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float64).tiny))


def _exact(
    prepared: NDArray[np.float64], rows: NDArray[np.intp], near: NDArray[np.intp], measure: str
) -> NDArray[np.float64]:
    result = np.empty(near.shape)
    for i, row in enumerate(rows.tolist()):
        others, own = prepared[near[i]], prepared[row]
        result[i] = others @ own if measure == "cosine" else -np.linalg.norm(others - own, axis=1)
    return result


def _near_duplicates(vectors: NDArray[np.float64], nearest: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the samples whose nearest one is nearly the same, once for each pair."""
    spread = 2 * float(vectors.var(axis=0, ddof=1).sum())
    distances = ((vectors - vectors[nearest]) ** 2).sum(axis=1)
    rows = np.flatnonzero(distances <= NEAR_DUPLICATE * spread)
    return np.array([i for i in rows if not (nearest[nearest[i]] == i and nearest[i] < i)], dtype=np.intp)
