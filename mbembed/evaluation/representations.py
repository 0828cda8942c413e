"""Representations: what a head is given, and what of it is learnt from the training part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mbembed.tables.profile import Profile

__all__ = ["KINDS", "RAW", "Representation", "fractions_of", "from_vectors", "joined", "pca", "raw"]

#: Kinds of representation.
KINDS = ("raw", "pca", "model", "joined")
#: Raw representations.
RAW = ("log", "clr", "presence")
#: Floor of ``log`` (fraction): as in the published preprocessing (Zahavi et al. 2025).
LOG_FLOOR = 1e-4
#: Pseudo-count of ``clr`` (fraction): below the smallest abundances that profilers report (1e-5), so that
#: an absent species stands apart from a rare one.
CLR_PSEUDO = 1e-6
#: What counts as present (fraction): one read in 100,000, below which detections are mostly noise.
PRESENT = 1e-5
#: A column of a raw representation is used if at least this share of the training part has the species …
MIN_PREVALENCE = 0.05
#: … and at least this many of its samples: a species of a single sample tells that sample apart, nothing else.
MIN_PRESENT = 2
#: Principal components: no more than this, nor than the training part allows.
MAX_COMPONENTS = 100


class SeenColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Keep the columns that stand above a floor in enough training samples.

    Parameters
    ----------
    floor : float
        Value of a species that is absent.
    """

    def __init__(self, floor: float) -> None:
        self.floor = floor

    def fit(self, X: NDArray[np.float64], y: object = None) -> Self:  # noqa: N803, ARG002 - names of scikit-learn
        """Choose the columns."""
        seen = (self.floor < X).sum(axis=0)
        kept = seen >= max(MIN_PRESENT, MIN_PREVALENCE * len(X))
        self.columns_ = np.flatnonzero(kept if kept.any() else seen >= 0)
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: N803
        """Return the chosen columns."""
        return np.asarray(X[:, self.columns_])


