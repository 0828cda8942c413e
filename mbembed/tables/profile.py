"""The profile: samples × taxa as one table says them, before any model is involved."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mbembed.tables.blocks import BLOCK_ROWS, joined, row_sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.taxon_blocks import TaxonBlocks

__all__ = ["UNITS", "Decision", "Profile", "StreamedProfile", "Taxon"]

#: Units that a table can be in; the value is what one whole sample adds up to
#: (``None``: sequencing depth, different in every sample).
UNITS: Mapping[str, float | None] = {"fraction": 1.0, "percent": 100.0, "counts": None}


class Taxon(NamedTuple):
    """One taxon of a table.

    Attributes
    ----------
    source : str
        The text that stands in the file (``k__Bacteria|…|s__Blautia_wexlerae``).
    name : str
        The name at the chosen rank, rank prefix removed, ``_`` read as a blank where the
        dialect uses it so (``Blautia wexlerae``).
    lineage : tuple of str
        Ranks from domain down, each with its prefix; empty where the file has none.
    rank : str
        ``species``, ``strain``, …; empty where the file does not say.
    taxid : str
        NCBI Taxonomy id as text; empty where the file has none.
    """

    source: str
    name: str
    lineage: tuple[str, ...] = ()
    rank: str = ""
    taxid: str = ""

    @property
    def label(self) -> str:
        """Name for people: a strain or SGB with its species, where the lineage has one."""
        species = next((part[3:].replace("_", " ") for part in self.lineage if part.startswith("s__")), "")
        return f"{species} ({self.name})" if self.rank == "strain" and species else self.name


class Decision(NamedTuple):
    """One thing that was decided while reading, and why.

    Attributes
    ----------
    what : str
        The option of the same name on every surface (``format``, ``orientation``, ``units``, ``rank``, …).
    value : str
        What it was decided to be.
    reason : str
        How: ``given`` when the user said so, else the evidence in words.
    """

    what: str
    value: str
    reason: str


@dataclass(frozen=True, eq=False)
class Profile:
    """Samples × taxa, with everything that was decided on the way in.

    Attributes
    ----------
    values : csr_array of shape (n_samples, n_taxa)
        float64, in ``unit``; no explicit zeros; only the taxa of one rank.
    sample_ids : list of str
        Unique, in the order of the file. Ids are text: ``001`` stays ``001``.
    taxa : list of Taxon
        Unique sources, in the order of the file.
    unit : {"fraction", "percent", "counts"}
    dialect : str
        Name of the reader, for example ``metaphlan``.
    unclassified : ndarray of shape (n_samples,)
        Abundance that the profiler could not assign (``UNKNOWN``, ``UNCLASSIFIED``,
        ``unassigned``, ``-1``), in ``unit``. It is never a taxon.
    unclassified_labels : dict of str to ndarray of shape (n_samples,)
        The same, apart for each label as it stands in the file.
    decisions : list of Decision
    warnings : list of str
        Sentences for the user, each saying what was found and what was done.
    path : str
        Where the table came from; empty for an object in memory.
    sha256 : str
        Of the file's bytes; empty for an object in memory.
    merged : dict of str to int
        Taxa that stood more than once and were summed: name → number of rows.
    dropped : dict of str to int
        Rows left out because they repeat others at another rank: rank → number of rows.
    sample_metadata : DataFrame of shape (n_samples, …), optional
        Where the source carries it; index = ``sample_ids``.
    """

    values: csr_array
    sample_ids: list[str]
    taxa: list[Taxon]
    unit: str
    dialect: str
    unclassified: NDArray[np.float64]
    unclassified_labels: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    path: str = ""
    sha256: str = ""
    merged: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    sample_metadata: pd.DataFrame | None = None

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.sample_ids)

    @property
    def n_taxa(self) -> int:
        """Number of taxa at the chosen rank."""
        return len(self.taxa)

    @property
    def taxon_names(self) -> list[str]:
        """Names at the chosen rank, one per column of ``values``."""
        return [taxon.name for taxon in self.taxa]

    @cached_property
    def classified(self) -> NDArray[np.float64]:
        """Sum of the taxa of each sample, in ``unit``; shape (n_samples,)."""
        return row_sums(self.values)

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a DataFrame, samples in rows, taxon names as columns."""
        import pandas as pd

        return pd.DataFrame(
            self.values.toarray(), index=pd.Index(self.sample_ids, name="sample"), columns=self.taxon_names
        )

    def select_samples(self, indices: Sequence[int]) -> Profile:
        """Return the profile of some samples, in the order given."""
        rows = np.asarray(indices, dtype=np.intp)
        metadata = None if self.sample_metadata is None else self.sample_metadata.iloc[rows]
        chosen: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        chosen.update(
            values=self.values[rows],
            sample_ids=[self.sample_ids[i] for i in rows],
            unclassified=self.unclassified[rows],
            unclassified_labels={label: part[rows] for label, part in self.unclassified_labels.items()},
            sample_metadata=metadata,
        )
        return Profile(**chosen)

    def blocks(self, start: int = 0) -> Iterator[csr_array]:
        """Yield the values from the sample ``start`` on, block by block.

        Yields
        ------
        csr_array of shape (n_rows, n_taxa)
        """
        for first in range(start, self.n_samples, BLOCK_ROWS):
            yield self.values if self.n_samples <= BLOCK_ROWS and not first else self.values[first : first + BLOCK_ROWS]

    def to_summary(self) -> dict[str, object]:
        """Return what was read and decided, for the summary JSON."""
        return {
            "path": self.path,
            "sha256": self.sha256,
            "dialect": self.dialect,
            "samples": self.n_samples,
            "taxa": self.n_taxa,
            "units": self.unit,
            "decisions": [decision._asdict() for decision in self.decisions],
            "merged_taxa": self.merged,
            "rows_dropped_by_rank": self.dropped,
        }

    def __repr__(self) -> str:
        return f"<Profile: {self.n_samples} samples × {self.n_taxa} taxa, {self.unit}, from {self.dialect}>"


class StreamedProfile(Profile):
    """A profile whose values stay in its file.

    Parameters
    ----------
    rows : TaxonBlocks
        What reads them, block by block.
    classified : ndarray of shape (n_samples,)
        Sum of the taxa of each sample, as the first pass over the file found it.
    **facts
        All other fields of a `Profile`.
    """

    rows: TaxonBlocks

    def __init__(self, rows: TaxonBlocks, classified: NDArray[np.float64], **facts: Any) -> None:
        for name, value in facts.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "classified", classified)

    @cached_property
    def values(self) -> csr_array:
        """All values: asking for them reads the whole table into memory."""
        return joined(list(self.rows.blocks()), self.n_taxa)

    def blocks(self, start: int = 0) -> Iterator[csr_array]:
        """Yield the values from the sample ``start`` on, block by block, as they are read."""
        return self.rows.blocks(start)
