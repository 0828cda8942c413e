"""One profile, one file: BIOM, text, Parquet or AnnData, from which `read_table` gets the same profile."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.errors import UsageError
from mbembed.extras import require_extra
from mbembed.outputs.atomic import atomic_path, output_error
from mbembed.outputs.profile_biom import write_biom1, write_biom2
from mbembed.outputs.profile_columns import write_parquet_rows, write_text_rows
from mbembed.outputs.profile_content import LINEAGE_COLUMN, TAXID_COLUMN, rows_of
from mbembed.outputs.writers import STDOUT, check_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from mbembed.outputs.profile_content import Rows
    from mbembed.tables.profile import Profile

__all__ = ["FORMATS", "PROFILE_SUFFIXES", "UNCLASSIFIED_CHOICES", "check_profile_output", "write_profile"]

#: What can become of the abundance that is not classified.
UNCLASSIFIED_CHOICES = ("keep", "drop")


@dataclass(frozen=True)
class _Format:
    name: str
    title: str
    suffixes: tuple[str, ...]
    write: Callable[[Path, Rows], None]
    extra: str = ""


def write_profile(
    path: str | os.PathLike[str],
    profile: Profile,
    *,
    to: str | None = None,
    unclassified: str = "keep",
) -> None:
    """Write a profile as a table, whole or not at all.

    Values, ids, lineages and their order are kept exactly: `mbembed.read_table` reads the same
    from every format. Sample metadata go into BIOM and AnnData files, NCBI Taxonomy ids into all
    but TSV, whose readers would take them for a sample.

    Parameters
    ----------
    path : path-like
        ``-`` writes TSV (or CSV) to standard output.
    profile : Profile
    to : str, optional
        One of ``FORMATS``; default: as the suffix says.
    unclassified : {"keep", "drop"}
        Whether the abundance that the profiler could not assign becomes a row ``UNCLASSIFIED``.

    Raises
    ------
    UsageError
        If the format is unknown, or needs an extra that is not installed.
    OutputError
        If the file cannot be written, or the format cannot hold a sample id.
    """
    chosen = _format(path, to)
    rows = rows_of(profile, unclassified=unclassified)
    if os.fspath(path) != STDOUT:
        chosen.write(Path(path), rows)
        return
    try:
        write_text_rows(sys.stdout.buffer, rows, chosen.name)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output_error(Path("standard output"), error) from error


def check_profile_output(path: str | os.PathLike[str], to: str | None = None) -> str:
    """Check that a profile can be written, before the work that leads to it.

    Parameters
    ----------
    path : path-like
    to : str, optional
        One of ``FORMATS``.

    Returns
    -------
    str
        The format in words.

    Raises
    ------
    UsageError
        If the format is unknown, or needs an extra that is not installed.
    OutputError
        If no file can be made there.
    """
    chosen = _format(path, to)
    if chosen.extra:
        require_extra(chosen.extra, f"writing {chosen.title}")
    if os.fspath(path) != STDOUT:
        check_place(path)
    return chosen.title


def _write_text(path: Path, rows: Rows, name: str) -> None:
    compress = path.name.lower().endswith(".gz")
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        if not compress:
            write_text_rows(handle, rows, name)
            return
        import gzip

        with gzip.GzipFile("", "wb", fileobj=handle, mtime=0) as packed:  # no name, no time: equal bytes
            write_text_rows(_as_binary(packed), rows, name)


def _as_binary(handle: object) -> BinaryIO:
    from typing import cast

    return cast("BinaryIO", handle)


def _write_h5ad(path: Path, rows: Rows) -> None:
    """Write samples × taxa in ``X`` (sparse), metadata in ``obs``, lineages in ``var``."""
    from anndata.io import write_elem

    from mbembed.outputs.hdf5 import hdf5_file, to_anndata

    table = to_anndata(
        rows.values, rows.sample_ids, rows.ids, summary=rows.summary, sample_metadata=rows.sample_metadata
    )
    table.var[LINEAGE_COLUMN] = rows.lineage_texts()
    if rows.taxids:
        table.var[TAXID_COLUMN] = rows.taxids
    with hdf5_file(path) as file:
        write_elem(file, "/", table)


_FORMATS = (
    _Format("biom", "BIOM 2.1 (HDF5)", (".biom", ".biom2", ".hdf5"), write_biom2),
    _Format("biom1", "BIOM 1.0 (JSON)", (".biom1", ".json"), write_biom1),
    _Format("tsv", "TSV", (".tsv", ".txt", ".tsv.gz", ".txt.gz"), lambda path, rows: _write_text(path, rows, "tsv")),
    _Format("csv", "CSV", (".csv", ".csv.gz"), lambda path, rows: _write_text(path, rows, "csv")),
    _Format("parquet", "Parquet", (".parquet",), write_parquet_rows),
    _Format("h5ad", "AnnData", (".h5ad",), _write_h5ad, extra="anndata"),
)

#: Names of the formats that can be written.
FORMATS = tuple(one.name for one in _FORMATS)
#: Suffixes that name them.
PROFILE_SUFFIXES = tuple(suffix for one in _FORMATS for suffix in one.suffixes)


def _format(path: str | os.PathLike[str], to: str | None) -> _Format:
    name = Path(path).name
    if os.fspath(path) == STDOUT:
        to = to or "tsv"
        if to not in {"tsv", "csv"}:
            raise UsageError(
                f"{to} is binary, or too long for a terminal", expected="a file", hint=f"table.{to}", path=STDOUT
            )
    for one in _FORMATS:
        if one.name == to if to else name.lower().endswith(one.suffixes):
            return one
    suffix = Path(path).suffix
    found = (
        f"ends in {suffix!r}, which is no format that can be written"
        if suffix
        else "has no suffix that says its format"
    )
    raise UsageError(
        f"there is no format {to!r}" if to else f"{name!r} {found}",
        expected=f"one of {', '.join(FORMATS)}"
        if to
        else f"one of {' '.join(PROFILE_SUFFIXES)}, or - for standard output",
        hint=f"--to {FORMATS[0]}",
        path=str(path),
    )
