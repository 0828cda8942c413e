"""Abundance tables among R objects: phyloseq, SummarizedExperiment, matrix, data frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mbembed.tables.lineages import taxa_lineages
from mbembed.tables.rformat import rvalues
from mbembed.tables.rformat.rvalues import slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csc_array

    from mbembed.tables.rformat.robject import RObject

__all__ = ["RTable", "RTableError", "find_tables"]

#: Kinds of table from the most to the least telling; the first kind that a workspace has is taken.
KINDS = ("phyloseq", "SummarizedExperiment", "otu_table", "matrix", "data.frame")
#: Assays are tried by these names first: what mia and curatedMetagenomicData call abundances.
ASSAY_NAMES = ("relative_abundance", "relabundance", "counts")


class RTableError(ValueError):
    """An object has the class of a table, but not its content."""


@dataclass
class RTable:
    """A table as R has it.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    values : ndarray or csc_array of shape (n_rows, n_columns)
    rows, columns : list of str
    taxa_are_rows : bool or None
        None where R does not say.
    lineages : list of tuple of str, optional
        One for each taxon, in the order of its side.
    samples : tuple of (names, columns), optional
        Sample data with its own row names.
    notes : list of tuple of (what, value, reason)
        Decisions.
    """

    kind: str
    values: NDArray[np.float64] | csc_array
    rows: list[str]
    columns: list[str]
    taxa_are_rows: bool | None = None
    lineages: list[tuple[str, ...]] | None = None
    samples: tuple[list[str], Mapping[str, list[object]]] | None = None
    notes: list[tuple[str, str, str]] = field(default_factory=list)


def kind_of(value: RObject) -> str | None:
    """Say which kind of table an object is, by class and shape; None for none.

    Parameters
    ----------
    value : RObject

    Returns
    -------
    str or None
        One of ``KINDS``.
    """
    names = rvalues.classes(value)
    if value.kind == "s4" and slot(value, "otu_table") is not None:
        return "phyloseq"
    if "otu_table" in names:
        return "otu_table"
    if value.kind == "s4" and slot(value, "assays") is not None and slot(value, "colData") is not None:
        return "SummarizedExperiment"
    if {"taxonomyTable", "sample_data", "phylo", "dist"} & set(names):
        return None
    if "data.frame" in names:
        return "data.frame" if _number_columns(value) else None
    plain = value.kind in rvalues.NUMERIC and len(rvalues.dim(value)) == 2
    return "matrix" if plain or "dgCMatrix" in names else None


def find_tables(objects: Mapping[str, RObject]) -> tuple[str | None, list[str]]:
    """Find the tables of the most telling kind.

    Parameters
    ----------
    objects : mapping of str to RObject

    Returns
    -------
    tuple of (kind or None, names)
    """
    kinds = {name: kind_of(value) for name, value in objects.items()}
    for kind in KINDS:
        found = [name for name, its_kind in kinds.items() if its_kind == kind]
        if found:
            return kind, found
    return None, []


def extract(value: RObject) -> RTable:
    """Take the table out of an object that `kind_of` names.

    Parameters
    ----------
    value : RObject

    Returns
    -------
    RTable

    Raises
    ------
    RTableError
        If parts are missing or do not fit together.
    """
    kind = kind_of(value)
    if kind == "phyloseq":
        return _phyloseq(value)
    if kind == "SummarizedExperiment":
        return _experiment(value)
    if kind == "otu_table":
        return _otu_table(value)
    if kind == "data.frame":
        return _data_frame(value)
    return RTable("matrix", *_matrix(value))


def _matrix(
    value: RObject,
) -> tuple[NDArray[np.float64] | csc_array, list[str], list[str]]:
    sparse = slot(value, "Dim") is not None
    values = rvalues.sparse_matrix(value) if sparse else rvalues.matrix(value)
    if values is None:
        raise RTableError(f"its {' '.join(rvalues.classes(value)) or value.kind} is no plain matrix of numbers")
    rows, columns = rvalues.dimnames(value, "Dimnames" if sparse else "dimnames")
    if rows is None or columns is None:
        raise RTableError(f"its matrix has no names for its {'rows' if rows is None else 'columns'}")
    _check(values.shape, rows, columns)
    return values, rows, columns


def _check(shape: tuple[int, ...], rows: list[str], columns: list[str]) -> None:
    if shape != (len(rows), len(columns)):
        raise RTableError(
            f"its matrix is {shape[0]} × {shape[1]}, but {len(rows)} rows and {len(columns)} columns have names"
        )


def _otu_table(value: RObject) -> RTable:
    flag = slot(value, "taxa_are_rows")
    if flag is None or flag.kind != "logical" or len(flag.value) != 1:
        raise RTableError("its otu_table does not say whether taxa are rows")
    return RTable("otu_table", *_matrix(value), taxa_are_rows=bool(flag.value[0]))


def _phyloseq(value: RObject) -> RTable:
    otu_table = slot(value, "otu_table")
    assert otu_table is not None
    table = _otu_table(otu_table)
    table.kind = "phyloseq"
    taxa = table.rows if table.taxa_are_rows else table.columns
    tax_table = slot(value, "tax_table")
    if tax_table is not None:
        table.lineages = _tax_table(tax_table, taxa)
    sample_data = slot(value, "sam_data")
    if sample_data is not None:
        content = rvalues.columns(sample_data)
        n_rows = len(next(iter(content.values()), []))
        table.samples = (rvalues.row_names(sample_data, n_rows), content)
    return table


def _tax_table(value: RObject, taxa: list[str]) -> list[tuple[str, ...]] | None:
    shape = rvalues.dim(value)
    rows, ranks = rvalues.dimnames(value)
    if value.kind != "character" or len(shape) != 2 or len(value.value) != shape[0] * shape[1]:
        raise RTableError("its tax_table is no matrix of text")
    if rows is None or len(rows) != shape[0]:
        raise RTableError("its tax_table has no names for its rows")
    ranks = ranks if ranks is not None and len(ranks) == shape[1] else [f"ta{i + 1}" for i in range(shape[1])]
    n_rows = shape[0]
    content = {rank: value.value[i * n_rows : (i + 1) * n_rows] for i, rank in enumerate(ranks)}
    row_of = {name: row for row, name in enumerate(rows)}
    order = [row_of.get(name) for name in taxa]
    matched = {rank: [None if row is None else values[row] for row in order] for rank, values in content.items()}
    return taxa_lineages(matched, taxa)


def _data_frame(value: RObject) -> RTable:
    content = _number_columns(value)
    n_rows = len(next(iter(content.values())))
    values = np.column_stack(list(content.values()))
    notes = []
    rows = rvalues.row_names(value, n_rows)
    text = {name: part for name, part in rvalues.columns(value).items() if name not in content}
    if text and rows == [str(number) for number in range(1, n_rows + 1)]:
        key, ids = next(iter(text.items()))
        rows = ["NA" if name is None else str(name) for name in ids]
        notes.append(("id column", key, "the first column of text; the data frame has no row names"))
        del text[key]
    for name, cells in text.items():
        if _all_numbers(cells):
            raise RTableError(f"its column {name!r} holds numbers as text, which would go missing with what they count")
    if text:
        notes.append(("left out", ", ".join(text), "columns of the data frame that hold no numbers"))
    return RTable("data.frame", values, rows, list(content), notes=notes)


def _all_numbers(cells: list[object]) -> bool:
    """Tell whether text cells are numbers, all that are filled."""
    texts = [str(cell).strip() for cell in cells if isinstance(cell, str) and cell.strip()]
    try:
        return bool(texts) and all(np.isfinite(float(text)) for text in texts)
    except ValueError:
        return False


def _number_columns(value: RObject) -> dict[str, NDArray[np.float64]]:
    """Return the columns of numbers of a data frame."""
    if value.kind != "list":
        return {}
    found = {
        name: rvalues.numbers(part)
        for name, part in zip(rvalues.names(value), value.value, strict=False)
        if part.kind in {"integer", "double"} and slot(part, "levels") is None and slot(part, "dim") is None
    }
    lengths = {len(numbers) for numbers in found.values()}
    return found if len(lengths) == 1 and 0 not in lengths else {}


def _experiment(value: RObject) -> RTable:
    assays = _assays(value)
    if not assays:
        raise RTableError("its assays are kept in a way that cannot be read without R")
    wanted = [name for name in ASSAY_NAMES if name in assays] or list(assays)
    name = wanted[0]
    assay = assays[name]
    sparse = slot(assay, "Dim") is not None
    values = rvalues.sparse_matrix(assay) if sparse else rvalues.matrix(assay)
    if values is None:
        raise RTableError(f"its assay '{name}' ({' '.join(rvalues.classes(assay)) or assay.kind}) is no plain matrix")
    rows, columns = rvalues.dimnames(assay, "Dimnames" if sparse else "dimnames")
    col_data = slot(value, "colData")
    assert col_data is not None
    sample_names = [text or "" for text in rvalues.texts(slot(col_data, "rownames"))]
    rows = rows or _feature_names(value)
    columns = columns or sample_names or None
    if rows is None or columns is None:
        raise RTableError(f"its {'rows' if rows is None else 'columns'} have no names")
    _check(values.shape, rows, columns)
    reason = "its only assay" if len(assays) == 1 else f"of its assays {', '.join(assays)}"
    table = RTable("SummarizedExperiment", values, rows, columns, taxa_are_rows=True, notes=[("assay", name, reason)])
    for path in (
        ("elementMetadata",),
        ("rowRanges", "elementMetadata"),
        ("rowRanges", "unlistData", "elementMetadata"),
    ):
        features = slot(value, *path, "listData")
        content = rvalues.columns(features) if features is not None else {}
        if content and all(len(part) == len(rows) for part in content.values()):
            table.lineages = taxa_lineages(content, rows)
            break
    samples = slot(col_data, "listData")
    if samples is not None and sample_names:
        content = rvalues.columns(samples)
        if content and all(len(part) == len(sample_names) for part in content.values()):
            table.samples = (sample_names, content)
    return table


def _assays(value: RObject) -> dict[str, RObject]:
    """Return the assays by name: in a list, or, before Bioconductor 3.10, in an environment."""
    assays = slot(value, "assays")
    held = slot(assays, "data")
    if held is None and assays is not None:
        environment = slot(assays, ".xData") or assays
        held = environment.value.get("data") if environment.kind == "environment" else None
    listed = slot(held, "listData")
    if listed is None or listed.kind != "list":
        return {}
    given = rvalues.names(listed)
    return {(given[i] if i < len(given) else "") or f"assay {i + 1}": part for i, part in enumerate(listed.value)}


def _feature_names(value: RObject) -> list[str] | None:
    for path in (("NAMES",), ("rowRanges", "partitioning", "NAMES"), ("rowRanges", "ranges", "NAMES")):
        found = [text or "" for text in rvalues.texts(slot(value, *path))]
        if found:
            return found
    return None
