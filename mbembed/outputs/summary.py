"""The summary: everything that was decided and counted, as JSON, and what it ran on."""

from __future__ import annotations

import json
import math
import platform
from typing import TYPE_CHECKING

import numpy as np

from mbembed.outputs.atomic import atomic_path

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["environment", "to_json", "write_summary"]

#: Packages whose version can change a result or how a file is read or written.
_PACKAGES = ("mbembed", "numpy", "scipy", "polars", "biom-format")


def environment() -> dict[str, str]:
    """Return the versions of what a run used, without importing any of it.

    Examples
    --------
    >>> sorted(environment())
    ['biom-format', 'mbembed', 'numpy', 'platform', 'polars', 'python', 'scipy']
    """
    from importlib.metadata import version

    versions = {name: version(name) for name in _PACKAGES}
    return {**versions, "python": platform.python_version(), "platform": platform.platform()}


def to_json(summary: Mapping[str, object], *, indent: int | None = None) -> str:
    """Return a summary as JSON text.

    Keys keep their order, as a summary tells its story in order; sets are sorted. A number that
    is missing or infinite becomes ``null``, because JSON (RFC 8259) has no word for it.

    Examples
    --------
    >>> to_json({"coverage": np.float32(0.5), "mean": float("nan"), "ids": ("é", "1e5")})
    '{"coverage": 0.5, "mean": null, "ids": ["é", "1e5"]}'
    """
    return json.dumps(_plain(summary), ensure_ascii=False, allow_nan=False, indent=indent)


def write_summary(path: str | os.PathLike[str], summary: Mapping[str, object]) -> None:
    """Write a summary as JSON in UTF-8.

    Parameters
    ----------
    path : path-like
    summary : mapping
        Of text, numbers (NumPy's too), paths, and lists, sets or mappings of those.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = to_json(summary, indent=2)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def _plain(value: object) -> object:
    """Return a value in the types that JSON has."""
    from collections.abc import Mapping
    from pathlib import PurePath

    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [_plain(item) for item in sorted(value)]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"a summary cannot hold a {type(value).__name__}")
