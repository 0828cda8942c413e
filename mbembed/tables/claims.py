"""Whether a text is of a reader's dialect: what `sniff` returns, and the refusal if it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import DialectError
from mbembed.tables.signatures import signature
from mbembed.tables.source import LEAVE_OUT_FORMAT

if TYPE_CHECKING:
    from mbembed.tables.source import Source

__all__ = ["claim", "require"]


def claim(source: Source, dialect: str) -> str | None:
    """Return the version or variant if a file is of a dialect.

    Parameters
    ----------
    source : Source
    dialect : str

    Returns
    -------
    str or None
        None if it is of another.
    """
    found = signature(source)
    return found.detail if found and found.dialect == dialect else None


def require(source: Source, dialect: str, *, expected: str) -> str:
    """Return the version or variant of a file that has to be of a dialect.

    Parameters
    ----------
    source : Source
    dialect : str
    expected : str
        How such a file begins, for the message.

    Returns
    -------
    str

    Raises
    ------
    DialectError
        If the file is of another dialect, which is then named.
    """
    found = signature(source)
    if found and found.dialect == dialect:
        return found.detail
    other = f"is {found.title}; it was to be read as" if found else "does not look like"
    raise DialectError(
        f"{source.path} {other} {dialect}",
        expected=expected,
        hint=LEAVE_OUT_FORMAT,
        path=str(source.path),
    )
