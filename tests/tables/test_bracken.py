"""Bracken, single and combined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.errors import CellError, DuplicateIdError, EmptyTableError, UnitError
from mbembed.tables import read_table
from tests.helpers import SHARED, needs_shared
from tests.tables import profilers
from tests.tables.fixtures import SAMPLES, SPECIES, rows, write

if TYPE_CHECKING:
    from pathlib import Path

HEADER = (*profilers.BRACKEN, "fraction_total_reads")


def test_single(tmp_path: Path) -> None:
    profile = read_table(profilers.bracken(tmp_path))
    assert profile.sample_ids == ["gut0"]
    assert profile.taxa[0].taxid == "40520"
    assert profile.taxa[0].rank == "species"
    assert profile.unit == "counts"
    np.testing.assert_array_equal(profile.values.toarray()[0], profilers.COUNTS[0])


def test_the_letter_of_the_rank_is_taken_off_the_file_name(tmp_path: Path) -> None:
    path = profilers.bracken(tmp_path)
    assert read_table(path.rename(tmp_path / "gut-db1_S.tsv")).sample_ids == ["gut-db1"]


def test_genus_level(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", rows(HEADER, ("Blautia", 572511, "G", 9, 1, 10, "1.00000")))
    profile = read_table(path)
    assert profile.taxa[0].rank == "genus"
    assert any("genus was taken" in warning for warning in profile.warnings)


def test_rows_that_were_removed_are_said(tmp_path: Path) -> None:
    body = profilers.bracken_rows()[1:]
    profile = read_table(write(tmp_path / "a.tsv", rows(HEADER, *body)))
    assert any("rows have been removed" in warning for warning in profile.warnings)


def test_hosts_are_named(tmp_path: Path) -> None:
    body = (("Homo sapiens", 9606, "S", 30, 0, 30, "0.75000"), ("Blautia obeum", 40520, "S", 10, 0, 10, "0.25000"))
    profile = read_table(write(tmp_path / "a.tsv", rows(HEADER, *body)))
    assert any("Homo sapiens" in warning and "75%" in warning for warning in profile.warnings)


BAD = {
    "sum of reads": ((1, 5), "0", "new_est_reads"),
    "fraction": ((1, 6), "0.51000", "fraction_total_reads"),
    "text": ((2, 5), "many", "new_est_reads"),
    "infinite": ((2, 6), "inf", "fraction_total_reads"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_name_the_place(case: str, tmp_path: Path) -> None:
    (row, column), value, name = BAD[case]
    body = [list(cells) for cells in (HEADER, *profilers.bracken_rows())]
    body[row][column] = value
    path = write(tmp_path / "a.tsv", rows(*map(tuple, body)))
    with pytest.raises(CellError) as caught:
        read_table(path)
    assert (caught.value.line, caught.value.column) == (row + 1, name)
    assert str(path) in str(caught.value)


def test_header_only(tmp_path: Path) -> None:
    with pytest.raises(EmptyTableError, match="without species"):
        read_table(write(tmp_path / "a.tsv", rows(HEADER)))


def test_combined_takes_the_reads_and_says_so(tmp_path: Path) -> None:
    profile = read_table(profilers.bracken_combined(tmp_path))
    assert profile.sample_ids == list(SAMPLES)
    assert profile.taxon_names == list(SPECIES)
    assert profile.n_samples == 3
    (columns,) = [decision for decision in profile.decisions if decision.what == "columns"]
    assert columns.value == "_num"
    assert "3 columns _frac say the same" in columns.reason


def combined(folder: Path, *names: str, extra: str = "") -> Path:
    header = ("name", "taxonomy_id", "taxonomy_lvl", *names, *([extra] if extra else []))
    numbers = [10 if name.endswith("num") else 1.0 for name in names]
    return write(
        folder / "combined.tsv", rows(header, ("Blautia obeum", 40520, "S", *numbers, *([3] if extra else [])))
    )


def test_columns_that_were_renamed_in_part_are_paired(tmp_path: Path) -> None:
    profile = read_table(combined(tmp_path, "02V2.bracken_num", "02V2_frac"))
    assert profile.sample_ids == ["02V2"]
    assert profile.unit == "counts"


def test_fractions_only(tmp_path: Path) -> None:
    profile = read_table(combined(tmp_path, "a_frac", "b_frac"))
    assert (profile.unit, profile.sample_ids) == ("fraction", ["a", "b"])


def test_other_columns_are_left_out_and_named(tmp_path: Path) -> None:
    profile = read_table(combined(tmp_path, "a_num", "a_frac", extra="total"))
    assert any("left out: total" in warning for warning in profile.warnings)


def test_samples_of_different_kinds(tmp_path: Path) -> None:
    with pytest.raises(UnitError, match="b have no column _num, a have no column _frac"):
        read_table(combined(tmp_path, "a_num", "b_frac"))


def test_a_column_twice(tmp_path: Path) -> None:
    with pytest.raises(DuplicateIdError):
        read_table(combined(tmp_path, "a_num", "a_frac", "a_num"))


def test_no_pairs(tmp_path: Path) -> None:
    with pytest.raises(EmptyTableError, match="_num or _frac"):
        read_table(combined(tmp_path, "a", "b"))


@pytest.mark.shared
@needs_shared("formats/bracken")
def test_real_tables_are_read_and_invalid_ones_refused() -> None:
    for path in sorted((SHARED / "formats/bracken").iterdir()):
        if "invalid" in path.name:
            with pytest.raises(CellError, match="line 2, column"):
                read_table(path)
        else:
            profile = read_table(path)
            assert profile.sample_ids == [path.stem.removesuffix("_S")]
            assert "Homo sapiens" in profile.taxon_names
