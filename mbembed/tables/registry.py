"""All readers, and which of them a file needs.

A new dialect is a module in ``readers`` (``DIALECT``, ``TITLE``, ``sniff``, ``read``) and its
name in `READERS`; a text dialect also has its signature in `mbembed.tables.signatures`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from mbembed.errors import DialectError, UsageError
from mbembed.tables.cells import is_number
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    from mbembed.tables.raw import RawTable, ReadOptions
    from mbembed.tables.source import Source

__all__ = ["READERS", "Reader", "detect", "formats"]

#: Dialects, each with the module that reads it, the most specific first: binary containers, then
#: text by its first lines, and the plain matrix, which takes what no other dialect claims.
READERS = {
    "biom-hdf5": "biom_hdf5",
    "h5ad": "h5ad",
    "parquet": "parquet",
    "qza": "qza",
    "phyloseq": "rdata",
    "biom-json": "biom_json",
    "cami": "cami",
    "kraken2": "kraken2",
    "bracken": "bracken",
    "motus": "motus",
    "kraken-mpa": "krakentools",
    "sylph": "sylph",
    "metaphlan": "metaphlan",
    "taxpasta": "taxpasta",
    "sourmash": "sourmash",
    "taxids": "taxids",
    "biom-tsv": "biom_tsv",
    "mothur": "mothur",
    "pcl": "pcl",
    "matrix": "matrix",
}

_PACKAGE = "mbembed.tables.readers"
#: Containers, and the dialects that come in them.
_KINDS = {"hdf5": ("biom-hdf5", "h5ad"), "parquet": ("parquet",), "zip": ("qza",)}
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


def reader_of(dialect: str) -> Reader:
    """Return the reader of a dialect; only its module is imported."""
    return cast("Reader", import_module(f"{_PACKAGE}.{READERS[dialect]}"))


def readers() -> list[Reader]:
    """Return all readers."""
    return [reader_of(dialect) for dialect in READERS]


def formats() -> dict[str, str]:
    """Return the names for ``--format`` and what each is, in words."""
    return {reader.DIALECT: reader.TITLE for reader in readers()}


def detect(source: Source, options: ReadOptions) -> tuple[Reader, str]:
    """Find the reader for a file, by its content alone.

    Parameters
    ----------
    source : Source
    options : ReadOptions
        Its ``format`` forces one.

    Returns
    -------
    tuple of (Reader, str)
        The reader, and what it found, such as a version.

    Raises
    ------
    UsageError
        If ``format`` is no name of a reader.
    DialectError
        If no reader takes the file.
    """
    if options.format is not None:
        if options.format in READERS:
            return reader_of(options.format), "given"
        raise UsageError(
            f"there is no format {options.format!r}",
            expected=f"one of: {', '.join(READERS)}",
            hint=LEAVE_OUT_FORMAT,
            format=options.format,
        )
    likely = _likely(source)
    for dialect in (*likely, *(dialect for dialect in READERS if dialect not in likely)):
        reader = reader_of(dialect)
        detail = reader.sniff(source)
        if detail is not None:
            return reader, detail
    raise _unreadable(source)


def _likely(source: Source) -> tuple[str, ...]:
    """Dialects to ask first, so that the others need not even be imported."""
    from mbembed.tables.signatures import signature

    if source.kind in _KINDS:
        return _KINDS[source.kind]
    known = signature(source)
    if known:
        return (known.dialect,) if known.dialect in READERS else ()
    return ("matrix",) if source.head_lines else ("phyloseq",)


def _unreadable(source: Source) -> DialectError:
    from mbembed.tables.signatures import signature

    known = signature(source)
    if known:
        found = f"{known.title} ({known.detail})"
        hint = _DIALECT_HINTS.get(known.dialect, "mbembed --help lists what can be read")
    elif source.kind in _KIND_HINTS:
        found, hint = _KIND_HINTS[source.kind]
    elif any(sum(map(is_number, line.split()[1:])) > 1 for line in source.head_lines[1:2]):
        found, hint = "text whose columns are separated by blanks", 'write it with tabs: write.table(x, sep="\\t") in R'
    elif not source.head_lines:
        found, hint = "a binary file of an unknown kind", "export the table as BIOM or tab-separated text"
    else:
        found, hint = "text without columns of numbers", "check that it is the table and not, say, its metadata"
    return DialectError(
        f"{source.path} is {found}, which is not read",
        expected=f"one of: {', '.join(READERS)}",
        hint=hint,
        path=str(source.path),
    )
