"""The request of the R package as files: how it crosses when Python runs as a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.bridge.session import answer
from mbembed.errors import UsageError

if TYPE_CHECKING:
    import os

__all__ = ["answer_folder"]

#: The JSON of the request and of the answer; the raw parts of either stand beside it, numbered from 1.
REQUEST, ANSWER = "request", "answer"


def answer_folder(folder: str | os.PathLike[str]) -> None:
    """Answer the request in a folder: ``request.json``, ``request.1`` … → ``answer.json``, ``answer.1`` ….

    Parameters
    ----------
    folder : path-like

    Raises
    ------
    UsageError
        If there is no request in it. Everything else that can go wrong is in the answer.
    """
    where = Path(folder)
    request = where / f"{REQUEST}.json"
    if not request.is_file():
        raise UsageError(
            f"there is no {request}",
            expected="a folder that the R package mbembed made",
            hint="mbembed embed TABLE -o embeddings.tsv, outside R",
        )
    parts: list[bytes] = []
    while (part := where / f"{REQUEST}.{len(parts) + 1}").is_file():
        parts.append(part.read_bytes())
    text, *raw = answer(request.read_text(encoding="utf-8"), parts)
    for number, content in enumerate(raw, 1):
        (where / f"{ANSWER}.{number}").write_bytes(content)
    # Last: where the text is, the parts are.
    (where / f"{ANSWER}.json").write_text(text, encoding="utf-8")
