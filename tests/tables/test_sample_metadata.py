"""Metadata: read as text from every spelling, refused in words."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mbembed.errors import MetadataError, UsageError
from mbembed.tables.sample_metadata import check_column, is_unknown, read_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from tests.snapshots import Snapshots

PLAIN = "sample\tage\n001\t40\n002\tNA\n003\t60\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        b"sample,age\r\n001,40\r\n002,\r\n003,60\r\n",
        b"sample;age\n001;40\n002;-\n003;60\n",
        f"\ufeff{PLAIN}".encode(),
        PLAIN.encode("utf-16"),
        PLAIN.replace("\n", "\r").encode(),
        gzip.compress(PLAIN.encode()),
        b"sample\tage\n#q2:types\tnumeric\n001\t40\n002\t\n003\t60\n",
        b"# written by a pipeline\n\nsample\tage\n001\t40\n\n002\tnot collected\n003\t60\n\t\n",
        b'"sample"\t"age"\n"001"\t"40"\n"002"\t"NaN"\n"003"\t"60"\n',
        b"sample\tage\t\t\n001\t40\t\t\n002\t\t\t\n003\t60\t\t\n",
        b"sample\tage\t\n001\t40\t\n002\t\t\n003\t60\t\n",
        b"sample\tage\n001 \t 40\n002\n003\t60\n",
    ],
    ids=[
        "tsv",
        "csv-crlf",
        "semicolons",
        "byte-order-mark",
        "utf-16",
        "old-mac",
        "gzip",
        "qiime2",
        "comments",
        "quoted",
        "empty-columns",
        "empty-column",
        "short-line",
    ],
)
def test_the_same_from_every_spelling(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.tsv"
    path.write_bytes(content)
    metadata = read_metadata(path)
    assert metadata.columns == ["sample", "age"]
    assert metadata.frame["age"].tolist() == ["40", None, "60"]
    assert next(iter(metadata.ids.items())) == ("sample", ["001", "002", "003"])


def test_names_that_r_writes_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "m.tsv"
    path.write_text('"age"\t"site"\n"S1"\t40\t"a"\n"S2"\t50\t"b"\n')
    metadata = read_metadata(path)
    assert metadata.columns == ["", "age", "site"]
    assert metadata.ids[""] == ["S1", "S2"]


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        ("#SampleID\tdiet\nS1\t5\"-end\nS2\t'mixed'\n", ['5"-end', "'mixed'"]),
        ('sample\tdiet\nS1\t"lone\nS2\tb\n', ['"lone', "b"]),
        ('sample,diet\nS1,"rice, beans"\nS2,"two\nlines"\n', ["rice, beans", "two\nlines"]),
        ("sample\tdiet\nS1\tcafé\nS2\tb\n", ["café", "b"]),
    ],
    ids=["quotes-in-text", "lone-quote", "quoted-separator-and-line-end", "latin-1"],
)
def test_cells_that_are_hard_to_divide(tmp_path: Path, content: str, cells: list[str]) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(content.encode("latin-1"))
    metadata = read_metadata(path)
    assert metadata.frame["diet"].tolist() == cells
    assert next(iter(metadata.ids.values())) == ["S1", "S2"]


def test_a_frame_has_the_ids_in_its_index_unless_that_is_a_count() -> None:
    named = pd.DataFrame({"age": [40.0, None]}, index=["a", "b"])
    assert list(read_metadata(named).ids) == ["index", "age"]
    assert read_metadata(named).frame["age"].tolist() == ["40", None]
    assert list(read_metadata(named.reset_index(names="sample")).ids) == ["sample", "age", "index"]


def test_a_frame_with_a_column_twice_is_refused() -> None:
    with pytest.raises(MetadataError, match="column 'age' more than once"):
        read_metadata(pd.DataFrame([[1, 2]], columns=["age", "age"], index=["a"]))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one_column", b"sample\n001\n"),
        ("header_only", b"sample\tage\n"),
        ("empty", b""),
        ("blank", b"\n \n"),
        ("binary", bytes(range(200))),
        ("spreadsheet", b"PK\x03\x04" + bytes(60)),
        ("unequal_lines", b"sample\tage\n001\t1\n002\t2\t3\t4\n"),
        ("separator_at_the_end", b"sample\tage\n001\t1\t\n002\t2\t\n"),
        ("open_quote", b'sample,age\n001,1\n002,"2\n'),
        ("column_twice", b"sample\tage\tage\n001\t1\t2\n"),
    ],
)
def test_refusals_in_words(tmp_path: Path, snapshot: Snapshots, name: str, content: bytes) -> None:
    path = tmp_path / "m.tsv"
    path.write_bytes(content)
    with pytest.raises(MetadataError) as caught:
        read_metadata(path)
    snapshot(f"metadata/{name}", str(caught.value))


def test_a_file_that_is_not_there_offers_one_that_is(tmp_path: Path) -> None:
    (tmp_path / "samples.tsv").write_text(PLAIN)
    with pytest.raises(MetadataError, match=r"there is no file .*sample\.tsv.*did you mean .*samples\.tsv"):
        read_metadata(tmp_path / "sample.tsv")


def test_missing_column_offers_near_names(snapshot: Snapshots) -> None:
    with pytest.raises(UsageError) as caught:
        check_column("diseas", ["Disease", "age"], "--target")
    snapshot("metadata/no_column", str(caught.value))


@pytest.mark.parametrize("word", ["", " NA", "n/a", "NaN", "None", "unknown", "-", "Not Collected", "missing: lost"])
def test_words_for_what_is_not_known(word: str) -> None:
    assert is_unknown(word)


@pytest.mark.parametrize("word", ["0", "no", "control", "nano", "missingness"])
def test_words_that_say_something(word: str) -> None:
    assert not is_unknown(word)
