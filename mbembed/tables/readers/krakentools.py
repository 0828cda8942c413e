"""KrakenTools mpa tables (``kreport2mpa.py``, ``combine_mpa.py``) and ``kraken2 --use-mpa-style``.

All ranks stand in one table and ranks may be skipped. ``kreport2mpa.py`` writes no header unless
asked; old versions wrote one underscore (``d_Bacteria|p_Firmicutes``); ``x__`` marks ranks between.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mbembed.tables.claims import claim, require
from mbembed.tables.delimited import read_cells
from mbembed.tables.layout import Layout, find_layout
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.readers.kraken_ranks import READS, host_note
from mbembed.tables.sample_names import name_from_file, names_from_columns
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "kraken-mpa"
TITLE = "Kraken in MetaPhlAn style (KrakenTools kreport2mpa, combine_mpa)"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

_OLD_PREFIX = re.compile(r"^([dkpcofgstx])_(?!_)")
_BETWEEN = "x__"


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a KrakenTools mpa table.

    Parameters
    ----------
    source : Source
    options : ReadOptions

    Returns
    -------
    RawTable
        In reads if all values are whole numbers, else in percent (``kreport2mpa.py --percentages``).

    Raises
    ------
    DialectError
        If the file is of another dialect.
    EmptyTableError, CellError
        If there are no clades, or a cell holds no number.
    """
    variant = require(source, DIALECT, expected="#Classification and samples, or lineages k__…|p__… and numbers")
    file = TextFile(source)
    decisions = [TAXA_IN_ROWS]
    if variant == "with a header":
        cells = read_cells(file, find_layout(file, header_line=1), missing=options.missing)
        sample_ids, named = names_from_columns(cells.columns)
        decisions += named
    else:
        layout = Layout("\t", ".", ["clade", ""], 0, frozenset(), 0)
        cells = read_cells(file, layout, missing=options.missing)
        name, decision = name_from_file(source)
        sample_ids = [name]
        decisions.append(decision)
    lineages = [_lineage(label) for label in cells.labels]
    kept = [i for i, parts in enumerate(lineages) if not parts[-1].startswith(_BETWEEN)]
    values = cells.values[kept].T.tocsr()
    whole = np.array_equal(values.data, np.rint(values.data))
    named_parts = [tuple(part for part in lineages[i] if not part.startswith(_BETWEEN)) for i in kept]
    species = [i for i, parts in enumerate(named_parts) if parts[-1].startswith("s__")]
    return RawTable(
        values=values,
        sample_ids=sample_ids,
        labels=[cells.labels[i] for i in kept],
        dialect=DIALECT,
        lineages=named_parts,
        unit="counts" if whole else "percent",
        decisions=[*decisions, READS],
        warnings=[*file.warnings, *cells.notes, *host_note(values[:, species], [named_parts[i][-1] for i in species])],
    )


def _lineage(label: str) -> tuple[str, ...]:
    """Cut a label at ``|``; one underscore after the letter of a rank becomes two.

    >>> _lineage("d_Bacteria|p_Firmicutes|s_Blautia obeum")
    ('d__Bacteria', 'p__Firmicutes', 's__Blautia obeum')
    """
    return tuple(_OLD_PREFIX.sub(r"\1__", part.strip()) for part in label.split("|"))
