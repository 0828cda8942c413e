"""All readers, in the order in which they are asked whether a file is theirs.

A new dialect is a module in this folder (``DIALECT``, ``TITLE``, ``sniff``, ``read``) and its
name in `READERS`; a text dialect also has its signature in `mbembed.tables.signatures`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from mbembed.errors import DialectError, UsageError

if TYPE_CHECKING:
    from mbembed.tables.raw import RawTable, ReadOptions
    from mbembed.tables.source import Source

__all__ = ["READERS", "Reader", "detect", "formats"]

#: Modules of this folder, the most specific first: binary containers, then text dialects by their
#: first lines, and the plain matrix, which takes what no other dialect claims.
READERS = (
    "biom_hdf5",
    "h5ad",
    "parquet",
    "qza",
    "rdata",
    "biom_json",
    "cami",
    "kraken2",
    "bracken",
    "motus",
    "krakentools",
    "sylph",
    "metaphlan",
    "taxpasta",
    "sourmash",
    "taxids",
    "biom_tsv",
    "mothur",
    "pcl",
    "matrix",
)

_PACKAGE = "mbembed.tables"
#: Kinds of content that no reader takes, in words.
_KIND_HINTS = {
    "zip": ("a zip archive (an Excel workbook is one too)", "save the sheet as tab-separated text"),
    "hdf5": ("an HDF5 file of another kind than BIOM and AnnData", "write it as BIOM"),
    "parquet": ("a Parquet file that holds no abundance table", "a column of sample ids and one per species"),
}
#: Text that no reader takes by itself.
_DIALECT_HINTS = {"taxonomy": "give it beside its table: mbembed embed TABLE --taxonomy FILE"}


class Reader(Protocol):
    """What a module must have to be a reader."""

    DIALECT: str
    TITLE: str

    def sniff(self, source: Source) -> str | None:
        """Return a detail such as the version if the content is of this dialect, else None."""

    def read(self, source: Source, options: ReadOptions) -> RawTable:
        """Read the file."""


def readers() -> list[Reader]:
    """Return all readers, in the order of detection."""
    return [cast("Reader", import_module(f"{_PACKAGE}.{name}")) for name in READERS]


def formats() -> dict[str, str]:
    """Return the names for ``--format`` and what each is, in words."""
    return {reader.DIALECT: reader.TITLE for reader in readers()}


def detect(source: Source, options: ReadOptions) -> Reader:
    """Find the reader for a file, by its content alone.

    Parameters
    ----------
    source : Source
    options : ReadOptions
        Its ``format`` forces one.

    Returns
    -------
    Reader

    Raises
    ------
    UsageError
        If ``format`` is no name of a reader.
    DialectError
        If no reader takes the file.
    """
    if options.format is not None:
        by_name = {reader.DIALECT: reader for reader in readers()}
        if options.format in by_name:
            return by_name[options.format]
        raise UsageError(
            f"there is no format {options.format!r}", expected=f"one of: {', '.join(formats())}", format=options.format
        )
    for reader in readers():
        if reader.sniff(source) is not None:
            return reader
    raise _unreadable(source)


def _unreadable(source: Source) -> DialectError:
    from mbembed.tables.signatures import signature

    known = signature(source)
    if known:
        found = f"{known.title} ({known.detail})"
        hint = _DIALECT_HINTS.get(known.dialect, "mbembed --help lists what can be read")
    elif source.kind in _KIND_HINTS:
        found, hint = _KIND_HINTS[source.kind]
    elif not source.head_lines:
        found, hint = "a binary file of an unknown kind", "export the table as BIOM or tab-separated text"
    else:
        found, hint = "text without columns of numbers", "check that it is the table and not, say, its metadata"
    return DialectError(
        f"{source.path} is {found}, which is not read",
        expected=f"one of: {', '.join(formats())}",
        hint=hint,
        path=str(source.path),
    )
