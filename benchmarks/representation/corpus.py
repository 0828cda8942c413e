"""The labelled corpus: one table of species, and what is known of each sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mbembed.errors import TableError, UsageError
from mbembed.tables import read_table

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    from numpy.typing import NDArray

    from mbembed.tables.profile import Profile

__all__ = ["LabelledCorpus", "read_corpus"]

#: Files of a corpus folder.
PROFILES, METADATA = "profiles.biom", "metadata.tsv"
#: Columns of the metadata: ids, groups, people, and the labels of the tasks.
SAMPLE, STUDY, SUBJECT = "sample", "study", "subject"
COLUMNS = (SAMPLE, STUDY, SUBJECT, "condition", "age", "bmi", "sex")


@dataclass(frozen=True, eq=False)
class LabelledCorpus:
    """A table and its metadata, row by row.

    Attributes
    ----------
    profile : Profile
    metadata : DataFrame of shape (n_samples, n_columns)
        Text, in the order of the profile's samples; empty where nothing is stated.
    """

    profile: Profile
    metadata: pl.DataFrame

    def column(self, name: str) -> NDArray[np.str_]:
        """Return a metadata column as text; shape (n_samples,)."""
        return self.metadata[name].to_numpy().astype(np.str_)

    def rows_of(self, studies: Collection[str]) -> NDArray[np.intp]:
        """Return the rows of the samples of some studies."""
        return np.flatnonzero(np.isin(self.column(STUDY), list(studies)))

    def people(self) -> NDArray[np.str_]:
        """Return the person of each sample; empty where it is not known.

        Persons are told apart within their study only: ids such as ``1`` stand in several.
        """
        known = zip(self.column(STUDY), self.column(SUBJECT), strict=True)
        return np.array([f"{study} {subject}" if subject else "" for study, subject in known])

    def groups(self) -> dict[str, str]:
        """Return the study of each sample, by its id."""
        return dict(zip(self.profile.sample_ids, self.column(STUDY).tolist(), strict=True))


def read_corpus(folder: str | os.PathLike[str]) -> LabelledCorpus:
    """Read a corpus folder: ``profiles.biom`` and ``metadata.tsv``.

    Raises
    ------
    UsageError
        If a file cannot be read or the metadata lack a column.
    TableError
        If a sample has no metadata.
    """
    path = Path(folder) / METADATA
    try:
        metadata = pl.read_csv(path, separator="\t", infer_schema=False, quote_char=None).fill_null("")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"{path} cannot be read ({error})",
            expected=f"a folder with {PROFILES} and {METADATA}",
            hint="python -m benchmarks.representation FOLDER",
        ) from error
    missing = [name for name in COLUMNS if name not in metadata.columns]
    if missing:
        raise UsageError(
            f"{path} has no column {', '.join(missing)}", expected=f"the columns {', '.join(COLUMNS)}", path=str(path)
        )
    profile = read_table(Path(folder) / PROFILES)
    ids = pl.DataFrame({SAMPLE: profile.sample_ids})
    without = ids.join(metadata, on=SAMPLE, how="anti")
    if without.height or metadata[SAMPLE].is_duplicated().any():
        raise TableError(
            f"{without.height} samples of {PROFILES} are not in {METADATA}"
            if without.height
            else f"{METADATA} has several lines for one sample",
            expected="one line of metadata for every sample",
            path=str(path),
        )
    return LabelledCorpus(profile, ids.join(metadata.select(COLUMNS), on=SAMPLE, how="left", maintain_order="left"))
