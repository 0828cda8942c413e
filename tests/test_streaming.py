"""Large tables, block by block: the same vectors, words and errors as in memory."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from itertools import chain
from typing import TYPE_CHECKING, Any

import anndata
import biom
import h5py
import numpy as np
import pandas as pd
import polars as pl
import pytest
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix

import mbembed
from mbembed import streaming
from mbembed.errors import MbembedError, OutputError, TableError, UsageError
from mbembed.models.folder import sha256_of
from mbembed.outputs import parquet as parquet_writer
from mbembed.outputs import unfinished
from mbembed.tables import hdf5_blocks
from mbembed.tables.profile import StreamedProfile
from tests.helpers import ROOT
from tests.tables import test_bad_input

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = str(ROOT / "tests" / "data" / "golden" / "model")
N_SAMPLES = 23
BLOCKS = [1, 7, 1000]
OUTPUTS = [".tsv", ".csv", ".tsv.gz", ".csv.gz", ".parquet", ".npy"]


def made() -> pd.DataFrame:
    """A table with a sample of zeros, one without a match, badly matched ones, a stranger and what was not classified."""
    species = [name for name in dict.fromkeys(mbembed.load_model(MODEL).species) if name != "unknown"]
    rng = np.random.default_rng(3)
    values = rng.lognormal(0, 2, (N_SAMPLES, len(species) + 2)) * (rng.random((N_SAMPLES, len(species) + 2)) < 0.6)
    values[:, 0] += 0.01
    frame = pd.DataFrame(
        values, index=[f"S{i:02}" for i in range(N_SAMPLES)], columns=[*species, "Outsider alienus", "UNKNOWN"]
    )
    frame.iloc[4] = 0.0
    frame.iloc[9, :-2] = 0.0
    frame.iloc[9, -2] = 1.0
    frame.iloc[[2, 20], -2] = 1000.0
    frame = frame.div(frame.sum(axis=1).replace(0, 1), axis=0)
    return frame.iloc[:, rng.permutation(frame.shape[1])]


def as_biom(frame: pd.DataFrame, path: Path) -> Path:
    with h5py.File(path, "w") as file:
        biom.Table(frame.to_numpy().T, list(frame.columns), list(frame.index)).to_hdf5(file, "tests")
    return path


def as_parquet(frame: pd.DataFrame, path: Path) -> Path:
    frame.rename_axis("sample").reset_index().to_parquet(path, row_group_size=5)
    return path


def as_h5ad(frame: pd.DataFrame, path: Path, form: Callable[[Any], Any]) -> Path:
    obs, var = pd.DataFrame(index=frame.index), pd.DataFrame(index=frame.columns)
    anndata.AnnData(X=form(frame.to_numpy()), obs=obs, var=var).write_h5ad(path)
    return path


def as_text(frame: pd.DataFrame, path: Path) -> Path:
    frame.to_csv(path, sep="\t")
    return path


WRITERS = {
    "biom": as_biom,
    "parquet": as_parquet,
    "h5ad sparse": lambda frame, path: as_h5ad(frame, path, csr_matrix),
    "h5ad dense": lambda frame, path: as_h5ad(frame, path, np.asarray),
    "tsv": as_text,
    "tsv, taxa in rows": lambda frame, path: as_text(frame.T, path),
}
STREAMED = ["biom", "parquet", "h5ad sparse", "h5ad dense"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made()


@pytest.fixture
def table(frame: pd.DataFrame, tmp_path: Path) -> Path:
    return as_biom(frame, tmp_path / "table.biom")


def read(path: Path) -> tuple[list[str], np.ndarray]:
    """Return ids and vectors of an output."""
    if path.suffix == ".npy":
        return (path.parent / f"{path.name}.ids.txt").read_text().splitlines(), np.load(path)
    if path.suffix == ".parquet":
        back = pl.read_parquet(path)
        return back["sample"].to_list(), back[:, 1:].to_numpy()
    separator = "," if ".csv" in path.name else "\t"
    back = pd.read_csv(path, sep=separator, dtype={"sample": str}, index_col="sample")
    return list(back.index), back.to_numpy(np.float32)


def account(done: Any) -> dict[str, Any]:
    """Everything that a run says, but for the names of files and versions."""
    summary = json.loads(json.dumps(done.summary))
    return {key: summary[key] for key in ("input", "model", "options", "match", "output", "warnings")}


@pytest.mark.parametrize("block_rows", BLOCKS)
@pytest.mark.parametrize("writer", WRITERS)
def test_the_same_in_blocks_as_in_memory(
    frame: pd.DataFrame, tmp_path: Path, writer: str, block_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "KEEP_BYTES", 1500)  # so that some blocks are kept and others read again
    path = WRITERS[writer](frame, tmp_path / "table")
    whole = mbembed.embed(path, MODEL)
    done = mbembed.embed_file(path, tmp_path / "out.npy", MODEL, block_rows=block_rows)
    ids, values = read(tmp_path / "out.npy")
    assert ids == whole.sample_ids
    np.testing.assert_array_equal(values, whole.values)
    assert account(done) == account(whole)
    assert done.match.taxa().equals(whole.match.taxa())
    assert isinstance(done.match.profile, StreamedProfile)
    np.testing.assert_array_equal(done.match.profile.values.toarray(), whole.match.profile.values.toarray())


@pytest.mark.parametrize(
    "options",
    [
        {"on_empty": "nan"},
        {"on_empty": "floor"},
        {"min_coverage": 0.5},
        {"min_coverage": 0.5, "on_empty": "nan"},
        {"closure": "matched"},
        {"closure": "classified", "names": "exact"},
        {"names": "strict"},
        {"units": "percent"},
        {"units": "counts", "rank": "species"},
    ],
)
@pytest.mark.parametrize("block_rows", [1, 7])
def test_every_option(table: Path, tmp_path: Path, options: dict[str, Any], block_rows: int) -> None:
    whole = mbembed.embed(table, MODEL, **options)
    done = mbembed.embed_file(table, tmp_path / "out.npy", MODEL, block_rows=block_rows, **options)
    ids, values = read(tmp_path / "out.npy")
    assert ids == whole.sample_ids
    np.testing.assert_array_equal(values, whole.values)
    assert account(done) == account(whole)


@pytest.mark.parametrize("suffix", OUTPUTS)
def test_the_same_bytes_as_an_embedding_writes(
    table: Path, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ROWS", 10)
    whole, streamed = tmp_path / f"whole{suffix}", tmp_path / f"streamed{suffix}"
    mbembed.embed(table, MODEL, on_empty="nan").write(whole)
    mbembed.embed_file(table, streamed, MODEL, on_empty="nan", block_rows=7)
    if suffix.endswith(".gz"):  # compressed in other pieces
        assert pd.read_csv(whole, dtype=str).equals(pd.read_csv(streamed, dtype=str))
    else:
        assert whole.read_bytes() == streamed.read_bytes()


def test_ranks_that_repeat_each_other(tmp_path: Path) -> None:
    """Whether a table is nested hangs on what its columns add up to over all samples."""
    species = mbembed.load_model(MODEL).species[:2]
    genus, other = "k__B|g__Examplea", "k__B|g__Beta"
    lineages = [f"{genus}|s__{species[0]}", f"{genus}|s__{species[1]}"]
    for nested in (True, False):
        frame = pd.DataFrame(np.random.default_rng(0).random((9, 2)), [f"S{i}" for i in range(9)], lineages)
        frame[genus] = frame.sum(axis=1) if nested else 0.3
        frame[other] = 0.1
        path = as_biom(
            frame.div(frame[[genus, other]].sum(axis=1) if nested else frame.sum(axis=1), axis=0), tmp_path / "t"
        )
        whole = mbembed.embed(path, MODEL)
        done = mbembed.embed_file(path, tmp_path / "out.npy", MODEL, block_rows=2)
        assert account(done) == account(whole)
        assert bool(whole.match.profile.dropped.get("genus")) == nested
        np.testing.assert_array_equal(read(tmp_path / "out.npy")[1], whole.values)


BAD_CELLS = {
    "missing": np.nan,
    "infinite": np.inf,
    "negative": -0.5,
    "another unit": 4000.5,
}


@pytest.mark.parametrize("writer", STREAMED)
@pytest.mark.parametrize("bad", BAD_CELLS)
def test_a_bad_cell_in_the_last_block(frame: pd.DataFrame, tmp_path: Path, writer: str, bad: str) -> None:
    broken = frame.copy()
    broken.iloc[-1, 3] = BAD_CELLS[bad]
    path = WRITERS[writer](broken, tmp_path / "table")
    with pytest.raises(MbembedError) as in_memory:
        mbembed.embed(path, MODEL)
    with pytest.raises(MbembedError) as in_blocks:
        mbembed.embed_file(path, tmp_path / "out.tsv", MODEL, block_rows=4)
    assert (type(in_blocks.value), str(in_blocks.value)) == (type(in_memory.value), str(in_memory.value))
    assert str(in_blocks.value.fields) == str(in_memory.value.fields)
    assert not (tmp_path / "out.tsv").exists()


@pytest.mark.parametrize("writer", ["biom", "parquet"])
def test_missing_values_read_as_zero(frame: pd.DataFrame, tmp_path: Path, writer: str) -> None:
    broken = frame.copy()
    broken.iloc[[0, 8, -1], 3] = np.nan
    path = WRITERS[writer](broken, tmp_path / "table")
    whole = mbembed.embed(path, MODEL, missing="zero")
    done = mbembed.embed_file(path, tmp_path / "out.npy", MODEL, missing="zero", block_rows=4)
    assert account(done) == account(whole)
    assert any("missing values were read as 0" in warning for warning in done.warnings)
    np.testing.assert_array_equal(read(tmp_path / "out.npy")[1], whole.values)


def test_transformed_tables_are_refused_alike(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = as_parquet(np.log10(frame + 1e-4), tmp_path / "table")
    messages = []
    for run in (
        lambda: mbembed.embed(path, MODEL),
        lambda: mbembed.embed_file(path, tmp_path / "out.npy", MODEL, block_rows=4),
    ):
        with pytest.raises(MbembedError, match="log- or CLR-transformed") as caught:
            run()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("case", test_bad_input.CASES)
def test_every_refusal_is_the_same(case: Any, tmp_path: Path) -> None:
    path = test_bad_input.CASES[case][0](tmp_path)
    messages = []
    for run in (lambda: mbembed.embed(path), lambda: mbembed.embed_file(path, tmp_path / "out.npy", block_rows=1)):
        with pytest.raises(MbembedError) as caught:
            run()
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


TABLES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "units change in the last block": (lambda frame: frame.mul([1.0] * 22 + [100.0], axis=0), "different units"),
    "no unit": (lambda frame: np.log1p(100 * frame), "neither 1"),
    "presence and absence": (lambda frame: (frame > 0).astype(float).replace(0, 1), "all values are 0 or 1"),
    "thousands": (lambda frame: (frame * 0 + 12.345).mul(range(1, 24), axis=0).round(3), "sign for thousands"),
    "nothing but zeros": (lambda frame: frame * 0, "nothing but zeros"),
    "metadata": (lambda frame: frame.assign(BMI=20.0), "no taxon, by its name: BMI"),
    "a sample twice": (lambda frame: frame.rename(index={"S22": "S01"}), "more than once"),
    "nothing matches": (lambda frame: frame.rename(columns=lambda name: f"Aliena {name.split()[-1]}ae"), "none of the"),
    "a word on which the unit hangs": (lambda frame: (frame * 100).assign(Readout=900.0), "by what its samples add up"),
}


@pytest.mark.parametrize("writer", ["biom", "parquet"])
@pytest.mark.parametrize("case", TABLES)
def test_what_is_wrong_with_the_whole_table(frame: pd.DataFrame, tmp_path: Path, writer: str, case: str) -> None:
    if (case, writer) == ("a sample twice", "biom"):
        pytest.skip("biom writes no such file")
    change, words = TABLES[case]
    path = WRITERS[writer](change(frame), tmp_path / "table")
    messages = []
    for run in (
        lambda: mbembed.embed(path, MODEL),
        lambda: mbembed.embed_file(path, tmp_path / "out.npy", MODEL, block_rows=4),
    ):
        with pytest.raises(MbembedError, match=words) as caught:
            run()
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("writer", STREAMED)
def test_damage_far_inside_is_said(frame: pd.DataFrame, tmp_path: Path, writer: str) -> None:
    path = WRITERS[writer](pd.concat([frame.add_suffix(f" {i}", axis=0) for i in range(80)]), tmp_path / "table")
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 3, len(content) * 2 // 3, 50):
        content[at] ^= 0xFF
    path.write_bytes(content)
    messages = []
    for run in (lambda: mbembed.embed(path, MODEL), lambda: mbembed.embed_file(path, tmp_path / "out.npy", MODEL)):
        with pytest.raises(MbembedError) as caught:
            run()
        messages.append(type(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("count", [1, 2, 5, pytest.param(N_SAMPLES, marks=pytest.mark.slow)])
@pytest.mark.parametrize("suffix", OUTPUTS)
def test_shards_one_after_the_other_are_the_whole(table: Path, tmp_path: Path, suffix: str, count: int) -> None:
    whole = tmp_path / f"whole{suffix}"
    mbembed.embed_file(table, whole, MODEL)
    parts = [tmp_path / f"part{i}{suffix}" for i in range(1, count + 1)]
    done = [
        mbembed.embed_file(table, part, MODEL, shard=f"{i}/{count}", block_rows=3) for i, part in enumerate(parts, 1)
    ]
    assert sum(one.n_samples for one in done) == mbembed.embed(table, MODEL).n_samples
    assert done[0].warnings == mbembed.embed(table, MODEL).warnings
    assert done[0].summary["options"].get("shard") == (f"1/{count}" if count > 1 else None)
    if suffix in {".tsv", ".csv"}:
        assert b"".join(part.read_bytes() for part in parts) == whole.read_bytes()
    elif suffix.endswith(".gz"):
        joined = b"".join(gzip.decompress(part.read_bytes()) for part in parts)
        assert joined == gzip.decompress(whole.read_bytes()) == gzip.decompress(b"".join(p.read_bytes() for p in parts))
    else:
        ids, values = zip(*map(read, parts), strict=True)
        assert list(chain.from_iterable(ids)) == read(whole)[0]
        np.testing.assert_array_equal(np.concatenate(values), read(whole)[1])


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", (3, 2)])
def test_there_are_no_such_shards(table: Path, tmp_path: Path, shard: Any) -> None:
    with pytest.raises(UsageError, match="there is no shard"):
        mbembed.embed_file(table, tmp_path / "out.npy", MODEL, shard=shard)


def test_more_shards_than_samples(table: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the table has 23 samples"):
        mbembed.embed_file(table, tmp_path / "out.npy", MODEL, shard="1/24")


class Interrupted(Exception):  # noqa: N818 - none is wrong
    """Stands for Ctrl-C."""


def interrupt_at(row: int) -> Callable[[str, int, int], None]:
    def tell(label: str, done: int, total: int) -> None:
        if label == "Embedding" and done >= row:
            raise Interrupted

    return tell


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note after every block, and make row groups so small that there are some."""
    monkeypatch.setattr(unfinished, "CHECKPOINT_S", 0.0)
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ROWS", 4)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("on_empty", ["drop", "nan"])
@pytest.mark.parametrize("suffix", OUTPUTS)
def test_an_interrupted_run_goes_on(table: Path, tmp_path: Path, suffix: str, on_empty: str) -> None:
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    options: dict[str, Any] = {"on_empty": on_empty, "block_rows": 3}
    mbembed.embed_file(table, whole, MODEL, **options)
    before = 0
    for row in (5, 9, 16):
        with pytest.raises(Interrupted):
            mbembed.embed_file(table, out, MODEL, resume=True, progress=interrupt_at(row), **options)
        assert not out.exists()
        state = json.loads((tmp_path / f"{out.name}.progress.json").read_text())["state"]
        assert state["rows"] > before
        before = state["rows"]
    encoded = []
    done = mbembed.embed_file(
        table, out, MODEL, resume=True, progress=lambda label, n, _: encoded.append((label, n)), **options
    )
    assert done.resumed_at == before
    assert min(n for label, n in encoded if label == "Embedding") > before  # nothing was computed again
    assert out.read_bytes() == whole.read_bytes()
    assert read(out)[0] == read(whole)[0]
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob("*.progress.json"))


