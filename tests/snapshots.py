"""Texts frozen as files: a changed message is reviewed like changed code.

A snapshot is a text file under ``tests/snapshots``; ``pytest --update-snapshots`` rewrites
the ones that the run checks.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "snapshots"


class Snapshots:
    """What the fixture ``snapshot`` gives: ``snapshot("name", text)``."""

    def __init__(self, replacements: Mapping[str, str], *, update: bool) -> None:
        self.replacements = replacements
        self.update = update

    def __call__(self, name: str, text: str) -> None:
        """Compare a text with ``tests/snapshots/NAME.txt``; the folders of the run are replaced by names."""
        for long, short in sorted(self.replacements.items(), key=lambda item: -len(item[0])):
            text = text.replace(long + os.sep, short + "/").replace(long, short)
        text = text.rstrip("\n") + "\n"
        path = FOLDER / f"{name}.txt"
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"there is no snapshot {name}; pytest --update-snapshots writes it:\n{text}"
        assert text == path.read_text(encoding="utf-8"), f"the text differs from snapshot {name}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="rewrite the texts under tests/snapshots")


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, tmp_path: Path) -> Snapshots:
    """Compare texts with files; ``tmp_path`` reads ``TMP`` in them."""
    update = bool(request.config.getoption("--update-snapshots"))
    return Snapshots({str(tmp_path): "TMP", str(Path.cwd()): "CWD"}, update=update)
