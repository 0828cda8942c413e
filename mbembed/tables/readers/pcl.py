"""PCL tables (metaml, LEfSe, MaAsLin, HUMAnN): rows of metadata stand between the header and the taxa.

The taxa begin with the first row that is named by a lineage (``k__…`` or ``d__…``).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import CellError, TableError
from mbembed.tables.cells import split_line
from mbembed.tables.claims import claim, require
from mbembed.tables.delimited import read_cells
from mbembed.tables.labels import lineage_from_label
from mbembed.tables.layout import Layout
from mbembed.tables.profile import Decision
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.signatures import TAXON_ROW
from mbembed.tables.text import TextFile
from mbembed.tables.units import FRACTION_MAX, PERCENT_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from scipy.sparse import csr_array

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "pcl"
TITLE = "PCL (metaml, LEfSe, MaAsLin): metadata rows above the taxa"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: Names of the row that holds the sample ids, lower case, best first.
ID_ROWS = ("sampleid", "sample_id", "sample id", "sample", "samples", "sample_name", "#sampleid", "id", "sid")
#: The row that tells apart equal sample ids of several studies (metaml).
STUDY_ROW = "dataset_name"


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a PCL table; its metadata rows become ``sample_metadata``.

    Parameters
    ----------
    source : Source
    options : ReadOptions

    Returns
    -------
    RawTable

    Raises
    ------
    DialectError
        If the file is of another dialect.
    TableError
        If no row of metadata can be the sample ids.
    CellError
        If a row of metadata has another number of cells than the taxa, or a cell holds no number.
    """
    require(source, DIALECT, expected="rows of metadata above rows that begin with k__ or d__")
    file = TextFile(source)
    path = str(source.path)
    above, first, number = _split(file)
    delimiter = "\t" if "\t" in first else ","
    width = len(split_line(first, delimiter))
    trailing = len(first) - len(first.rstrip(delimiter))
    rows = [[cell.strip() for cell in split_line(line, delimiter)] for _, line in above]
    for (at, _), row in zip(above, rows, strict=True):
        if len(row) < width - trailing:
            raise CellError(
                f"line {at} of {path} has {len(row)} cells, the first taxon (line {number}) {width}",
                expected="one value per sample in every row of metadata",
                hint="check this line for a missing delimiter",
                path=path,
                line=at,
                value=row[0],
            )
    rows = [row[: width - trailing] for row in rows]
    sample_ids, name = _sample_ids(rows, path)
    layout = Layout(delimiter, ".", ["", *sample_ids], number - 1, frozenset(), trailing)
    cells = read_cells(file, layout, missing=options.missing)
    return RawTable(
        values=cells.values.T.tocsr(),
        sample_ids=sample_ids,
        labels=cells.labels,
        dialect=DIALECT,
        lineages=[lineage_from_label(label) for label in cells.labels],
        unit=_unit(cells.values),
        decisions=[
            TAXA_IN_ROWS,
            Decision("sample_id", name, f"row of this name; {len(rows)} rows above the taxa in line {number}"),
        ],
        warnings=[*file.warnings, *cells.notes],
        sample_metadata=_metadata(rows, sample_ids),
    )


def _unit(values: csr_array) -> str | None:
    """Say percent where a value shows that it is no fraction; a filtered table need not add up to 100."""
    fractions = not values.nnz or values.data.max() <= FRACTION_MAX
    whole = np.array_equal(values.data, np.rint(values.data))
    return None if fractions or whole or values.data.max() > PERCENT_MAX else "percent"


def _split(file: TextFile) -> tuple[list[tuple[int, str]], str, int]:
    """Return the lines above the first taxon with their numbers, its line, and the number of that."""
    above: list[tuple[int, str]] = []
    for start, block in file.blocks():
        for number, raw in enumerate(block, start=start):
            line = file.decode(raw)
            if TAXON_ROW.match(line):
                return above, line, number
            if line.strip() and not (line.startswith("#") and "\t" not in line):
                above.append((number, line))
    raise TableError(  # the signature has seen one
        f"{file.source.path} has no row of taxa",
        expected="a row that begins with k__ or d__",
        hint="--format matrix, after removing the rows of metadata",
        path=str(file.source.path),
    )


def _sample_ids(rows: Sequence[list[str]], path: str) -> tuple[list[str], str]:
    """Return the row of sample ids and its name: known by name, or the first with a different value for each."""
    by_name = {row[0].strip().lower(): row for row in reversed(rows)}
    named = next((by_name[name] for name in ID_ROWS if name in by_name), None)
    studies = by_name.get(STUDY_ROW)
    if named is not None and len(set(named)) < len(named) and studies is not None:
        joined = [f"{study}|{sample}" for study, sample in zip(studies[1:], named[1:], strict=True)]
        if len(set(joined)) == len(joined):
            return joined, f"{studies[0]}|{named[0]}"
    found = named or next((row for row in rows if len(set(row[1:])) == len(row) - 1 and all(row[1:])), None)
    if found is None:
        raise TableError(
            f"no row above the taxa of {path} has a different value for each sample: {', '.join(row[0] for row in rows)}",
            expected=f"a row of sample ids, best named {ID_ROWS[0]}",
            hint="add such a row above the taxa",
            path=path,
        )
    return found[1:], found[0]


def _metadata(rows: Sequence[list[str]], sample_ids: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns = {row[0]: row[1:] for row in rows}
    return pd.DataFrame(columns, index=pd.Index(sample_ids, name="sample"), dtype=str)
