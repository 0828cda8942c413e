"""Bracken: estimated reads per species, one sample or several combined.

Sources: ``est_abundance.py`` (single) and ``combine_bracken_outputs.py`` (two columns per sample,
``NAME_num`` and ``NAME_frac``).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import CellError, DuplicateIdError, EmptyTableError, UnitError
from mbembed.tables.axis import some
from mbembed.tables.cells import split_line
from mbembed.tables.claims import claim, require
from mbembed.tables.layout import guess_delimiter
from mbembed.tables.profile import Decision
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.readers.kraken_ranks import READS, host_note, lineage
from mbembed.tables.records import Records, read_wide
from mbembed.tables.sample_names import name_from_file, without_suffix
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "bracken"
TITLE = "Bracken, one sample or combined"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: Columns of text in the combined table, lower case.
TEXT = frozenset({"name", "taxonomy_id", "taxonomy_lvl"})
#: Columns of the table of one sample.
SINGLE = (
    *("name", "taxonomy_id", "taxonomy_lvl"),
    *("kraken_assigned_reads", "added_reads", "new_est_reads", "fraction_total_reads"),
)
#: Half of the last decimal that Bracken writes of a fraction (%0.5f).
HALF_DIGIT = 0.5e-5
#: How far the fractions of a sample may exceed 1 beyond rounding; the tolerance of taxpasta's reader.
SUM_TOLERANCE = 0.02
#: How far assigned and added reads may be from their sum (reads): both were rounded.
READ_TOLERANCE = 1.0
#: Rank letter that people append to a Bracken file's name: ``gut7_S.tsv``.
_LEVEL = re.compile(r"[._-](S|species)$")
_KIND = re.compile(r"(.+?)[._](num|frac)$")


class _Row(NamedTuple):
    line: int
    name: str
    taxid: str
    level: str
    reads: float
    fraction: float


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a Bracken table.

    Parameters
    ----------
    source : Source
    options : ReadOptions

    Returns
    -------
    RawTable
        In estimated reads; in fractions only where a combined table has no ``_num`` columns.

    Raises
    ------
    DialectError
        If the file is of another dialect.
    EmptyTableError, CellError
        If there are no rows, a cell holds no number, or the columns of a row contradict each other.
    UnitError
        If some samples have only reads and others only fractions, or fractions exceed 1.
    """
    variant = require(source, DIALECT, expected="a header that begins with name, taxonomy_id and taxonomy_lvl")
    file = TextFile(source)
    raw = _read_single(file) if variant == "single" else _read_combined(file, options)
    raw.decisions[:0] = [TAXA_IN_ROWS]
    raw.decisions.append(READS)
    raw.warnings[:0] = file.warnings
    raw.warnings += host_note(raw.values, raw.labels)
    return raw


def _read_single(file: TextFile) -> RawTable:
    path = str(file.source.path)
    rows = list(_rows(file))
    if not rows:
        raise EmptyTableError(
            f"{path} is a Bracken table without species",
            expected="at least one row below the header",
            hint="run bracken again, perhaps with a lower threshold (-t)",
            path=path,
        )
    notes = _check_fractions(rows, path)
    name, decision = name_from_file(file.source)
    name = _LEVEL.sub("", name)
    return RawTable(
        values=np.array([[row.reads for row in rows]]),
        sample_ids=[name],
        labels=[row.name for row in rows],
        dialect=DIALECT,
        lineages=[lineage(row.level, row.name) for row in rows],
        taxids=[row.taxid for row in rows],
        unit="counts",
        decisions=[decision._replace(value=name), Decision("columns", "new_est_reads", "the estimated reads")],
        warnings=notes,
    )


def _rows(file: TextFile) -> Iterator[_Row]:
    delimiter = guess_delimiter(file.head) or "\t"
    header = [cell.strip() for cell in split_line(file.head[0], delimiter)]
    width = len(split_line(file.head[1], delimiter)) if len(file.head) > 1 else len(header)
    header = ["", *header] if width == len(header) + 1 else header  # R's row numbers have no header
    records = Records(file, header, delimiter=delimiter, needed=SINGLE)
    for line, cells in records:
        assigned = records.number(cells, "kraken_assigned_reads", line)
        added = records.number(cells, "added_reads", line)
        reads = records.number(cells, "new_est_reads", line)
        fraction = records.number(cells, "fraction_total_reads", line)
        name, taxid, level = (cells[header.index(key)].strip() for key in ("name", "taxonomy_id", "taxonomy_lvl"))
        if abs(assigned + added - reads) > READ_TOLERANCE:
            raise CellError(
                f"line {line}, column 'new_est_reads' of {records.path} holds {reads:g}, but {assigned:g} assigned and "
                f"{added:g} added reads are {assigned + added:g} (row '{name}')",
                expected="the sum of both",
                hint="use the table as Bracken wrote it; it has been changed",
                path=records.path,
                line=line,
                column="new_est_reads",
                value=cells[header.index("new_est_reads")],
            )
        yield _Row(line, name, taxid, level, reads, fraction)


