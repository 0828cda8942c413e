"""What a reader hands over: the table as the file says it, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mbembed.tables.profile import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.blocks import SampleBlocks

__all__ = ["TAXA_IN_ROWS", "RawTable", "ReadOptions"]

#: What readers of dialects with one layout say.
TAXA_IN_ROWS = Decision("orientation", "taxa-in-rows", "fixed by the dialect")


@dataclass(frozen=True)
class ReadOptions:
    """What the user said about a table; ``None`` means "decide from the content".

    Attributes
    ----------
    format : str, optional
        Name of a dialect.
    orientation : {"samples-in-rows", "taxa-in-rows"}, optional
    units : {"fraction", "percent", "counts"}, optional
    rank : str, optional
        Rank to take from a table of all ranks (``species``, ``strain``, …).
    missing : {"error", "zero"}
        What an empty cell or ``NA`` among the numbers means.
    taxonomy : mapping of str to str, optional
        Feature id → lineage, from a file beside the table.
    """

    format: str | None = None
    orientation: str | None = None
    units: str | None = None
    rank: str | None = None
    missing: str = "error"
    taxonomy: Mapping[str, str] | None = None


@dataclass
class RawTable:
    """A table as a reader found it: all rows, the file's own unit, samples first.

    Attributes
    ----------
    values : ndarray, csr_array or SampleBlocks of shape (n_samples, n_labels)
        float64; in a file still, where the format lets samples be read block by block.
    sample_ids : sequence of str
    labels : sequence of str
        The text that names each taxon in the file: a lineage, a name or an id.
    dialect : str
    lineages : sequence of tuple of str, optional
        Ranks of each taxon where the file has them apart from the label
        (BIOM ``taxonomy``, a phyloseq ``tax_table``).
    taxids : sequence of str, optional
        NCBI Taxonomy ids.
    unit : str, optional
        Where the dialect fixes it (MetaPhlAn: percent).
    decisions, warnings
        What the reader already decided, passed on to the profile.
    sample_metadata : DataFrame, optional
    """

    values: NDArray[np.float64] | csr_array | SampleBlocks
    sample_ids: Sequence[str]
    labels: Sequence[str]
    dialect: str
    lineages: Sequence[tuple[str, ...]] | None = None
    taxids: Sequence[str] | None = None
    unit: str | None = None
    decisions: list[Decision] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    sample_metadata: pd.DataFrame | None = None