class UnitSpread(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Centre, and divide by one number so that all columns together have a variance of 1.

    A ridge penalty then means the same for 30 columns and for 2,000, and two blocks side by
    side weigh the same.
    """

    def fit(self, X: NDArray[np.float64], y: object = None) -> Self:  # noqa: N803, ARG002
        """Measure the spread of the training part."""
        self.mean_ = X.mean(axis=0)
        self.spread_ = float(np.sqrt(X.var(axis=0).sum())) or 1.0
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: N803
        """Return the scaled columns."""
        return np.asarray((X - self.mean_) / self.spread_)


class Components(PCA):  # type: ignore[misc]
    """PCA with as many components as the training part allows."""

    def fit_transform(self, X: NDArray[np.float64], y: object = None) -> NDArray[np.float64]:  # noqa: N803
        """Fit on the training part and return its components."""
        self.n_components = min(MAX_COMPONENTS, len(X) - 1, X.shape[1])
        return np.asarray(super().fit_transform(X, y))


@dataclass(frozen=True, eq=False)
class Representation:
    """One representation of all samples.

    Attributes
    ----------
    name : str
    kind : {"raw", "pca", "model", "joined"}
    words : str
        What it is, in half a sentence.
    values : ndarray of shape (n_samples, n_features)
        Each row computed from its own sample alone.
    preparation : callable
        Returns a new, unfitted scikit-learn transformer: everything that is learnt from the
        training part (columns, means, spreads, components).
    """

    name: str
    kind: str
    words: str
    values: NDArray[np.floating]
    preparation: Callable[[], Any]

    @property
    def n_features(self) -> int:
        """Number of columns before any is chosen."""
        return int(self.values.shape[1])


def from_vectors(
    name: str, values: NDArray[np.floating], *, kind: str = "model", words: str = "embedding"
) -> Representation:
    """Return vectors as a representation: standardised on the training part."""
    return Representation(name, kind, words, np.asarray(values), standardised)


def standardised() -> Any:
    """Return the preparation of vectors."""
    return make_pipeline(StandardScaler(), UnitSpread())


def fractions_of(profile: Profile) -> NDArray[np.float64]:
    """Return the abundances as fractions of the classified part; shape (n_samples, n_taxa)."""
    sums = profile.classified
    return np.asarray(profile.values.toarray() / np.where(sums > 0, sums, 1.0)[:, None])


def raw(fractions: NDArray[np.float64], names: Sequence[str] = RAW) -> dict[str, Representation]:
    """Return raw representations of abundances.

    Parameters
    ----------
    fractions : ndarray of shape (n_samples, n_taxa)
        Of the classified part.
    names : sequence of str
        Some of `RAW`.

    Returns
    -------
    dict of str to Representation
        ``log``: log10 with a floor of 1e-4. ``clr``: centred log-ratio of the columns that are
        used, after adding 1e-6. ``presence``: 1 above 1e-5, else 0.
    """
    makers: dict[str, Callable[[], Representation]] = {
        "log": lambda: Representation(
            "log",
            "raw",
            "log10 of the abundance, floor 1e-4",
            np.log10(np.maximum(fractions, LOG_FLOOR)).astype(np.float32),
            lambda: _raw_preparation(_above(np.log10(LOG_FLOOR)), centred=False),
        ),
        "clr": lambda: Representation(
            "clr",
            "raw",
            "centred log-ratio of the abundance, pseudo-count 1e-6",
            np.log(fractions + CLR_PSEUDO).astype(np.float32),
            lambda: _raw_preparation(_above(np.log(CLR_PSEUDO)), centred=True),
        ),
        "presence": lambda: Representation(
            "presence",
            "raw",
            "presence/absence, present above 1e-5",
            (fractions > PRESENT).astype(np.float32),
            lambda: _raw_preparation(0.5, centred=False),
        ),
    }
    return {name: makers[name]() for name in names}


def _above(floor: float) -> float:
    """Return a value between that of an absent species and any other one, safe from float32 rounding."""
    return float(floor) + 1e-5


def _raw_steps(floor: float, *, centred: bool) -> list[Any]:
    steps: list[Any] = [SeenColumns(floor)]
    return [*steps, FunctionTransformer(centre_rows)] if centred else steps


def _raw_preparation(floor: float, *, centred: bool) -> Any:
    return make_pipeline(*_raw_steps(floor, centred=centred), StandardScaler(), UnitSpread())


def centre_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Subtract from each sample its mean over the columns: logarithms become centred log-ratios."""
    return np.asarray(values - values.mean(axis=1, keepdims=True))


def pca(base: Representation) -> Representation:
    """Return the principal components of a raw representation, fitted on the training part.

    Columns are not standardised first, and components keep their spread: with fewer samples than
    columns, equal spreads would make every training set look alike.
    """
    preparation = base.preparation

    def prepare() -> Any:
        steps = [step for _, step in preparation().steps if not isinstance(step, StandardScaler | UnitSpread)]
        return make_pipeline(*steps, Components(random_state=0), UnitSpread())

    words = f"principal components of {base.name}, at most {MAX_COMPONENTS}"
    return Representation(f"pca({base.name})", "pca", words, base.values, prepare)


def joined(left: Representation, right: Representation) -> Representation:
    """Return two representations side by side, each as a block of the same total spread."""
    width = left.n_features

    def prepare() -> Any:
        return ColumnTransformer(
            [
                ("left", left.preparation(), slice(0, width)),
                ("right", right.preparation(), slice(width, None)),
            ]
        )

    values = np.hstack([left.values, right.values])
    words = f"{left.name} and {right.name} side by side, of equal weight"
    return Representation(f"{left.name}+{right.name}", "joined", words, values, prepare)


def as_representations(
    given: Mapping[str, Representation | NDArray[np.floating]] | Sequence[Representation],
) -> list[Representation]:
    """Return representations in order; bare arrays are taken for embeddings."""
    if not hasattr(given, "items"):
        return list(given)
    return [value if isinstance(value, Representation) else from_vectors(name, value) for name, value in given.items()]
