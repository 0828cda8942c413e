"""One embedding, one file: the format is chosen by the suffix, and checked before any work."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.errors import OutputError, UsageError
from mbembed.extras import require_extra
from mbembed.outputs.atomic import atomic_path, output_error
from mbembed.outputs.binary import write_npy, write_parquet
from mbembed.outputs.content import Content
from mbembed.outputs.hdf5 import to_anndata, write_biom, write_h5ad
from mbembed.outputs.text import TextWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "STDOUT",
    "SUFFIXES",
    "carries_summary",
    "check_output",
    "check_place",
    "suffix_of",
    "to_anndata",
    "write_embedding",
]

#: The path that means standard output.
STDOUT = "-"


def write_embedding(
    path: str | os.PathLike[str],
    values: NDArray[np.float32],
    sample_ids: Sequence[str],
    dimension_names: Sequence[str],
    *,
    summary: Mapping[str, object] | None = None,
    sample_metadata: pd.DataFrame | None = None,
) -> None:
    """Write an embedding in the format that the suffix names, whole or not at all.

    Parameters
    ----------
    path : path-like
        One of ``SUFFIXES``; ``-`` writes TSV to standard output.
    values : ndarray of shape (n_samples, n_dimensions)
        float32, rounded to eight decimals, or text would not hold the same numbers.
    sample_ids : sequence of str
        Unique.
    dimension_names : sequence of str
    summary : mapping, optional
        Goes into Parquet, AnnData and BIOM files.
    sample_metadata : DataFrame, optional
        Index: sample ids, in any order. Goes into AnnData and BIOM files.

    Raises
    ------
    UsageError
        If the suffix is unknown or the format needs an extra that is not installed.
    OutputError
        If the file cannot be written. Nothing is left under its name that was not there before.
    BrokenPipeError
        If the reader of standard output has gone.
    """
    content = Content(values, list(sample_ids), list(dimension_names), summary or {}, sample_metadata)
    if os.fspath(path) == STDOUT:
        try:
            _write_rows(sys.stdout.buffer, content, "\t")
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise output_error(Path("standard output"), error) from error
        return
    _format(path).write(Path(path), content)


def carries_summary(path: str | os.PathLike[str]) -> bool:
    """Tell whether the format that a path names has room for the summary."""
    return os.fspath(path) != STDOUT and _format(path).carries_summary


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return which of ``SUFFIXES`` a path ends in.

    Raises
    ------
    UsageError
        If it is none.
    """
    return _format(path).suffix


def check_output(path: str | os.PathLike[str]) -> None:
    """Check that an embedding can be written, before the work that leads to it.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    UsageError
        If the suffix is unknown or the format needs an extra that is not installed.
    OutputError
        If the path is a directory, or the nearest folder that exists lets no file be made in it.
    """
    if os.fspath(path) == STDOUT:
        return
    chosen = _format(path)
    if chosen.extra:
        require_extra(chosen.extra, f"writing {chosen.suffix}")
    check_place(path)


def check_place(path: str | os.PathLike[str]) -> None:
    """Check that a file can be made at a place, whatever its format.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    OutputError
        If the path is a directory, or the nearest folder that exists lets no file be made in it.
    """
    where = Path(os.path.realpath(path))
    if where.is_dir():
        raise output_error(Path(path), IsADirectoryError(errno.EISDIR, "it is a directory"))
    if where.exists() and not os.access(where, os.W_OK):
        raise OutputError(
            f"{path} exists and is write-protected",
            expected="a file that may be replaced",
            hint="choose another name",
            path=str(path),
        )
    if where.exists() and not where.is_file():  # a device or a pipe
        return
    folder = next(parent for parent in where.parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise output_error(Path(path), error) from error


def _write_rows(handle: BinaryIO, content: Content, delimiter: str, *, compress: bool = False) -> None:
    with TextWriter(handle, content.dimension_names, delimiter, compress=compress) as writer:
        writer.write(content.values, content.sample_ids)


def _write_text(path: Path, content: Content, delimiter: str, *, compress: bool = False) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        _write_rows(handle, content, delimiter, compress=compress)


@dataclass(frozen=True)
class _Format:
    suffix: str
    write: Callable[[Path, Content], None]
    extra: str = ""
    carries_summary: bool = False


_FORMATS = (
    _Format(".tsv", lambda path, content: _write_text(path, content, "\t")),
    _Format(".csv", lambda path, content: _write_text(path, content, ",")),
    _Format(".tsv.gz", lambda path, content: _write_text(path, content, "\t", compress=True)),
    _Format(".csv.gz", lambda path, content: _write_text(path, content, ",", compress=True)),
    _Format(".parquet", write_parquet, carries_summary=True),
    _Format(".npy", write_npy),
    _Format(".h5ad", write_h5ad, extra="anndata", carries_summary=True),
    _Format(".biom", write_biom, carries_summary=True),
)

#: Suffixes of the formats that can be written.
SUFFIXES = tuple(one.suffix for one in _FORMATS)


def _format(path: str | os.PathLike[str]) -> _Format:
    name = Path(path).name
    for one in _FORMATS:
        if name.lower().endswith(one.suffix):
            return one
    suffix = Path(path).suffix
    raise UsageError(
        f"{name!r} ends in {suffix!r}, which is no format that can be written"
        if suffix
        else f"{name!r} has no suffix that says its format",
        expected=f"one of {' '.join(SUFFIXES)}, or - for standard output",
        hint=f"-o {Path(path).with_suffix('.tsv') if name else 'embeddings.tsv'}",
        path=str(path),
    )
