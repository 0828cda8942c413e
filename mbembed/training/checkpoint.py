"""A run on disk between two epochs: one safetensors file, its JSON in the header, no pickle.

One file rather than two, so that replacing it is one atomic rename: after a kill at any
moment there is either the checkpoint before or the one after, never a mixture.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from mbembed.errors import OutputError, TrainingError, UsageError
from mbembed.training.loop import Epoch, TrainingState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

__all__ = ["checkpoint_path", "load_checkpoint", "save_checkpoint"]

#: Key of the JSON text in the safetensors header, whose values are all text.
STATE = "state"
#: Prefixes of the tensors.
NETWORK, BEST, OPTIMIZER = "network/", "best/", "optimizer/"


def checkpoint_path(out: Path) -> Path:
    """Return where the checkpoint of a run lies: beside the folder that it will make."""
    return out.with_name(f"{out.name}.checkpoint")


def save_checkpoint(path: Path, state: TrainingState, identity: Mapping[str, Any]) -> None:
    """Write a checkpoint, replacing the one before it.

    Parameters
    ----------
    path : Path
    state : TrainingState
    identity : mapping
        JSON values that say which run this is; :func:`load_checkpoint` compares them.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    tensors = {NETWORK + name: tensor for name, tensor in state.network.state_dict().items()}
    tensors |= {BEST + name: tensor for name, tensor in state.best_tensors.items()}
    optimizer = state.optimizer.state_dict()
    for number, entries in optimizer["state"].items():
        tensors |= {f"{OPTIMIZER}{number}/{name}": tensor for name, tensor in entries.items()}
    header = {
        "identity": identity,
        "history": state.history,
        "best_epoch": state.best_epoch,
        "param_groups": optimizer["param_groups"],
        "schedule": state.schedule.state_dict(),
    }
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, scratch, metadata={STATE: json.dumps(header)})
        with scratch.open("rb") as handle:
            os.fsync(handle.fileno())
        scratch.replace(path)
    except (OSError, SafetensorError) as error:
        raise OutputError(
            f"the checkpoint {path} cannot be written ({error})",
            expected="a folder with free space",
            hint="free some space, or choose another -o",
        ) from error
    finally:
        scratch.unlink(missing_ok=True)


def load_checkpoint(path: Path, state: TrainingState, identity: Mapping[str, Any]) -> None:
    """Take a run up where its checkpoint was written.

    Parameters
    ----------
    path : Path
    state : TrainingState
        As :func:`mbembed.training.loop.start_state` returns it; filled in place.
    identity : mapping
        Of the run that is to go on.

    Raises
    ------
    UsageError
        If the checkpoint is of a run with other settings or other data.
    TrainingError
        If it is damaged.
    """
    try:
        with safe_open(path, framework="pt") as handle:
            header = json.loads((handle.metadata() or {})[STATE])
            tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118 (not a dict)
        _refuse_another_run(path, header["identity"], identity)
        state.network.load_state_dict(_under(tensors, NETWORK))
        entries: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under(tensors, OPTIMIZER).items():
            number, entry = name.split("/")
            entries.setdefault(int(number), {})[entry] = tensor
        state.optimizer.load_state_dict({"state": entries, "param_groups": header["param_groups"]})
        state.schedule.load_state_dict(header["schedule"])
        state.history = [Epoch(*epoch) for epoch in header["history"]]
        state.best_epoch, state.best_tensors = header["best_epoch"], _under(tensors, BEST)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise TrainingError(
            f"the checkpoint {path} is damaged ({error})",
            expected="the file as the interrupted run left it",
            hint="remove it and train from the beginning",
            path=str(path),
        ) from error


def _refuse_another_run(path: Path, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    changed = [
        f"{key} was {found.get(key)!r}, now {expected.get(key)!r}"
        for key in sorted({*found, *expected})
        if found.get(key) != expected.get(key)
    ]
    if changed:
        raise UsageError(
            f"the checkpoint {path} is of another run: {'; '.join(changed)}",
            expected="the command of the interrupted run, with --resume added",
            hint="the same options as before, or another output folder",
            path=str(path),
        )


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
