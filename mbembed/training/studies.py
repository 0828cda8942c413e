"""Which sample is of which study: read from a metadata table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.errors import TrainingError, UsageError

if TYPE_CHECKING:
    import os

__all__ = ["read_groups"]


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
    header = rows[0][1] if rows else []
    if column not in header[1:]:
        raise UsageError(
            f"{path} has no column {column!r}",
            expected=f"one of its columns: {', '.join(header[1:]) or '(it has none)'}",
            hint="--group COLUMN",
            path=str(path),
        )
    at = header.index(column, 1)
    groups: dict[str, str] = {}
    for line, row in rows[1:]:
        group = row[at].strip() if len(row) > at else ""
        if not group:
            raise TrainingError(
                f"{path}, line {line}: sample {row[0]!r} has no {column}",
                expected="a study for every sample",
                hint="fill it in, or remove the line and the sample",
            )
        if row[0] in groups:
            raise TrainingError(
                f"{path}, line {line}: sample {row[0]!r} stands twice",
                expected="one line per sample",
                hint="remove one of the lines",
            )
        groups[row[0]] = group
    return groups
