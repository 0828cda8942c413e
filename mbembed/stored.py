"""An embedding that was read from a file: what is known of it, and how to learn the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import ModelError, UsageError
from mbembed.outputs.reading import read_content, read_summary

if TYPE_CHECKING:
    import os

    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.embedding import Embedding
    from mbembed.models.folder import Model

__all__ = ["StoredEmbedding", "read_embedding"]

#: How far a number may be from what the table gives (no unit): text has eight decimals, and other machines
#: or BLAS libraries differ by some 1e-6.
SAME = 1e-4
#: Options of an embedding that change its vectors.
MATCHING = ("closure", "names", "min_coverage", "on_empty")
#: Decisions on reading that the user can make, as the summary names them.
READING = ("format", "orientation", "units", "rank", "missing")


@dataclass(frozen=True, eq=False)
class StoredEmbedding:
    """An embedding that was read from a file.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
        float32; NaN in the rows of samples without a vector.
    sample_ids : list of str
    summary : dict
        As :attr:`mbembed.Embedding.summary`; empty if the file carries none and none was given.
    sample_metadata : DataFrame of shape (n_samples, n_columns), optional
        Where the file carries it.
    path : str
    """

    values: NDArray[np.float32]
    sample_ids: list[str]
    summary: dict[str, Any] = field(default_factory=dict)
    sample_metadata: pd.DataFrame | None = None
    path: str = ""

    @property
    def n_samples(self) -> int:
        """Number of samples with a row."""
        return len(self.sample_ids)

    @property
    def n_dimensions(self) -> int:
        """Length of each vector."""
        return int(self.values.shape[1])

    @property
    def dimension_names(self) -> list[str]:
        """Column names: ``embedding_0``, ``embedding_1`` and so on."""
        return [f"embedding_{i}" for i in range(self.n_dimensions)]

    @property
    def warnings(self) -> list[str]:
        """Warnings of the run that made it, as far as the summary is known."""
        return [str(text) for text in self.summary.get("warnings", [])]

    @cached_property
    def model(self) -> Model | None:
        """The model that made it, if the summary names one that is installed with the same weights."""
        from mbembed.models.store import load_model

        if "model" not in self.summary:
            return None
        try:
            model = load_model(self.summary["model"]["name"])
        except ModelError:
            return None
        return model if model.weights_sha256 == self.summary["model"]["weights_sha256"] else None

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame of shape (n_samples, n_dimensions); index ``sample``."""
        import pandas as pd

        return pd.DataFrame(self.values, index=pd.Index(self.sample_ids, name="sample"), columns=self.dimension_names)

    def with_table(self, table: object, model: str | os.PathLike[str] | None = None, **reading: Any) -> Embedding:
        """Return the embedding with the table that it was made of: everything is known again.

        The table is matched and embedded as the summary says, and the vectors are compared.

        Parameters
        ----------
        table : path-like, Profile, DataFrame or biom.Table
            As for :func:`mbembed.embed`.
        model : str or path-like, optional
            Default: the one that the summary names, else the model that travels with mbembed.
        **reading
            How the table is read, as in :func:`mbembed.read_table`; default: as it was.

        Returns
        -------
        Embedding

        Raises
        ------
        UsageError
            If the table gives other samples or other vectors.
        TableError, ModelError, NoMatchError
            As :func:`mbembed.embed` raises them.
        """
        from mbembed.pipeline import embed

        told = self.summary.get("options", {})
        given = {
            one["what"]: one["value"]
            for one in self.summary.get("input", {}).get("decisions", [])
            if one["what"] in READING and one["reason"] == "given"
        }
        asked = {name: value for name, value in reading.items() if value is not None}
        matching = {name: told[name] for name in MATCHING if name in told}
        chosen = model or self.summary.get("model", {}).get("name")
        made = embed(table, chosen, **{**given, **matching, **asked})
        self._check_same(made)
        return made

    def _check_same(self, made: Embedding) -> None:
        """Refuse a table that gives other samples or vectors."""
        name = made.match.profile.path or "the table"
        if made.sample_ids != self.sample_ids:
            ours, theirs = set(self.sample_ids), set(made.sample_ids)
            raise UsageError(
                f"{self.path} has {self.n_samples:,} samples, {name} gives {made.n_samples:,}; "
                f"{len(ours & theirs):,} of them are the same",
                expected="the table that the embedding was made of"
                + (
                    " (this file holds a part of its samples, --shard)"
                    if self.summary.get("options", {}).get("shard")
                    else ""
                ),
                hint="mbembed embed TABLE -o OUT --report report.html embeds and reports at once",
            )
        same = made.values.shape == self.values.shape and np.allclose(
            made.values, self.values, rtol=0.0, atol=SAME, equal_nan=True
        )
        if not same:
            how = "" if self.summary else "; how it was made is not known, so the defaults were taken"
            raise UsageError(
                f"{name} has the samples of {self.path}, but the model {made.match.model.name!r} gives other vectors{how}",
                expected="the table, the model and the options that the embedding was made with",
                hint="--summary run.json (of that run), or --model NAME",
            )

    def __repr__(self) -> str:
        name = self.summary.get("model", {}).get("name", "unknown")
        return f"<StoredEmbedding: {self.n_samples} samples × {self.n_dimensions} dimensions, model {name!r}>"


def read_embedding(
    path: str | os.PathLike[str], *, summary: dict[str, Any] | str | os.PathLike[str] | None = None
) -> StoredEmbedding:
    """Read an embedding that was written before.

    Parameters
    ----------
    path : path-like
        TSV or CSV (also gzip), Parquet, NPY with its ids beside it, AnnData or BIOM; the content decides.
    summary : dict or path-like, optional
        Of the run that made it; default: what the file itself carries (Parquet, AnnData, BIOM).

    Returns
    -------
    StoredEmbedding

    Raises
    ------
    TableError
        If the file is no embedding, or the summary none of an embedding.
    UsageError
        If the summary is that of another embedding.
    MissingExtraError
        If it is an AnnData file and anndata is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> import mbembed
    >>> species = mbembed.load_model().species
    >>> made = mbembed.embed(pd.DataFrame([[0.7, 0.3]], index=["001"], columns=species[:2]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "embeddings.parquet")
    ...     made.write(path)
    ...     stored = mbembed.read_embedding(path)
    >>> stored.sample_ids, bool((stored.values == made.values).all()), stored.summary["match"]["verdict"]
    (['001'], True, 'ok')
    """
    content = read_content(path)
    told: dict[str, Any] = dict(content.summary)
    if summary is not None:
        told = summary if isinstance(summary, dict) else read_summary(summary)
        shape = (told["output"]["samples"], told["output"]["dimensions"])
        if shape != content.values.shape:
            raise UsageError(
                f"the summary is of {shape[0]:,} samples of {shape[1]:,} numbers, {path} has "
                f"{len(content.sample_ids):,} of {content.values.shape[1]:,}",
                expected="the summary of the run that wrote this embedding",
                hint="--summary run.json",
            )
    return StoredEmbedding(content.values, list(content.sample_ids), told, content.sample_metadata, str(Path(path)))
