"""CAMI profiles (bioboxes "profiling" format): all ranks, percent, one or several samples in a file.

Source: the CAMI "Bioboxes profiling format" 0.9 and 0.10. Tax ids are NCBI's; names stand in ``TAXPATHSN``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mbembed.errors import CellError, DialectError
from mbembed.tables.claims import claim, require
from mbembed.tables.lineages import rank_prefix
from mbembed.tables.profile import Decision
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.records import keep_once, number_in, pivot
from mbembed.tables.sample_names import name_from_file
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "cami"
TITLE = "CAMI profile (bioboxes), one sample or several"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: Columns that a profile must have, upper case; others (``_CAMI_genomeID``) are passed over.
REQUIRED = ("TAXID", "RANK", "TAXPATH", "PERCENTAGE")
_NAMES = "TAXPATHSN"


def read(source: Source, options: ReadOptions) -> RawTable:  # noqa: ARG001 - the interface of readers
    """Read a CAMI profile.

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
        If the file is of another dialect, or the line of column names is missing or incomplete.
    EmptyTableError, CellError, DuplicateIdError
        If there are no taxa, a cell holds no number, or a taxon stands twice in a sample.
    """
    require(source, DIALECT, expected="lines that begin with @SampleID and @@TAXID")
    file = TextFile(source)
    path = str(source.path)
    found: dict[tuple[str, str], float] = {}
    facts: dict[str, tuple[tuple[str, ...], str]] = {}
    columns: dict[str, int] = {}
    sample, decision = name_from_file(source)
    for first, block in file.blocks():
        for number, raw in enumerate(block, start=first):
            line = file.decode(raw).rstrip()
            if line.startswith("@@"):
                columns = {name.strip().upper(): i for i, name in enumerate(line.lstrip("@").split("\t"))}
                _check_columns(columns, path, number)
            elif line.lower().startswith("@sampleid:"):
                name = line.split(":", 1)[1].strip()
                sample, decision = (name, Decision("sample_id", name, "@SampleID")) if name else (sample, decision)
            elif line and not line.startswith(("#", "@")):
                taxid, lineage, value = _taxon(line, columns, number, path)
                label = "|".join(lineage) or taxid
                keep_once(found, (sample, label), value, number, path)
                facts[label] = (lineage, taxid)
    values, sample_ids, labels = pivot(found, path)
    several = decision if len(sample_ids) == 1 else Decision("sample_id", f"{len(sample_ids)} samples", "@SampleID")
    return RawTable(
        values=values,
        sample_ids=sample_ids,
        labels=labels,
        dialect=DIALECT,
        lineages=[facts[label][0] for label in labels],
        taxids=[facts[label][1] for label in labels],
        unit="percent",
        decisions=[TAXA_IN_ROWS, several],
        warnings=file.warnings,
    )


def _check_columns(columns: Mapping[str, int], path: str, line: int) -> None:
    lacking = [name for name in REQUIRED if name not in columns]
    if lacking:
        raise DialectError(
            f"line {line} of {path} names no column {', '.join(lacking)}",
            expected="@@TAXID, RANK, TAXPATH, TAXPATHSN and PERCENTAGE, separated by tabs",
            hint="use the profile as the program wrote it",
            path=path,
            line=line,
        )


def _taxon(line: str, columns: Mapping[str, int], number: int, path: str) -> tuple[str, tuple[str, ...], float]:
    cells = line.split("\t")
    if not columns or len(cells) <= max(columns[name] for name in REQUIRED):
        raise CellError(
            f"line {number} of {path} has {len(cells)} cells, the header {len(columns)}",
            expected="a line @@TAXID … above the taxa, and as many cells in every line",
            hint="use the profile as the program wrote it",
            path=path,
            line=number,
            value=cells[0],
        )
    text = cells[columns["PERCENTAGE"]]
    value = number_in(text, line=number, column="PERCENTAGE", path=path, row=cells[0])
    names = cells[columns[_NAMES]].split("|") if _NAMES in columns and len(cells) > columns[_NAMES] else []
    return cells[columns["TAXID"]].strip(), _lineage(names, cells[columns["RANK"]], cells[columns["TAXID"]]), value


#: Ranks of the format, in the order of its paths ("@Ranks").
_RANKS = ("superkingdom", "phylum", "class", "order", "family", "genus", "species", "strain")


def _lineage(names: list[str], rank: str, taxid: str) -> tuple[str, ...]:
    """Put prefixes to a path of names; a rank alone where there are no names.

    >>> _lineage(["Bacteria", "Bacillota"], "phylum", "1239"), _lineage([], "genus", "572511")
    (('d__Bacteria', 'p__Bacillota'), ('g__572511',))
    """
    rank = rank.strip().lower()
    rank = _RANKS[0] if rank in {"domain", "kingdom"} else rank
    ranks = _RANKS[: _RANKS.index(rank) + 1] if rank in _RANKS else ()
    own = rank_prefix(rank)
    if not any(name.strip() for name in names) or not ranks:
        return (f"{own}{(names[-1].strip() if names else '') or taxid.strip()}",) if own else ()
    paired = zip(ranks[-len(names) :] if len(names) < len(ranks) else ranks, names, strict=False)
    return tuple(f"{rank_prefix(step)}{name.strip()}" for step, name in paired)
