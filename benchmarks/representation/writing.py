"""Tables into documents: between two markers, so that nobody copies figures by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BEGIN", "END", "check_markers", "write_between_markers"]

#: What stands around the tables in a document.
BEGIN = "<!-- made by python -m benchmarks.representation; do not edit -->"
END = "<!-- end of what it made -->"


def check_markers(path: Path) -> None:
    """Check that a document has both markers, once, before work begins.

    Raises
    ------
    UsageError
        If it cannot be read, or has not.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error})", expected="a Markdown file", hint="--write FILE") from error
    if not (text.count(BEGIN) == text.count(END) == 1 and text.index(BEGIN) < text.index(END)):
        raise UsageError(
            f"{path} does not say where the tables belong",
            expected=f"one line {BEGIN!r} and, below it, one line {END!r}",
            hint="add both lines",
            path=str(path),
        )


def write_between_markers(path: Path, tables: str) -> None:
    """Replace what stands between the markers of a document."""
    text = path.read_text(encoding="utf-8")
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    path.write_text(f"{text[:before]}\n\n{tables.strip()}\n\n{text[after:]}", encoding="utf-8")
