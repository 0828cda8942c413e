"""Checkpoints for tests, written instruction by instruction: no torch needed, any defect possible."""

from __future__ import annotations

import pickle
import struct
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mbembed.models.checkpoint import ENCODER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FOLDER = "archive"
LAYER_CLASSES = {
    "Linear": "torch.nn.modules.linear",
    "BatchNorm1d": "torch.nn.modules.batchnorm",
    "GELU": "torch.nn.modules.activation",
    "Dropout": "torch.nn.modules.dropout",
    "Sequential": "torch.nn.modules.container",
}


@dataclass
class Layer:
    """A torch module as a checkpoint describes it."""

    kind: str
    parameters: dict[str, Any] = field(default_factory=dict)
    buffers: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, Layer] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


def linear(n_in: int, n_out: int, rng: np.random.Generator) -> Layer:
    weight = rng.normal(size=(n_out, n_in)).astype(np.float32)
    return Layer("Linear", {"weight": weight, "bias": rng.normal(size=n_out).astype(np.float32)})


def batch_norm(width: int, rng: np.random.Generator) -> Layer:
    parameters = {role: rng.normal(size=width).astype(np.float32) for role in ("weight", "bias")}
    buffers = {
        "running_mean": rng.normal(size=width).astype(np.float32),
        "running_var": rng.uniform(0.5, 2.0, size=width).astype(np.float32),
        "num_batches_tracked": np.array(7, dtype=np.int64),
    }
    return Layer("BatchNorm1d", parameters, buffers, attributes={"eps": 1e-5})


def small_encoder(n_in: int = 5, n_out: int = 4, seed: int = 0) -> Layer:
    """The published architecture, small."""
    rng = np.random.default_rng(seed)
    gelu = Layer("GELU", attributes={"approximate": "none"})
    dropout = Layer("Dropout", attributes={"p": 0.25, "inplace": False})
    return encoder_of([linear(n_in, n_out, rng), batch_norm(n_out, rng), gelu, dropout])


def encoder_of(layers: Sequence[Layer]) -> Layer:
    chain = Layer("Sequential", modules={str(number): layer for number, layer in enumerate(layers)})
    return Layer("FlexibleEncoder", modules={"model": chain})


class _Writer:
    """Writes a pickle of protocol 2 as ``torch.save`` lays it out."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.storages: list[bytes] = []

    def value(self, value: Any) -> bytes:
        match value:
            case None:
                return b"N"
            case bool():
                return b"\x88" if value else b"\x89"
            case int():
                return b"J" + struct.pack("<i", value)
            case float():
                return b"G" + struct.pack(">d", value)
            case str():
                text = value.encode()
                return b"X" + struct.pack("<I", len(text)) + text
            case tuple():
                return b"(" + b"".join(map(self.value, value)) + b"t"
            case dict():
                items = b"".join(self.value(key) + self.value(entry) for key, entry in value.items())
                return b"ccollections\nOrderedDict\n)R(" + items + b"u"
            case np.ndarray():
                return self.tensor(value)
            case Layer():
                return self.layer(value)
        raise TypeError(value)

    def tensor(self, array: NDArray[Any]) -> bytes:
        name = "LongStorage" if array.dtype.kind == "i" else "FloatStorage"
        key = str(len(self.storages))
        self.storages.append(array.astype(array.dtype.newbyteorder(self.order)).tobytes())
        strides = tuple(step // array.itemsize for step in np.ascontiguousarray(array).strides[: array.ndim])
        storage = (
            b"(" + self.value("storage") + f"ctorch\n{name}\n".encode() + self.value(key) + self.value("cpu")
            + self.value(array.size) + b"tQ"
        )  # fmt: skip
        arguments = self.value(0) + self.value(array.shape) + self.value(strides) + self.value(False) + self.value({})
        return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + arguments + b"tR"

    def parameter(self, value: Any) -> bytes:
        if not isinstance(value, np.ndarray):
            return self.value(value)
        return b"ctorch._utils\n_rebuild_parameter\n(" + self.tensor(value) + b"\x88" + self.value({}) + b"tR"

    def layer(self, layer: Layer) -> bytes:
        name = f"{LAYER_CLASSES[layer.kind]}\n{layer.kind}" if layer.kind in LAYER_CLASSES else ENCODER
        if "\n" not in name:
            name = "\n".join(name.rsplit(".", 1))
        parameters = b"".join(self.value(key) + self.parameter(entry) for key, entry in layer.parameters.items())
        state = self.value("training") + self.value(False)
        state += self.value("_parameters") + b"ccollections\nOrderedDict\n)R(" + parameters + b"u"
        state += self.value("_buffers") + self.value(layer.buffers)
        state += self.value("_non_persistent_buffers_set") + b"c__builtin__\nset\n(]tR"
        state += self.value("_modules") + self.value(layer.modules)
        state += b"".join(self.value(key) + self.value(entry) for key, entry in layer.attributes.items())
        return b"c" + name.encode() + b"\n)\x81}(" + state + b"ub"


def members_of(root: Any, *, order: str = "<") -> dict[str, bytes]:
    """Return the members of a checkpoint, by name below its folder."""
    writer = _Writer(order)
    members = {"data.pkl": b"\x80\x02" + writer.value(root) + b"."}
    members["byteorder"] = b"little" if order == "<" else b"big"
    members |= {f"data/{key}": content for key, content in enumerate(writer.storages)}
    return members | {"version": b"3\n"}


def write_zip(path: Path, members: Mapping[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(f"{FOLDER}/{name}", (1980, 1, 1, 0, 0, 0)), content, compression)
    return path


def write_checkpoint(path: Path, root: Any, **changed: bytes) -> Path:
    return write_zip(path, members_of(root) | changed)


def write_pickle(path: Path, root: object, protocol: int = 2) -> Path:
    """A checkpoint whose object description is any pickle."""
    return write_zip(path, members_of(small_encoder()) | {"data.pkl": pickle.dumps(root, protocol)})


def write_species(path: Path, n: int = 5, header: str = "species_name,rep_id,order") -> Path:
    rows = [f"Testella species{number},Rep_{number},{number}" for number in range(n)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path
