"""What is known of each training sample: its study and its labels, read from a metadata table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.errors import TrainingError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = ["read_columns", "read_groups"]

#: Cells that say that nothing is known, as R, pandas and spreadsheets write them (lower case).
MISSING = frozenset({"", "na", "nan", "n/a", "none", "null"})


def read_groups(path: str | os.PathLike[str], column: str) -> dict[str, str]:
    """Read the study of each sample from a metadata table.

    Parameters
    ----------
    path : path-like
        Tab-separated, with a header; the first column holds the sample ids.
    column : str
        Name of the column with the studies.

    Returns
    -------
    dict of str to str
        Sample id → study.

    Raises
    ------
    UsageError
        If the file cannot be read or has no such column.
    TrainingError
        If a sample stands twice or has no study.
    """
    header, rows = _read(path)
    at = _place(path, header, column, "--group")
    groups: dict[str, str] = {}
    for line, row in rows:
        group = row[at].strip() if len(row) > at else ""
        if not group:
            raise TrainingError(
                f"{path}, line {line}: sample {row[0]!r} has no {column}",
                expected="a study for every sample",
                hint="fill it in, or remove the line and the sample",
            )
        groups[row[0]] = group
    return groups


def read_columns(
    path: str | os.PathLike[str], columns: Sequence[str], sample_ids: Sequence[str]
) -> dict[str, list[str]]:
    """Read some columns of a metadata table for some samples.

    Parameters
    ----------
    path : path-like
        As for :func:`read_groups`.
    columns : sequence of str
    sample_ids : sequence of str

    Returns
    -------
    dict of str to list of str
        Column → text of each sample, in their order; empty where nothing is stated.

    Raises
    ------
    UsageError
        If the file cannot be read or lacks a column.
    TrainingError
        If a sample stands twice or not at all.
    """
    header, rows = _read(path)
    places = [_place(path, header, column, "--labels") for column in columns]
    line_of = {row[0]: row for _, row in rows}
    absent = [sample for sample in sample_ids if sample not in line_of]
    if absent:
        raise TrainingError(
            f"{len(absent)} of {len(sample_ids)} samples are not in {path}, such as {absent[0]!r}",
            expected=f"the ids of the metadata's first column, such as {next(iter(line_of), '(it has none)')}",
            hint="use the same ids in both files",
            missing=absent,
        )

    def cell(row: list[str], at: int) -> str:
        text = row[at].strip() if len(row) > at else ""
        return "" if text.lower() in MISSING else text

    return {
        column: [cell(line_of[sample], at) for sample in sample_ids] for column, at in zip(columns, places, strict=True)
    }


def _read(path: str | os.PathLike[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header, and the rows with their line numbers."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle, delimiter="\t")
            rows = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the metadata {path} cannot be read ({error})",
            expected="a tab-separated text file",
            hint="--metadata FILE",
        ) from error
    seen: set[str] = set()
    for line, row in rows[1:]:
        if row[0] in seen:
            raise TrainingError(
                f"{path}, line {line}: sample {row[0]!r} stands twice",
                expected="one line per sample",
                hint="remove one of the lines",
            )
        seen.add(row[0])
    return (rows[0][1] if rows else []), rows[1:]


def _place(path: str | os.PathLike[str], header: Sequence[str], column: str, option: str) -> int:
    if column not in header[1:]:
        raise UsageError(
            f"{path} has no column {column!r}",
            expected=f"one of its columns: {', '.join(header[1:]) or '(it has none)'}",
            hint=f"{option} COLUMN",
            path=str(path),
        )
    return header.index(column, 1)
