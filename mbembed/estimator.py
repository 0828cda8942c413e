"""The embedding as a scikit-learn transformer (extra ``sklearn``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.extras import require_extra

require_extra("sklearn", "mbembed.Embedder")

import numpy as np  # noqa: E402 - this and what follows: after the check of the extra
from sklearn.base import BaseEstimator, TransformerMixin  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402

from mbembed.errors import TableError  # noqa: E402
from mbembed.match import match_profile, require_match  # noqa: E402
from mbembed.models.store import load_model  # noqa: E402
from mbembed.pipeline import embed  # noqa: E402
from mbembed.tables import read_table  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Embedder"]


class Embedder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Embed samples inside a scikit-learn pipeline.

    The model is fixed: ``fit`` learns nothing from the data, so that no information leaks
    from test samples in cross-validation.

    Parameters
    ----------
    model : str or path-like, optional
        Name or folder of the model; default: the one that travels with mbembed.
    units : {"fraction", "percent", "counts"}, optional
        Unit of the table. Give it when tables are small: a unit that is decided from the
        content of a fold could differ between folds.
    closure : {"input", "classified", "matched"}, optional
    names : {"resolve", "strict", "exact"}

    Attributes
    ----------
    n_features_in_ : int
        Number of taxa seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names.
    unit_ : str
        Unit of the table seen in ``fit``; ``transform`` reads in the same one.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> X = pd.DataFrame([[0.7, 0.3], [0.2, 0.8]], columns=species[:2])
    >>> mbembed.Embedder().fit(X).transform(X).shape[0]
    2
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        units: str | None = None,
        closure: str | None = None,
        names: str = "resolve",
    ) -> None:
        self.model = model
        self.units = units
        self.closure = closure
        self.names = names

    def fit(self, X: pd.DataFrame, y: object = None) -> Embedder:  # noqa: ARG002, N803 - scikit-learn's signature
        """Check the table; nothing is learned.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_taxa)
            Samples in rows, species names as columns.
        y : ignored

        Returns
        -------
        Embedder
        """
        table = _as_table(X)
        profile = read_table(table, orientation="samples-in-rows", units=self.units)
        self.model_ = load_model(self.model)
        require_match(match_profile(profile, self.model_, closure=self.closure, names=self.names))
        self.unit_ = profile.unit
        self.feature_names_in_ = np.asarray(table.columns, dtype=object)
        self.n_features_in_ = table.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float32]:  # noqa: N803 - scikit-learn's signature
        """Embed samples.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_taxa)

        Returns
        -------
        ndarray of shape (n_samples, n_dimensions)
            float32. A row of missing values where nothing of a sample matches.
        """
        check_is_fitted(self)
        return embed(
            _as_table(X), self.model_, orientation="samples-in-rows", units=self.unit_, closure=self.closure,
            names=self.names, on_empty="nan",
        ).values  # fmt: skip

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:  # noqa: ARG002 - scikit-learn's signature
        """Return ``embedding_0``, ``embedding_1`` and so on."""
        check_is_fitted(self)
        return np.asarray([f"embedding_{i}" for i in range(self.model_.n_dimensions)], dtype=object)


def _as_table(X: object) -> pd.DataFrame:  # noqa: N803 - scikit-learn's signature
    import pandas as pd

    if not isinstance(X, pd.DataFrame):
        raise TableError(
            f"X is a {type(X).__name__}, which does not name its taxa",
            expected="a DataFrame with samples in rows and species names as columns",
            hint="pd.DataFrame(X, columns=species_names)",
        )
    return X
