"""What BIOM 1.0 and 2.x have in common: metadata of any shape, and axes that may be swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import EmptyTableError
from mbembed.tables.blocks import whole
from mbembed.tables.lineages import axis_lineages, axis_taxids, taxa_lineages
from mbembed.tables.raw import RawTable
from mbembed.tables.sides import check_sides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.blocks import SampleBlocks
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["Axis", "biom_table"]

#: Metadata of one axis: key → one value per id.
Axis = dict[str, list[object]]


def biom_table(
    source: Source,
    options: ReadOptions,
    *,
    dialect: str,
    values: NDArray[np.float64] | csr_array | SampleBlocks,
    observations: tuple[Sequence[str], Axis],
    samples: tuple[Sequence[str], Axis],
) -> RawTable:
    """Put together what was read from a BIOM file.

    Parameters
    ----------
    source : Source
    options : ReadOptions
    dialect : str
    values : ndarray, csr_array or SampleBlocks of shape (n_samples, n_observations)
        float64.
    observations, samples : tuple of (ids, metadata)

    Returns
    -------
    RawTable

    Raises
    ------
    AxisError
        If the axes look swapped, see `mbembed.tables.sides.check_sides`.
    EmptyTableError
        If there are no samples or no observations.
    """
    if not (observations[0] and samples[0]):
        raise EmptyTableError(
            f"{source.path} is a BIOM file of {len(samples[0])} samples and {len(observations[0])} taxa",
            expected="at least one of each",
            hint="run the step that wrote it again, with a less strict filter",
            path=str(source.path),
        )
    decision = check_sides(
        source,
        options,
        what="a BIOM file",
        native="taxa-in-rows",
        taxa=observations[0],
        samples=samples[0],
        samples_have_lineages=axis_lineages(samples[1]) is not None,
    )
    if decision.value == "samples-in-rows":
        observations, samples = samples, observations
        values = values.T.copy() if isinstance(values, np.ndarray) else whole(values).T.tocsr()
    return RawTable(
        values=values,
        sample_ids=samples[0],
        labels=observations[0],
        dialect=dialect,
        lineages=taxa_lineages(observations[1], observations[0]),
        taxids=axis_taxids(observations[1]),
        decisions=[decision],
        sample_metadata=_frame(samples),
    )


def _frame(samples: tuple[Sequence[str], Mapping[str, list[object]]]) -> pd.DataFrame | None:
    if not samples[1]:
        return None
    import pandas as pd

    return pd.DataFrame(samples[1], index=pd.Index(list(samples[0]), name="sample"))
