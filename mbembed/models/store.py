"""Where models live, and how a name finds its folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mbembed.errors import ModelError, ModelNotFoundError
from mbembed.models.folder import CONFIG, Model, load_folder

__all__ = ["DEFAULT", "MODELS_VARIABLE", "default_folder", "list_models", "load_model", "user_folder"]

#: Name that stands for the model which travels with the package.
DEFAULT = "default"
#: Environment variable that replaces the user's model directory.
MODELS_VARIABLE = "MBEMBED_MODELS"


def default_folder() -> Path:
    """Return the folder of the model that travels with the package.

    An installed package holds it inside (``mbembed/model``); a checkout and an editable
    install have it beside the package (``model``).
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / "model"
    return inside if (inside / CONFIG).is_file() else package.parent / "model"


def user_folder() -> Path:
    """Return the directory for models that the user installs.

    ``MBEMBED_MODELS`` when set, else the platform's data directory
    (XDG base directory specification; ``~/Library/Application Support`` on macOS;
    ``%LOCALAPPDATA%`` on Windows).
    """
    given = os.environ.get(MODELS_VARIABLE)
    if given:
        return Path(given).expanduser()
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "mbembed" / "models"


def installed_folders() -> list[Path]:
    """Return the folders of all installed models, the embedded default first."""
    user = user_folder()
    found = [default_folder()] if (default_folder() / CONFIG).is_file() else []
    if user.is_dir():
        # A hidden folder is one on its way (write_folder), left behind by a killed run.
        found += sorted(
            folder for folder in user.iterdir() if not folder.name.startswith(".") and (folder / CONFIG).is_file()
        )
    return found


def list_models() -> list[Model]:
    """Return all installed models, the embedded default first.

    Damaged ones are left out; ``mbembed models verify`` says what is wrong with them.
    """
    models = []
    for folder in installed_folders():
        try:
            models.append(load_folder(folder))
        except ModelError:
            continue
    return models


def load_model(name: str | os.PathLike[str] | None = None) -> Model:
    """Load a model by name or from a folder.

    Parameters
    ----------
    name : str or path-like, optional
        Name of an installed model, or a model folder. ``None`` and ``"default"`` mean the
        model that travels with the package.

    Returns
    -------
    Model

    Raises
    ------
    ModelNotFoundError
        If no model has that name.
    ModelIntegrityError
        If its files are damaged.
    """
    if name is None or name == DEFAULT:
        return load_folder(default_folder())
    text = os.fspath(name)
    if not text or text in {".", ".."} or os.sep in text or (Path(text) / CONFIG).is_file():
        return load_folder(text)
    folders = installed_folders()
    for folder in folders:
        if folder.name == text and folder != default_folder():
            return load_folder(folder)
    for model in list_models():  # a damaged model of another name must not be in the way
        if model.name == text:
            return model
    raise ModelNotFoundError(
        f"no model named {text!r} is installed",
        expected=f"one of: {', '.join([DEFAULT, *[model.name for model in list_models()]])}; or a model folder",
        hint=_how_to_get(text),
        name=text,
    )


def _how_to_get(name: str) -> str:
    from mbembed.models.published import PUBLISHED

    return f"mbembed models pull {name}" if name in PUBLISHED else "mbembed models list"
