"""What goes wrong with tables, and the one message that each case gives; texts frozen as snapshots."""

from __future__ import annotations

import gzip
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed import errors
from mbembed.tables import read_table, text
from tests.tables.fixtures import SAMPLES, SPECIES, VALUES, metaphlan_single, rows, transposed, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.snapshots import Snapshots

GOOD = rows(("name", *SAMPLES), *((name, *values) for name, values in zip(SPECIES, VALUES.T.tolist(), strict=True)))


def changed(old: str, new: str, count: int = 1) -> Callable[[Path], Path]:
    return lambda folder: write(folder / "table.tsv", GOOD.replace(old, new, count))


def text_file(content: str) -> Callable[[Path], Path]:
    return lambda folder: write(folder / "table.tsv", content)


def bytes_file(content: bytes, name: str = "table.tsv") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


def table(values: np.ndarray) -> str:
    names = [f"{genus} testata" for genus in ("Blautia", "Dorea", "Prevotella", "Roseburia")]
    return rows(("", *names), *((f"S{i}", *row) for i, row in enumerate(values.tolist())))


def workbook(folder: Path) -> Path:
    path = folder / "table.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return path


def folder_itself(folder: Path) -> Path:
    (folder / "tables").mkdir()
    return folder / "tables"


def missing_file(folder: Path) -> Path:
    write(folder / "profile.tsv", GOOD)
    return folder / "profiel.tsv"


def invalid_sum(folder: Path) -> Path:
    path = metaphlan_single(folder)
    kept = [line for line in path.read_text().splitlines() if "wexlerae" not in line]
    return write(path, "\n".join(kept))


def twice_the_same_clade(folder: Path) -> Path:
    path = metaphlan_single(folder)
    return write(path, path.read_text() + path.read_text().splitlines()[-1] + "\n")


LOG = np.log10(np.maximum(VALUES, 1e-4))
CLR = LOG - LOG.mean(axis=1, keepdims=True)
MD5 = ("4b5eeb300368260019c1fbc7a3c718fc", "fe30ff0f71a38a39cf1717ec2be3a2fc")
NOISE = np.random.default_rng(1).bytes(4096)

CASES = {
    "nan": (changed("0.125", "nan"), errors.CellError),
    "empty_cells": (changed("\t0.0", "\t", 3), errors.CellError),
    "negative": (changed("0.125", "-0.125"), errors.CellError),
    "one_negative": (
        text_file(table(np.vstack([np.full((9, 4), 0.25), [[-1e-9, 0.5, 0.25, 0.25]]]))),
        errors.CellError,
    ),
    "infinite": (changed("0.125", "inf"), errors.CellError),
    "text_cell": (changed("0.125", "0.125*"), errors.CellError),
    "thousands": (changed("0.125", "1_000"), errors.CellError),
    "ragged": (changed("\t0.125", ""), errors.CellError),
    "header_too_short": (changed("\t001\t1e5", ""), errors.CellError),
    "duplicate_samples": (changed("1e5", "001"), errors.DuplicateIdError),
    "header_only": (text_file(GOOD.splitlines()[0] + "\n"), errors.EmptyTableError),
    "empty_file": (bytes_file(b""), errors.TableError),
    "blank_file": (text_file("\n\n\n"), errors.DialectError),
    "no_header": (text_file(GOOD.split("\n", 1)[1]), errors.DialectError),
    "biom_no_header": (
        text_file("# Constructed from biom file\nBlautia obeum\t5\nDorea longicatena\t3\n"),
        errors.DialectError,
    ),
    "no_samples": (text_file("name\nBlautia obeum\nBlautia wexlerae\n"), errors.DialectError),
    "all_zero": (text_file(table(np.zeros((3, 4)))), errors.EmptyTableError),
    "neither_axis": (text_file(rows(("", "a", "b"), ("x", 0.5, 0.5), ("y", 0.5, 0.5))), errors.AxisError),
    "mixed_units": (
        text_file(table(np.array([[0.5, 0.5, 0, 0], [50, 49.5, 0, 0.5], [0.1, 0.2, 0.3, 0.4]]))),
        errors.UnitError,
    ),
    "unknown_unit": (text_file(table(np.log1p(100 * VALUES))), errors.UnitError),
    "log": (text_file(table(LOG)), errors.UnitError),
    "clr": (text_file(table(CLR)), errors.UnitError),
    "tax_ids": (text_file(rows(("", "S1", "S2"), (853, 0.5, 0.5), (40520, 0.5, 0.5))), errors.AxisError),
    "hashes": (text_file(rows(("", "S1", "S2"), (MD5[0], 5, 7), (MD5[1], 5, 7))), errors.AxisError),
    "directory": (folder_itself, errors.TableError),
    "missing_file": (missing_file, errors.TableError),
    "truncated_gzip": (bytes_file(gzip.compress(GOOD.encode())[:-20]), errors.DialectError),
    "image": (bytes_file(b"\x89PNG\r\n\x1a\n" + NOISE, "table.png"), errors.DialectError),
    "binary": (bytes_file(NOISE), errors.DialectError),
    "excel": (workbook, errors.DialectError),
    "prose": (text_file("Dear colleague,\nplease find the table attached.\nYours\n"), errors.DialectError),
    "web_page": (text_file("<!DOCTYPE html>\n<html><body>404</body></html>\n"), errors.DialectError),
    "metaphlan_sum": (invalid_sum, errors.UnitError),
    "metaphlan_twice": (twice_the_same_clade, errors.DuplicateIdError),
}


