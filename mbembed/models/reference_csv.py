"""The species list that comes with a published checkpoint: a CSV, one row per input column."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING, NamedTuple

from mbembed.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["UNNAMED", "SpeciesList", "read_species_csv"]

#: Columns of ``model_species_reference.csv`` of LironZa/MBEmbed.
NAME, REPRESENTATIVE, ORDER = "species_name", "rep_id", "order"
#: Name of published columns whose species is not stated.
UNNAMED = "unknown"
#: Largest list that is read (bytes). The published one has 32,621 for 902 species.
MAX_BYTES = 64 * 1024 * 1024


class SpeciesList(NamedTuple):
    """A species list, in the order of the input columns.

    Attributes
    ----------
    rows : list of dict
        ``name`` and ``representative`` (the authors' id of the genome).
    sha256 : str
        Of the file with Unix line ends, so that a checkout on Windows is recognised.
    """

    rows: list[dict[str, str]]
    sha256: str


def read_species_csv(path: Path) -> SpeciesList:
    """Read the species list of a published checkpoint.

    Parameters
    ----------
    path : Path
        CSV with the columns ``species_name``, ``rep_id`` and ``order`` (0, 1, …: the input column).

    Returns
    -------
    SpeciesList

    Raises
    ------
    ModelError
        If it cannot be read, lacks a column, or its order has gaps or repeats.
    """
    try:
        with path.open("rb") as handle:
            content = handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelError(
            f"the species list {path} cannot be read ({error.strerror})",
            expected="a CSV file",
            hint="--species FILE.csv",
            path=str(path),
        ) from error
    if len(content) > MAX_BYTES:
        raise _unusable(path, f"has more than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = [column for column in (NAME, REPRESENTATIVE, ORDER) if column not in (reader.fieldnames or ())]
        records = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unusable(path, f"is not a CSV text ({error})") from error
    if missing:
        raise _unusable(path, f"has no column {', '.join(missing)}")
    by_order: dict[int, dict[str, str]] = {}
    for line, record in enumerate(records, start=2):
        order = (record[ORDER] or "").strip()
        if not (order.isascii() and order.isdigit()) or len(order) > len(str(MAX_BYTES)):
            raise _unusable(path, f"has the order {order!r} in record {line}")
        if int(order) in by_order:
            raise _unusable(path, f"has the order {order} twice")
        by_order[int(order)] = {
            "name": _cell(path, record, NAME),
            "representative": _cell(path, record, REPRESENTATIVE),
        }
    gap = next((order for order in range(len(by_order)) if order not in by_order), None)
    if gap is not None or not by_order:
        raise _unusable(path, "has no rows" if not by_order else f"has no row of order {gap}")
    rows = [by_order[order] for order in range(len(by_order))]
    return SpeciesList(rows, hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest())


def _cell(path: Path, record: dict[str, str | None], column: str) -> str:
    text = (record[column] or "").strip()
    if not text or not text.isprintable():  # a tab or a line end would break species.tsv
        raise _unusable(path, f"has {text!r} in its column {column}")
    return text


def _unusable(path: Path, reason: str) -> ModelError:
    return ModelError(
        f"the species list {path.name} {reason}",
        expected=f"columns {NAME}, {REPRESENTATIVE}, {ORDER}; order 0, 1, 2, … once each",
        hint="use the CSV that was published with the checkpoint, unchanged",
        path=str(path),
    )
