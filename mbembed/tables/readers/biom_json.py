"""BIOM 1.0: the biological observation matrix in JSON.

Layout: https://biom-format.org/documentation/format_versions/biom-1.0.html. Read with the
standard library, since the files that R writes (``id`` is ``{}``, the type of the values is
wrong, one sample is a flat list) are refused or misread by other readers.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.errors import CellError, DialectError, TableError
from mbembed.tables.bounded import read_all
from mbembed.tables.readers.biom_parts import biom_table
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.raw import RawTable, ReadOptions
    from mbembed.tables.readers.biom_parts import Axis
    from mbembed.tables.source import Source

__all__ = ["DIALECT", "TITLE", "read", "sniff"]

DIALECT = "biom-json"
TITLE = "BIOM 1.0 (JSON)"

#: Most bytes of JSON that are parsed (1 GiB; Python objects take about ten times that in memory).
MAX_JSON_BYTES = 1 << 30
#: Fields that only BIOM has among the JSON that microbiome programs write.
#: How R's biomformat signs its files. Its ``write_biom`` rounds to four decimals (jsonlite's default).
R_WRITER = "biomformat"
_OWN_FIELDS = re.compile(rb'"(matrix_type|matrix_element_type|format_url|generated_by|rows|columns|shape)"\s*:')
#: How many of them make a file BIOM when it does not name its format.
MIN_OWN_FIELDS = 3
_NAMES_BIOM = b"Biological Observation Matrix"
_VERSION = re.compile(rb"Biological Observation Matrix (\d+(?:\.\d+)*)")
#: Fields that cannot be done without.
_REQUIRED = ("rows", "columns", "data", "matrix_type")
#: A sparse value is row, column, value.
TRIPLET = 3


def sniff(source: Source) -> str | None:
    """Say which BIOM this is.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str or None
        ``BIOM 1.0.0``, or None.
    """
    head = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if source.kind != "text" or not head.startswith(b"{"):
        return None
    if _NAMES_BIOM not in head and len(set(_OWN_FIELDS.findall(head))) < MIN_OWN_FIELDS:
        return None
    version = _VERSION.search(head)
    return f"BIOM {version.group(1).decode()}" if version else "BIOM 1.0"


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read a BIOM 1.0 file.

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
        If it is not JSON, or JSON of another kind.
    TableError
        If the JSON is broken, a part is missing, or the parts contradict each other.
    CellError
        If a value is not a number, stands outside the table, or stands twice.
    AxisError, EmptyTableError
        See `mbembed.tables.readers.biom_parts.biom_table`.
    """
    content = _parse(source)
    missing = [name for name in _REQUIRED if name not in content]
    if missing:
        raise _foreign(source, f"is JSON without {', '.join(missing)}")
    observation_ids, observations = _axis(source, content, "rows")
    sample_ids, samples = _axis(source, content, "columns")
    shape = (len(observation_ids), len(sample_ids))
    if content.get("shape", list(shape)) != list(shape):
        raise TableError(
            f"{source.path} contradicts itself: its shape is stated as {content['shape']}, but it names "
            f"{shape[0]} rows and {shape[1]} columns",
            expected="one id for each row and column",
            hint="write it again from the original table",
            path=str(source.path),
        )
    values = _dense(source, content, shape) if content["matrix_type"] == "dense" else _sparse(source, content, shape)
    table = biom_table(
        source,
        options,
        dialect=DIALECT,
        values=values,
        observations=(observation_ids, observations),
        samples=(sample_ids, samples),
    )
    if str(content.get("generated_by", "")).startswith(R_WRITER) and _has_decimals(values):
        table.warnings.append(
            "the file was written by R's biomformat, which keeps four decimals: fractions below 0.00005 are gone; "
            "save the object itself (saveRDS), or percent instead of fractions"
        )
    return table


def _has_decimals(values: NDArray[np.float64] | csr_array) -> bool:
    numbers = values if isinstance(values, np.ndarray) else values.data
    return not np.array_equal(numbers, np.rint(numbers))


def _parse(source: Source) -> dict[str, Any]:
    if source.kind != "text" or not source.head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        raise _foreign(source, "is not JSON")
    text = read_all(source, MAX_JSON_BYTES).decode("utf-8-sig", "replace")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if sniff(source) is None:
            raise _foreign(source, "is no JSON that can be read") from error
        cut = error.pos >= len(text.rstrip())
        raise TableError(
            f"{source.path} is broken JSON: {error.msg} at line {error.lineno}, column {error.colno}"
            + (", which is its end: the file is truncated" if cut else ""),
            expected="a BIOM 1.0 file, as it was written",
            hint="copy or download it again" if cut else "write it again; JSON cannot be edited like a table",
            path=str(source.path),
            line=error.lineno,
            column=error.colno,
        ) from error
    except (RecursionError, ValueError) as error:
        raise TableError(
            f"{source.path} is JSON that cannot be read ({error})",
            expected="a BIOM 1.0 file",
            hint="write or download it again; biom validate-table names what is wrong",
            path=str(source.path),
        ) from error
    if not isinstance(content, dict):
        raise _foreign(source, "is JSON, but no object")
    return content


