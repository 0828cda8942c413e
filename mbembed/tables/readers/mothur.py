"""mothur ``.shared`` files: counts of OTUs, samples in rows; names come with ``--taxonomy cons.taxonomy``.

Source: mothur wiki, "Shared file". Three columns stand before the OTUs: the distance, the sample,
and how many OTUs follow.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mbembed.errors import DuplicateIdError
from mbembed.tables.claims import claim, require
from mbembed.tables.profile import Decision
from mbembed.tables.raw import RawTable
from mbembed.tables.records import read_wide
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "mothur"
TITLE = "mothur shared file (names through --taxonomy)"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a shared file.

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
    DuplicateIdError
        If it holds more than one distance, and so each sample more than once.
    EmptyTableError, CellError
        If there are no samples or OTUs, or a cell holds no number.
    """
    require(source, DIALECT, expected="a header that begins with label, Group and numOtus")
    file = TextFile(source)
    header = [cell.strip().lower() for cell in file.head[0].split("\t", 3)[:3]]
    cells, text = read_wide(file, options, text=header[1:], header_line=1)
    distances = list(dict.fromkeys(cells.labels))
    if len(distances) > 1:
        raise DuplicateIdError(
            f"{source.path} holds {len(distances)} distances ({', '.join(distances)}), each with all samples",
            expected="one distance",
            hint="keep one in mothur: get.label(shared=current, label=0.03)",
            path=str(source.path),
            ids=distances,
        )
    return RawTable(
        values=cells.values,
        sample_ids=[name.strip() for name in text["group"]],
        labels=cells.columns,
        dialect=DIALECT,
        unit="counts",
        decisions=[
            Decision("orientation", "samples-in-rows", "fixed by the dialect"),
            Decision("distance", distances[0], "the only one of the file"),
        ],
        warnings=[*file.warnings, *cells.notes],
    )
