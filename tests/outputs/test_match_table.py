"""The match table is text that pandas and polars read back."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from mbembed.outputs.match_table import write_match_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_cells_come_back(tmp_path: Path) -> None:
    rows = [
        ["s__A", "A b", 0.25, None],
        ["with\ttab", 'with "quotes"', 1, ""],
        ["line\nbreak", "Ünï", "001", "NA"],
    ]
    write_match_table(tmp_path / "match.tsv", iter(rows), ["taxon", "species", "share", "note"])
    with (tmp_path / "match.tsv").open(encoding="utf-8", newline="") as handle:
        back = list(csv.reader(handle, delimiter="\t"))
    assert back[0] == ["taxon", "species", "share", "note"]
    assert back[1:] == [["" if cell is None else str(cell) for cell in row] for row in rows]


def test_no_rows_leave_the_header(tmp_path: Path) -> None:
    write_match_table(tmp_path / "match.tsv", [], ["taxon"])
    assert (tmp_path / "match.tsv").read_bytes() == b"taxon\n"


def test_an_error_in_the_rows_leaves_no_file(tmp_path: Path) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["a"]
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        write_match_table(tmp_path / "match.tsv", rows(), ["taxon"])
    assert list(tmp_path.iterdir()) == []