@pytest.mark.parametrize("case", CASES)
def test_message(case: str, tmp_path: Path, snapshot: Snapshots) -> None:
    make, kind = CASES[case]
    with pytest.raises(errors.MbembedError) as caught:
        read_table(make(tmp_path))
    assert type(caught.value) is kind
    assert caught.value.found
    snapshot(f"tables/{case}", str(caught.value))


def test_hashes_are_refused_whatever_the_orientation_says(tmp_path: Path) -> None:
    path = write(tmp_path / "table.tsv", rows(("", "S1"), (MD5[0], 5), (MD5[1], 7)))
    with pytest.raises(errors.AxisError, match="hashes"):
        read_table(path, orientation="taxa-in-rows")


def test_the_cell_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.CellError) as caught:
        read_table(changed("0.125", "0.125*")(tmp_path))
    assert (caught.value.line, caught.value.column, caught.value.value) == (3, "1e5", "0.125*")


def test_missing_cells_are_counted_over_the_whole_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", 16)
    with pytest.raises(errors.CellError, match="3 cells are empty") as caught:
        read_table(changed("\t0.0", "\t", 3)(tmp_path))
    assert (caught.value.line, caught.value.count) == (2, 3)


@pytest.mark.parametrize("option", [{"orientation": "up"}, {"units": "ppm"}, {"rank": "tribe"}, {"missing": "mean"}])
def test_options_have_choices(option: dict[str, str], tmp_path: Path, snapshot: Snapshots) -> None:
    with pytest.raises(errors.UsageError) as caught:
        read_table(transposed(tmp_path), **option)
    snapshot(f"tables/option_{next(iter(option))}", str(caught.value))


def test_other_objects_are_refused(snapshot: Snapshots) -> None:
    with pytest.raises(errors.UsageError) as caught:
        read_table([1, 2, 3])
    snapshot("tables/object", str(caught.value))


@pytest.mark.parametrize("content", ["zeros", "numbers", "letters"])
def test_a_line_of_2_gb_is_refused_in_bounded_memory(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2 GB that never end a line: a sparse file, and compressed repetitions."""
    monkeypatch.setattr(text, "MAX_LINE_BYTES", 16 * 1024**2)
    path = tmp_path / "long.tsv"
    if content == "zeros":
        with path.open("wb") as file:
            file.truncate(2 * 1024**3)
    else:
        unit = (b"1\t" if content == "numbers" else b"A") * 2**19
        member = gzip.compress(unit, 1)
        with path.open("wb") as file:
            for _ in range(2 * 1024**3 // len(unit)):
                file.write(member)
    tracemalloc.start()
    with pytest.raises(errors.DialectError):
        read_table(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400 * 1024**2


def test_a_long_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshots) -> None:
    monkeypatch.setattr(text, "MAX_LINE_BYTES", 1024**2)
    monkeypatch.setattr(text, "BLOCK_BYTES", 2**16)
    path = write(tmp_path / "long.tsv", GOOD + "Dorea longa" + "\t0.1" * 2**20)
    with pytest.raises(errors.DialectError) as caught:
        read_table(path)
    snapshot("tables/long_line", str(caught.value))
