"""R's serialisation, read without R: what ``saveRDS`` and ``save`` write, as plain Python values.

Nothing is evaluated: promises, closures and byte code are walked over and kept as mere marks, so
a file cannot run anything. Depth, number of items and expansion are limited.

Sources: "R Internals" sections 1.1 and 1.8; ``src/main/serialize.c`` and ``altclasses.c`` of R 4.2
for the order of the parts (described here in our own words).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mbembed.tables.rformat.rcompact import COPIES, expand
from mbembed.tables.rformat.robject import NULL, RObject
from mbembed.tables.rformat.rstream import SerialError, Stream, open_stream

__all__ = ["SerialError", "parse"]

#: Most levels of lists inside lists. phyloseq needs 6, SummarizedExperiment about 20; Python's own
#: limit of 1000 frames would be reached at about 450.
MAX_DEPTH = 200
#: Most items (strings, lists, symbols, elements of compact forms) of a file; 20 million are 2.5 million taxa of 7 ranks.
MAX_ITEMS = 20_000_000
#: Versions of the format that exist (1 is from before R 1.4, of 2001).
VERSIONS = (2, 3)

#: Type codes (R Internals 1.1, table of SEXPTYPEs).
_NIL, _SYMBOL, _PAIRLIST, _CLOSURE, _ENVIRONMENT, _PROMISE, _CALL = range(7)
_SPECIAL, _BUILTIN, _CHAR, _LOGICAL = 7, 8, 9, 10
_INTEGER, _DOUBLE, _COMPLEX, _STRINGS, _DOTS = 13, 14, 15, 16, 17
_LIST, _EXPRESSION, _BYTECODE, _POINTER, _WEAKREF, _RAW, _S4 = 19, 20, 21, 22, 23, 24, 25
#: Codes that only stand in files (serialize.c).
_REFERENCE, _NAMESPACE, _PACKAGE, _PERSISTENT = 255, 249, 248, 247
_ALTREP, _ATTRIBUTE_LIST, _ATTRIBUTE_CALL, _BC_REFERENCE, _BC_DEFINITION = 238, 239, 240, 243, 244
#: Global, unbound, missing, base namespace, empty and base environment.
_MARKS = frozenset({253, 252, 251, 250, 242, 241})
_NULL_VALUE = 254

_HAS_ATTRIBUTES, _HAS_TAG = 1 << 9, 1 << 10
#: Encoding marks of a string (bits above the 12th of its flags).
_LATIN1, _UTF8 = 1 << 14, 1 << 15


_OPAQUE = RObject("opaque")


def parse(content: bytes) -> dict[str, RObject]:
    """Read a decompressed ``.rds``, ``.RData`` or ``.rda`` file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    dict of str to RObject
        The objects by name; the one object of an ``.rds`` has the name ``""``.

    Raises
    ------
    SerialError
        If it is no such file, truncated, damaged, or larger than the limits.
    """
    workspace = content[:2] == b"RD" and content[4:5] == b"\n"
    stream = open_stream(content, 5 if workspace else 0)
    reader = _Reader(stream)
    try:
        reader.header()
        top = reader.item()
    except (RecursionError, MemoryError) as error:
        raise SerialError("it is nested too deeply, or too large for this machine") from error
    if not workspace:
        return {"": top}
    if top.kind == "null":
        return {}
    if top.kind != "pairlist":
        raise SerialError("a workspace must hold a list of named objects")
    return {name: value for name, value in top.value if name}


class _Reader:
    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.references: list[RObject] = []
        self.depth = 0
        self.n_items = 0
        self.native = "utf-8"

    def header(self) -> None:
        version = self.stream.integer()
        if version not in VERSIONS:
            raise SerialError(f"version {version} of R's serialisation is not one of {VERSIONS}")
        self.stream.integer()  # the R that wrote
        self.stream.integer()  # the oldest R that can read
        if version == VERSIONS[-1]:
            self.native = self.stream.text(self.stream.integer()).decode("ascii", "replace")

    def item(self, flags: int | None = None) -> RObject:
        """Read one value with all that hangs on it."""
        if flags is None:
            flags = self.stream.integer()
        code = flags & 0xFF
        if code in (_NULL_VALUE, _NIL):
            return NULL
        if code in _MARKS:
            return _OPAQUE
        self.count(1)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SerialError(f"it is nested deeper than {MAX_DEPTH} levels")
        try:
            return self.special(code, flags) or self.plain(code, flags)
        finally:
            self.depth -= 1

    def special(self, code: int, flags: int) -> RObject | None:
        """Read what does not end with attributes, or is remembered for references."""
        if code in {_PAIRLIST, _CALL, _CLOSURE, _PROMISE, _DOTS}:
            return self.pairlist(code, flags)
        if code == _REFERENCE:
            index = flags >> 8 or self.stream.integer()
            if not 1 <= index <= len(self.references):
                raise SerialError(f"it refers to item {index} of {len(self.references)}")
            return self.references[index - 1]
        if code == _SYMBOL:
            return self.remember(RObject("symbol", self.string() or ""))
        if code in {_NAMESPACE, _PACKAGE, _PERSISTENT}:
            self.stream.integer()
            for _ in range(self.length()):
                self.string()
            return self.remember(RObject("opaque"))
        if code == _ENVIRONMENT:
            return self.environment()
        if code == _ALTREP:
            info, state, attributes = self.item(), self.item(), self.item()
            return self.expanded(info, state, self.as_attributes(attributes))
        if code == _CHAR:
            return RObject("character", [self.characters(flags)])
        return None

    def plain(self, code: int, flags: int) -> RObject:
        """Read a vector, or something with attributes behind it."""
        value: Any = None
        kind = "opaque"
        if code == _STRINGS:
            kind, value = "character", self.strings(self.length())
        elif code in {_LOGICAL, _INTEGER}:
            kind = "logical" if code == _LOGICAL else "integer"
            value = self.stream.integers(self.length())
        elif code == _DOUBLE:
            kind, value = "double", self.stream.doubles(self.length())
        elif code == _COMPLEX:
            kind, value = "complex", self.stream.doubles(2 * self.length()).view(np.complex128)
        elif code == _RAW:
            kind, value = "raw", self.stream.raw(self.length())
        elif code in {_LIST, _EXPRESSION}:
            kind, value = "list", [self.item() for _ in range(self.length())]
        elif code == _S4:
            kind = "s4"
        elif code == _POINTER:
            self.remember(_OPAQUE)
            self.item()
            self.item()
        elif code == _WEAKREF:
            self.remember(_OPAQUE)
        elif code in {_SPECIAL, _BUILTIN}:
            self.stream.text(self.stream.integer())
        elif code == _BYTECODE:
            self.stream.integer()  # how many parts are shared
            self.bytecode()
        else:
            raise SerialError(f"type {code} is unknown")
        attributes = self.as_attributes(self.item()) if flags & _HAS_ATTRIBUTES else {}
        return RObject(kind, value, attributes)

    # --- parts ---------------------------------------------------------------------------

    def count(self, n_items: int) -> None:
        self.n_items += n_items
        if self.n_items > MAX_ITEMS:
            raise SerialError(f"it holds more than {MAX_ITEMS} items")

    def remember(self, value: RObject) -> RObject:
        self.references.append(value)
        return value

    def length(self) -> int:
        size = self.stream.integer()
        if size == -1:  # a long vector: two halves
            size = (self.stream.integer() << 32) + (self.stream.integer() & 0xFFFFFFFF)
        if size < 0:
            raise SerialError(f"a length of {size} is announced")
        if size:
            self.stream.require(size // 4)  # raw vectors take one byte each
        return size

    def strings(self, count: int) -> list[str | None]:
        self.stream.require(count)
        self.count(count)
        return [self.string() for _ in range(count)]

    def string(self) -> str | None:
        flags = self.stream.integer()
        if flags & 0xFF != _CHAR:
            raise SerialError(f"text is expected, not type {flags & 0xFF}")
        return self.characters(flags)

    def characters(self, flags: int) -> str | None:
        size = self.stream.integer()
        if size == -1:
            return None
        if size < 0:
            raise SerialError(f"a text of {size} bytes is announced")
        content = self.stream.text(size)
        if flags & _LATIN1:
            return content.decode("latin-1")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            if flags & _UTF8:
                return content.decode("utf-8", "backslashreplace")
        try:
            return content.decode(self.native)
        except (UnicodeDecodeError, LookupError):
            return content.decode("latin-1")

    def pairlist(self, code: int, flags: int) -> RObject:
        """Read a chain of cells in a loop: chains are as long as a workspace has objects."""
        cells: list[tuple[str, RObject]] = []
        attributes: dict[str, RObject] = {}
        while True:
            if flags & _HAS_ATTRIBUTES:
                attributes |= self.as_attributes(self.item())
            tag = self.item() if flags & _HAS_TAG else NULL
            cells.append((tag.value if tag.kind == "symbol" else "", self.item()))
            flags = self.stream.integer()
            if flags & 0xFF != _PAIRLIST:
                break
            self.count(1)
        tail = self.item(flags)
        if tail is not NULL:
            cells.append(("", tail))
        return RObject("pairlist" if code == _PAIRLIST else "opaque", cells, attributes)

    def as_attributes(self, cells: RObject) -> dict[str, RObject]:
        return dict(cells.value) if cells.kind == "pairlist" else {}

    def environment(self) -> RObject:
        values: dict[str, RObject] = {}
        result = self.remember(RObject("environment", values))
        self.stream.integer()  # locked
        self.item()  # enclosure
        frame, table, attributes = self.item(), self.item(), self.item()
        chains = [frame, *(table.value if table.kind == "list" else [])]
        for chain in chains:
            if chain.kind == "pairlist":
                values.update({name: value for name, value in chain.value if name})
        result.attributes = self.as_attributes(attributes)
        return result

    def bytecode(self) -> None:
        """Walk over byte code and its constants."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SerialError(f"it is nested deeper than {MAX_DEPTH} levels")
        self.item()
        n_constants = self.stream.integer()
        self.stream.require(n_constants)  # each takes a type and more
        for _ in range(n_constants):
            self.count(1)
            code = self.stream.integer()
            if code == _BYTECODE:
                self.bytecode()
            elif code in {_CALL, _PAIRLIST, _BC_DEFINITION, _BC_REFERENCE, _ATTRIBUTE_CALL, _ATTRIBUTE_LIST}:
                self.bytecode_call(code)
            else:
                self.item()
        self.depth -= 1

    def bytecode_call(self, code: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SerialError(f"it is nested deeper than {MAX_DEPTH} levels")
        while True:  # the rest of a call is again one: a loop, as in `pairlist`
            self.count(1)
            if code == _BC_REFERENCE:
                self.stream.integer()
                break
            if code == _BC_DEFINITION:
                self.stream.integer()
                code = self.stream.integer()
            if code not in {_CALL, _PAIRLIST, _ATTRIBUTE_CALL, _ATTRIBUTE_LIST}:
                self.item()
                break
            if code in {_ATTRIBUTE_CALL, _ATTRIBUTE_LIST}:
                self.item()
            self.item()  # tag
            self.bytecode_call(self.stream.integer())
            code = self.stream.integer()
        self.depth -= 1

    def expanded(self, info: RObject, state: RObject, attributes: dict[str, RObject]) -> RObject:
        """Turn a compact form into the plain vector that it stands for."""
        name = info.value[0][1].value if info.kind == "pairlist" and info.value else ""
        result = expand(str(name), state, limit=MAX_ITEMS - self.n_items)
        if name in COPIES:
            self.count(len(result.value))
        return RObject(result.kind, result.value, {**result.attributes, **attributes})
