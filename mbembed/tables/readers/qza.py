"""QIIME 2 artifacts: a zip archive of one folder, with the data and a note of their type.

Layout: https://docs.qiime2.org, "Archives". Members are read by name into memory or a temporary
file of our own naming; nothing is unpacked to a path that the archive chooses.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, cast
from zipfile import BadZipFile, ZipFile

from mbembed.errors import DialectError, MbembedError, TableError, UnitError
from mbembed.tables.blocks import whole
from mbembed.tables.bounded import as_file, damaged
from mbembed.tables.readers import biom_hdf5
from mbembed.tables.source import DAMAGE, HEAD_BYTES, LEAVE_OUT_FORMAT, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mbembed.tables.raw import RawTable, ReadOptions

__all__ = ["DIALECT", "TITLE", "member", "read", "sniff", "zip_kind"]

DIALECT = "qza"
TITLE = "QIIME 2 artifact (.qza)"

#: Largest archive that is taken out of another compression (4 GiB).
MAX_ARCHIVE_BYTES = 4 << 30
#: Most bytes of ``metadata.yaml`` that are read; it has three lines.
MAX_METADATA_BYTES = 1 << 16

_HDF5 = b"\x89HDF\r\n\x1a\n"
_METADATA = re.compile(r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})/metadata\.yaml$")
_TYPE = re.compile(r"^type:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
#: Kind of feature table → unit of its values. Source: q2-types, ``feature_table``.
_UNITS = {
    "FeatureTable[Frequency]": "counts",
    "FeatureTable[RelativeFrequency]": "fraction",
}
#: What reading a damaged archive raises.
_ZIP_ERRORS = (*DAMAGE, BadZipFile, NotImplementedError, RuntimeError, KeyError)


@dataclass(frozen=True)
class _Member(Source):
    """A file inside an archive, as if it were one on disk; messages name the archive."""

    archive: ZipFile | None = None
    name: str = ""

    def open(self) -> BinaryIO:
        """Open the member, decompressed."""
        assert self.archive is not None
        return cast("BinaryIO", self.archive.open(self.name))


def sniff(source: Source) -> str | None:
    """Say what the artifact is.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str or None
        Its semantic type (``FeatureTable[Frequency]``), or None for every other zip file.
    """
    if source.kind != "zip":
        return None
    try:
        with _artifact(source) as (_, _, semantic_type):
            return semantic_type
    except MbembedError:
        return None


def read(source: Source, options: ReadOptions) -> RawTable:
    """Read the feature table of an artifact.

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
        If it is not an artifact, or one of another type.
    UnitError
        If its table holds no abundances.
    TableError
        If it is damaged; also what `mbembed.tables.readers.biom_hdf5.read` raises.
    """
    with _artifact(source) as (archive, root, semantic_type):
        path = str(source.path)
        if semantic_type == "FeatureData[Taxonomy]":
            raise DialectError(
                f"{path} is a QIIME 2 taxonomy, not a table",
                expected="a FeatureTable artifact as the table",
                hint=f"TABLE.qza --taxonomy {path}",
                path=path,
            )
        if not semantic_type.startswith("FeatureTable["):
            raise DialectError(
                f"{path} is a QIIME 2 artifact of type {semantic_type}",
                expected="FeatureTable[Frequency] or FeatureTable[RelativeFrequency]",
                hint="give the artifact of the feature table",
                path=path,
            )
        if semantic_type not in _UNITS:
            raise UnitError(
                f"{path} is a {semantic_type}, which does not hold abundances",
                expected="FeatureTable[Frequency] or FeatureTable[RelativeFrequency]",
                hint="use the table from which it was computed",
                path=path,
            )
        table = biom_hdf5.read(_open_member(source, archive, f"{root}/data/feature-table.biom"), options)
        # Read whole while the archive is open.
        return replace(table, values=whole(table.values), dialect=DIALECT, unit=_UNITS[semantic_type])


@contextmanager
def member(source: Source, semantic_type: str, name: str) -> Iterator[Source]:
    """Open a data file of an artifact as a source.

    Parameters
    ----------
    source : Source
    semantic_type : str
        What the artifact must be.
    name : str
        Below ``data/``.

    Yields
    ------
    Source

    Raises
    ------
    DialectError
        If it is not an artifact of that type.
    TableError
        If it is damaged.
    """
    with _artifact(source) as (archive, root, found):
        if found != semantic_type:
            raise DialectError(
                f"{source.path} is a QIIME 2 artifact of type {found}",
                expected=semantic_type,
                hint="--taxonomy taxonomy.qza takes what qiime feature-classifier wrote",
                path=str(source.path),
            )
        yield _open_member(source, archive, f"{root}/data/{name}")


def zip_kind(names: list[str]) -> str:
    """Say in words what a zip archive is, by the names in it.

    >>> zip_kind(["[Content_Types].xml", "xl/workbook.xml"])
    'an Excel workbook'
    """
    held = set(names)
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook"
    if "content.xml" in held:
        return "an OpenDocument file"
    if any(name.startswith("word/") for name in names):
        return "a Word document"
    if names and all(name.endswith(".npy") for name in names):
        return "a NumPy archive"
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return f"a zip archive of {len(names)} files ({shown})" if names else "an empty zip archive"


@contextmanager
def _artifact(source: Source) -> Iterator[tuple[ZipFile, str, str]]:
    if source.kind != "zip":
        raise DialectError(
            f"{source.path} is not a zip archive",
            expected="a QIIME 2 artifact, which is one",
            hint=LEAVE_OUT_FORMAT,
            path=str(source.path),
        )
    with as_file(source, MAX_ARCHIVE_BYTES) as path, _archive(source, path) as archive:
        try:
            names = archive.namelist()
            found = next(filter(None, map(_METADATA.match, names)), None)
            text = "" if found is None else _read_text(archive, found.group(0))
        except _ZIP_ERRORS as error:
            raise damaged(source, "a QIIME 2 artifact", error) from error
        semantic_type = _TYPE.search(text)
        if found is None or semantic_type is None:
            kind = zip_kind(names)
            spreadsheet = kind in {"an Excel workbook", "an OpenDocument file"}
            raise DialectError(
                f"{source.path} is {kind}, not a QIIME 2 artifact",
                expected="an abundance table (BIOM, TSV, MetaPhlAn, …)",
                hint="save the sheet as tab-separated text" if spreadsheet else "unzip it and name the table in it",
                path=str(source.path),
            )
        yield archive, found.group(1), semantic_type.group(1)


@contextmanager
def _archive(source: Source, path: Path) -> Iterator[ZipFile]:
    try:
        archive = ZipFile(path)
    except _ZIP_ERRORS as error:
        raise damaged(source, "a zip archive", error) from error
    with archive:
        yield archive


def _read_text(archive: ZipFile, name: str) -> str:
    with archive.open(name) as handle:
        return handle.read(MAX_METADATA_BYTES).decode("utf-8", "replace")


def _open_member(source: Source, archive: ZipFile, name: str) -> _Member:
    if name not in archive.NameToInfo:
        raise TableError(
            f"{source.path} is a QIIME 2 artifact without the file {name.partition('/')[2]}",
            expected="an artifact as QIIME 2 writes it",
            hint="export it again with QIIME 2",
            path=str(source.path),
        )
    try:
        with archive.open(name) as handle:
            head = handle.read(HEAD_BYTES)
    except _ZIP_ERRORS as error:
        raise damaged(source, "a QIIME 2 artifact", error) from error
    kind = "hdf5" if head.startswith(_HDF5) else "text"
    return _Member(path=source.path, compression="zip", kind=kind, head=head, archive=archive, name=name)
