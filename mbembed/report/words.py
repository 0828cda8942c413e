"""Words for numbers, as sentences need them."""

from __future__ import annotations

__all__ = ["count", "sentence"]


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
    return text if text.endswith((".", "!", "?")) else f"{text}."
