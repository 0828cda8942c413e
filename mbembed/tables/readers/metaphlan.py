"""MetaPhlAn 2, 3 and 4: profiles of one sample, and merged tables.

Sources: the writers of MetaPhlAn 2.7 – 4.2 (``metaphlan.py``, ``merge_metaphlan_tables.py``,
``sgb_to_gtdb_profile.py``). All ranks stand in one table, in percent of the sample.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import CellError, DuplicateIdError, EmptyTableError, UnitError
from mbembed.tables.cells import is_number
from mbembed.tables.claims import claim, require
from mbembed.tables.delimited import read_cells
from mbembed.tables.labels import is_unclassified, lineage_from_label, rank_of
from mbembed.tables.layout import find_layout
from mbembed.tables.profile import Decision
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "metaphlan"
TITLE = "MetaPhlAn 2, 3 or 4: one sample, or merged"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: How far the sums of two ranks of a sample may differ (percent of the sample). Five decimals are
#: written for each clade, so rounding stays far below; the same tolerance as taxpasta's reader.
RANK_TOLERANCE = 1.0
#: Ranks that every classified read reaches in MetaPhlAn: nothing is reported at a wide rank only.
COMPARED_RANKS = ("domain", "phylum", "class", "order", "family", "genus", "species")
#: Constants that stand where a sample's name belongs.
NO_NAME = frozenset({"", "metaphlan_analysis", "metaphlan2_analysis"})
#: The default of ``--sample_id_key``, and a common variant.
NAME_KEYS = frozenset({"sampleid", "sample_id"})
#: What profilers and pipelines put after the sample's name; nf-core writes ``.metaphlan3_profile``.
SUFFIX = re.compile(
    r"([._-](metaphlan\d*|mpa\d*)([._-](profile|bugs_list|report))?|[._-]profiled?(_metagenome)?|[._-]bugs_list"
    r"|_taxonomic_profile|_metaphlan_bugs_list)$",
    re.IGNORECASE,
)

_NAME_COLUMNS = frozenset({"clade_name", "id", "sampleid"})


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a MetaPhlAn profile or merged table.

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
    EmptyTableError, CellError, DuplicateIdError
        If there are no clades, a cell holds no number, or a clade stands twice in one sample.
    UnitError
        If the ranks of a sample add up to different sums.
    """
    detail = require(
        source, DIALECT, expected="a header that begins with clade_name, ID or #SampleID, and lineages k__…|p__…"
    )
    file = TextFile(source)
    single = detail.endswith("single sample")
    raw = _read_single(file) if single else _read_merged(file, options)
    raw.unit = "percent"
    raw.decisions.insert(0, TAXA_IN_ROWS)
    raw.warnings[:0] = file.warnings
    problem = _rank_sums(raw, source)
    if problem and single:
        raise problem
    if problem:  # people filter merged tables, each rank by itself
        raw.warnings.append(problem.found)
    return raw


def _read_merged(file: TextFile, options: ReadOptions) -> RawTable:
    lines = enumerate(file.head, start=1)
    header = next((i for i, line in lines if _first_cell(line) in _NAME_COLUMNS and "\t" in line), None)
    layout = find_layout(file, header_line=header)
    cells = read_cells(file, layout, missing=options.missing)
    sample_ids = [_without_suffix(name) for name in cells.columns]
    decisions = []
    if len(set(sample_ids)) < len(set(cells.columns)):
        sample_ids = cells.columns
    elif sample_ids != cells.columns:
        reason = f"header, the profiler's suffix removed ('{cells.columns[0]}' is now '{sample_ids[0]}')"
        decisions.append(Decision("sample_id", "header", reason))
    taxids = next((column for name, column in cells.text.items() if "tax" in name.lower()), None)
    return RawTable(
        values=cells.values.T.tocsr(),
        sample_ids=sample_ids,
        labels=cells.labels,
        dialect=DIALECT,
        taxids=taxids and [_last_id(text) for text in taxids],
        decisions=decisions,
        warnings=cells.notes,
    )


