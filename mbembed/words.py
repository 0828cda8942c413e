"""Words for numbers and lists, as sentences need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["count", "sentence", "some"]

#: How many names a sentence shows: enough to see how they are built.
SHOWN = 3


def count(n: int, what: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "sample"), count(1200, "sample")
    ('1 sample', '1,200 samples')
    """
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def sentence(text: str) -> str:
    """Return a text as a sentence: a capital in front, a full stop behind.

    Examples
    --------
    >>> sentence("one sample was left out"), sentence("Why?")
    ('One sample was left out.', 'Why?')
    """
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def some(names: Sequence[str], shown: int = SHOWN) -> str:
    """Return the first of some names, and how many more there are.

    Examples
    --------
    >>> some(["S1", "S2"]), some([f"S{i}" for i in range(9)], 2)
    ('S1, S2', 'S0, S1 and 7 more')
    """
    return ", ".join(names[:shown]) + (f" and {len(names) - shown:,} more" if len(names) > shown else "")
