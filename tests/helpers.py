"""What several test modules share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: Real data, never committed: a folder beside the checkout, or wherever the variable says.
SHARED = Path(os.environ.get("MBEMBED_SHARED", ROOT.parent / "shared" / "data"))


def needs_shared(name: str) -> pytest.MarkDecorator:
    """Skip, naming the file, where the real data are absent."""
    return pytest.mark.skipif(not (SHARED / name).exists(), reason=f"real data absent: {name} (MBEMBED_SHARED)")
