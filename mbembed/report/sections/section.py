"""A section of a page."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Section"]


class Section(NamedTuple):
    """A section of a page.

    Attributes
    ----------
    anchor : str
        Its address within the page.
    title : str
    template : str
        The file that lays it out; it sees ``content`` as ``section.content``.
    content : dict
    """

    anchor: str
    title: str
    template: str
    content: dict[str, Any]
