"""taxpasta: standardised profiles, merged wide or long, keyed by NCBI Taxonomy ids.

Sources: ``merge_wide`` and ``add_tax_info_command.py``. Counts are whole numbers always; a MetaPhlAn
profile becomes percent × 1e6 at every rank, with everything that has no tax id pooled in ``0``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mbembed.tables.cells import split_line
from mbembed.tables.claims import claim, require
from mbembed.tables.lineages import rank_prefix
from mbembed.tables.profile import Decision
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.records import Records, keep_once, pivot, read_wide, rows_of_rank
from mbembed.tables.sample_names import name_from_file
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "taxpasta"
TITLE = "taxpasta, wide, long or one sample"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: Columns of text, lower case, in taxpasta's fixed order.
TEXT = frozenset({"name", "rank", "lineage", "id_lineage", "rank_lineage"})
#: What every reader of such a table has to know.
LOSS = (
    "taxpasta keeps only taxa that have an NCBI Taxonomy id: the unnamed species of MetaPhlAn 4 and mOTUs are not in "
    "this table; the profiler's own table matches better"
)


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a taxpasta table; of a table with ranks, the rows of one rank.

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
        If it has no rows of the rank.
    DuplicateIdError, EmptyTableError, CellError
        If a taxon stands twice in a sample, there are no rows, or a cell holds no number.
    """
    variant = require(source, DIALECT, expected="a header that begins with taxonomy_id")
    file = TextFile(source)
    decisions = [TAXA_IN_ROWS]
    if variant == "wide":
        cells, text = read_wide(file, options, text=TEXT, header_line=1)
        sample_ids = cells.columns
        taxids, values = cells.labels, cells.values.T.tocsr()
    else:
        records, facts = _records(file, variant, decisions)
        values, sample_ids, taxids = pivot(records, str(source.path))
        text = {key: [known[taxid] for taxid in taxids] for key, known in facts.items()}
    names, kept = _named(taxids, text), rows_of_rank(taxids, text.get("rank"), options.rank, str(source.path))
    if "rank" in text:
        decisions.append(Decision("rows", f"{len(kept)} of {len(taxids)}", f"rank is {options.rank or 'species'}"))
    return RawTable(
        values=values[:, kept],
        sample_ids=sample_ids,
        labels=[names[i] or taxids[i] for i in kept],
        dialect=DIALECT,
        lineages=[_lineage(names[i], text, i) for i in kept],
        taxids=[taxids[i] for i in kept],
        unit="counts",
        decisions=decisions,
        warnings=[*file.warnings, LOSS, *_lacking(text)],
    )


def _records(
    file: TextFile, variant: str, decisions: list[Decision]
) -> tuple[dict[tuple[str, str], float], dict[str, dict[str, str]]]:
    """Read one record per line: (sample, tax id) → count, and the texts of each tax id."""
    delimiter = "\t" if "\t" in file.head[0] else ","
    header = [cell.strip() for cell in split_line(file.head[0], delimiter)]
    sample = ""
    if variant != "long":
        sample, decision = name_from_file(file.source)
        decisions.append(decision)
    records = Records(file, header, delimiter=delimiter, needed=("taxonomy_id", "count"))
    found: dict[tuple[str, str], float] = {}
    text: dict[str, dict[str, str]] = {key: {} for key in header if key in TEXT}
    for line, cells in records:
        row = dict(zip(header, cells, strict=False))
        taxid = row["taxonomy_id"].strip()
        key = (row["sample"].strip() if variant == "long" else sample, taxid)
        keep_once(found, key, records.number(cells, "count", line), line, records.path)
        for name, known in text.items():
            known[taxid] = row[name].strip()
    return found, text


def _named(taxids: Sequence[str], text: Mapping[str, Sequence[str]]) -> list[str]:
    return [name.strip() for name in text["name"]] if "name" in text else [""] * len(taxids)


def _lineage(name: str, text: Mapping[str, Sequence[str]], row: int) -> tuple[str, ...]:
    """Put together the ranks that have a prefix; the row's own name alone without a column of lineages."""
    if not name:
        return ()
    own = rank_prefix(text["rank"][row]) if "rank" in text else None
    if "lineage" in text and "rank_lineage" in text:
        pairs = zip(text["rank_lineage"][row].split(";"), text["lineage"][row].split(";"), strict=False)
        parts = [(rank_prefix(rank), part.strip()) for rank, part in pairs]
        found = tuple(prefix + part for prefix, part in parts if prefix)
        if found and own and found[-1] == own + name:
            return found
    return (own + name,) if own else ()


def _lacking(text: Mapping[str, Sequence[str]]) -> list[str]:
    notes = []
    if "name" not in text:
        notes.append(
            "there is no column of names, so the taxa are known by their tax ids only (taxpasta merge --add-name adds it)"
        )
    if "rank" not in text:
        notes.append(
            "there is no column of ranks, so rows of several ranks may count the same reads twice (taxpasta merge --add-rank adds it)"
        )
    return notes
