"""Damaged tables of every text dialect: an error of ours or a profile that holds together, and soon.

The damage is what happens to files: lines cut, doubled, moved; cells replaced, swapped or lost;
bytes changed; two files run together.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mbembed.errors import MbembedError
from mbembed.tables import read_table, registry
from mbembed.tables.raw import ReadOptions
from mbembed.tables.source import open_source
from tests.helpers import SHARED, needs_shared
from tests.tables import profilers
from tests.tables.fixtures import WRITERS

#: Longest that one small damaged file may take (seconds); a hundred times what a good one takes.
TIME_LIMIT = 5.0
#: Cells that stand in real files where they should not.
CELLS = (
    *("", "NA", "nan", "inf", "-inf", "-1", "1e400", "1e-400", "-0", "0x10", "1_000", "1,5", "#N/A", "#REF!", "TRUE"),
    *("k__", "s__", "|", "|||", ";", "; ; ;", "__", "unclassified", "UNKNOWN", "\ufeff", "\x00", "\u2028", '"', "'"),
    *('""', "@", "#", "#SampleID", "taxonomy_id", "clade_name", "9" * 400, "x" * 5000, "S", "U", "R", "-", "٣", "½"),
)
TEXT = [
    pytest.param(writer, id=writer.__name__)
    for dialect, writers in {**WRITERS, **profilers.PROFILERS}.items()
    if dialect not in {"biom-hdf5", "biom-json"}
    for writer in writers
]
REAL = [
    *sorted((SHARED / "formats/bracken").glob("*.tsv")),
    *sorted((SHARED / "formats/kraken2").glob("*.txt")),
    *sorted((SHARED / "formats/metaphlan").glob("*.txt")),
]


def damage(content: bytes, seed: int) -> bytes:
    """Do one to four things to a text, chosen by the seed."""
    rng = random.Random(seed)
    lines = content.split(b"\n")
    for _ in range(rng.randint(1, 4)):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(10):
            case 0:
                del lines[at : at + rng.randint(1, 3)]
            case 1:
                lines.insert(other, lines[at])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3 | 4 | 5:
                cells = lines[at].split(b"\t")
                cells[rng.randrange(len(cells))] = rng.choice(CELLS).encode()
                lines[at] = b"\t".join(cells)
            case 6:
                cells = lines[at].split(b"\t")
                del cells[rng.randrange(len(cells))]
                lines[at] = b"\t".join(cells)
            case 7:
                line = bytearray(lines[at] or b"x")
                line[rng.randrange(len(line))] = rng.randrange(256)
                lines[at] = bytes(line)
            case 8:
                lines = b"\n".join(lines)[: rng.randrange(1, len(content) + 1)].split(b"\n")
            case _:
                lines += lines[: rng.randint(1, len(lines))]
        lines = lines or [b""]
    return b"\n".join(lines)


def check(path: Path, **options: str) -> None:
    """Read a file; whatever comes out is an error of ours or a sound profile."""
    started = time.monotonic()
    failed = None
    try:
        profile = read_table(path, **options)
    except MbembedError as error:
        failed = error
    if failed is not None:
        assert failed.found
        assert str(failed).strip()
    else:
        assert len(set(profile.sample_ids)) == profile.n_samples == profile.values.shape[0]
        assert profile.values.shape[1] == profile.n_taxa
        assert np.isfinite(profile.values.data).all()
        assert (profile.values.data > 0).all()
        assert (profile.unclassified >= 0).all()
    assert time.monotonic() - started < TIME_LIMIT


@pytest.mark.parametrize("writer", TEXT)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_damaged_files(writer: object, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = writer(Path(folder))  # type: ignore[operator]
        path.write_bytes(damage(path.read_bytes(), seed))
        if path.stat().st_size:
            check(path, **profilers.options(path))


@pytest.mark.parametrize("writer", TEXT)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_every_reader_on_damaged_files(writer: object, seed: int) -> None:
    """Also readers that the user forces on a file that is not theirs."""
    with tempfile.TemporaryDirectory() as folder:
        path = writer(Path(folder))  # type: ignore[operator]
        path.write_bytes(damage(path.read_bytes(), seed) or b"x")
        source = open_source(path)
        for reader in registry.readers():
            with contextlib.suppress(MbembedError):
                reader.read(source, ReadOptions())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.sampled_from("#@\t\n,;|_.0123456789eE-+ akKsSdU\"'"), max_size=400))
def test_any_text(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        path.write_text(text or " ", encoding="utf-8", newline="")
        check(path)


@pytest.mark.shared
@needs_shared("formats")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_damaged_real_files(path: Path, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(damage(path.read_bytes(), seed) or b"x")
        check(copy)