def _check_fractions(rows: Sequence[_Row], path: str) -> list[str]:
    """Compare each fraction with its reads: all fractions of a sample are reads over one total."""
    reads = np.array([row.reads for row in rows])
    fractions = np.array([row.fraction for row in rows])
    total, share = reads.sum(), fractions.sum()
    if share > 1 + SUM_TOLERANCE + HALF_DIGIT * len(rows):
        return _raise_fraction(rows[int(fractions.argmax())], share, path)
    if not total or not share:
        return []
    expected = reads * share / total
    tolerance = HALF_DIGIT * (1 + expected * len(rows) / share) + HALF_DIGIT + 1 / total
    wrong = np.flatnonzero(np.abs(fractions - expected) > tolerance)
    if wrong.size:
        return _raise_fraction(rows[int(wrong[0])], share, path)
    if share < 1 - SUM_TOLERANCE - HALF_DIGIT * len(rows):
        return [
            f"the fractions add up to {share:.2f}: rows have been removed; the reads that are left count as the whole"
        ]
    return []


def _raise_fraction(row: _Row, share: float, path: str) -> list[str]:
    raise CellError(
        f"line {row.line}, column 'fraction_total_reads' of {path} holds {row.fraction:g}, which does not fit the "
        f"{row.reads:,.0f} reads of '{row.name}' (all fractions add up to {share:.5g})",
        expected="each row's reads divided by one total, together 1",
        hint="use the table as Bracken wrote it; it has been changed",
        path=path,
        line=row.line,
        column="fraction_total_reads",
        value=f"{row.fraction:g}",
    )


def _read_combined(file: TextFile, options: ReadOptions) -> RawTable:
    path = str(file.source.path)
    cells, text = read_wide(file, options, text=TEXT, header_line=1)
    columns, others = _pair(cells.columns, path)
    kinds = [kind for kind in ("num", "frac") if all(kind in found for found in columns.values())]
    if not columns:
        raise EmptyTableError(
            f"{path} has no column that ends in _num or _frac: {some(cells.columns)}",
            expected="two columns per sample, NAME_num and NAME_frac",
            hint="--format matrix, after removing the columns taxonomy_id and taxonomy_lvl",
            path=path,
        )
    if not kinds:
        lacking = {kind: [name for name, found in columns.items() if kind not in found] for kind in ("num", "frac")}
        raise UnitError(
            f"{path}: {some(lacking['num'])} have no column _num, {some(lacking['frac'])} have no column _frac",
            expected="the same kind of column for every sample",
            hint="give both columns of a sample the same name, apart from _num and _frac",
            path=path,
        )
    kind = kinds[0]
    taken = [found[kind] for found in columns.values()]
    dropped = len(cells.columns) - len(taken) - len(others)
    reason = f"one column per sample; {dropped} columns {'_frac' if kind == 'num' else '_num'} say the same and were left out"
    warnings = [f"columns that end neither in _num nor in _frac were left out: {some(others)}"] if others else []
    labels = text["name"]
    levels = text.get("taxonomy_lvl", ["S"] * len(labels))
    return RawTable(
        values=cells.values[:, taken].T.tocsr(),
        sample_ids=list(columns),
        labels=labels,
        dialect=DIALECT,
        lineages=[lineage(level, label) for level, label in zip(levels, labels, strict=True)],
        taxids=text.get("taxonomy_id"),
        unit="counts" if kind == "num" else "fraction",
        decisions=[Decision("columns", f"_{kind}", reason)],
        warnings=[*warnings, *cells.notes],
    )


def _pair(names: Sequence[str], path: str) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Pair the columns by sample: sample → kind → column, and the columns that are neither kind.

    Users rename some of them: ``02V2_frac`` beside ``02V2.bracken_num`` is one sample.
    """
    columns: dict[str, dict[str, int]] = {}
    others = []
    for i, name in enumerate(names):
        found = _KIND.match(name)
        if found is None:
            others.append(name)
            continue
        stem, kind = found.groups()
        short = without_suffix(stem)
        sample = stem if kind in columns.get(short, {}) else short
        if kind in columns.get(sample, {}) or name in names[:i]:
            raise DuplicateIdError(
                f"the column '{name}' stands more than once in {path}",
                expected="every sample once",
                hint="rename or remove the repeated samples",
                path=path,
                ids=[sample],
            )
        columns.setdefault(sample, {})[kind] = i
    return columns, others
