"""``mbembed embed`` for many samples: threads, shards, and runs that are interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mbembed.cli.main import main
from tests.helpers import ROOT
from tests.test_streaming import MODEL, as_biom, made

if TYPE_CHECKING:
    from pathlib import Path

    from tests.snapshots import Snapshots


@pytest.fixture
def table(tmp_path: Path) -> str:
    return str(as_biom(made(), tmp_path / "table.biom"))


def test_shards_joined_by_cat(table: str, tmp_path: Path) -> None:
    assert main(["embed", table, "--model", MODEL, "-o", str(tmp_path / "whole.tsv"), "-q"]) == 0
    for i in (1, 2, 3):
        out = str(tmp_path / f"part{i}.tsv")
        assert main(["embed", table, "--model", MODEL, "-o", out, "--shard", f"{i}/3", "--threads", "1", "-q"]) == 0
    parts = b"".join((tmp_path / f"part{i}.tsv").read_bytes() for i in (1, 2, 3))
    assert parts == (tmp_path / "whole.tsv").read_bytes()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("shard_of_none", ["-o", "out.tsv", "--shard", "4/3"]),
        ("threads_of_none", ["-o", "out.tsv", "--threads", "0"]),
        ("resume_h5ad", ["-o", "out.h5ad", "--resume"]),
        ("resume_stdout", ["--resume"]),
        ("shard_with_report", ["-o", "out.tsv", "--shard", "1/2", "--report", "page.html"]),
    ],
)
def test_refusals(
    table: str,
    name: str,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    snapshot: Snapshots,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["embed", table, "--model", MODEL, *arguments]) == 2
    snapshot(f"cli/{name}", capsys.readouterr().err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.biom"]


SLOW = """
import sys, time
from mbembed import streaming
from mbembed.cli.main import main
from mbembed.outputs import unfinished
unfinished.CHECKPOINT_S = 0.0
streaming.BLOCK_ROWS = 4
embed_file = streaming.embed_file
def slowly(*args, progress, **options):
    def tell(label, done, total):
        progress(label, done, total)
        if label == "Embedding":
            print(done, flush=True)
            time.sleep(0.2)
    return embed_file(*args, progress=tell, block_rows=4, **options)
streaming.embed_file = slowly
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_and_continued(table: str, tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "out.npy"
    command = ["embed", table, "--model", MODEL, "-o", str(out), "--resume"]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    if number == signal.SIGINT:
        assert "interrupted; nothing was written under the final name; the same command goes on from there" in said
    time.sleep(0.1)
    assert (tmp_path / "out.npy.partial").exists()
    assert not out.exists()
    again = subprocess.run([sys.executable, "-m", "mbembed", *command], capture_output=True, text=True, check=True)
    assert "samples that an earlier run had written" in again.stderr
    assert main([*command[:-2], str(tmp_path / "whole.npy"), "-q"]) == 0
    assert out.read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert np.load(out).shape[0] > 10
