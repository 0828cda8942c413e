"""The bytes of a table: opened whatever the compression, looked at before anything is parsed."""

from __future__ import annotations

import hashlib
import lzma
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO, cast

from mbembed.errors import DialectError, TableError
from mbembed.tables.encoding import decode_head

if TYPE_CHECKING:
    import os

__all__ = ["HEAD_BYTES", "LEAVE_OUT_FORMAT", "Source", "kind_of_content", "open_source"]

#: What to type when a file is not of the dialect that ``--format`` named.
LEAVE_OUT_FORMAT = "leave out --format to have the content decide"
#: How much of a file the dialect detectors look at, after decompression (bytes). Headers of
#: every known dialect lie within it, except the long lines of a very wide table.
HEAD_BYTES = 64 * 1024
#: So of a text with long lines more is looked at, until this many lines have ended: comments,
#: header and a first row of values (MetaPhlAn has the most comments, 6) …
HEAD_LINES = 10
#: … but never more than this (bytes): ten lines of a table of 50,000 samples.
HEAD_LIMIT = 4 * 1024 * 1024

#: First bytes → what the file is. Suffixes are not trusted: Galaxy names everything ``.dat``.
#: Sources: RFC 1952 (gzip), APPNOTE.TXT 4.3.7 (zip), bzip2 and xz file format documents,
#: HDF5 file format specification III, Parquet format README, PNG/JPEG/PDF/GIF specifications.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"PAR1", "parquet"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"%PDF", "pdf"),
)

#: What the decompressors raise on a damaged file.
DAMAGE = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class Source:
    """A file on disk, seen through its compression.

    Attributes
    ----------
    path : Path
    compression : {"", "gzip", "bzip2", "xz"}
        What is wrapped around the content.
    kind : str
        What the content is by its first bytes: ``hdf5``, ``zip``, ``parquet``, ``image``, ``pdf``,
        or ``text`` for everything else (JSON and R's serialisation too).
    head : bytes
        The first ``HEAD_BYTES`` of the content; more where a text has long lines.
    """

    path: Path
    compression: str
    kind: str
    head: bytes

    def open(self) -> BinaryIO:
        """Open the content for reading, decompressed."""
        return _open(self.path, self.compression)

    @property
    def state(self) -> tuple[int, int]:
        """Size (bytes) and time of the last change (ns): another state, another file."""
        found = self.path.stat()
        return found.st_size, found.st_mtime_ns

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file as it lies on disk."""
        started: Thread | None = self.__dict__.get("_hashing")
        if started is not None:
            started.join()
        if "_hash" in self.__dict__:
            return str(self.__dict__["_hash"])
        return self._sha256()

    def start_hashing(self) -> None:
        """Compute ``sha256`` in a thread, beside the reading: hashing does not hold the interpreter's lock."""

        def run() -> None:
            with suppress(OSError):  # said by who asks for it
                self.__dict__["_hash"] = self._sha256()

        self.__dict__["_hashing"] = Thread(target=run, name="mbembed-hash", daemon=True)
        self.__dict__["_hashing"].start()

    def _sha256(self) -> str:
        with self.path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()

    @cached_property
    def head_lines(self) -> list[str]:
        """The lines of ``head`` as text, the last one perhaps cut; empty if it is not text."""
        return decode_head(self.head) if self.kind == "text" else []

    @property
    def stem(self) -> str:
        """The file's name without a compression suffix and without its last suffix."""
        name = self.path.name
        for suffix in (".gz", ".bz2", ".xz"):
            name = name.removesuffix(suffix)
        return Path(name).stem


def open_source(path: str | os.PathLike[str]) -> Source:
    """Look at a file.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Source

    Raises
    ------
    TableError
        If there is no such file, it is a directory, empty, or may not be read.
    DialectError
        If it is damaged at the level of compression, or an image or a PDF.
    """
    where = Path(path)
    try:
        with where.open("rb") as handle:
            first = handle.read(len(max((magic for magic, _ in _MAGIC), key=len)))
    except FileNotFoundError as error:
        raise TableError(
            f"there is no file {where}", expected="an abundance table", hint=_similar(where), path=str(where)
        ) from error
    except IsADirectoryError as error:
        raise TableError(
            f"{where} is a directory", expected="one file", hint=f"name a file in it: {where}/…", path=str(where)
        ) from error
    except OSError as error:
        raise TableError(
            f"{where} cannot be read ({error.strerror})",
            expected="a file that you may read",
            hint=f"ls -l {where} shows who may",
            path=str(where),
        ) from error
    if not first:
        raise TableError(
            f"{where} is empty (0 bytes)",
            expected="an abundance table",
            hint="check whether the program that writes it has ended well",
            path=str(where),
        )
    kind = kind_of_content(first)
    compression = kind if kind in {"gzip", "bzip2", "xz"} else ""
    try:
        with _open(where, compression) as content:
            head = content.read(HEAD_BYTES)
            if kind_of_content(head) == "text":
                head = _lengthen(content, head)
    except DAMAGE as error:
        raise DialectError(
            f"{where} is a damaged {compression} file ({error})",
            expected="a file that was copied or downloaded whole",
            hint="copy or download it again",
            path=str(where),
        ) from error
    kind = kind_of_content(head)
    if kind in {"image", "pdf"}:
        raise DialectError(
            f"{where} is {'an image' if kind == 'image' else 'a PDF document'}, not a table",
            expected="an abundance table (BIOM, TSV, MetaPhlAn, …)",
            hint="give the file that the profiler wrote",
            path=str(where),
        )
    return Source(path=where, compression=compression, kind=kind, head=head)


def _lengthen(content: BinaryIO, head: bytes) -> bytes:
    while max(head.count(b"\n"), head.count(b"\r")) < HEAD_LINES and b"\0\0" not in head and len(head) < HEAD_LIMIT:
        more = content.read(len(head))
        if not more:
            break
        head += more
    return head


def kind_of_content(first: bytes) -> str:
    """Say what some content is by its first bytes; ``text`` if nothing is known of them."""
    return next((kind for magic, kind in _MAGIC if first.startswith(magic)), "text")


def _open(path: Path, compression: str) -> BinaryIO:
    if compression == "gzip":
        import gzip

        return cast("BinaryIO", gzip.open(path, "rb"))
    if compression == "bzip2":
        import bz2

        return cast("BinaryIO", bz2.open(path, "rb"))
    if compression == "xz":
        return cast("BinaryIO", lzma.open(path, "rb"))
    return path.open("rb")


def _similar(path: Path) -> str:
    from difflib import get_close_matches

    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    except OSError:
        return "check the path"
    close = get_close_matches(path.name, names, n=1)
    return f"did you mean {path.parent / close[0]}?" if close else "check the path"
