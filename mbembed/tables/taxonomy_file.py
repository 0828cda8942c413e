"""Taxonomies that come beside a table: feature id → lineage, from QIIME 2, mothur or plain text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mbembed.errors import DialectError, TableError
from mbembed.tables.bounded import read_all
from mbembed.tables.lineages import LINEAGE_KEYS, rank_prefix
from mbembed.tables.readers import qza

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.tables.source import Source

__all__ = ["read_taxonomy"]

#: Most bytes of a taxonomy (512 MiB: all of SILVA, 2 million lineages, is a third of that).
MAX_TAXONOMY_BYTES = 512 << 20
#: Names of the first column in files that have a header, lower case (QIIME 2, QIIME 1, mothur, phyloseq).
ID_COLUMNS = frozenset({"feature id", "featureid", "feature-id", "#otu id", "#otuid", "otu", "otu id", "id", "asv", ""})
#: mothur's confidence behind a name: ``Firmicutes(100)``.
_CONFIDENCE = re.compile(r"\(\d{1,3}(\.\d+)?\)")
_LINEAGE = re.compile(r"[;|]|^[dkpcofgst]__|^D_0__")
#: QIIME 2's directive lines below the header: ``#q2:types``.
_DIRECTIVE = "#q2:"


def read_taxonomy(source: Source) -> dict[str, str]:
    """Read a taxonomy.

    Parameters
    ----------
    source : Source
        ``FeatureData[Taxonomy]`` as ``.qza``; its TSV (``Feature ID``, ``Taxon``, …); two columns
        without a header; mothur's ``cons.taxonomy``; or one column per rank (``Kingdom``, ``Phylum``, …).

    Returns
    -------
    dict of str to str
        Feature id → lineage as text, ranks separated by ``;``. Confidences are removed.

    Raises
    ------
    DialectError
        If it is none of these.
    TableError
        If it is damaged, a line is cut short, or an id has two lineages.

    Examples
    --------
    >>> read_taxonomy(open_source("taxonomy.tsv"))  # doctest: +SKIP
    {'4b5eeb30': 'k__Bacteria; p__Bacteroidetes'}
    """
    if source.kind == "zip":
        with qza.member(source, "FeatureData[Taxonomy]", "taxonomy.tsv") as inner:
            return _parse(inner)
    return _parse(source)


def _parse(source: Source) -> dict[str, str]:
    if source.kind != "text" or not source.head_lines:
        raise _foreign(source, f"is {source.kind}" if source.kind != "text" else "is not text")
    content = read_all(source, MAX_TAXONOMY_BYTES)
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    lines = content.decode(encoding, "replace").splitlines()
    rows = [(number, _cells(line)) for number, line in enumerate(lines, 1) if line.strip()]
    rows = [(number, cells) for number, cells in rows if not cells[0].startswith(_DIRECTIVE)]
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    columns = _columns(header)
    if columns:
        rows = rows[1:]
    elif rows and len(header) >= 2 and _LINEAGE.search(rows[0][1][1]):
        columns = [1]
    else:
        raise _foreign(source, "has no column of lineages")
    taxonomy: dict[str, str] = {}
    for number, cells in rows:
        if len(cells) <= columns[0]:
            raise TableError(
                f"line {number} of {source.path} has {len(cells)} cells",
                expected="an id and its lineage",
                hint="check this line for a missing delimiter",
                path=str(source.path),
                line=number,
            )
        lineage = _lineage(header, columns, cells)
        if taxonomy.setdefault(cells[0].strip(), lineage) != lineage:
            raise TableError(
                f"line {number} of {source.path} gives '{cells[0]}' another lineage than a line above",
                expected="one lineage for each id",
                hint="remove the wrong line",
                path=str(source.path),
                line=number,
            )
    return taxonomy


def _cells(line: str) -> list[str]:
    delimiter = "\t" if "\t" in line else ","
    return [cell.strip().strip('"') for cell in line.split(delimiter)]


def _columns(header: Sequence[str]) -> list[int]:
    """Return the column of lineages, or those of ranks; empty if the first line is no header."""
    if not header or header[0] not in ID_COLUMNS:
        return []
    whole = [i for i, name in enumerate(header) if i and name in LINEAGE_KEYS]
    return whole[:1] or [i for i, name in enumerate(header) if i and rank_prefix(name)]


def _lineage(header: Sequence[str], columns: Sequence[int], cells: Sequence[str]) -> str:
    if len(columns) == 1:
        return _CONFIDENCE.sub("", cells[columns[0]]).strip().rstrip(";")
    names = [(header[i], cells[i] if i < len(cells) else "") for i in columns]
    return "; ".join(
        text if _LINEAGE.search(text) else f"{rank_prefix(name)}{'' if text.lower() in {'na', 'nan'} else text}"
        for name, text in names
    )


def _foreign(source: Source, what: str) -> DialectError:
    return DialectError(
        f"{source.path} {what}, so it is no taxonomy",
        expected="a .qza of type FeatureData[Taxonomy], or text with the columns 'Feature ID' and 'Taxon'",
        hint="--taxonomy taxonomy.tsv, with feature id and lineage separated by a tab",
        path=str(source.path),
    )
