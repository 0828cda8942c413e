"""R data files: phyloseq objects and other tables in ``.rds``, ``.RData`` and ``.rda``, without R."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mbembed.errors import DialectError, EmptyTableError, TableError
from mbembed.tables.axis import find_orientation
from mbembed.tables.bounded import damaged, read_all
from mbembed.tables.profile import Decision
from mbembed.tables.raw import RawTable
from mbembed.tables.rformat import rvalues
from mbembed.tables.rformat.rserial import SerialError, parse
from mbembed.tables.rformat.rtables import RTable, RTableError, extract, find_tables
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    import pandas as pd

    from mbembed.tables.raw import ReadOptions
    from mbembed.tables.rformat.robject import RObject
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "raw_table", "read", "sniff"]

DIALECT = "phyloseq"
TITLE = "phyloseq and other R objects (.rds, .RData)"

#: Most bytes of R data after decompression (2 GiB: 100,000 samples × 2,000 taxa as doubles are 1.6).
MAX_R_BYTES = 2 << 30
#: How many names of objects a message lists.
SHOWN_NAMES = 10

#: ``save`` puts its own line before that of the serialisation; then format and version. The text
#: format is told from a table whose first line is ``A`` by two more lines of numbers.
_BEGIN = re.compile(
    rb"(?P<workspace>RD[XAB][23]\n)?"
    rb"(X\n\0\0\0(?P<xdr>[\1-\3])\0[\0-\x0f]..|B\n(?P<native>[\1-\3])\0\0\0..[\0-\x0f]\0|A\n(?P<text>[123])\n\d{5,7}\n\d{5,7}\n)",
    re.DOTALL,
)


def sniff(source: Source) -> str | None:
    """Say whether this is R's serialisation.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str or None
        ``.RData, version 3``, or None. What the file holds is only known after `read`.
    """
    begin = _BEGIN.match(source.head)
    if begin is None:
        return None
    binary = begin["xdr"] or begin["native"]
    version = binary[0] if binary else int(begin["text"])
    return f"{'.RData' if begin['workspace'] else '.rds'}, version {version}"


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read the one abundance table of an R data file.

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
        If it is not an R data file, or holds no table.
    TableError
        If it is damaged, holds several tables, or one whose parts do not fit together.
    AxisError
        If a plain matrix does not show which side is that of the taxa.
    EmptyTableError
        If there are no samples or no taxa.
    """
    if sniff(source) is None:
        raise DialectError(
            f"{source.path} is not an R data file",
            expected="what saveRDS() or save() writes",
            hint=LEAVE_OUT_FORMAT,
            path=str(source.path),
        )
    content = read_all(source, MAX_R_BYTES)
    try:
        objects = _unpacked(parse(content))
    except SerialError as error:
        raise damaged(source, "an R data file", error) from error
    name, value = _choose(source, objects)
    try:
        table = extract(value)
    except RTableError as error:
        raise TableError(
            f"{source.path}: {name or 'the object'} cannot be used: {error}",
            expected="a phyloseq object, a SummarizedExperiment with a plain assay, or a matrix with names on both sides",
            hint='in R: saveRDS(as(otu_table(x), "matrix"), "table.rds"), or as.matrix(assay(x))',
            path=str(source.path),
            object=name,
        ) from error
    return raw_table(table, options, path=str(source.path), name=name)


def _unpacked(objects: dict[str, RObject]) -> dict[str, RObject]:
    """Open a bare list of objects, as ``saveRDS(list(a = …, b = …))`` writes it."""
    if set(objects) != {""}:
        return objects
    only = objects[""]
    if only.kind != "list" or rvalues.classes(only):
        return objects
    return {name: value for name, value in zip(rvalues.names(only), only.value, strict=False) if name}


def _choose(source: Source, objects: dict[str, RObject]) -> tuple[str, RObject]:
    kind, found = find_tables(objects)
    if kind is None:
        held = ", ".join(
            f"{name or 'one object'} ({' '.join(rvalues.classes(value)) or value.kind})"
            for name, value in list(objects.items())[:SHOWN_NAMES]
        )
        raise DialectError(
            f"{source.path} is an R data file without an abundance table: it holds {held or 'nothing'}",
            expected="a phyloseq object, otu_table, SummarizedExperiment, matrix or data frame of numbers",
            hint='in R: saveRDS(ps, "table.rds") with the object that holds the table',
            path=str(source.path),
        )
    if len(found) > 1:
        raise TableError(
            f"{source.path} holds {len(found)} tables of the same kind ({kind}): {', '.join(found[:SHOWN_NAMES])}",
            expected="one",
            hint=f'in R: saveRDS({found[0]}, "{found[0]}.rds")',
            path=str(source.path),
            objects=found,
        )
    return found[0], objects[found[0]]


def raw_table(table: RTable, options: ReadOptions, *, path: str = "", name: str = "") -> RawTable:
    """Turn a table as R has it into one with samples first; the same for files and for objects of a running R.

    Parameters
    ----------
    table : RTable
    options : ReadOptions
    path : str
        For messages; empty for an object in memory.
    name : str
        Of the object in its file.

    Returns
    -------
    RawTable

    Raises
    ------
    AxisError
        If a plain matrix does not show which side is that of the taxa.
    EmptyTableError
        If there are no samples or no taxa.
    """
    if not (table.rows and table.columns):
        raise EmptyTableError(
            f"{path + ': ' if path else ''}{name or 'the table'} has {len(table.rows)} rows and "
            f"{len(table.columns)} columns",
            expected="at least one sample and one taxon",
            hint="in R: check dim() of the object" + (", and save it again" if path else ""),
            path=path,
        )
    if options.orientation or table.taxa_are_rows is None:
        decision = find_orientation(table.rows, table.columns, options.orientation, path=path)
    else:
        side = "taxa-in-rows" if table.taxa_are_rows else "samples-in-rows"
        why = "taxa_are_rows" if table.kind in {"phyloseq", "otu_table"} else "rows of a SummarizedExperiment"
        decision = Decision("orientation", side, f"stated by the object ({why})")
    taxa_in_rows = decision.value == "taxa-in-rows"
    values, samples, taxa = table.values, table.rows, table.columns
    if taxa_in_rows:
        values, samples, taxa = values.T, taxa, samples
    lineages = table.lineages if table.lineages is not None and len(table.lineages) == len(taxa) else None
    warnings: list[str] = []
    decisions = [Decision(*note) for note in table.notes]
    if name:
        decisions.insert(0, Decision("object", name, f"the only {table.kind} of the file"))
    return RawTable(
        values=values.tocsr() if hasattr(values, "tocsr") else values,
        sample_ids=samples,
        labels=taxa,
        dialect=DIALECT,
        lineages=lineages,
        decisions=[*decisions, decision],
        warnings=warnings,
        sample_metadata=_metadata(table, samples, warnings),
    )


def _metadata(table: RTable, samples: list[str], warnings: list[str]) -> pd.DataFrame | None:
    """Return the sample data in the order of the samples; matched by name, never by position."""
    if table.samples is None or not table.samples[1]:
        return None
    names, columns = table.samples
    row_of = {name: row for row, name in enumerate(names)}
    n_missing = sum(name not in row_of for name in samples)
    if n_missing or len(row_of) != len(names):
        warnings.append(
            f"the sample data were left out: {n_missing} of {len(samples)} samples are not among their row names"
        )
        return None
    import pandas as pd

    rows = [row_of[name] for name in samples]
    return pd.DataFrame(
        {key: [values[row] for row in rows] for key, values in columns.items()}, index=pd.Index(samples, name="sample")
    )
