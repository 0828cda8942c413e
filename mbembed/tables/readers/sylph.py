"""sylph-tax: ``.sylphmpa`` of one sample, and ``sylph-tax merge``; all ranks, percent, GTDB names.

Sources: ``sylph_to_taxprof.py`` and ``merge_sylph_taxprof.py``. It looks like MetaPhlAn, but lineages
begin with ``d__``, names keep their blanks, strains are genomes, and there are two abundances.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mbembed.errors import EmptyTableError
from mbembed.tables.claims import claim, require
from mbembed.tables.labels import rank_of
from mbembed.tables.profile import Decision
from mbembed.tables.raw import TAXA_IN_ROWS, RawTable
from mbembed.tables.records import Records, keep_once, pivot, read_wide
from mbembed.tables.sample_names import name_from_file, names_from_columns, without_suffix
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "sylph"
TITLE = "sylph-tax, one sample or merged"
#: Says whether a file is of this dialect, and which version or variant.
sniff = partial(claim, dialect=DIALECT)

#: The column that is read of one sample: cells, as MetaPhlAn counts them; ``sequence_abundance`` is of reads.
ABUNDANCE = "relative_abundance"
#: Genomes without a taxonomy, in the program's words; in ours they are not classified.
NO_TAXONOMY = "NO_TAXONOMY"


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a profile of sylph-tax.

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
        If there are no clades, a cell holds no number, or a clade stands twice.
    """
    variant = require(source, DIALECT, expected="a header that begins with clade_name, and lineages d__…|p__…")
    file = TextFile(source)
    decisions = [TAXA_IN_ROWS]
    values: csr_array
    if variant == "merged":
        cells, _ = read_wide(file, options, text=(), header_line=1)
        sample_ids, named = names_from_columns(cells.columns)
        labels, values = cells.labels, cells.values.T.tocsr()
        decisions += named
    else:
        sample_ids, labels, values, decision = _read_single(file)
        decisions += [decision, Decision("columns", ABUNDANCE, "abundance of cells; sequence_abundance was left out")]
    lineages = [tuple(part.strip() for part in label.split("|")) for label in labels]
    # Ranks above the phylum of viruses (``r__``, realm) and genomes without taxonomy have no place in a lineage.
    kept = [i for i, parts in enumerate(lineages) if rank_of(parts[-1], ()) and parts[0] != NO_TAXONOMY]
    unknown = [i for i, label in enumerate(labels) if label == NO_TAXONOMY]
    if not kept:
        raise EmptyTableError(
            f"{source.path} is a profile of sylph-tax without clades",
            expected="at least one",
            hint="give sylph-tax taxprof the taxonomy (-t) of the database that was searched",
            path=str(source.path),
        )
    return RawTable(
        values=values[:, [*kept, *unknown]],
        sample_ids=sample_ids,
        labels=[*(labels[i] for i in kept), *("unclassified" for _ in unknown)],
        dialect=DIALECT,
        lineages=[*(lineages[i] for i in kept), *(() for _ in unknown)],
        unit="percent",
        decisions=decisions,
        warnings=file.warnings,
    )


def _read_single(file: TextFile) -> tuple[list[str], list[str], csr_array, Decision]:
    path = str(file.source.path)
    at = next((i for i, line in enumerate(file.head, 1) if line.startswith("clade_name\t")), None)
    if at is None:
        raise EmptyTableError(
            f"{path} has a first line of sylph-tax and no header",
            expected="a second line that begins with clade_name",
            hint="run sylph-tax again",
            path=path,
        )
    name, decision = name_from_file(file.source)
    stated = file.head[0].split("\t")
    if stated[0] == "#SampleID" and len(stated) > 1:
        name = without_suffix(stated[1].strip().rsplit("/", 1)[-1])
        decision = Decision("sample_id", name, f"'{stated[1].strip()}' in the first line, the suffix removed")
    header = file.head[at - 1].split("\t")
    records = Records(file, header[: header.index(ABUNDANCE) + 1] if ABUNDANCE in header else header, after=at)
    found: dict[tuple[str, str], float] = {}
    for line, cells in records:
        column = ABUNDANCE if ABUNDANCE in records.header else records.header[1]
        keep_once(found, (name, cells[0].strip()), records.number(cells, column, line), line, path)
    values, sample_ids, labels = pivot(found, path)
    return sample_ids, labels, values, decision
