"""``mbembed convert`` as users type it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mbembed.cli.convert import FORMATS as CLI_FORMATS
from mbembed.cli.main import main
from mbembed.conversion import TARGET_UNITS
from mbembed.outputs.profile_writers import FORMATS, PROFILE_SUFFIXES, UNCLASSIFIED_CHOICES
from mbembed.tables import read_table
from tests.outputs.test_convert import assert_same
from tests.tables.fixtures import matrix, metaphlan_single

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("suffix", [".biom", ".json", ".tsv", ".csv.gz", ".parquet", ".h5ad"])
def test_convert(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = metaphlan_single(tmp_path, unclassified=20.0), tmp_path / f"out{suffix}"
    assert main(["convert", str(table), str(out)]) == 0
    assert_same(read_table(table), read_table(out), taxids=suffix != ".tsv")
    talk = capsys.readouterr()
    assert talk.out == ""
    assert "Read " in talk.err
    assert f"Wrote {out} (" in talk.err
    assert "Not classified: 20.0% of the abundance on average, in the row UNCLASSIFIED" in talk.err


def test_galaxy_names_its_files_dat(tmp_path: Path) -> None:
    out = tmp_path / "dataset_1.dat"
    assert main(["convert", str(matrix(tmp_path)), str(out), "--to", "biom1", "-q"]) == 0
    assert json.loads(out.read_text())["format"] == "Biological Observation Matrix 1.0.0"


def test_stdout_is_tsv(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["convert", str(matrix(tmp_path)), "-", "-q"]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert lines[0] == "#OTU ID\t001\t1e5\tNA\ttaxonomy"
    assert lines[1] == "Blautia obeum\t0.5\t0.0\t1.0\ts__Blautia obeum"


def test_names_and_their_match(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("name\tS1\tS2\nBacteroides vulgatus\t0.5\t0.75\nNonesuch fictus\t0.5\t0.25\n")
    out, match = tmp_path / "out.biom", tmp_path / "match.tsv"
    assert main(["convert", str(table), str(out), "--names", "resolve", "--match", str(match)]) == 0
    assert read_table(out).taxon_names == ["Phocaeicola vulgatus", "Nonesuch fictus"]
    assert "Names: 1 of 2 taxa (62.5% of the classified abundance) are 1 GTDB R220 species" in capsys.readouterr().err
    rows = pd.read_csv(match, sep="\t", keep_default_na=False)
    assert rows["species"].tolist() == ["Phocaeicola vulgatus", ""]
    assert rows["rule"].tolist() == ["ncbi name", ""]
    assert rows["reason"].tolist() == ["", "unknown name"]


def test_unit_and_unclassified(tmp_path: Path) -> None:
    table, out = metaphlan_single(tmp_path, unclassified=20.0), tmp_path / "out.tsv"
    assert main(["convert", str(table), str(out), "--to-unit", "fraction", "--unclassified", "drop", "-q"]) == 0
    new = read_table(out)
    assert new.unit == "fraction"
    assert np.allclose(new.classified, 0.8)


def test_rank(tmp_path: Path) -> None:
    out = tmp_path / "out.tsv"
    assert main(["convert", str(metaphlan_single(tmp_path)), str(out), "--rank", "phylum", "-q"]) == 0
    assert read_table(out).taxon_names == ["Firmicutes", "Bacteroidota"]


def test_a_unit_that_cannot_be_seen_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("name\tS1\nBlautia obeum\t60\nDorea longicatena\t40\n")
    assert main(["convert", str(table), str(tmp_path / "out.biom"), "--units", "counts", "-q"]) == 0
    assert "Try: --units counts when it is read." in capsys.readouterr().err


def test_metadata_that_find_no_place_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import biom
    import h5py

    path = tmp_path / "t.biom"
    table = biom.Table(np.eye(2), ["Blautia obeum", "Dorea longicatena"], ["a", "b"], None, [{"x": "1"}, {"x": "2"}])
    with h5py.File(path, "w") as file:
        table.to_hdf5(file, "tests")
    assert main(["convert", str(path), str(tmp_path / "out.tsv"), "-q"]) == 0
    assert "TSV has no place for the 1 column of sample metadata. Try: .biom or .h5ad." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nowhere.tsv", "o.biom"], 1, "there is no file nowhere.tsv"),
        (["TABLE", "o.xyz"], 2, "'.xyz'"),
        (["TABLE", "-", "--to", "biom"], 2, "expects a file|binary"),
        (["TABLE", "o.tsv", "--match", "m.tsv"], 2, "--names resolve"),
    ],
)
def test_errors(
    arguments: list[str], status: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    table = matrix(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    assert main(["convert", *[str(table) if one == "TABLE" else one for one in arguments]]) == status
    talk = capsys.readouterr().err
    assert any(one in talk for one in message.split("|"))
    assert "Expected: " in talk
    assert len(talk.strip().splitlines()) == 1
    assert not list(work.iterdir())


def test_the_help_names_what_there_is() -> None:
    assert tuple(CLI_FORMATS) == FORMATS
    assert set(" ".join(CLI_FORMATS.values()).split()) <= set(PROFILE_SUFFIXES)
    assert TARGET_UNITS == ("fraction", "percent")
    assert UNCLASSIFIED_CHOICES == ("keep", "drop")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom mbembed.cli.main import main\n"
        "try:\n    main(['convert', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'scipy', 'pandas', 'polars', 'torch'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"
    assert ".biom1 .json" in result.stdout


def test_the_tools_of_biom_format_accept_it(tmp_path: Path) -> None:
    """As their users do: validate, summarize, to TSV and back."""
    table = metaphlan_single(tmp_path, unclassified=20.0)
    for name in ("t.biom", "t.json", "t.tsv"):
        assert main(["convert", str(table), str(tmp_path / name), "-q"]) == 0

    def biom(*arguments: str) -> str:
        code = "import sys; from biom.cli import cli; sys.argv[0] = 'biom'; cli()"
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    for name in ("t.biom", "t.json"):
        assert "valid BIOM-formatted file" in biom("validate-table", "-i", name)
        assert "Num samples: 1" in biom("summarize-table", "-i", name)
        biom("convert", "-i", name, "-o", f"{name}.tsv", "--to-tsv", "--header-key", "taxonomy")
        assert_same(read_table(table), read_table(tmp_path / f"{name}.tsv"), taxids=False)
    biom("convert", "-i", "t.tsv", "-o", "back.biom", "--to-hdf5", "--process-obs-metadata", "taxonomy")
    assert_same(read_table(table), read_table(tmp_path / "back.biom"), taxids=False)
