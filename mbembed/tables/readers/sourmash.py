"""sourmash: ``tax metagenome -F lineage_summary``, one rank, fractions of the query.

Source: sourmash ``doc/command-line.md``. Lineages are of GTDB or NCBI, separated by semicolons.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mbembed.tables.claims import claim, require
from mbembed.tables.labels import lineage_from_label
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.records import read_wide
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "sourmash"
TITLE = "sourmash tax metagenome, lineage_summary"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a lineage summary.

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
        If there are no lineages, or a cell holds no number.
    """
    require(source, DIALECT, expected="a header that begins with lineage, and lineages d__…;p__…")
    file = TextFile(source)
    cells, _ = read_wide(file, options, text=(), header_line=1)
    return RawTable(
        values=cells.values.T.tocsr(),
        sample_ids=cells.columns,
        labels=cells.labels,
        dialect=DIALECT,
        lineages=[lineage_from_label(label) for label in cells.labels],
        unit="fraction",
        decisions=[TAXA_IN_ROWS],
        warnings=[*file.warnings, *cells.notes],
    )
