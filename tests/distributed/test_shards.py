"""Folders of files: the same vectors as all files at once, none computed twice, and refusals that name files."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import dask
import numpy as np
import pandas as pd
import polars as pl
import pytest

import mbembed
from mbembed.distributed import embed_shards
from mbembed.errors import DuplicateIdError, NoMatchError, TableError, UnitError, UsageError
from mbembed.outputs.profile_writers import write_profile
from mbembed.report.told import tells_all
from tests.distributed.tables import cut, fractions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def in_this_process():
    with dask.config.set(scheduler="synchronous"):
        yield


def write_tsv(path: Path, table: pd.DataFrame) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.rename_axis("sample").to_csv(path, sep="\t")
    return path


def vectors_in(folder: Path) -> pd.DataFrame:
    frames = [pl.read_parquet(path).to_pandas().set_index("sample") for path in sorted(folder.glob("*.parquet"))]
    return pd.concat(frames)


def assert_same(vectors: pd.DataFrame, whole: pd.DataFrame) -> None:
    assert vectors.index.tolist() == whole.index.tolist()
    assert vectors.columns.tolist() == whole.columns.tolist()
    np.testing.assert_array_equal(vectors.to_numpy(), whole.to_numpy())


@pytest.fixture
def shards(tmp_path):
    """Three files, each with the species that its own samples have; the order of columns differs."""
    paths = []
    for i, block in enumerate(cut(fractions(12), [5, 3, 4])):
        own = block.loc[:, (block > 0).any()]
        paths.append(write_tsv(tmp_path / "tables" / f"part.{i}.tsv", own if i % 2 else own.iloc[:, ::-1]))
    return paths


def test_a_folder_gives_what_all_files_at_once_give(tmp_path, shards):
    manifest = embed_shards(tmp_path / "tables", tmp_path / "out")
    assert [shard["output"] for shard in manifest["shards"]] == [f"part.{i}.parquet" for i in range(3)]
    assert [shard["samples"] for shard in manifest["shards"]] == [5, 3, 4]
    assert manifest["options"]["units"] == "fraction"
    assert_same(vectors_in(tmp_path / "out"), mbembed.embed([str(path) for path in shards]).to_frame())
    written = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert written["samples"] == manifest["samples"] == 12
    assert written["shards"] == manifest["shards"]


def test_mixed_formats_and_compression(tmp_path):
    blocks = cut(fractions(9), [3, 3, 3])
    folder = tmp_path / "tables"
    text = write_tsv(folder / "a.tsv", blocks[0])
    packed = folder / "a.tsv.gz"
    packed.write_bytes(gzip.compress(text.read_bytes()))
    text.unlink()
    write_profile(folder / "b.biom", mbembed.read_table(blocks[1]))
    pl.from_pandas(blocks[2].rename_axis("sample").reset_index()).write_parquet(folder / "c.parquet")
    embed_shards(f"{folder}/*", tmp_path / "out")
    files = [str(folder / name) for name in ("a.tsv.gz", "b.biom", "c.parquet")]
    assert_same(vectors_in(tmp_path / "out"), mbembed.embed(files).to_frame())


def test_what_is_there_is_not_computed_again(tmp_path, shards):
    out = tmp_path / "out"
    embed_shards(shards, out)
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    whole = vectors_in(out)
    (out / "part.0.parquet").write_bytes(b"half a fil")
    (out / "part.1.parquet").unlink()
    again = embed_shards(shards, out)
    assert [shard["was_there"] for shard in again["shards"]] == [False, False, True]
    assert (out / "part.2.parquet").stat().st_mtime_ns == before["part.2.parquet"]
    assert_same(vectors_in(out), whole)
    assert all(shard["was_there"] for shard in embed_shards(shards, out)["shards"])


@pytest.mark.parametrize("options", [{"names": "strict"}, {"closure": "matched"}, {"on_empty": "nan"}])
def test_other_options_are_another_result(tmp_path, shards, options):
    embed_shards(shards, tmp_path / "out")
    again = embed_shards(shards, tmp_path / "out", **options)
    assert not any(shard["was_there"] for shard in again["shards"])


def test_a_table_that_changed_is_embedded_again(tmp_path, shards):
    embed_shards(shards, tmp_path / "out")
    table = pd.read_csv(shards[1], sep="\t", index_col=0)
    write_tsv(shards[1], table.iloc[:2])
    again = embed_shards(shards, tmp_path / "out")
    assert [shard["was_there"] for shard in again["shards"]] == [True, False, True]
    assert_same(vectors_in(tmp_path / "out"), mbembed.embed([str(path) for path in shards]).to_frame())


def test_results_carry_the_summary_of_an_embedding(tmp_path, shards):
    embed_shards(shards, tmp_path / "out")
    stored = mbembed.read_embedding(tmp_path / "out" / "part.1.parquet")
    assert stored.model is not None
    assert stored.summary["output"] == {"samples": 3, "dimensions": stored.n_dimensions, "left_out": {}}
    made = mbembed.embed(shards[1])
    assert set(made.summary) <= set(stored.summary)
    assert stored.summary["options"] == made.options
    assert tells_all(stored.summary)


@pytest.mark.parametrize("on_empty", ["drop", "nan", "floor"])
def test_a_file_in_which_nothing_matches(tmp_path, on_empty):
    strange = fractions(3).set_axis([f"Madeupia inventa{chr(97 + i)}" for i in range(40)], axis=1)
    paths = [
        write_tsv(tmp_path / "tables" / "a.tsv", fractions(4)),
        write_tsv(tmp_path / "tables" / "b.tsv", strange.set_axis(["x", "y", "z"])),
    ]
    with pytest.warns(UserWarning, match=r"3 of 7 samples were .*: x \(nothing matched\)"):
        manifest = embed_shards(paths, tmp_path / "out", on_empty=on_empty)
    assert list(manifest["shards"][1]["left_out"]) == ["x", "y", "z"]
    whole = mbembed.embed([str(path) for path in paths], on_empty=on_empty)
    assert_same(vectors_in(tmp_path / "out"), whole.to_frame())


def test_files_in_different_units_are_refused(tmp_path, shards, snapshot):
    table = pd.read_csv(shards[1], sep="\t", index_col=0)
    write_tsv(shards[1], table * 100)
    with pytest.raises(UnitError) as refusal:
        embed_shards(shards, tmp_path / "out")
    snapshot("distributed/files_in_different_units", str(refusal.value))
    assert not (tmp_path / "out").exists()


def test_files_in_different_ranks_are_refused(tmp_path):
    species = pd.DataFrame({"k__Bacteria|g__Dorea|s__Dorea_longicatena": [1.0]}, index=["a"])
    genera = pd.DataFrame({"k__Bacteria|g__Dorea": [1.0]}, index=["b"])
    paths = [write_tsv(tmp_path / "a.tsv", species), write_tsv(tmp_path / "b.tsv", genera)]
    with pytest.raises(TableError, match=r"differ in rank: species: .*a\.tsv; genus: .*b\.tsv"):
        embed_shards(paths, tmp_path / "out", orientation="samples-in-rows")


def test_files_the_other_way_round_are_refused(tmp_path, shards):
    table = pd.read_csv(shards[2], sep="\t", index_col=0)
    write_tsv(shards[2], table.T)
    with pytest.raises(
        TableError, match=r"differ in orientation: samples-in-rows: .*part\.0\.tsv, .*part\.1\.tsv; taxa"
    ):
        embed_shards(shards, tmp_path / "out")


def test_files_of_two_namings_are_refused(tmp_path):
    latin = fractions(3)
    gtdb = ["Blautia_A wexlerae", "Faecalibacterium prausnitzii_D", "Agathobacter rectalis", "Ruminococcus_E bromii_B"]
    other = pd.DataFrame(np.full((2, 4), 0.25), index=["x", "y"], columns=gtdb)
    few = latin.iloc[:, :8]
    paths = [
        write_tsv(tmp_path / "a.tsv", few.div(few.sum(axis=1), axis=0)),
        write_tsv(tmp_path / "b.tsv", other),
    ]
    with pytest.raises(TableError, match=r"name their species in different ways: .*a\.tsv.*b\.tsv"):
        embed_shards(paths, tmp_path / "out")


def test_a_sample_in_two_files_is_refused(tmp_path, shards):
    extra = write_tsv(tmp_path / "tables" / "part.3.tsv", pd.read_csv(shards[0], sep="\t", index_col=0).iloc[:1])
    with pytest.raises(DuplicateIdError, match=r"sample000 in .*part\.0\.tsv, .*part\.3\.tsv"):
        embed_shards([*shards, extra], tmp_path / "out")


def test_nothing_matches(tmp_path):
    strange = fractions(3).set_axis([f"Madeupia inventa{chr(97 + i)}" for i in range(40)], axis=1)
    path = write_tsv(tmp_path / "tables" / "a.tsv", strange)
    with pytest.raises(NoMatchError):
        embed_shards([path], tmp_path / "out", orientation="samples-in-rows")


def test_arguments_that_cannot_be(tmp_path, shards):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="there are no files"):
        embed_shards(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(UsageError, match="among the tables"):
        embed_shards(tmp_path / "tables", tmp_path / "tables")
    with pytest.raises(UsageError, match="no format that can be written"):
        embed_shards(shards, tmp_path / "out", suffix=".xlsx")
    twin = write_tsv(tmp_path / "other" / "part.0.txt", fractions(2))
    with pytest.raises(UsageError, match=r"two tables would both give part\.0\.parquet"):
        embed_shards([*shards, twin], tmp_path / "out")
    with pytest.raises(TableError, match="there is no file"):
        embed_shards([tmp_path / "nowhere.tsv"], tmp_path / "out")
