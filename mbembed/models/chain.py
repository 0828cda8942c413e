"""From a saved torch module to the layers of ``config.json``: a plain chain, or a refusal."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mbembed.errors import ModelError
from mbembed.models.checkpoint import ENCODER
from mbembed.models.pickle_reader import Instance
from mbembed.models.pickle_scan import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbembed.models.checkpoint import Checkpoint

__all__ = ["Chain", "read_chain"]

#: Most layers of a chain. The published encoder has four.
MAX_LAYERS = 256
#: Names of layers become names of tensors. torch numbers them.
_KEY = re.compile(r"[0-9A-Za-z_]{1,64}")
_CONTAINER = "torch.nn.modules.container.Sequential"


class Chain(NamedTuple):
    """The layers of a module.

    Attributes
    ----------
    layers : list of dict
        As in ``config.json``.
    tensors : dict of str to ndarray
        float32; the layers refer to them by name.
    n_batches : int
        Training batches that the first BatchNorm has seen; 0 if not stated.
    """

    layers: list[dict[str, object]]
    tensors: dict[str, NDArray[np.float32]]
    n_batches: int


def read_chain(checkpoint: Checkpoint) -> Chain:
    """Read the chain of layers of a module.

    Parameters
    ----------
    checkpoint : Checkpoint
        Its root is a ``Sequential``, or holds one and nothing else.

    Returns
    -------
    Chain

    Raises
    ------
    ModelError
        If the module is no chain of Linear, BatchNorm1d, GELU and Dropout, or does other
        arithmetic than :mod:`mbembed.models.encoder` (GELU by tanh, BatchNorm without running
        statistics, hooks).
    """
    root = checkpoint.root
    if root.name == ENCODER:
        children = _children(root)
        if len(children) != 1:
            raise _other(f"the encoder holds {len(children)} modules", "one Sequential")
        root = next(iter(children.values()))
    if root.name != _CONTAINER:
        raise _other(f"the checkpoint holds a {_short(root)}", "a Sequential of layers")
    modules = _children(root)
    if len(modules) > MAX_LAYERS:
        raise _other(f"the checkpoint has {len(modules)} layers", f"at most {MAX_LAYERS}")

    chain = Chain([], {}, _n_batches(modules))
    for key, module in modules.items():
        chain.layers.append(_layer(key, module, chain.tensors))
    n_bytes = sum(array.nbytes for array in chain.tensors.values())
    if n_bytes > checkpoint.n_bytes:
        raise _other("several layers of the checkpoint share one tensor", "a tensor for each layer")
    return chain


def _layer(key: str, module: Instance, tensors: dict[str, NDArray[np.float32]]) -> dict[str, object]:
    """Return the entry of ``config.json`` for a layer and add its tensors."""
    _refuse_hooks(module)

    def take(role: str, group: str, n_axes: int) -> str:
        array = _mapping(module, group).get(role)
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f" or array.ndim != n_axes:
            raise _other(
                f"the {_short(module)} layer {key!r} has no usable {role}", f"float32 numbers with {n_axes} axes"
            )
        if not np.isfinite(array).all():
            raise _other(f"the {role} of layer {key!r} holds values that are not finite", "numbers only")
        tensors[f"{key}.{role}"] = array.astype(np.float32, copy=False)
        return f"{key}.{role}"

    kind = _short(module)
    if kind == "Linear":
        return {"type": "linear", "weight": take("weight", "_parameters", 2), "bias": take("bias", "_parameters", 1)}
    if kind == "BatchNorm1d":
        entry: dict[str, object] = {"type": "batch_norm", "eps": _number(module, "eps", 0.0, 1.0)}
        entry |= {role: take(role, "_parameters", 1) for role in ("weight", "bias")}
        return entry | {role: take(role, "_buffers", 1) for role in ("running_mean", "running_var")}
    if kind == "GELU":
        approximate = module.state.get("approximate", "none")  # torch before 1.12 knew only the exact one
        if not isinstance(approximate, str) or approximate != "none":
            raise _other(
                f"the GELU of the checkpoint is the approximation {shown(approximate)}", "the exact GELU ('none')"
            )
        return {"type": "gelu"}
    if kind == "Dropout":
        return {"type": "dropout", "p": _number(module, "p", 0.0, 1.0)}
    raise _other(f"layer {key!r} is a {kind}", "Linear, BatchNorm1d, GELU and Dropout")


def _children(module: Instance) -> dict[str, Instance]:
    _refuse_hooks(module)
    children = _mapping(module, "_modules")
    if not all(isinstance(child, Instance) for child in children.values()):
        raise _other(f"the {_short(module)} of the checkpoint holds something that is no layer", "layers")
    for key in children:
        if not _KEY.fullmatch(key):
            raise _other(f"a layer of the checkpoint has the name {shown(key)}", "letters, digits and underscores")
    return children


def _refuse_hooks(module: Instance) -> None:
    """Refuse hooks: they may change what a layer computes."""
    for group in ("_forward_hooks", "_forward_pre_hooks"):
        if _mapping(module, group):
            raise _other(f"the {_short(module)} of the checkpoint has {group}", "layers without hooks")


def _n_batches(modules: dict[str, Instance]) -> int:
    for module in modules.values():
        tracked = _mapping(module, "_buffers").get("num_batches_tracked")
        if isinstance(tracked, np.ndarray) and tracked.dtype.kind == "i" and tracked.ndim == 0:
            return max(int(tracked), 0)
    return 0


def _mapping(module: Instance, group: str) -> dict[str, Any]:
    found = module.state.get(group, {})
    if not isinstance(found, dict):
        raise _other(f"the {_short(module)} of the checkpoint has no usable {group}", "a module as torch saves it")
    return found


def _number(module: Instance, attribute: str, low: float, high: float) -> float:
    value = module.state.get(attribute)
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        raise _other(
            f"the {_short(module)} of the checkpoint has {attribute} {shown(value)}", f"a number from {low} to {high}"
        )
    return float(value)


def _short(module: Instance) -> str:
    return module.name.rpartition(".")[2]


def _other(found: str, expected: str) -> ModelError:
    return ModelError(
        found,
        expected=expected,
        hint="only such chains are encoded as torch would; ask the author for one, or train a model with mbembed pretrain",
    )
