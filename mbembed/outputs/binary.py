"""Embeddings as Parquet and as NPY."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import OutputError
from mbembed.outputs.atomic import atomic_path
from mbembed.outputs.content import SUMMARY_KEY
from mbembed.outputs.summary import to_json
from mbembed.outputs.text import SAMPLE_COLUMN

if TYPE_CHECKING:
    from pathlib import Path

    from mbembed.outputs.content import Content

__all__ = ["IDS_SUFFIX", "write_npy", "write_parquet"]

#: An NPY file has no room for ids: they stand in this file beside it, one per line.
IDS_SUFFIX = ".ids.txt"


def write_parquet(path: Path, content: Content) -> None:
    """Write a column ``sample`` (text) and one float32 column per dimension.

    The summary is in the file's key-value metadata. Compression: zstd, polars' default.
    """
    import polars as pl

    frame = pl.from_numpy(content.values, schema=content.dimension_names, orient="row")
    frame.insert_column(0, pl.Series(SAMPLE_COLUMN, content.sample_ids, dtype=pl.String))
    file = BytesIO()  # polars reports a full disk as a damaged file: writing is left to Python
    frame.write_parquet(file, metadata={SUMMARY_KEY: to_json(content.summary)})
    with atomic_path(path) as temporary:
        temporary.write_bytes(file.getvalue())


def write_npy(path: Path, content: Content) -> None:
    """Write the bare matrix, and the ids beside it in ``<path>.ids.txt``.

    The ids get their name first: where the matrix is, its ids are.

    Raises
    ------
    OutputError
        If an id holds a line break, which a file with one id per line cannot keep.
    """
    broken = next((one for one in content.sample_ids if "\n" in one or "\r" in one), None)
    if broken is not None:
        raise OutputError(
            f"the sample id {broken!r} holds a line break, and {path.name}{IDS_SUFFIX} has one id per line",
            expected="ids without line breaks",
            hint=f"write {path.with_suffix('.parquet').name} instead",
            path=str(path),
        )
    ids = path.with_name(path.name + IDS_SUFFIX)
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.save(handle, content.values)
        handle.flush()
        with atomic_path(ids) as temporary_ids:
            text = "".join(f"{one}\n" for one in content.sample_ids)
            temporary_ids.write_text(text, encoding="utf-8", newline="\n")
