"""mOTUs 2, 3 and 4: one sample or merged, fractions or counts, in all variants of the columns.

Sources: ``map_mOTUs_to_LGs.py`` and ``append.py`` (versions 2 and 3; the header itself begins with
``#``), ``mentities.py`` (version 4).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from mbembed.errors import EmptyTableError
from mbembed.tables.claims import claim, require
from mbembed.tables.labels import is_unclassified, lineage_from_label
from mbembed.tables.profile import Decision
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.records import read_wide
from mbembed.tables.sample_names import name_from_file
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "motus"
TITLE = "mOTUs 2, 3 or 4, one sample or merged"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: Columns of text beside the first, lower case: ``-p`` adds NCBI_tax_id, ``-u`` and ``-q`` put the id of
#: the mOTU first and the taxonomy second, version 4 calls it Taxonomy.
TEXT = frozenset({"consensus_taxonomy", "ncbi_tax_id", "taxonomy"})
#: First cells of the header, lower case.
FIRST = ("#consensus_taxonomy", "#motu", "#motus", "motu")
#: What stands where the profile was made without ``-n``.
UNNAMED = "unnamed sample"
#: What stands instead of an id for "none", lower case.
NO_ID = frozenset({"na", ""})

_COUNTS = re.compile(r"calc_motu [^|]*-c\b|value_type=counts|report_mode=counts")
_RELATIVE = re.compile(r"value_type=rel|report_mode=rel")
_LEVEL = re.compile(r"calc_motu [^|]*-k (kingdom|phylum|class|order|family|genus)\b")
#: Names that mOTUs gives where it has no species: ``Clostridiales species incertae sedis``.
_INCERTAE = re.compile(r"incertae sedis|^Unknown ")


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a mOTUs profile.

    The id of the mOTU stays in the labels (``Blautia obeum [ref_mOTU_v3_00001]``), because
    many mOTUs share a name.

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
        If there are no mOTUs, or a cell holds no number.
    """
    require(
        source, DIALECT, expected="comment lines of mOTUs and a header that begins with #consensus_taxonomy or #mOTU"
    )
    file = TextFile(source)
    numbered = enumerate(file.head, start=1)
    header = next((i for i, line in numbered if line.split("\t", 1)[0].strip().lower() in FIRST), None)
    if header is None:
        raise EmptyTableError(
            f"{source.path} has the comment lines of mOTUs and no header",
            expected="a line that begins with #consensus_taxonomy, #mOTU or mOTU",
            hint="use the file as mOTUs wrote it",
            path=str(source.path),
        )
    comments = " ".join(file.head[: header - 1])
    cells, text = read_wide(file, options, text=TEXT, header_line=header)
    labels, lineages = _names(cells.labels, text, _LEVEL.search(comments))
    sample_ids, named = _samples(cells.columns, source)
    unit = "counts" if _COUNTS.search(comments) else "fraction" if _RELATIVE.search(comments) else None
    nameless = sum(
        _INCERTAE.search(_species(label, parts)) is not None for label, parts in zip(labels, lineages, strict=True)
    )
    reason = f"{nameless:,} of {len(labels):,} mOTUs have no species name and are known by their id only"
    taxids = text.get("ncbi_tax_id")
    return RawTable(
        values=cells.values.T.tocsr(),
        sample_ids=sample_ids,
        labels=labels,
        dialect=DIALECT,
        lineages=lineages,
        taxids=taxids and ["" if taxid.strip().lower() in NO_ID else taxid.strip().split("|")[-1] for taxid in taxids],
        unit=unit,
        decisions=[
            TAXA_IN_ROWS,
            *named,
            Decision("names", "mOTUs", reason),
        ],
        warnings=[*file.warnings, *cells.notes],
    )


def _samples(columns: Sequence[str], source: Source) -> tuple[list[str], list[Decision]]:
    if list(columns) != [UNNAMED]:
        return list(columns), []
    name, decision = name_from_file(source)
    return [name], [decision]


def _names(
    first: Sequence[str], text: Mapping[str, list[str]], level: re.Match[str] | None
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return labels that hold name and id, and lineages where the file has them."""
    names = text.get("taxonomy", text.get("consensus_taxonomy", first))
    if names is first:
        prefix = f"{level.group(1)[0]}__" if level else ""  # k, p, c, o, f, g
        return list(first), [(prefix + name,) if prefix else lineage_from_label(name) for name in first]
    none = [is_unclassified(motu.rpartition("_")[2], ()) for motu in first]
    labels = [name if skip else f"{name} [{motu}]" for motu, name, skip in zip(first, names, none, strict=True)]
    return labels, [() if skip else lineage_from_label(name) for name, skip in zip(names, none, strict=True)]


def _species(label: str, lineage: tuple[str, ...]) -> str:
    return lineage[-1].removeprefix("s__") if lineage else label
