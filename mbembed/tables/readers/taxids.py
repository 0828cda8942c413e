"""Tables keyed by NCBI Taxonomy ids: GMrepo's downloads, and matrices of tax ids.

GMrepo writes one row per sample and taxon (``ncbi_taxon_id``, ``taxon_rank_level``,
``relative_abundance``, a sample), species and genera in one table; -1 is what it could not assign.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from mbembed.errors import AxisError, DialectError
from mbembed.tables.axis import some
from mbembed.tables.cells import split_line
from mbembed.tables.claims import claim
from mbembed.tables.lineages import rank_prefix
from mbembed.tables.profile import Decision
from mbembed.tables.raw import RawTable
from mbembed.tables.records import Records, keep_once, pivot, read_wide, rows_of_rank
from mbembed.tables.sample_names import name_from_file
from mbembed.tables.signatures import TAXID_COLUMNS, signature
from mbembed.tables.source import LEAVE_OUT_FORMAT
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "taxids"
TITLE = "NCBI Taxonomy ids (GMrepo, or --format taxids for any table of them)"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: Column names of the long form, lower case, best first.
SAMPLE_COLUMNS = ("run_id", "run", "sample_id", "sample", "accession_id", "loaded_uid", "uid")
RANK_COLUMNS = ("taxon_rank_level", "taxon_rank", "rank")
NAME_COLUMNS = ("scientific_name", "name")
ABUNDANCE = "relative_abundance"

#: An id, with what R and people put before it: ``X853``, ``NCBI:853``, ``txid853``.
_TAXID = re.compile(r"(?:X(?=\d)|NCBI[:_]|taxid[:_|]|txid)?(-1|\d+)", re.IGNORECASE)


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a table of tax ids; of a table with ranks, the rows of one rank.

    Parameters
    ----------
    source : Source
    options : ReadOptions
        ``format="taxids"`` takes any matrix with tax ids on one axis.

    Returns
    -------
    RawTable

    Raises
    ------
    DialectError
        If the file is of another dialect.
    AxisError
        If neither axis of a matrix holds tax ids.
    TableError
        If it has no rows of the rank.
    DuplicateIdError, EmptyTableError, CellError
        If a taxon stands twice in a sample, there are no rows, or a cell holds no number.
    """
    found = signature(source)
    if found and found.dialect != DIALECT:
        raise DialectError(
            f"{source.path} is {found.title}, not a table of tax ids",
            expected=f"a column {', '.join(sorted(TAXID_COLUMNS))}, or a matrix of tax ids",
            hint=LEAVE_OUT_FORMAT,
            path=str(source.path),
        )
    file = TextFile(source)
    wide = found is None or found.detail == "one column per sample"
    raw = _read_wide(file, options) if wide else _read_long(file, options)
    raw.warnings[:0] = file.warnings
    return raw


def _read_wide(file: TextFile, options: ReadOptions) -> RawTable:
    cells, text = read_wide(file, options, text={*RANK_COLUMNS, *NAME_COLUMNS})
    rows, columns = _ids(cells.labels), _ids(cells.columns)
    turned = rows is None
    if options.orientation:
        turned = options.orientation == "samples-in-rows"
    taxids = columns if turned else rows
    if taxids is None:
        raise AxisError(
            f"the rows of {file.source.path} are named {some(cells.labels)}, the columns {some(cells.columns)}",
            expected="NCBI Taxonomy ids on one axis",
            hint="leave out --format taxids",
            path=str(file.source.path),
        )
    value = "samples-in-rows" if turned else "taxa-in-rows"
    given = "given" if options.orientation else "the other axis is not all numbers"
    decisions = [Decision("orientation", value, given)]
    if turned:
        return RawTable(
            values=cells.values, sample_ids=cells.labels, labels=taxids, dialect=DIALECT, taxids=taxids,
            decisions=decisions, warnings=cells.notes,
        )  # fmt: skip
    ranks = next((text[name] for name in RANK_COLUMNS if name in text), None)
    names = next((text[name] for name in NAME_COLUMNS if name in text), taxids)
    kept = rows_of_rank(taxids, ranks, options.rank, str(file.source.path))
    labels = [names[i] or taxids[i] for i in kept]
    return RawTable(
        values=cells.values[kept].T.tocsr(),
        sample_ids=cells.columns,
        labels=labels,
        dialect=DIALECT,
        lineages=_lineages(labels, ranks and [ranks[i] for i in kept]),
        taxids=[taxids[i] for i in kept],
        decisions=[*decisions],
        warnings=cells.notes,
    )


def _read_long(file: TextFile, options: ReadOptions) -> RawTable:
    path = str(file.source.path)
    delimiter = "\t" if "\t" in file.head[0] else ","
    header = [cell.strip().lower() for cell in split_line(file.head[0], delimiter)]
    taxid_at = next(i for i, name in enumerate(header) if name in TAXID_COLUMNS)
    sample_at = _position(header, SAMPLE_COLUMNS)
    rank_at, name_at = _position(header, RANK_COLUMNS), _position(header, NAME_COLUMNS)
    sample, decision = name_from_file(file.source)
    if sample_at is not None:
        decision = Decision("sample_id", header[sample_at], "the column of this name")
    ranks: dict[str, str] = {}
    names: dict[str, str] = {}
    found: dict[tuple[str, str], float] = {}
    records = Records(file, header, delimiter=delimiter)
    for line, cells in records:
        taxid = cells[taxid_at].strip()
        key = (sample if sample_at is None else cells[sample_at].strip(), taxid)
        keep_once(found, key, records.number(cells, ABUNDANCE, line), line, path)
        ranks[taxid] = "" if rank_at is None else cells[rank_at].strip()
        names[taxid] = "" if name_at is None else cells[name_at].strip()
    values, sample_ids, taxids = pivot(found, path)
    own = None if rank_at is None else [ranks[taxid] for taxid in taxids]
    kept = rows_of_rank(taxids, own, options.rank, path)
    labels = [names[taxids[i]] or taxids[i] for i in kept]
    return RawTable(
        values=values[:, kept],
        sample_ids=sample_ids,
        labels=labels,
        dialect=DIALECT,
        lineages=_lineages(labels, own and [own[i] for i in kept]),
        taxids=[taxids[i] for i in kept],
        decisions=[Decision("orientation", "taxa-in-rows", "one row per sample and taxon"), decision],
    )


def _lineages(labels: Sequence[str], ranks: Sequence[str] | None) -> list[tuple[str, ...]] | None:
    """Return the rank of each row as a lineage of one part."""
    if ranks is None:
        return None
    prefixes = [rank_prefix(rank) for rank in ranks]
    return [(prefix + label,) if prefix else () for prefix, label in zip(prefixes, labels, strict=True)]


def _position(header: Sequence[str], names: Iterable[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _ids(names: Sequence[str]) -> list[str] | None:
    """Return the tax ids, or None if a name is none; ``UNKNOWN`` and the like have the id -1."""
    from mbembed.tables.labels import is_unclassified

    found = ["-1" if is_unclassified(name, ()) else _TAXID.fullmatch(name.strip()) for name in names]
    if not any(isinstance(match, re.Match) for match in found) or None in found:
        return None
    return [match if isinstance(match, str) else match.group(1) for match in found if match is not None]