def other_model(folder: Path) -> Path:
    """The same model with other weights."""
    shutil.copytree(MODEL, folder)
    weights = load_file(folder / "weights.safetensors")
    save_file({name: tensor * np.float32(1.5) for name, tensor in weights.items()}, folder / "weights.safetensors")
    config = json.loads((folder / "config.json").read_text())
    config["files"]["weights.safetensors"] = sha256_of(folder / "weights.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"on_empty": "floor"}, "other options (on_empty was 'drop', is 'floor')"),
        ({"shard": "1/2"}, "another shard"),
        ({"units": "percent"}, "other abundances, names or samples"),
        ({"table": True}, "another table"),
        ({"model": None}, "another model"),
    ],
)
def test_what_was_begun_otherwise_is_not_continued(
    frame: pd.DataFrame, table: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    out = tmp_path / "out.npy"
    with pytest.raises(Interrupted):
        mbembed.embed_file(table, out, MODEL, resume=True, progress=interrupt_at(5), block_rows=3)
    partial = (tmp_path / "out.npy.partial").read_bytes()
    arguments: dict[str, Any] = {"table": table, "model": MODEL, **changes}
    if arguments["model"] is None:
        arguments["model"] = str(other_model(tmp_path / "model"))
    if arguments["table"] is True:
        arguments["table"] = as_biom(frame * 0.5, tmp_path / "table.biom")
        arguments["units"] = "fraction"
    with pytest.raises(UsageError) as caught:
        mbembed.embed_file(out=out, resume=True, **arguments)
    assert caught.value.found == f"out.npy.partial was begun with {words}"
    assert (tmp_path / "out.npy.partial").read_bytes() == partial
    assert not out.exists()


@pytest.mark.usefixtures("often")
def test_one_process_at_a_time(table: Path, tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    out = tmp_path / "out.npy"
    told: list[str] = []

    def second(label: str, done: int, total: int) -> None:
        if label == "Embedding" and not told:
            with pytest.raises(UsageError, match="another process is writing") as caught:
                mbembed.embed_file(table, out, MODEL, resume=True)
            told.append(str(caught.value))

    mbembed.embed_file(table, out, MODEL, resume=True, block_rows=3, progress=second)
    assert told
    assert out.exists()


def test_without_resume_an_interruption_leaves_nothing(table: Path, tmp_path: Path) -> None:
    (tmp_path / "out.parquet").write_bytes(b"precious")
    with pytest.raises(Interrupted):
        mbembed.embed_file(table, tmp_path / "out.parquet", MODEL, progress=interrupt_at(5), block_rows=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.parquet", "table.biom"]
    assert (tmp_path / "out.parquet").read_bytes() == b"precious"


@pytest.mark.parametrize("arguments", [{"out": "-"}, {"table": made()}, {"out": "out.h5ad"}, {"out": "out.biom"}])
def test_what_cannot_be_resumed(table: Path, tmp_path: Path, arguments: dict[str, Any]) -> None:
    given: dict[str, Any] = {"table": table, "out": tmp_path / "out.npy", **arguments}
    if isinstance(given["out"], str) and given["out"] != "-":
        given["out"] = tmp_path / given["out"]
    with pytest.raises(UsageError):
        mbembed.embed_file(model=MODEL, resume=True, **given)
    assert not list(tmp_path.glob("out*"))


def test_a_full_disk_keeps_what_is_written(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0
    write = parquet_writer.ParquetWriter.write
    monkeypatch.setattr(unfinished, "CHECKPOINT_S", 0.0)

    def full(self: Any, values: Any, texts: Any) -> None:
        nonlocal written
        written += 1
        if written > 3:
            self._handle.write(b"half of it")
            raise OSError(28, "No space left on device")
        write(self, values, texts)

    monkeypatch.setattr(parquet_writer.ParquetWriter, "write", full)
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ROWS", 4)
    out = tmp_path / "out.parquet"
    with pytest.raises(OutputError, match="No space left"):
        mbembed.embed_file(table, out, MODEL, resume=True, block_rows=3)
    monkeypatch.undo()
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ROWS", 4)
    done = mbembed.embed_file(table, out, MODEL, resume=True, block_rows=3)
    assert done.resumed_at == 8
    mbembed.embed_file(table, tmp_path / "whole.parquet", MODEL)
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_a_table_that_changes_while_it_is_read_is_refused(
    frame: pd.DataFrame, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "KEEP_BYTES", 0)

    def change(label: str, done: int, total: int) -> None:
        if label == "Reading" and done == total:
            as_biom(frame.iloc[::-1], table)

    with pytest.raises(TableError, match="changed while it was read"):
        mbembed.embed_file(table, tmp_path / "out.npy", MODEL, progress=change, block_rows=3)
    assert not (tmp_path / "out.npy").exists()


def test_a_table_that_is_removed_while_it_is_read_is_refused(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "KEEP_BYTES", 0)

    def remove(label: str, done: int, total: int) -> None:
        if label == "Reading" and done == total:
            table.unlink()

    with pytest.raises(TableError, match="changed while it was read"):
        mbembed.embed_file(table, tmp_path / "out.npy", MODEL, progress=remove, block_rows=3)
    assert not (tmp_path / "out.npy").exists()


def test_a_cell_that_stands_twice_in_a_matrix_is_one_cell() -> None:
    species = [name for name in mbembed.load_model(MODEL).species if name != "unknown"][:2]
    parts = np.array([0.2, 0.3, 0.5, 1.0]), np.array([0, 0, 0, 1]), np.array([0, 2, 4])
    twice = biom.Table(csr_matrix(parts, shape=(2, 2)), species, ["a", "b"])
    assert not twice.matrix_data.has_canonical_format
    found = mbembed.embed(twice, MODEL, names="exact").match
    np.testing.assert_array_equal(found.profile.values.toarray(), [[0.5, 0.5], [0.0, 1.0]])
    assert found.species_matched.tolist() == [2, 1]
    assert found.prevalence.tolist() == [0.5, 1.0]
    assert not twice.matrix_data.has_canonical_format  # the caller's is left alone


def test_a_wide_dense_table_is_unpacked_in_parts(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = WRITERS["h5ad dense"](frame, tmp_path / "table")
    whole = mbembed.embed(path, MODEL)
    monkeypatch.setattr(hdf5_blocks, "MAX_CELLS", 3 * frame.shape[1])
    mbembed.embed_file(path, tmp_path / "out.npy", MODEL, block_rows=7)
    np.testing.assert_array_equal(read(tmp_path / "out.npy")[1], whole.values)


def test_no_more_threads_compress_than_were_asked_for(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALAXY_SLOTS", "7")
    before = set(threading.enumerate())
    seen: set[str] = set()

    def look(label: str, done: int, total: int) -> None:
        seen.update(one.name for one in set(threading.enumerate()) - before if one.name.startswith("mbembed-gzip"))

    mbembed.embed_file(table, tmp_path / "out.tsv.gz", MODEL, threads=1, progress=look, block_rows=1)
    assert len(seen) == 1


def test_other_keywords_are_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'unit'"):
        mbembed.embed_file(table, tmp_path / "out.npy", MODEL, unit="percent")


KILLED = """
import sys, time
import mbembed
from mbembed.outputs import parquet, unfinished
unfinished.CHECKPOINT_S = 0.0
parquet.ROW_GROUP_ROWS = 40
table, out, model = sys.argv[1:]
mbembed.embed_file(table, out, model, resume=True, block_rows=16, progress=lambda *_: time.sleep(0.003))
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".parquet", ".npy", ".tsv", ".tsv.gz"])
def test_killed_at_any_moment(frame: pd.DataFrame, tmp_path: Path, suffix: str) -> None:
    """SIGKILL, which no process can see coming, again and again until a run gets through."""
    many = pd.concat([frame.add_suffix(f"-{i}", axis=0) for i in range(50)])
    table = as_biom(many, tmp_path / "table.biom")
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    rng = np.random.default_rng(sum(suffix.encode()))
    n_killed = 0
    while not out.exists():
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), table, out, MODEL], stderr=subprocess.PIPE
        )
        if n_killed < 6:
            partial = tmp_path / f"{out.name}.partial"
            until = time.monotonic() + 30
            while process.poll() is None and not partial.exists() and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(rng.uniform(0.0, 0.25) if n_killed else 0.0)
            process.kill()
            n_killed += 1
        _, error = process.communicate(timeout=120)
        assert b"Error" not in error, error.decode()
    assert n_killed >= 2
    program = KILLED.replace("resume=True", "resume=False").replace("time.sleep(0.003)", "None")
    subprocess.run([sys.executable, "-c", textwrap.dedent(program), table, whole, MODEL], check=True)
    assert out.read_bytes() == whole.read_bytes()
    assert read(out)[0] == read(whole)[0]
    assert not list(tmp_path.glob("*.p*r*s*.json")) + list(tmp_path.glob("*.partial"))


MEASURED = """
import re, sys
from pathlib import Path
from mbembed.cli.main import main
status = main(["embed", sys.argv[1], "-o", sys.argv[2], "-q"])
# Not ru_maxrss, which Linux hands down from the process that started this one (getrusage(2), proc(5)).
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024)
sys.exit(status)
"""
#: Peak memory of a run (bytes): half a GB for the program, the blocks on the way and what stays in memory between
#: the passes (`streaming.KEEP_BYTES`), and some.
PEAK_BYTES = 768 << 20


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is there on Linux only")
@pytest.mark.parametrize("suffix", [".npy", ".parquet"])
def test_memory_stays(tmp_path: Path, suffix: str) -> None:
    """100,000 samples of 3,000 taxa: 2.4 GB if they were dense, 200 MB of vectors."""
    species = list(dict.fromkeys(mbembed.load_model().species))
    n_taxa, per_sample, block = 3000, 150, 10_000
    names = [*species, *(f"Aliena species{i}" for i in range(n_taxa - len(species)))]
    peaks = []
    for n_samples in (50_000, 100_000):
        path = tmp_path / f"{n_samples}.biom"
        write_large(path, names, n_samples, per_sample, block)
        run = subprocess.run(
            [sys.executable, "-c", MEASURED, path, tmp_path / f"out{suffix}"],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(run.stdout))
        path.unlink()
    assert max(peaks) < PEAK_BYTES
    # What grows is per sample: what is kept of it between the passes (1.8 KB here, up to KEEP_BYTES), ids and sums.
    assert peaks[1] - peaks[0] < 50_000 * 3000


def write_large(path: Path, names: list[str], n_samples: int, per_sample: int, block: int) -> None:
    """A BIOM file with the copy by sample only, made in blocks; every sample has as many taxa."""
    rng = np.random.default_rng(5)
    with h5py.File(path, "w") as file:
        matrix = file.create_group("sample/matrix")
        size = n_samples * per_sample
        data = matrix.create_dataset("data", (size,), np.float64, compression="gzip")
        indices = matrix.create_dataset("indices", (size,), np.int32, compression="gzip")
        matrix["indptr"] = np.arange(0, size + 1, per_sample, dtype=np.int32)
        for start in range(0, n_samples, block):
            part = slice(start * per_sample, (start + block) * per_sample)
            first = rng.integers(0, len(names) // per_sample, (block, per_sample))
            indices[part] = (first + np.arange(per_sample) * (len(names) // per_sample)).ravel()
            values = rng.lognormal(0, 2, (block, per_sample))
            data[part] = (values / values.sum(axis=1, keepdims=True)).round(7).ravel()
        text = h5py.string_dtype()
        file.create_dataset("sample/ids", data=[f"sample{i:07}" for i in range(n_samples)], dtype=text)
        file.create_dataset("observation/ids", data=names, dtype=text)
        file.attrs["shape"] = (len(names), n_samples)
        file.attrs["format-version"] = (2, 1)
