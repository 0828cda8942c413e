"""What cannot be used ends in one line, exit 1, no traceback and no output; nor are targets that cannot be written."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mbembed.cli.main import main
from tests.helpers import ROOT
from tests.tables.test_bad_input import CASES

if TYPE_CHECKING:
    from tests.snapshots import Snapshots

GOLDEN = ROOT / "tests" / "data" / "golden"
EMBED = ["embed", str(GOLDEN / "input.tsv"), "--model", str(GOLDEN / "model"), "--units", "fraction", "-q"]


@pytest.mark.parametrize("case", CASES)
def test_tables_that_cannot_be_used(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, _ = CASES[case]
    (tmp_path / "in").mkdir()
    table = make(tmp_path / "in")
    out = tmp_path / "embeddings.tsv"
    assert main(["embed", str(table), "-o", str(out), "--summary", str(tmp_path / "s.json")]) == 1
    talk = capsys.readouterr()
    assert talk.out == ""
    assert talk.err.startswith("error: ")
    assert len(talk.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_nothing_matches(tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: Snapshots) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("\tExamplea aliena\tExamplea altera\nS1\t0.5\t0.5\nS2\t0.25\t0.75\n")
    assert main(["embed", str(table), "-o", str(tmp_path / "e.tsv"), "--model", str(GOLDEN / "model")]) == 1
    snapshot("cli/nothing_matches", capsys.readouterr().err)
    assert not (tmp_path / "e.tsv").exists()


def test_low_coverage(tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: Snapshots) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("\tExamplea prima\tExamplea altera\nS1\t0.25\t0.75\nS2\t0\t1\nS3\t0\t0\n")
    assert main(["embed", str(table), "-o", str(tmp_path / "e.tsv"), "--model", str(GOLDEN / "model")]) == 0
    snapshot("cli/low_coverage", capsys.readouterr().err)
    assert [line.split("\t")[0] for line in (tmp_path / "e.tsv").read_text().splitlines()] == ["sample", "S1"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_full_disk(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(GOLDEN / "input.tsv"), "/dev/full", "--to", "tsv"]) == 1
    talk = capsys.readouterr().err
    assert "Traceback" not in talk
    assert "(No space left on device). Expected: space on the disk." in talk


@pytest.mark.parametrize("suffix", ["tsv", "tsv.gz", "npy", "parquet", "biom", "h5ad"])
def test_disk_that_fills_up_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    if suffix == "h5ad":
        pytest.importorskip("anndata")
    out = tmp_path / f"e.{suffix}"

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    result = subprocess.run(
        [sys.executable, "-m", "mbembed", *EMBED, "-o", str(out)],
        capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert result.returncode == 1, result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["/proc/nowhere/e.tsv", "/sys/e.tsv"])
def test_no_write_permission(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    if not Path(target).parents[-2].exists():
        pytest.skip("not on this system")
    assert main([*EMBED, "-o", target]) == 1
    assert "error: " in capsys.readouterr().err


def test_output_that_is_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "e.tsv").mkdir()
    assert main([*EMBED, "-o", str(tmp_path / "e.tsv")]) == 1
    assert "directory" in capsys.readouterr().err


def test_killed_run_leaves_no_output(tmp_path: Path) -> None:
    table = tmp_path / "big.tsv"
    names = (GOLDEN / "model" / "species.tsv").read_text().split("\n")[1:3]
    rows = (f"S{i}\t0.5\t0.5" for i in range(60_000))
    table.write_text("\t" + "\t".join(names) + "\n" + "\n".join(rows) + "\n")
    out = tmp_path / "e.tsv"
    command = [sys.executable, "-m", "mbembed", "embed", str(table), "-o", str(out), "--model", str(GOLDEN / "model")]
    for moment in (0.3, 0.6, 0.9):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            assert process.wait(moment) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Under its final name a file is whole, or not there.
        if out.exists():
            assert len(out.read_text().splitlines()) == 60_001
            out.unlink()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["embed", "t.tsv", "-o", "t.tsv"], "t.tsv is named for what is read and for what is written (output)"),
        (["embed", "t.tsv", "-o", "soft.tsv"], "soft.tsv is named for what is read"),
        (["embed", "t.tsv", "-o", "hard.tsv"], "hard.tsv is named for what is read"),
        (["embed", "u.tsv", "t.tsv", "-o", "./t.tsv"], "./t.tsv is named for what is read"),
        (
            ["embed", "t.tsv", "-o", "o.tsv", "--metadata", "m.tsv", "--report", "m.tsv"],
            "m.tsv is named for what is read",
        ),
        (["embed", "t.tsv", "-o", "o.tsv", "--match", "o.tsv"], "(output and match)"),
        (["convert", "t.tsv", "t.tsv"], "t.tsv is named for what is read"),
        (["inspect", "t.tsv", "--samples", "t.tsv"], "(samples)"),
        (["report", "e.tsv", "-o", "e.tsv"], "e.tsv is named for what is read"),
        (["report", "e.tsv", "e.tsv", "-o", "r.html"], "e.tsv was named more than once"),
        (["report", "e.tsv", "--summary", "s.json", "-o", "s.json"], "s.json is named for what is read"),
        (
            ["explain", "t.tsv", "--metadata", "m.tsv", "--contrast", "x", "-o", "m.tsv"],
            "m.tsv is named for what is read",
        ),
        (["explain", "t.tsv", "--head", "h.json", "-o", "h.json"], "h.json is named for what is read"),
        (["neighbours", "e.tsv", "-o", "e.tsv"], "e.tsv is named for what is read"),
        (["impute", "t.tsv", "-o", "o.tsv", "--surprises", "t.tsv"], "(surprises)"),
    ],
)
def test_no_input_is_written_over(
    command: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("t.tsv", "u.tsv", "m.tsv", "e.tsv", "h.json", "s.json"):
        Path(name).write_text(f"my data of {name}\n")
    Path("soft.tsv").symlink_to("t.tsv")
    Path("hard.tsv").hardlink_to("t.tsv")
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert main(command) == 2
    assert words in capsys.readouterr().err
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_devices_may_be_named_twice(tmp_path: Path) -> None:
    out = tmp_path / "e.tsv"
    assert main([*EMBED, "-o", str(out), "--match", "/dev/null", "--summary", "/dev/null"]) == 0
    assert out.exists()
