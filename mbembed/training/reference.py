"""The map of the training samples: two axes, a coarse histogram, means of large groups; never a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["MIN_IN_CELL", "MIN_IN_GROUP", "reference_map"]

#: Cells of the histogram along each axis.
N_CELLS = 32
#: Share of the samples that the histogram leaves out at each end of each axis, so that a few do not stretch it.
OUTSIDE = 0.001
#: Fewer samples than this in a cell are not told.
MIN_IN_CELL = 5
#: Fewer samples than this are no group.
MIN_IN_GROUP = 50


def reference_map(
    values: NDArray[np.float64], columns: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Describe where samples lie on their first two principal axes.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
        Embeddings.
    columns : mapping of str to sequence of str
        Metadata column → text of each sample; an empty text is nothing known.

    Returns
    -------
    entry : dict
        ``groups``: name and number of samples of each, for ``config.json``.
    tensors : dict of str to ndarray
        ``reference_…``.
    """
    centred = values - values.mean(axis=0)
    variance, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    axes, explained = directions[:, :-3:-1], variance[:-3:-1] / variance.sum()
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(2)])
    places = centred @ axes
    low, high = np.quantile(places, [OUTSIDE, 1 - OUTSIDE], axis=0)
    x_edges, y_edges = np.linspace(low, high, N_CELLS + 1).T
    counts = np.histogram2d(places[:, 1], places[:, 0], bins=(y_edges, x_edges))[0].astype(np.uint32)
    counts[counts < MIN_IN_CELL] = 0
    groups, centroids = [], []
    for column, texts in columns.items():
        known = np.asarray(texts, dtype=object)
        for value in sorted(set(texts) - {""}):
            own = known == value
            if own.sum() >= MIN_IN_GROUP:
                groups.append({"name": f"{column}: {value}", "n_samples": int(own.sum())})
                centroids.append(places[own].mean(axis=0))
    arrays = {"axes": axes, "explained": explained, "x_edges": x_edges, "y_edges": y_edges}
    tensors: dict[str, NDArray[Any]] = {f"reference_{name}": array.astype(np.float32) for name, array in arrays.items()}
    tensors["reference_counts"] = counts
    tensors["reference_centroids"] = np.array(centroids, dtype=np.float32).reshape(-1, 2)
    return {"groups": groups}, tensors
