"""The zip around a checkpoint: looked at whole before anything in it is read."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.models.pickle_reader import Global
from mbembed.models.pickle_scan import MAX_PICKLE_BYTES, damaged, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DTYPES", "MAX_CHECKPOINT_BYTES", "ZIP_MAGIC", "Archive"]

#: Largest checkpoint that is read (bytes). The published one has 3.7 MB.
MAX_CHECKPOINT_BYTES = 1024**3
#: Most members of the zip. torch writes one per tensor (seven in the published one) and a few more.
MAX_MEMBERS = 4096
#: First bytes of a zip (APPNOTE.TXT 4.3.7).
ZIP_MAGIC = b"PK\x03\x04"
#: What :mod:`zipfile` raises on damaged input, as found by fuzzing and by reading it.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    OverflowError,
    struct.error,
    zlib.error,
)
#: Storage class → what its bytes are (without the byte order, which the zip states).
DTYPES = {"torch.FloatStorage": "f4", "torch.LongStorage": "i8"}


class Archive:
    """The members of the zip, looked at before anything is read."""

    def __init__(self, content: bytes, origin: str) -> None:
        self.origin = origin
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
            members = self.zip.infolist()
        except _ZIP_ERRORS as error:
            raise damaged(origin, f"it cannot be opened as a zip ({error})") from error
        self._check(members, len(content))
        self.sizes = {member.filename: member.file_size for member in members}
        pickles = [name for name in self.sizes if re.fullmatch(r"[^/]+/data\.pkl", name)]
        if len(pickles) != 1:
            raise damaged(origin, f"it has {len(pickles)} object descriptions (data.pkl) instead of one")
        self.folder = pickles[0].removesuffix("data.pkl")
        outside = [name for name in self.sizes if not name.startswith(self.folder) or ".." in name.split("/")]
        if outside:
            raise damaged(origin, f"its member {shown(outside[0])} lies outside {self.folder}")
        self.pickle = self._read("data.pkl", MAX_PICKLE_BYTES)
        self.order = self._byte_order()
        self.storages: dict[str, NDArray[Any]] = {}

    def _check(self, members: list[zipfile.ZipInfo], n_bytes: int) -> None:
        """Refuse what torch never writes: compression hides bombs, duplicates hide a second content."""
        names = [member.filename for member in members]
        if len(names) > MAX_MEMBERS:
            raise damaged(self.origin, f"it has {len(names)} members, more than {MAX_MEMBERS}")
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise damaged(self.origin, f"its member {shown(twice)} is there twice")
        for member in members:
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
                raise damaged(self.origin, f"its member {shown(member.filename)} is compressed (torch.save never does)")
        total = sum(member.file_size for member in members)
        if total > n_bytes:
            raise damaged(self.origin, f"its members claim {total} bytes, the file has {n_bytes}")

    def _byte_order(self) -> str:
        """Return ``<`` or ``>``. torch before 2.0 does not state it and wrote little-endian files."""
        if f"{self.folder}byteorder" not in self.sizes:
            return "<"
        stated = self._read("byteorder", len(b"little"))
        if stated not in {b"little", b"big"}:
            raise damaged(self.origin, f"its byte order is {stated!r}")
        return "<" if stated == b"little" else ">"

    def _read(self, name: str, limit: int) -> bytes:
        size = self.sizes.get(self.folder + name)
        if size is None or size > limit:
            raise damaged(self.origin, f"its member {name!r} {'is missing' if size is None else f'has {size} bytes'}")
        try:
            return self.zip.read(self.folder + name)  # checks the CRC-32
        except _ZIP_ERRORS as error:
            raise damaged(self.origin, f"its member {name!r} cannot be read ({error})") from error

    def storage(self, persistent_id: object) -> NDArray[Any]:
        """Resolve ``("storage", class, key, device, number of elements)``."""
        match persistent_id:
            case (str("storage"), Global(name=name), str(key), str(), int(n_elements)) if name in DTYPES:
                dtype = np.dtype(self.order + DTYPES[name])
            case _:
                raise damaged(self.origin, "it refers to numbers in a way that is not known")
        if not re.fullmatch(r"[0-9]{1,9}", key):
            raise damaged(self.origin, f"it refers to numbers by the key {shown(key)}")
        if key not in self.storages:
            content = self._read(f"data/{key}", MAX_CHECKPOINT_BYTES)
            if len(content) != n_elements * dtype.itemsize:
                raise damaged(
                    self.origin, f"'data/{key}' has {len(content)} bytes, not {n_elements} × {dtype.itemsize}"
                )
            self.storages[key] = np.frombuffer(content, dtype)
        storage = self.storages[key]
        if storage.dtype != dtype or storage.size != n_elements:
            raise damaged(self.origin, f"it describes 'data/{key}' in two ways")
        return storage
