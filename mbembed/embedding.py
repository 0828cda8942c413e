"""The embedding: one vector per sample, with the match and the record of how it was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mbembed.outputs.summary import environment

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from anndata import AnnData
    from numpy.typing import NDArray

    from mbembed.match import Match

__all__ = ["CARRIED_SAMPLES", "Embedding", "run_summary"]

#: Most samples of which a file of vectors carries the counts: 10 MB of JSON, which every program that opens
#: a Parquet file reads first. ``--summary`` writes them of any number.
CARRIED_SAMPLES = 100_000


@dataclass(frozen=True, eq=False)
class Embedding:
    """Samples × dimensions.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_dimensions)
        float32; without unit. Rows are missing values only where that was asked for.
    sample_ids : list of str
        In the order of the table; samples that were left out are not among them.
    match : Match
        For all samples of the table, also those left out.
    left_out : dict of str to str
        Samples without a vector, and why.
    options : dict
        How it was matched and embedded.
    warnings : list of str
        Sentences for the user.
    """

    values: NDArray[np.float32]
    sample_ids: list[str]
    match: Match
    left_out: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

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
        """Column names of every output: ``embedding_0``, ``embedding_1`` and so on."""
        return [f"embedding_{i}" for i in range(self.n_dimensions)]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Every decision, version, hash and count: enough to repeat the run. Made on first use."""
        return self._summary()

    @property
    def carried_summary(self) -> dict[str, Any]:
        """The summary as a file of vectors carries it: of more than ``CARRIED_SAMPLES`` without the counts of each."""
        return self.summary if self.match.profile.n_samples <= CARRIED_SAMPLES else self._summary(per_sample=False)

    def _summary(self, *, per_sample: bool = True) -> dict[str, Any]:
        output = {"samples": self.n_samples, "dimensions": self.n_dimensions, "left_out": self.left_out}
        return run_summary(self.match, self.options, output, self.warnings, per_sample=per_sample)

    @property
    def sample_metadata(self) -> pd.DataFrame | None:
        """Metadata of the embedded samples, where the table carried any."""
        metadata = self.match.profile.sample_metadata
        return None if metadata is None else metadata.loc[self.sample_ids]

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame of shape (n_samples, n_dimensions); index ``sample``."""
        import pandas as pd

        return pd.DataFrame(self.values, index=pd.Index(self.sample_ids, name="sample"), columns=self.dimension_names)

    def to_anndata(self) -> AnnData:
        """Return an AnnData object: X = embedding, obs = samples (needs ``mbembed[anndata]``).

        Raises
        ------
        MissingExtraError
            If anndata is not installed.
        """
        from mbembed.outputs.writers import to_anndata

        return to_anndata(
            self.values,
            self.sample_ids,
            self.dimension_names,
            summary=self.summary,
            sample_metadata=self.sample_metadata,
        )

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write to a file; the suffix picks the format.

        Parameters
        ----------
        path : path-like
            ``.tsv``, ``.csv`` (also with ``.gz``), ``.parquet``, ``.npy``, ``.h5ad`` or ``.biom``.

        Raises
        ------
        UsageError
            If the suffix is none of these.
        OutputError
            If the file cannot be written.
        """
        from mbembed.outputs.writers import carries_summary, write_embedding

        write_embedding(
            path,
            self.values,
            self.sample_ids,
            self.dimension_names,
            summary=self.carried_summary if carries_summary(path) else None,
            sample_metadata=self.sample_metadata,
        )

    def report(
        self,
        path: str | os.PathLike[str],
        metadata: pd.DataFrame | str | os.PathLike[str] | None = None,
        *,
        color_by: str | Sequence[str] | None = None,
        batch: str | None = None,
        contrast: str | None = None,
    ) -> None:
        """Write a page to look at: verdict, match, map, range, study signal, provenance (needs ``mbembed[report]``).

        Parameters
        ----------
        path : path-like
            An HTML file.
        metadata : DataFrame or path-like, optional
            What is known of the samples; default: what the table itself carries.
        color_by : str or sequence of str, optional
            Columns of the metadata that colour the map, at most three; default: the first
            that tell samples apart.
        batch : str, optional
            Column that says in which study or batch a sample was measured; default: one that is called so.
        contrast : str, optional
            Column of two groups between which to say which taxa speak.

        Raises
        ------
        MissingExtraError
            If Jinja2, matplotlib or scikit-bio is not installed.
        UsageError
            If no id of the metadata is that of a sample, or a column does not exist.
        TableError
            If the metadata cannot be read.
        OutputError
            If the file cannot be written.
        """
        from mbembed.report import write_report

        write_report(path, self, metadata, color_by=color_by, batch=batch, contrast=contrast)

    def __repr__(self) -> str:
        return (
            f"<Embedding: {self.n_samples} samples × {self.n_dimensions} dimensions, model {self.match.model.name!r}>"
        )


def run_summary(
    match: Match,
    options: Mapping[str, Any],
    output: Mapping[str, Any],
    warnings: Sequence[str],
    *,
    per_sample: bool = True,
) -> dict[str, Any]:
    """Return every decision, version, hash and count of a run; with or without what is counted of each sample."""
    return {
        "input": match.profile.to_summary(),
        "model": match.model.to_summary(),
        "options": options,
        "match": match.to_summary(per_sample=per_sample),
        "output": output,
        "warnings": warnings,
        "environment": environment(),
    }
