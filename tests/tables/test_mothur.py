"""mothur shared files, with and without a taxonomy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import AxisError, DialectError, DuplicateIdError
from mbembed.tables import read_table
from tests.tables import profilers
from tests.tables.fixtures import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path


def test_names_come_from_the_taxonomy(tmp_path: Path) -> None:
    path = profilers.mothur(tmp_path)
    profile = read_table(path, **profilers.options(path))
    assert profile.sample_ids == list(SAMPLES)
    assert profile.taxa[0].source == "Otu001"
    assert profile.taxa[0].name == "Blautia obeum"
    assert any("16S" in warning for warning in profile.warnings)


def test_without_a_taxonomy_the_error_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(AxisError, match="Otu001") as caught:
        read_table(profilers.mothur(tmp_path))
    assert "--taxonomy" in caught.value.hint


def test_several_distances(tmp_path: Path) -> None:
    path = profilers.mothur(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, *(line.replace("0.03", "0.05", 1) for line in lines[1:])]))
    with pytest.raises(DuplicateIdError, match=r"0\.03, 0\.05"):
        read_table(path)


def test_a_taxonomy_is_no_table(tmp_path: Path) -> None:
    path = profilers.mothur(tmp_path)
    with pytest.raises(DialectError, match="a taxonomy without abundances") as caught:
        read_table(path.with_name("final.cons.taxonomy"))
    assert "--taxonomy" in caught.value.hint
