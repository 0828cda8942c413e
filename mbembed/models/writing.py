"""Write a model folder, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbembed.errors import ModelError, OutputError
from mbembed.models.folder import CARD, CONFIG, FORMAT, HASHED, SPECIES, WEIGHTS, Model, load_folder, sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FILLED_IN", "write_folder"]

#: Entries of the configuration that belong to the files, and are made anew.
FILLED_IN = ("format", "files", "n_inputs", "n_dimensions")


def write_folder(
    path: str | os.PathLike[str],
    *,
    config: Mapping[str, Any],
    tensors: Mapping[str, NDArray[np.float32]],
    species: Sequence[Mapping[str, str]],
    card: str,
    optional: Mapping[str, Mapping[str, NDArray[Any]]] | None = None,
    overwrite: bool = False,
) -> Model:
    """Write a model folder, whole or not at all, and load it back.

    Parameters
    ----------
    path : path-like
        The folder to make.
    config : mapping
        Everything but ``format``, ``files``, ``n_inputs`` and ``n_dimensions``, which are
        filled in here. Needs ``name``, ``layers``, ``preprocessing`` and ``species``
        (``nomenclature``, optionally ``unnamed``).
    tensors : mapping of str to ndarray
        float32 weights; ``layers`` refers to them by name.
    species : sequence of mappings
        One per input column, in order; ``name`` is required, further keys become columns.
    card : str
        The model card, Markdown.
    optional : mapping of str to mappings, optional
        Tensors of the files that a model may have or not, by file name; their entries ``decoder`` and
        ``statistics`` stand in ``config``.
    overwrite : bool
        Whether an existing folder of that name may be replaced.

    Returns
    -------
    Model

    Raises
    ------
    OutputError
        If the folder exists already or cannot be written.
    ModelError
        If the layers, tensors and species do not fit each other.
    """
    import numpy as np
    from safetensors.numpy import save_file

    from mbembed.models.encoder import Encoder, fold

    target = Path(path)
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists already", expected="a new folder", hint="another name, or remove it first")
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    encoder = Encoder(fold(config["layers"], contiguous))
    if encoder.n_inputs != len(species):
        raise ModelError(
            f"the weights take {encoder.n_inputs} inputs, the species list has {len(species)} rows",
            expected="one species per input column",
            hint="give the species list that belongs to these weights",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written ({error.strerror})",
            expected="a folder that you may write to",
            hint="choose another folder",
        ) from error
    try:
        save_file(contiguous, scratch / WEIGHTS)
        for file, own in (optional or {}).items():
            save_file({name: np.ascontiguousarray(array) for name, array in own.items()}, scratch / file)
        columns = ["name", *[key for key in species[0] if key != "name"]]
        rows = ["\t".join(columns), *("\t".join(row[key] for key in columns) for row in species)]
        (scratch / SPECIES).write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")
        (scratch / CARD).write_text(card, encoding="utf-8", newline="\n")
        full = {
            "format": FORMAT,
            **config,
            "n_inputs": encoder.n_inputs,
            "n_dimensions": encoder.n_dimensions,
            "files": {name: sha256_of(scratch / name) for name in (*HASHED, *(optional or {}))},
        }
        (scratch / CONFIG).write_text(json.dumps(full, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        model = load_folder(scratch)
        _ = model.decoder, model.statistics, model.reference
        _open_to_others(scratch)
        _put_in_place(scratch, target)
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written ({error.strerror})",
            expected="a folder that you may write to",
            hint="choose another folder",
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return load_folder(target)


def _put_in_place(scratch: Path, target: Path) -> None:
    """Rename; a folder that is replaced stands aside until the new one is in its place."""
    aside = scratch.with_name(scratch.name + "-old")
    if target.exists():
        target.rename(aside)
    scratch.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _open_to_others(folder: Path) -> None:
    """Give a folder and its files the permissions of anything else the user makes.

    ``mkdtemp`` and ``save_file`` make them private, but an administrator installs models for others.
    """
    umask = os.umask(0)
    os.umask(umask)
    folder.chmod(0o777 & ~umask)
    for file in folder.iterdir():
        file.chmod(0o666 & ~umask)
