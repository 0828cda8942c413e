"""One R value as a plain Python object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NULL", "RObject"]


@dataclass(slots=True)
class RObject:
    """One R value.

    Attributes
    ----------
    kind : str
        ``null``, ``logical``, ``integer``, ``double``, ``complex``, ``character``, ``list``,
        ``raw``, ``pairlist``, ``environment``, ``symbol``, ``s4``, or ``opaque`` (functions,
        byte code, pointers: never looked into).
    value : object
        ndarray for numbers; list of str or None (``NA``) for ``character``; list of RObject for
        ``list``; list of (tag, RObject) for ``pairlist``; dict for ``environment``; str for
        ``symbol``; bytes for ``raw``.
    attributes : mapping of str to RObject
        Attributes and, for S4, slots.
    """

    kind: str
    value: Any = None
    attributes: Mapping[str, RObject] = field(default_factory=dict)


NULL = RObject("null")
