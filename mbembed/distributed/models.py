"""Which model the workers use: named in the tasks, loaded once in each process, and compared by its hashes."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from mbembed import __version__
from mbembed.errors import ModelError, ModelIntegrityError
from mbembed.models.folder import HASH_SHOWN, HASHED, Model
from mbembed.models.store import DEFAULT, default_folder, load_model

if TYPE_CHECKING:
    from mbembed.distributed.options import ModelChoice

__all__ = ["ModelName", "worker_model"]

#: What of a model's configuration decides its vectors, beside its files.
_DECIDING = ("layers", "preprocessing", "closure", "species")
#: Threads of one worker must not load the same model at a time.
_LOADING = Lock()


class ModelName(NamedTuple):
    """What a task carries instead of a model: a few words.

    Attributes
    ----------
    reference : str
        Its name, or its folder, which has to be there on every worker.
    weights_sha256 : str
    fingerprint : str
        SHA-256 over all that decides the vectors: weights, species, layers, preprocessing.
    version : str
        Of mbembed: its name maps decide which taxon feeds which species.
    """

    reference: str
    weights_sha256: str
    fingerprint: str
    version: str

    @classmethod
    def of(cls, choice: ModelChoice) -> ModelName:
        """Name a model, so that a worker finds it.

        Raises
        ------
        ModelError
            If it cannot be used here.
        """
        model = choice if isinstance(choice, Model) else load_model(choice)
        if model.path == default_folder():
            reference = DEFAULT
        elif choice is model or Path(os.fspath(choice)).is_dir():  # type: ignore[arg-type]  # None is the default
            reference = str(model.path.resolve())
        else:
            reference = os.fspath(choice)  # type: ignore[arg-type]
        return cls(reference, model.weights_sha256, _fingerprint(model), __version__)


def worker_model(name: ModelName) -> Model:
    """Return the model of that name, loaded once in this process.

    Raises
    ------
    ModelError
        If this worker has another version of mbembed, or does not have the model.
    ModelIntegrityError
        If its model of that name is another one.
    """
    with _LOADING:
        return _load(name)


@cache
def _load(name: ModelName) -> Model:
    if name.version != __version__:
        raise ModelError(
            f"a worker has mbembed {__version__}, the client {name.version}",
            expected="the same version everywhere, as name maps may differ",
            hint=f"pip install mbembed=={name.version} on the workers",
        )
    model = load_model(name.reference)
    if _fingerprint(model) != name.fingerprint:
        raise ModelIntegrityError(
            f"the model {name.reference!r} of a worker is another than the client's (weights "
            f"{model.weights_sha256[:HASH_SHOWN]}…, the client's {name.weights_sha256[:HASH_SHOWN]}…)",
            expected="the same model everywhere",
            hint="install the same model on all machines, or name a folder that all of them see",
        )
    return model


def _fingerprint(model: Model) -> str:
    facts = {key: model.config.get(key) for key in _DECIDING}
    facts["files"] = {name: model.config["files"][name] for name in HASHED}
    facts["names"] = model.species
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
