"""The published kind of checkpoint: a zip that ``torch.save`` wrote, read without torch.

``data.pkl`` describes the objects, ``data/0``, ``data/1``, … hold the numbers.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mbembed.errors import ModelError
from mbembed.models.archive import DTYPES, MAX_CHECKPOINT_BYTES, ZIP_MAGIC, Archive
from mbembed.models.pickle_reader import Global, Instance, read_pickle
from mbembed.models.pickle_scan import MAX_PICKLE_BYTES, damaged, foreign_names, shown, unsafe_names

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["ENCODER", "Checkpoint", "read_checkpoint"]

#: Most axes of a tensor: a weight matrix has two.
MAX_AXES = 2

#: The class of the publication. It was never released; only its name is in the checkpoint.
ENCODER = (
    "LabData.DataAnalyses.MicrobiomeModelling.RepresentationAndPrediction.CreateRepresentation.autoencoder"
    ".FlexibleEncoder"
)
_LAYERS = (
    ENCODER,
    "torch.nn.modules.container.Sequential",
    "torch.nn.modules.linear.Linear",
    "torch.nn.modules.batchnorm.BatchNorm1d",
    "torch.nn.modules.activation.GELU",
    "torch.nn.modules.dropout.Dropout",
)
#: Functions that put tensors and containers together.
_FUNCTIONS = (
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "collections.OrderedDict",
    "builtins.set",
    "__builtin__.set",
)
#: Names in checkpoints of torch before 1.6, which are refused as old rather than as unsafe.
_FORMAT_NAMES = frozenset({*_LAYERS, *DTYPES, *_FUNCTIONS})


class Checkpoint(NamedTuple):
    """A checkpoint, read.

    Attributes
    ----------
    root : Instance
        The saved module. Tensors in it are read-only arrays.
    sha256 : str
        Of the file.
    n_bytes : int
        Size of the file.
    """

    root: Instance
    sha256: str
    n_bytes: int


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a module that ``torch.save`` wrote. Nothing in the file is run.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Checkpoint

    Raises
    ------
    UnsafePickleError
        If it names anything but the admitted layers and tensor functions.
    ModelIntegrityError
        If it is damaged or breaks a size limit.
    ModelError
        If it cannot be opened, or holds something other than a module.
    """
    content = _content(path)
    origin = f"the checkpoint {path.name}"
    if not content.startswith(ZIP_MAGIC):
        raise _not_a_zip(content, origin)
    archive = Archive(content, origin)
    root = read_pickle(archive.pickle, admitted=_admitted(archive), persistent=archive.storage, origin=origin)
    if not isinstance(root, Instance):
        state_dict = isinstance(root, dict)
        raise ModelError(
            f"{origin} holds {'weights without their layers (a state_dict)' if state_dict else 'no module'}",
            expected="a whole module, as torch.save(encoder, FILE) writes it",
            hint="rebuild the module in torch, load the weights into it, and save the module itself",
        )
    return Checkpoint(root, hashlib.sha256(content).hexdigest(), len(content))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            content = handle.read(MAX_CHECKPOINT_BYTES + 1)
    except OSError as error:
        raise ModelError(
            f"the checkpoint {path} cannot be read ({error.strerror})",
            expected="a file that torch.save wrote",
            hint="check the path",
        ) from error
    if len(content) > MAX_CHECKPOINT_BYTES:
        raise damaged(f"the checkpoint {path.name}", f"it has more than {MAX_CHECKPOINT_BYTES} bytes")
    return content


def _not_a_zip(content: bytes, origin: str) -> ModelError:
    """Say what is wrong with a file that is no zip; by name, if it is a pickle that names code."""
    foreign = foreign_names(content[:MAX_PICKLE_BYTES], _FORMAT_NAMES)
    if foreign:
        return unsafe_names(origin, foreign)
    return damaged(origin, "it is not a zip archive (torch before 1.6 and plain pickles are not read)")


def _admitted(archive: Archive) -> dict[str, Global]:
    """Return every name that a checkpoint may hold, with what stands for it here."""
    origin = archive.origin

    def tensor(arguments: tuple[Any, ...]) -> object:
        """``torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)``."""
        match arguments:
            case (np.ndarray() as storage, int(offset), tuple(size), tuple(stride), bool(), dict(hooks)) if not hooks:
                return _strided(storage, offset, size, stride, origin)
        raise damaged(origin, "a tensor is described in a way that is not known")

    def parameter(arguments: tuple[Any, ...]) -> object:
        """``torch._utils._rebuild_parameter(tensor, requires_grad, hooks)``."""
        match arguments:
            case (np.ndarray() as array, bool(), dict(hooks)) if not hooks:
                return array
        raise damaged(origin, "a parameter is described in a way that is not known")

    def empty_dict(arguments: tuple[Any, ...]) -> object:
        if arguments:
            raise damaged(origin, "a dictionary is described in a way that is not known")
        return {}

    def names_only(arguments: tuple[Any, ...]) -> object:  # noqa: ARG001 - the interface of calls
        """Stand for a set: torch keeps names of buffers in it, which are not needed here."""
        return None

    entries = [Global(name, has_instances=True) for name in _LAYERS]
    entries += [Global(name) for name in DTYPES]
    calls = (tensor, parameter, empty_dict, names_only, names_only)
    entries += [Global(name, call) for name, call in zip(_FUNCTIONS, calls, strict=True)]
    return {entry.name: entry for entry in entries}


def _strided(
    storage: NDArray[Any], offset: int, size: tuple[Any, ...], stride: tuple[Any, ...], origin: str
) -> NDArray[Any]:
    """View part of a storage, after checking that the part lies within it and is no larger than it."""
    numbers = (offset, *size, *stride)
    whole = all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers)
    if not whole or len(size) != len(stride) or len(size) > MAX_AXES or 0 in size:
        raise damaged(origin, f"a tensor has the shape {shown(size)} with strides {shown(stride)}")
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if last >= storage.size or math.prod(size) > storage.size:
        raise damaged(origin, f"a tensor of shape {shown(size)} reaches beyond its {storage.size} numbers")
    steps = [step * storage.itemsize if length > 1 else 0 for length, step in zip(size, stride, strict=True)]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps, writeable=False)
