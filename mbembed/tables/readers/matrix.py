"""Plain matrices: samples × species or species × samples, as spreadsheets, pandas and R write them.

Tab, comma or semicolon; decimal point or comma; a header that is complete, starts with an
empty cell (``col.names=NA``, ``write.csv``) or is one cell short (``write.table``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import DialectError
from mbembed.tables.axis import find_orientation, looks_like_taxon
from mbembed.tables.cells import is_number
from mbembed.tables.delimited import read_cells
from mbembed.tables.labels import unmangle
from mbembed.tables.layout import DELIMITER_NAMES, find_layout, guess_delimiter
from mbembed.tables.profile import Decision
from mbembed.tables.raw import RawTable
from mbembed.tables.signatures import signature
from mbembed.tables.source import LEAVE_OUT_FORMAT
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.delimited import Cells
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "raw_matrix", "read", "sniff"]

DIALECT = "matrix"
TITLE = "a plain table, TSV or CSV, samples or taxa in rows"

#: Lines that are looked at to tell a table from prose.
SNIFF_LINES = 6


def sniff(source: Source) -> str | None:
    """Say how a plain matrix is written.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str or None
        For example ``tab-separated``; None for text of every other dialect.
    """
    if not source.head_lines or signature(source):
        return None
    lines = [line for line in source.head_lines if line.strip()]
    body = [line for line in lines if not line.startswith("#")] or lines
    if len(body) > 2:
        body = body[:-1][:SNIFF_LINES]  # the last line of the head may be cut
    delimiter = guess_delimiter(body)
    return None if delimiter is None else f"{DELIMITER_NAMES[delimiter]}-separated"


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a plain matrix.

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
        If the file is of another dialect, no table, or has no header.
    EmptyTableError, CellError
        If the table is empty, or a cell holds no number.
    AxisError
        If it cannot be told which axis holds the taxa.
    """
    other = signature(source)
    if other:
        raise DialectError(
            f"{source.path} is {other.title}, not a plain matrix",
            expected="a header and one row per taxon or sample",
            hint=LEAVE_OUT_FORMAT,
            path=str(source.path),
        )
    file = TextFile(source)
    layout = find_layout(file)
    if looks_like_taxon(layout.header[0]) and all(map(is_number, layout.header[1:])):
        raise DialectError(
            f"{source.path} has no header: its line {layout.header_line} is a row of values already "
            f"('{layout.header[0]}', {layout.header[1]}, …)",
            expected="a first line that names the samples or the taxa",
            hint="add a header line",
            path=str(source.path),
            line=layout.header_line,
        )
    cells = read_cells(file, layout, missing=options.missing)
    raw = raw_matrix(cells, options, path=str(source.path))
    raw.warnings[:0] = [*file.warnings, *_text_note(cells), *cells.notes]
    raw.decisions.insert(0, Decision("layout", layout.words, f"header in line {layout.header_line}"))
    return raw


def raw_matrix(cells: Cells, options: ReadOptions, *, path: str = "") -> RawTable:
    """Turn a matrix the right way round and name its axes.

    Parameters
    ----------
    cells : Cells
    options : ReadOptions
    path : str
        For messages.

    Returns
    -------
    RawTable
    """
    known = _taxonomy(cells)
    if known and not options.orientation:
        orientation = Decision("orientation", "taxa-in-rows", "a column of lineages stands beside them")
    else:
        named = options.taxonomy or {}
        rows, columns = ([named.get(name, name) for name in names] for names in (cells.labels, cells.columns))
        orientation = find_orientation(rows, columns, options.orientation, path=path)
    taxa_in_rows = orientation.value == "taxa-in-rows"
    samples, taxa = (cells.columns, cells.labels) if taxa_in_rows else (cells.labels, cells.columns)
    decisions = [orientation]
    lineages: Sequence[tuple[str, ...]] | None = unmangle(taxa)
    if lineages:
        decisions.append(
            Decision("names", "R names undone", "names hold '.' and no blank, as R's make.names writes them")
        )
    elif taxa_in_rows:
        lineages = known
    return RawTable(
        values=cells.values.T.tocsr() if taxa_in_rows else cells.values,
        sample_ids=samples,
        labels=taxa,
        dialect=DIALECT,
        lineages=lineages,
        taxids=_column(cells, _TAXID_COLUMNS) if taxa_in_rows else None,
        decisions=decisions,
    )


#: Columns beside the taxa that are of use, lower case, best first.
_TAXONOMY_COLUMNS = ("taxonomy", "consensuslineage", "lineage")
_TAXID_COLUMNS = ("ncbi_tax_id", "clade_taxid", "taxonomy_id", "tax_id", "taxid", "ncbi_taxon_id")


def _column(cells: Cells, names: Sequence[str]) -> list[str] | None:
    by_name = {name.lower(): column for name, column in cells.text.items()}
    found = next((by_name[name] for name in names if name in by_name), None)
    return None if found is None else [text.strip().split("|")[-1] for text in found]


def _taxonomy(cells: Cells) -> list[tuple[str, ...]] | None:
    from mbembed.tables.lineages import lineage_of

    by_name = {name.lower(): column for name, column in cells.text.items()}
    found = next((by_name[name] for name in _TAXONOMY_COLUMNS if name in by_name), None)
    return None if found is None else [lineage_of(text) for text in found]


def _text_note(cells: Cells) -> list[str]:
    named = [name for name in cells.text if name.lower() not in (*_TAXONOMY_COLUMNS, *_TAXID_COLUMNS)]
    return [f"columns of text were left out: {', '.join(named)}"] if named else []
