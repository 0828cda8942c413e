"""Tables that are objects in memory: a DataFrame, a ``biom.Table``, a table of R."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import AxisError, CellError, UsageError
from mbembed.tables.axis import ORIENTATIONS, find_orientation, looks_like_taxon
from mbembed.tables.labels import unmangle
from mbembed.tables.profile import Decision
from mbembed.tables.raw import RawTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mbembed.tables.raw import ReadOptions

__all__ = ["raw_from_object"]


def raw_from_object(table: Any, options: ReadOptions) -> RawTable:
    """Read an object in memory.

    Parameters
    ----------
    table : DataFrame, biom.Table or RTable
        A DataFrame has samples in rows and taxa as columns unless ``options.orientation``
        says otherwise. An RTable is what a running R hands over (`mbembed.bridge`).
    options : ReadOptions

    Returns
    -------
    RawTable

    Raises
    ------
    UsageError
        If it is none of these.
    AxisError
        If a DataFrame stands the other way round.
    CellError
        If a column holds text.
    """
    root = type(table).__module__.partition(".")[0]
    if root == "pandas" and hasattr(table, "columns"):
        return _from_frame(table, options)
    if root == "biom" and hasattr(table, "matrix_data"):
        return _from_biom(table)
    if root == "mbembed":
        from mbembed.tables.readers.rdata import raw_table
        from mbembed.tables.rformat.rtables import RTable

        if isinstance(table, RTable):
            return raw_table(table, options)
    raise UsageError(
        f"a table of type {type(table).__name__} cannot be read",
        expected="a path, a DataFrame (samples in rows), a biom.Table or a Profile",
        hint="pd.DataFrame(values, index=sample_ids, columns=species_names)",
    )


def _from_frame(frame: pd.DataFrame, options: ReadOptions) -> RawTable:
    rows, columns = [str(name) for name in frame.index], [str(name) for name in frame.columns]
    orientation = Decision("orientation", ORIENTATIONS[0], "a DataFrame has samples in rows")
    if options.orientation is not None:
        orientation = find_orientation(rows, columns, options.orientation)
    elif _taxa(rows) and not _taxa(columns):
        raise AxisError(
            f"the rows of the DataFrame are named like taxa ({rows[0]}, …), its columns are not ({columns[0]}, …)"
            if columns
            else "the DataFrame has no columns",
            expected="samples in rows, taxa as columns",
            hint='orientation="taxa-in-rows", or pass frame.T',
        )
    values = np.empty(frame.shape)
    for i, (name, column) in enumerate(frame.items()):
        try:
            values[:, i] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise CellError(
                f"column '{name}' of the DataFrame holds something else than numbers ({error})",
                expected="numbers in every column",
                hint="move the sample ids to the index (frame.set_index), and leave out metadata columns",
                column=str(name),
            ) from error
    samples, taxa = rows, columns
    if orientation.value == ORIENTATIONS[1]:
        samples, taxa, values = columns, rows, values.T
    return RawTable(
        values=values,
        sample_ids=samples,
        labels=taxa,
        dialect="dataframe",
        lineages=unmangle(taxa),
        decisions=[orientation],
    )


def _taxa(names: Sequence[str]) -> bool:
    return any(map(looks_like_taxon, names))


def _from_biom(table: Any) -> RawTable:
    from mbembed.tables.lineages import LINEAGE_KEYS, lineage_of

    lineages = []
    for metadata in table.metadata(axis="observation") or ():
        found = {str(key).lower(): value for key, value in (metadata or {}).items()}
        lineages.append(lineage_of(next((found[key] for key in LINEAGE_KEYS if key in found), None)))
    return RawTable(
        values=table.matrix_data.T.tocsr(),
        sample_ids=[str(name) for name in table.ids(axis="sample")],
        labels=[str(name) for name in table.ids(axis="observation")],
        dialect="biom",
        lineages=lineages if any(lineages) else None,
        decisions=[Decision("orientation", "taxa-in-rows", "fixed by biom.Table: observations are taxa")],
    )
