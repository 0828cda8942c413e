"""BIOM tables that ``biom convert --to-tsv`` wrote, with or without a last column of taxonomy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mbembed.errors import DialectError
from mbembed.tables.claims import claim, require
from mbembed.tables.delimited import read_cells
from mbembed.tables.layout import find_layout
from mbembed.tables.lineages import LINEAGE_KEYS, lineage_of
from mbembed.tables.profile import Decision
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "biom-tsv"
TITLE = "BIOM as text (biom convert --to-tsv)"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read BIOM as text.

    A last column is taxonomy if its name says so or all of it is text; one ``NA`` among the
    numbers of the last sample does not turn that sample into taxonomy.

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
    EmptyTableError, CellError
        If the table is empty, or a cell holds no number.
    """
    require(source, DIALECT, expected="a header that begins with #OTU ID")
    file = TextFile(source)
    header = next((i for i, line in enumerate(file.head, 1) if line.startswith("#") and "\t" in line), None)
    if header is None:
        raise DialectError(
            f"{source.path} is BIOM as text without its header line",
            expected="a line that begins with #OTU ID and names the samples",
            hint="run biom convert --to-tsv again",
            path=str(source.path),
        )
    layout = find_layout(file, header_line=header)
    cells = read_cells(file, layout, missing=options.missing)
    taxonomy = next((column for name, column in cells.text.items() if name.lower() in LINEAGE_KEYS), None)
    orientation = TAXA_IN_ROWS
    values, samples, taxa = cells.values.T.tocsr(), cells.columns, cells.labels
    if options.orientation:
        orientation = Decision("orientation", options.orientation, "given")
        if options.orientation == "samples-in-rows":
            values, samples, taxa, taxonomy = cells.values, cells.labels, cells.columns, None
    return RawTable(
        values=values,
        sample_ids=samples,
        labels=taxa,
        dialect=DIALECT,
        lineages=[lineage_of(text) for text in taxonomy] if taxonomy else None,
        decisions=[orientation],
        warnings=[*file.warnings, *cells.notes],
    )
