"""Check an installed model, file by file, however damaged it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mbembed.errors import ModelError
from mbembed.models.folder import CARD, CONFIG, HASHED, OPTIONAL, load_folder, sha256_of
from mbembed.models.store import DEFAULT, default_folder, load_model, user_folder

if TYPE_CHECKING:
    import os

__all__ = ["FileCheck", "find_folder", "verify_folder"]


class FileCheck(NamedTuple):
    """What was found of one file.

    Attributes
    ----------
    file : str
        Its name; empty for the model as a whole.
    sha256 : str
        Its SHA-256, or an empty text if it cannot be read.
    ok : bool
    remark : str
        What is wrong, or why it is not compared.
    """

    file: str
    sha256: str
    ok: bool
    remark: str


def find_folder(name: str | os.PathLike[str]) -> Path:
    """Return the folder of an installed model, damaged or not.

    Parameters
    ----------
    name : str or path-like
        As for ``load_model``.

    Returns
    -------
    Path

    Raises
    ------
    ModelNotFoundError
        If no model has that name.
    """
    if name == DEFAULT:
        return default_folder()
    for folder in (user_folder() / name, Path(name)):
        if (folder / CONFIG).is_file():
            return folder
    return load_model(name).path


def verify_folder(folder: Path) -> list[FileCheck]:
    """Check the files of a model and that they make a working encoder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of FileCheck
        One per file, then one for the model as a whole (it loads, shapes fit, all numbers finite).
    """
    try:
        recorded = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["files"]
        recorded = dict(recorded)
    except (OSError, ValueError, KeyError, TypeError):
        recorded = {}
    extra = [name for name in OPTIONAL if name in recorded]
    checks = [
        _check(folder, CONFIG, "" if recorded else "cannot be read or records no SHA-256"),
        *(_check(folder, name, "", recorded.get(name, "none")) for name in (*HASHED, *extra)),
        _check(folder, CARD, ""),
    ]
    try:
        model = load_folder(folder)
        encoder = model.encoder
        _ = model.decoder, model.statistics, model.reference
    except ModelError as error:
        return [*checks, FileCheck("", "", ok=False, remark=error.found)]
    return [
        *checks,
        FileCheck("", "", ok=True, remark=f"{encoder.n_inputs} species → {encoder.n_dimensions} dimensions"),
    ]


def _check(folder: Path, name: str, fault: str, recorded: str | None = None) -> FileCheck:
    try:
        actual = sha256_of(folder / name)
    except OSError as error:
        return FileCheck(name, "", ok=False, remark=f"cannot be read ({error.strerror})")
    if recorded is None:
        return FileCheck(name, actual, ok=not fault, remark=fault or "readable; no SHA-256 is recorded for it")
    same = actual == recorded
    return FileCheck(name, actual, ok=same, remark="" if same else f"{CONFIG} records {recorded}")