def _read_single(file: TextFile) -> RawTable:
    """Read a profile of one sample: columns by the header's names, lines of unequal length allowed."""
    path = str(file.source.path)
    columns = ["clade_name", "relative_abundance"]
    name = ""
    labels: list[str] = []
    taxids: list[str] = []
    values: list[float] = []
    for number, block in file.blocks():
        for at, raw_line in enumerate(block, start=number):
            line = file.decode(raw_line)
            cells = [cell.strip() for cell in line.split("\t")]
            if not line.strip():
                continue
            if _first_cell(line) == "clade_name":
                columns = [cell.lower() for cell in cells]
            elif line.startswith("#mpa_"):
                continue  # the database; converted to GTDB, the release stands behind it
            elif not labels and len(cells) == 2 and not is_number(cells[1]) and "__" not in cells[0]:
                name = _stated_name(*cells)
            elif not line.startswith("#"):
                values.append(_abundance(cells, columns, at, path))
                labels.append(cells[0])
                taxids.append(_last_id(cells[1]) if len(cells) > 1 and "tax" in columns[1] else "")
    if not labels:
        raise EmptyTableError(
            f"{path} is a MetaPhlAn profile without clades",
            expected="at least one clade, or UNKNOWN",
            hint="run the profiler again",
            path=path,
        )
    repeated = [label for label, count in Counter(labels).items() if count > 1]
    if repeated and ";" not in repeated[0]:
        raise DuplicateIdError(
            f"the clade {repeated[0]} stands more than once in {path}",
            expected="every clade once",
            hint="one profile per file; merge_metaphlan_tables.py puts several into one table",
            path=path,
            ids=repeated,
        )
    reason = (
        f"'{name}' in the comment lines"
        if name
        else f"file name {file.source.path.name}, the profiler's suffix removed"
    )
    sample_id = name or _without_suffix(file.source.stem)
    return RawTable(
        values=np.asarray([values], dtype=np.float64),
        sample_ids=[sample_id],
        labels=labels,
        dialect=DIALECT,
        taxids=taxids if any(taxids) else None,
        decisions=[Decision("sample_id", sample_id, reason)],
    )


def _stated_name(key: str, name: str) -> str:
    """Return the sample's name in a comment line: ``#SampleID→NAME``, or ``#NAME→Metaphlan_Analysis``."""
    name = key.lstrip("#") if name.lower() in NO_NAME else name
    return "" if name.lower() in NO_NAME | NAME_KEYS else name


def _abundance(cells: Sequence[str], columns: Sequence[str], line: int, path: str) -> float:
    column = columns.index("relative_abundance") if "relative_abundance" in columns else 1
    text = cells[column] if len(cells) > column else ""
    if not is_number(text) or "," in text or not np.isfinite(float(text)):
        raise CellError(
            f"line {line}, column '{columns[column]}' of {path} holds {text!r} (clade '{cells[0]}')",
            expected="a finite number",
            hint="use the file as MetaPhlAn wrote it",
            path=path,
            line=line,
            column=columns[column],
            value=text,
        )
    return float(text)


def _rank_sums(raw: RawTable, source: Source) -> UnitError | None:
    """All ranks of a sample must add up to the same: a row was lost or changed where they do not."""
    ranks: dict[str, list[int]] = {}
    for i, label in enumerate(raw.labels):
        lineage = lineage_from_label(label)
        if not is_unclassified(label, lineage):
            ranks.setdefault(rank_of(label, lineage), []).append(i)
    compared = [rank for rank in COMPARED_RANKS if rank in ranks]
    if len(compared) <= 1:
        return None
    sums = np.stack([_row_sums(raw.values, ranks[rank]) for rank in compared])
    apart = np.argwhere(np.abs(sums - sums[0]) > RANK_TOLERANCE)
    if not len(apart):
        return None
    rank, sample = apart[0]
    return UnitError(
        f"{source.path}: in sample '{raw.sample_ids[sample]}' the rank {compared[rank]} adds up to "
        f"{sums[rank, sample]:.5g} %, the rank {compared[0]} to {sums[0, sample]:.5g} %",
        expected=f"the same sum at every rank of a MetaPhlAn profile, within {RANK_TOLERANCE:g} %",
        hint="use the file as MetaPhlAn wrote it; rows have been removed or changed",
        path=str(source.path),
        sample=raw.sample_ids[sample],
        rank=compared[rank],
    )


def _row_sums(values: NDArray[np.float64] | csr_array, columns: Sequence[int]) -> NDArray[np.float64]:
    picked = np.zeros(values.shape[1])
    picked[list(columns)] = 1.0
    return np.asarray(values @ picked, dtype=np.float64)


def _first_cell(line: str) -> str:
    return line.split("\t", 1)[0].lstrip("#").strip().lower()


def _last_id(path: str) -> str:
    """Last id of a path such as ``2|1239|…|853``; empty for an SGB without one."""
    return path.rsplit("|", 1)[-1].strip()


def _without_suffix(name: str) -> str:
    while (match := SUFFIX.search(name)) and match.start():
        name = name[: match.start()]
    return name
