"""Embeddings as Parquet and as NPY."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import OutputError
from mbembed.outputs.atomic import atomic_path
from mbembed.outputs.content import SUMMARY_KEY
from mbembed.outputs.parquet import ParquetWriter
from mbembed.outputs.summary import to_json
from mbembed.outputs.text import SAMPLE_COLUMN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mbembed.outputs.content import Content

__all__ = ["IDS_SUFFIX", "check_ids", "write_ids", "write_npy", "write_parquet"]

#: An NPY file has no room for ids: they stand in this file beside it, one per line.
IDS_SUFFIX = ".ids.txt"


def write_parquet(path: Path, content: Content) -> None:
    """Write a column ``sample`` (text) and one float32 column per dimension.

    The summary is in the file's key-value metadata. Nothing is compressed: zstd takes 7 % off such
    numbers and two and a half times as long.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        writer = ParquetWriter(handle, SAMPLE_COLUMN, content.dimension_names)
        writer.write(content.values, content.sample_ids)
        writer.close({SUMMARY_KEY: to_json(content.summary)})


def write_npy(path: Path, content: Content) -> None:
    """Write the bare matrix, and the ids beside it in ``<path>.ids.txt``.

    The ids get their name first: where the matrix is, its ids are.

    Raises
    ------
    OutputError
        If an id holds a line break, which a file with one id per line cannot keep.
    """
    check_ids(path, content.sample_ids)
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.save(handle, content.values)
        handle.flush()
        write_ids(path, content.sample_ids)


def check_ids(path: Path, sample_ids: Sequence[str]) -> None:
    """Refuse ids that the file beside an NPY file cannot keep, see `write_npy`."""
    broken = next((one for one in sample_ids if "\n" in one or "\r" in one), None)
    if broken is not None:
        raise OutputError(
            f"the sample id {broken!r} holds a line break, and {path.name}{IDS_SUFFIX} has one id per line",
            expected="ids without line breaks",
            hint=f"write {path.with_suffix('.parquet').name} instead",
            path=str(path),
        )


def write_ids(path: Path, sample_ids: Sequence[str]) -> None:
    """Write the ids beside an NPY file."""
    with atomic_path(path.with_name(path.name + IDS_SUFFIX)) as temporary:
        temporary.write_text("".join(f"{one}\n" for one in sample_ids), encoding="utf-8", newline="\n")
