"""Install a published model from the network: download, check, import, whole or not at all."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from mbembed.errors import ModelError, ModelNotFoundError, OutputError
from mbembed.models.downloading import download
from mbembed.models.folder import load_folder
from mbembed.models.importing import import_checkpoint
from mbembed.models.published import PUBLISHED
from mbembed.models.store import user_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mbembed.models.folder import Model
    from mbembed.models.published import PublishedModel

__all__ = ["DOWNLOADS", "MIRROR_VARIABLE", "find_pulled", "pull_model"]

#: Environment variable with another address to download from. The file names are added to it;
#: the files must be the published ones, byte for byte.
MIRROR_VARIABLE = "MBEMBED_MIRROR"
#: Folder below the user's model directory for files on their way.
DOWNLOADS = ".downloads"


def find_pulled(name: str) -> Model | None:
    """Return the published model of that name if it is installed and undamaged.

    Parameters
    ----------
    name : str
        A name in ``PUBLISHED``.

    Returns
    -------
    Model or None

    Raises
    ------
    ModelNotFoundError
        If nothing is published under that name.
    OutputError
        If a different model is installed under that name.
    """
    record = _record(name)
    target = user_folder() / name
    try:
        model = load_folder(target)
    except ModelError:
        return None  # absent, or damaged: then it is installed anew
    source = model.config.get("source")
    if not isinstance(source, dict) or source.get("checkpoint_sha256") != record.checkpoint.sha256:
        raise OutputError(
            f"another model is installed under the name {name!r} ({target})",
            expected="the published one, or none",
            hint="move that folder to another name, then pull again",
            path=str(target),
        )
    return model


def pull_model(name: str, *, base_url: str | None = None, progress: Callable[[int, int], None] | None = None) -> Model:
    """Download and install a published model.

    Parameters
    ----------
    name : str
        A name in ``PUBLISHED``, for example ``"mae30"``.
    base_url : str, optional
        Address of a folder with the same files. Default: ``MBEMBED_MIRROR`` if set, else where
        they were published.
    progress : callable, optional
        Called with the bytes that are there and the bytes in all.

    Returns
    -------
    Model
        Without any network access if it is installed already (:func:`find_pulled`).

    Raises
    ------
    ModelNotFoundError
        If nothing is published under that name.
    DownloadError
        If a file cannot be downloaded or is not the published one. Nothing is installed then;
        what came so far is kept, and the next call goes on from there.
    OutputError
        If the model directory cannot be written.
    """
    installed = find_pulled(name)
    if installed is not None:
        return installed
    record = _record(name)
    base = base_url or os.environ.get(MIRROR_VARIABLE)
    cache = user_folder() / DOWNLOADS / record.checkpoint.sha256
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _download_files(record, cache, base, progress)
    except OSError as error:
        raise OutputError(
            f"{cache} cannot be written ({error.strerror})",
            expected="a folder that you may write to, and no other pull at the same time",
            hint="set MBEMBED_MODELS to another folder",
            path=str(cache),
        ) from error
    model = import_checkpoint(cache / record.checkpoint.name, cache / record.species.name, name, overwrite=True)
    shutil.rmtree(cache, ignore_errors=True)
    return model


def _download_files(
    record: PublishedModel, cache: Path, base: str | None, progress: Callable[[int, int], None] | None
) -> None:
    total = sum(file.n_bytes for file in record.files)
    before = 0
    for file in record.files:

        def report(done: int, before: int = before) -> None:
            if progress:
                progress(before + done, total)

        url = f"{base.rstrip('/')}/{file.name}" if base else file.url
        download(url, cache / file.name, sha256=file.sha256, n_bytes=file.n_bytes, progress=report)
        before += file.n_bytes


def _record(name: str) -> PublishedModel:
    if name not in PUBLISHED:
        raise ModelNotFoundError(
            f"no model is published under the name {name!r}",
            expected=f"one of: {', '.join(sorted(PUBLISHED))}",
            hint="mbembed models list",
            name=name,
        )
    return PUBLISHED[name]
