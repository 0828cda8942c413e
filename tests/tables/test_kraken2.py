"""Kraken 2 reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.errors import CellError, DialectError, DuplicateIdError, EmptyTableError
from mbembed.tables import read_table
from tests.helpers import SHARED, needs_shared
from tests.tables import profilers
from tests.tables.fixtures import rows, write

if TYPE_CHECKING:
    from pathlib import Path


def report(folder: Path, *, skip: int = 0, change: tuple[str, str] = ("", "")) -> Path:
    lines = profilers.kraken2_lines()[skip:]
    return write(folder / "gut.kraken2.report.txt", rows(*lines).replace(*change, 1))


def test_clades_of_one_rank_and_the_unclassified_reads(tmp_path: Path) -> None:
    profile = read_table(report(tmp_path))
    assert profile.sample_ids == ["gut"]
    assert profile.values.toarray().tolist() == [[4000, 2000, 2000, 0]]
    assert profile.unclassified.tolist() == [2000]
    assert profile.taxa[0].taxid == "40520"
    assert profile.taxa[0].lineage == ("d__Bacteria", "p__Firmicutes", "g__Blautia", "s__Blautia obeum")
    assert profile.taxa[2].lineage[1] == "p__Bacteroidota"
    assert ("units", "counts") in [decision[:2] for decision in profile.decisions]
    assert any(decision.value == "sequence abundance" for decision in profile.decisions)


def test_reads_above_the_species_are_said(tmp_path: Path) -> None:
    assert any("6% of the classified reads" in warning for warning in read_table(report(tmp_path)).warnings)


def test_another_rank(tmp_path: Path) -> None:
    profile = read_table(report(tmp_path), rank="genus")
    assert dict(zip(profile.taxon_names, profile.values.toarray()[0].tolist(), strict=True)) == {
        "Blautia": 6500,
        "Bacteroides": 2000,
        "Prevotella": 0,
    }


def test_a_report_without_unclassified_reads(tmp_path: Path) -> None:
    assert not read_table(report(tmp_path, skip=1)).unclassified.any()


def test_hosts_are_named(tmp_path: Path) -> None:
    profile = read_table(report(tmp_path, change=("Blautia wexlerae", "Homo sapiens")))
    assert any("host (Homo sapiens) make up 20%" in warning for warning in profile.warnings)


def test_names_of_a_gtdb_database_keep_one_prefix(tmp_path: Path) -> None:
    profile = read_table(report(tmp_path, change=("Blautia obeum\n", "s__Blautia_A obeum\n")))
    assert profile.taxon_names[0] == "Blautia_A obeum"


BAD = {
    "percentage": ((" 38.10\t4000\t", " 48.10\t4000\t"), CellError, ("value", "48.1")),
    "columns": (("\tR1\t", "\tR1"), CellError, ("line", 3)),
    "reads": (("\t8500\t0\tD", "\t85x0\t0\tD"), CellError, ("value", "85x0")),
    "own reads": (("\t8500\t0\tD", "\t8500\t9000\tD"), CellError, ("line", 4)),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_reports_name_the_place(case: str, tmp_path: Path) -> None:
    change, kind, (field, value) = BAD[case]
    path = report(tmp_path, change=change)
    with pytest.raises(kind) as caught:
        read_table(path)
    assert getattr(caught.value, field) == value
    assert caught.value.path == str(path)
    assert caught.value.hint


def test_two_reports_in_one_file(tmp_path: Path) -> None:
    path = report(tmp_path)
    with pytest.raises(DuplicateIdError, match="second report"):
        read_table(write(path, path.read_text() * 2))


def test_a_filtered_report_without_the_rank(tmp_path: Path) -> None:
    lines = [line for line in profilers.kraken2_lines() if str(line[3]) in {"R", "R1", "D"}]
    with pytest.raises(EmptyTableError, match="code S"):
        read_table(write(tmp_path / "a.txt", rows(*lines)))


def test_format_forced_on_another_file(tmp_path: Path) -> None:
    with pytest.raises(DialectError, match="Bracken table"):
        read_table(profilers.bracken(tmp_path), format="kraken2")


@pytest.mark.shared
@needs_shared("formats/kraken2")
def test_real_reports_are_read_and_invalid_ones_refused() -> None:
    for path in sorted((SHARED / "formats/kraken2").iterdir()):
        if "invalid" in path.name:
            with pytest.raises(CellError, match="line 2, column 'percentage'"):
                read_table(path)
        else:
            profile = read_table(path)
            assert profile.n_samples == 1
            assert profile.sample_ids[0] in path.name
            assert "kraken2" not in profile.sample_ids[0]