def _foreign(source: Source, what: str) -> DialectError:
    return DialectError(
        f"{source.path} {what}, so not BIOM 1.0",
        expected=f"a JSON object with the fields {', '.join(_REQUIRED)}",
        hint=LEAVE_OUT_FORMAT,
        path=str(source.path),
    )


def _axis(source: Source, content: dict[str, Any], name: str) -> tuple[list[str], Axis]:
    entries = content[name]
    whole = isinstance(entries, list) and all(isinstance(entry, dict) and "id" in entry for entry in entries)
    if not whole:
        raise TableError(
            f"{source.path}: '{name}' is no list of entries that each have an 'id'",
            expected='as BIOM 1.0 has it: [{"id": …, "metadata": …}, …]',
            hint="write it again from the original table",
            path=str(source.path),
        )
    ids = [str(entry["id"]) for entry in entries]
    records = [entry.get("metadata") for entry in entries]
    keys = dict.fromkeys(key for record in records if isinstance(record, dict) for key in record)
    return ids, {key: [record.get(key) if isinstance(record, dict) else None for record in records] for key in keys}


def _dense(source: Source, content: dict[str, Any], shape: tuple[int, int]) -> NDArray[np.float64]:
    values = _numbers(source, content["data"], shape)
    if values.shape != shape:
        # R's biomformat writes one sample, or one taxon, as a flat list.
        flat = values.ndim == 1 and 1 in shape and values.size == shape[0] * shape[1]
        if not flat and values.size:
            raise _misshapen(source, f"{' × '.join(str(size) for size in values.shape)} values", shape)
        if not flat and 0 not in shape:
            raise _misshapen(source, "no values", shape)
        values = values.reshape(shape)
    return np.ascontiguousarray(values.T)


def _sparse(source: Source, content: dict[str, Any], shape: tuple[int, int]) -> csr_array:
    from scipy.sparse import csr_array

    triplets = _numbers(source, content["data"], shape)
    if triplets.size == 0:
        triplets = triplets.reshape(0, TRIPLET)
    elif triplets.ndim == 1 and triplets.size == TRIPLET:
        triplets = triplets.reshape(1, TRIPLET)
    if triplets.ndim != 2 or triplets.shape[1] != TRIPLET:
        raise _misshapen(source, "entries that are not [row, column, value]", shape)
    cells = triplets[:, :2]
    inside = (cells >= 0) & (cells < np.array(shape)) & (cells == np.floor(cells))
    outside = np.flatnonzero(~inside.all(axis=1))
    if outside.size:
        row, column, value = triplets[outside[0]].tolist()
        raise CellError(
            f"{source.path}: {outside.size} of {len(triplets)} values stand outside the table; the first is "
            f"entry {outside[0] + 1} of 'data', value {value:g} at row {row:g}, column {column:g}",
            expected=f"rows 0 to {shape[0] - 1}, columns 0 to {shape[1] - 1}",
            hint="write it again from the original table",
            path=str(source.path),
            line=int(outside[0]) + 1,
        )
    rows, columns = cells.astype(np.int64).T
    keys = columns * shape[0] + rows
    order = np.argsort(keys, kind="stable")
    repeats = np.flatnonzero(np.diff(keys[order]) == 0)
    if repeats.size:
        first = int(order[repeats[0] + 1])
        raise CellError(
            f"{source.path}: {repeats.size} cells are given twice; the first is row {rows[first]}, "
            f"column {columns[first]} (entry {first + 1} of 'data')",
            expected="each cell once",
            hint="write it again from the original table",
            path=str(source.path),
            line=first + 1,
        )
    indptr = np.concatenate(([0], np.cumsum(np.bincount(columns, minlength=shape[1]))))
    return csr_array((triplets[order, 2], rows[order], indptr), shape=(shape[1], shape[0]))


def _numbers(source: Source, data: object, shape: tuple[int, int]) -> NDArray[np.float64]:
    if not isinstance(data, list):
        raise _misshapen(source, "no list of values", shape)
    try:
        return np.array(data, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        for position, entry in enumerate(data, 1):
            for value in entry if isinstance(entry, list) else [entry]:
                if not isinstance(value, int | float | None) or isinstance(value, bool):
                    raise CellError(
                        f"{source.path}: entry {position} of 'data' holds {value!r:.80}, which is no number",
                        expected="a number",
                        hint="correct the cell in the original table and write the file again",
                        path=str(source.path),
                        line=position,
                        value=value,
                    ) from error
        raise _misshapen(source, "rows of different lengths", shape) from error


def _misshapen(source: Source, found: str, shape: tuple[int, int]) -> TableError:
    return TableError(
        f"{source.path}: 'data' holds {found} for {shape[0]} rows and {shape[1]} columns",
        expected="a number for each cell (dense), or [row, column, value] for each that is not 0 (sparse)",
        hint="write it again from the original table",
        path=str(source.path),
    )
