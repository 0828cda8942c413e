"""Kraken 2 reports: one sample each, the tree of all ranks, six columns or eight with minimizers.

Source: Kraken 2 manual, "Sample Report Output Format". There is no header; leading blanks of the
names carry the tree. Bracken and sourmash write the same format.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import CellError, DuplicateIdError, EmptyTableError
from mbembed.tables.claims import claim, require
from mbembed.tables.labels import RANKS
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.readers.kraken_ranks import RANK_CODES, READS, host_note, part
from mbembed.tables.records import number_in
from mbembed.tables.sample_names import name_from_file
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "kraken2"
TITLE = "Kraken 2 report, one sample per file"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: Number of columns, without and with ``--report-minimizer-data``.
WIDTHS = (6, 8)
#: How far a percentage may be from its count (percent of all reads). Two decimals are written; the
#: tolerance is that of taxpasta's reader, since Bracken rewrites counts and leaves rounded shares.
PERCENT_TOLERANCE = 1.0
#: Share of the classified reads (0 to 1) above the chosen rank from which it is worth a warning.
LOST_SHARE = 0.05


class _Clade(NamedTuple):
    line: int
    percent: float
    reads: float
    code: str
    taxid: str
    depth: int
    name: str


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a Kraken 2 report: the clades of one rank with all reads below them, and the unclassified reads.

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
    CellError
        If a line has other than six or eight columns, a cell holds no number, or a percentage
        does not fit its number of reads.
    DuplicateIdError
        If there is more than one report in the file.
    EmptyTableError
        If it holds no clade.
    """
    require(source, DIALECT, expected="lines of percentage, reads, reads, rank code, tax id and name, without a header")
    file = TextFile(source)
    path = str(source.path)
    clades = list(_clades(file, path))
    _check_percentages(clades, path)
    wanted = _code(options.rank)
    lineages: list[tuple[str, ...]] = []
    chosen: list[_Clade] = []
    ancestors: list[tuple[int, str]] = []
    for clade in clades:
        while ancestors and ancestors[-1][0] >= clade.depth:
            ancestors.pop()
        own = part(clade.code, clade.name)
        if clade.code == "U" or clade.code == wanted:
            chosen.append(clade)
            lineages.append((*(parent for _, parent in ancestors if parent), own) if clade.code == wanted else ())
        ancestors.append((clade.depth, own))
    if not chosen:
        raise EmptyTableError(
            f"{path} holds neither a clade of the rank {options.rank or 'species'} (code {wanted}) nor unclassified reads",
            expected="a report of all ranks",
            hint="use the file that kraken2 --report wrote, unfiltered",
            path=path,
        )
    values = np.array([[clade.reads for clade in chosen]])
    name, decision = name_from_file(source)
    return RawTable(
        values=values,
        sample_ids=[name],
        labels=[clade.name for clade in chosen],
        dialect=DIALECT,
        lineages=lineages,
        taxids=[clade.taxid for clade in chosen],
        unit="counts",
        decisions=[TAXA_IN_ROWS, decision, READS],
        warnings=[*file.warnings, *_lost_note(clades, wanted), *host_note(values, [clade.name for clade in chosen])],
    )


def _code(rank: str | None) -> str:
    prefix = next((letter for letter, name in RANKS.items() if name == rank), "s")
    return next(code for code, known in RANK_CODES.items() if known == f"{prefix}__")


def _clades(file: TextFile, path: str) -> Iterator[_Clade]:
    seen: set[str] = set()
    for first, block in file.blocks():
        for number, raw in enumerate(block, start=first):
            if not raw.strip():
                continue
            cells = file.decode(raw).rstrip("\t").split("\t")
            if len(cells) not in WIDTHS:
                raise CellError(
                    f"line {number} of {path} has {len(cells)} columns",
                    expected="six, or eight with minimizer data, in every line of a Kraken 2 report",
                    hint="copy the file again, or run kraken2 --report again",
                    path=path,
                    line=number,
                    value=cells[0],
                )
            clade = _clade(cells, number, path)
            if clade.code in {"U", "R"}:
                if clade.code in seen:
                    raise DuplicateIdError(
                        f"line {number} of {path} begins a second report ('{clade.name}' stands there again)",
                        expected="one sample per file",
                        hint="give the reports as they are, one file each: mbembed embed a.report b.report",
                        path=path,
                        line=number,
                        ids=[clade.name],
                    )
                seen.add(clade.code)
            yield clade


def _clade(cells: Sequence[str], line: int, path: str) -> _Clade:
    name = cells[-1].strip()
    percent = number_in(cells[0], line=line, column="percentage", path=path, row=name)
    reads = number_in(cells[1], line=line, column="reads of the clade", path=path, row=name)
    direct = number_in(cells[2], line=line, column="reads of the taxon itself", path=path, row=name)
    if not 0 <= direct <= reads:
        raise CellError(
            f"line {line} of {path}: the taxon '{name}' has {direct:g} reads of its own, its whole clade {reads:g}",
            expected="at least as many in the clade",
            hint="use the report as Kraken 2 wrote it",
            path=path,
            line=line,
            column="reads of the taxon itself",
            value=cells[2],
        )
    depth = len(cells[-1]) - len(cells[-1].lstrip(" "))
    return _Clade(line, percent, reads, cells[-3].strip(), cells[-2].strip(), depth, name)


def _check_percentages(clades: Sequence[_Clade], path: str) -> None:
    """Compare each percentage with its reads; all reads follow from the largest clade."""
    largest = max(clades, key=lambda clade: clade.reads, default=None)
    if largest is None or not largest.percent or not largest.reads:
        return
    for clade in clades:
        fitting = largest.percent * clade.reads / largest.reads
        if abs(clade.percent - fitting) > PERCENT_TOLERANCE:
            raise CellError(
                f"line {clade.line}, column 'percentage' of {path} holds {clade.percent:g}, but its "
                f"{clade.reads:,.0f} reads are {fitting:.2f} % of all (row '{clade.name}')",
                expected="percentages that fit the numbers of reads",
                hint="use the report as Kraken 2 wrote it; it has been changed",
                path=path,
                line=clade.line,
                column="percentage",
                value=f"{clade.percent:g}",
            )


def _lost_note(clades: Sequence[_Clade], wanted: str) -> list[str]:
    classified = sum(clade.reads for clade in clades if clade.depth == 0 and clade.code != "U")
    found = sum(clade.reads for clade in clades if clade.code == wanted)
    if not classified or 1 - found / classified < LOST_SHARE:
        return []
    return [
        (
            f"{1 - found / classified:.0%} of the classified reads stand above or beside the rank code {wanted} and were "
            "left out; Bracken would spread them over the species"
        )
    ]
