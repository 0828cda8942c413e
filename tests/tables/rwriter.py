"""A writer of R's serialisation, for tests: small synthetic objects in all encodings and versions."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

NA_INTEGER = -(2**31)
CODES = {"logical": 10, "integer": 13, "double": 14, "complex": 15, "character": 16, "list": 19, "raw": 24, "s4": 25}


@dataclass
class R:
    """An R value; ``value`` by kind: list of numbers, of str or None, of R; bytes; (tag, R) pairs; or raw calls."""

    kind: str
    value: Any = None
    attributes: dict[str, R] = field(default_factory=dict)


@dataclass
class Latin1:
    """Text that is to be stored in Latin-1."""

    text: str


def character(*texts: str | Latin1 | None, **attributes: R) -> R:
    return R("character", list(texts), attributes)


def integer(*values: int, **attributes: R) -> R:
    return R("integer", list(values), attributes)


def double(*values: float, **attributes: R) -> R:
    return R("double", list(values), attributes)


def logical(*values: bool | int) -> R:
    return R("logical", [int(value) for value in values])


def named_list(**parts: R) -> R:
    return R("list", list(parts.values()), {"names": character(*parts)})


def s4(name: str, **slots: R) -> R:
    return R("s4", None, {**slots, "class": character(name, package=character("tests"))})


NULL = R("null")
NULL_SLOT = R("symbol", "\x01NULL\x01")


def matrix(values: Any, rows: list[str] | None, columns: list[str] | None, **attributes: R) -> R:
    """Make a matrix of numbers or text, column by column as R keeps it."""
    array = np.array(values, dtype=object)
    flat = array.ravel(order="F").tolist()
    kind = "character" if any(isinstance(value, str) for value in flat) else "double"
    names = R("list", [character(*part) if part is not None else NULL for part in (rows, columns)])
    return R(kind, flat, {"dim": integer(*array.shape), "dimnames": names, **attributes})


def factor(codes: list[int], levels: list[str]) -> R:
    return R("integer", codes, {"levels": character(*levels), "class": character("factor")})


def data_frame(row_names: list[str] | None, **columns: R) -> R:
    frame = named_list(**columns)
    n_rows = len(next(iter(columns.values())).value)
    frame.attributes["row.names"] = integer(NA_INTEGER, -n_rows) if row_names is None else character(*row_names)
    frame.attributes["class"] = character("data.frame")
    return frame


def phyloseq(
    counts: R, *, taxa_are_rows: bool = True, tax_table: R = NULL_SLOT, sam_data: R = NULL_SLOT, refseq: R = NULL_SLOT
) -> R:
    otu_table = R(counts.kind, counts.value, dict(counts.attributes))
    otu_table.attributes |= {"taxa_are_rows": logical(taxa_are_rows), "class": character("otu_table")}
    return s4(
        "phyloseq", otu_table=otu_table, tax_table=tax_table, sam_data=sam_data, phy_tree=NULL_SLOT, refseq=refseq
    )


class _Out:
    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.parts: list[bytes] = [{"xdr": b"X\n", "native": b"B\n", "ascii": b"A\n"}[encoding]]
        self.symbols: dict[str, int] = {}
        self.order = "<" if encoding == "native" else ">"

    def integer(self, *values: int) -> None:
        for value in values:
            if self.encoding == "ascii":
                self.parts.append(b"NA\n" if value == NA_INTEGER else b"%d\n" % value)
            else:
                self.parts.append(struct.pack(f"{self.order}i", value))

    def double(self, *values: float) -> None:
        for value in values:
            text = "NA" if value != value else repr(float(value)).replace("inf", "Inf")
            packed = struct.pack(f"{self.order}d", value)
            self.parts.append(f"{text}\n".encode() if self.encoding == "ascii" else packed)

    def raw(self, content: bytes) -> None:
        self.parts.append(b"".join(b"%02x\n" % byte for byte in content) if self.encoding == "ascii" else content)

    def text(self, content: bytes) -> None:
        if self.encoding == "ascii":
            escaped = "".join(
                chr(byte) if 32 < byte < 127 and byte not in b"\\'\"?" else f"\\{byte:03o}" for byte in content
            )
            self.parts.append(escaped.encode() + b"\n")
        else:
            self.parts.append(content)

    def characters(self, value: str | Latin1 | None) -> None:
        if value is None:
            self.integer(9, -1)
            return
        latin = isinstance(value, Latin1)
        content = value.text.encode("latin-1") if latin else value.encode()
        self.integer(9 | (1 << 14 if latin else 1 << 15 if not content.isascii() else 1 << 18), len(content))
        self.text(content)

    def symbol(self, name: str) -> None:
        if name in self.symbols:
            self.integer(self.symbols[name] << 8 | 255)
            return
        self.symbols[name] = len(self.symbols) + 1
        self.integer(1)
        self.characters(name)

    def pairs(self, pairs: list[tuple[str, R]]) -> None:
        for tag, value in pairs:
            self.integer(2 | (1 << 10 if tag else 0))
            if tag:
                self.symbol(tag)
            self.item(value)
        self.integer(254)

    def item(self, value: R) -> None:
        if value.kind == "null":
            self.integer(254)
        elif value.kind == "symbol":
            self.symbol(value.value)
        elif value.kind == "pairlist":
            self.pairs(value.value)
        elif value.kind == "calls":  # anything else, told call by call
            for method, *arguments in value.value:
                getattr(self, method)(*arguments)
        else:
            self.vector(value)

    def vector(self, value: R) -> None:
        self.integer(CODES[value.kind] | (1 << 9 if value.attributes else 0))
        if value.kind == "raw":
            self.integer(len(value.value))
            self.raw(value.value)
        elif value.kind != "s4":
            self.integer(len(value.value))
            for part in value.value:
                if value.kind == "list":
                    self.item(part)
                elif value.kind == "character":
                    self.characters(part)
                elif value.kind == "complex":
                    self.double(part.real, part.imag)
                elif value.kind == "double":
                    self.double(part)
                else:
                    self.integer(part)
        if value.attributes:
            self.pairs(list(value.attributes.items()))


def altrep(name: str, state: R) -> R:
    """Make a compact form, such as ``1:n``."""
    info = R("pairlist", [("", R("symbol", name)), ("", R("symbol", "base")), ("", integer(13))])
    return R("calls", [("integer", 238), ("item", info), ("item", state), ("item", NULL)])


def dumps(value: R | dict[str, R], *, encoding: str = "xdr", version: int = 3) -> bytes:
    """Write an ``.rds``, or an ``.RData`` for a dict of objects; not compressed."""
    out = _Out(encoding)
    out.integer(version, 0x00040202, 0x00030500 if version == 3 else 0x00020300)
    if version == 3:
        out.integer(5)
        out.text(b"UTF-8")
    if isinstance(value, R):
        out.item(value)
        return b"".join(out.parts)
    out.pairs(list(value.items()))
    mark = {"xdr": b"RDX", "native": b"RDB", "ascii": b"RDA"}[encoding]
    return mark + b"%d\n" % version + b"".join(out.parts)
