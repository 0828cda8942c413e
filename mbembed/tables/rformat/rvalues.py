"""R values as Python ones: classes, names, columns, matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.tables.rformat.rstream import NA_INTEGER

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array

    from mbembed.tables.rformat.robject import RObject

__all__ = ["NUMERIC", "classes", "column", "columns", "dim", "dimnames", "matrix", "names", "slot", "sparse_matrix"]

#: Kinds that hold numbers.
NUMERIC = frozenset({"integer", "double", "logical"})


def slot(value: RObject | None, *path: str) -> RObject | None:
    """Follow slots or attributes by name; None where one is missing or NULL."""
    for name in path:
        if value is None:
            return None
        value = value.attributes.get(name)
    # A slot that is NULL is stored as a symbol of this name.
    empty = value is None or value.kind == "null" or (value.kind == "symbol" and value.value == "\x01NULL\x01")
    return None if empty else value


def texts(value: RObject | None) -> list[str | None]:
    """Return a character vector, or an empty list."""
    return list(value.value) if value is not None and value.kind == "character" else []


def classes(value: RObject) -> list[str]:
    """Return the class attribute."""
    return [name for name in texts(slot(value, "class")) if name]


def names(value: RObject) -> list[str]:
    """Return the names of a list or vector; ``""`` where one has none."""
    return [name or "" for name in texts(slot(value, "names"))]


def dim(value: RObject) -> tuple[int, ...]:
    """Return the dimensions; empty for what is no array."""
    sizes = slot(value, "dim")
    return tuple(int(size) for size in sizes.value) if sizes is not None and sizes.kind in NUMERIC else ()


def dimnames(value: RObject, attribute: str = "dimnames") -> tuple[list[str] | None, list[str] | None]:
    """Return the names of rows and columns, None where there are none."""
    both = slot(value, attribute)
    parts = both.value if both is not None and both.kind == "list" and len(both.value) == 2 else [None, None]
    rows, columns = ([name or "NA" for name in texts(part)] or None for part in parts)
    return rows, columns


def numbers(value: RObject) -> NDArray[np.float64]:
    """Return a numeric vector as float64, NA as NaN."""
    if value.kind == "double":
        return np.asarray(value.value, dtype=np.float64)
    result: NDArray[np.float64] = value.value.astype(np.float64)
    result[value.value == NA_INTEGER] = np.nan
    return result


def matrix(value: RObject) -> NDArray[np.float64] | None:
    """Return a numeric matrix in R's orientation, or None if it is none.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), or None
        In Fortran order, so that its transpose lies sample by sample without a copy.
    """
    shape = dim(value)
    if value.kind not in NUMERIC or len(shape) != 2 or min(shape) < 0 or shape[0] * shape[1] != len(value.value):
        return None
    return numbers(value).reshape(shape, order="F")


def sparse_matrix(value: RObject) -> csc_array | None:
    """Return a ``dgCMatrix`` of the package Matrix, or None if it is none or contradicts itself."""
    parts = [slot(value, name) for name in ("x", "i", "p", "Dim")]
    if any(part is None or part.kind not in NUMERIC for part in parts):
        return None
    data, indices, pointers, shape = (part.value for part in parts if part is not None)
    from scipy.sparse import csc_array

    try:
        result = csc_array((data.astype(np.float64), indices, pointers), shape=tuple(int(size) for size in shape))
        result.check_format(full_check=True)
    except (ValueError, TypeError):
        return None
    return result


def column(value: RObject) -> list[object] | None:
    """Return a column of a data frame: text, numbers, or the labels of a factor; None for other things."""
    levels = slot(value, "levels")
    if value.kind == "integer" and levels is not None:
        labels = texts(levels)
        return [labels[code - 1] if 0 < code <= len(labels) else None for code in value.value.tolist()]
    if value.kind == "character":
        return list(value.value)
    if value.kind == "logical":
        return [None if code == NA_INTEGER else bool(code) for code in value.value.tolist()]
    if value.kind == "integer":
        return [None if code == NA_INTEGER else code for code in value.value.tolist()]
    return value.value.tolist() if value.kind == "double" else None


def columns(value: RObject) -> dict[str, list[object]]:
    """Return the plain columns of a list of columns, those of the commonest length.

    A column that is a matrix or a list is left out.
    """
    if value.kind != "list":
        return {}
    found = {name: column(part) for name, part in zip(names(value), value.value, strict=False)}
    plain = {name: values for name, values in found.items() if name and values is not None}
    lengths = [len(values) for values in plain.values()]
    usual = max(set(lengths), key=lengths.count, default=0)
    return {name: values for name, values in plain.items() if len(values) == usual}


def row_names(value: RObject, n_rows: int) -> list[str]:
    """Return the row names of a data frame; ``1``, ``2``, … where R keeps none."""
    kept = slot(value, "row.names")
    if kept is not None and kept.kind == "character":
        return [name or "NA" for name in kept.value]
    if kept is not None and kept.kind == "integer" and len(kept.value) == n_rows and NA_INTEGER not in kept.value:
        return [str(code) for code in kept.value.tolist()]
    return [str(number) for number in range(1, n_rows + 1)]
