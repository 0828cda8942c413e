"""Embeddings that are read back: every format, what is refused, and the table behind them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import mbembed
from mbembed.errors import MbembedError, TableError, UsageError
from mbembed.outputs.summary import write_summary
from mbembed.outputs.writers import SUFFIXES, carries_summary
from tests.report.cohort import metadata, table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@pytest.fixture(scope="module")
def made() -> mbembed.Embedding:
    return mbembed.embed(table().rename(index={"S01": "001", "S02": 'a "b"', "S03": "é,x"}), units="percent")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_comes_back(suffix: str, made: mbembed.Embedding, tmp_path: Path) -> None:
    path = tmp_path / f"e{suffix}"
    made.write(path)
    stored = mbembed.read_embedding(path)
    assert stored.sample_ids == made.sample_ids
    np.testing.assert_array_equal(stored.values, made.values)
    assert stored.values.dtype == np.float32
    assert bool(stored.summary) is carries_summary(path)
    if stored.summary:
        assert stored.summary["match"] == json.loads(json.dumps(made.summary["match"]))
        assert stored.model is not None
        assert stored.model.name == made.match.model.name
    else:
        assert stored.model is None


@pytest.mark.parametrize("suffix", [".tsv", ".csv.gz", ".parquet", ".npy", ".h5ad", ".biom"])
def test_the_content_decides_not_the_name(suffix: str, made: mbembed.Embedding, tmp_path: Path) -> None:
    made.write(tmp_path / f"e{suffix}")
    other = tmp_path / "dataset_1.dat"
    (tmp_path / f"e{suffix}").rename(other)
    if suffix == ".npy":
        (tmp_path / "e.npy.ids.txt").rename(tmp_path / "dataset_1.dat.ids.txt")
    np.testing.assert_array_equal(mbembed.read_embedding(other).values, made.values)


@pytest.mark.parametrize("suffix", [".tsv", ".parquet", ".npy", ".h5ad"])
def test_missing_vectors_stay_missing(suffix: str, tmp_path: Path) -> None:
    values = table()
    values.loc["S05"] = 0.0
    made = mbembed.embed(values, units="percent", on_empty="nan")
    made.write(tmp_path / f"e{suffix}")
    stored = mbembed.read_embedding(tmp_path / f"e{suffix}")
    np.testing.assert_array_equal(stored.values, made.values)
    assert np.isnan(stored.values[5]).all()


def test_metadata_come_with_formats_that_have_room(tmp_path: Path) -> None:
    from dataclasses import replace

    profile = replace(mbembed.read_table(table(), units="percent"), sample_metadata=metadata().set_index("sample"))
    made = mbembed.embed(profile)
    for suffix in (".h5ad", ".biom"):
        made.write(tmp_path / f"e{suffix}")
        known = mbembed.read_embedding(tmp_path / f"e{suffix}").sample_metadata
        assert known is not None
        assert known["group"].astype(str).tolist() == metadata()["group"].tolist()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.tsv", "taxon\tS1\nA\t1\n", "its first line does not read sample, embedding_0"),
        ("t.tsv", "sample\tembedding_0\nS1\tx\n", "is no embedding"),
        ("t.tsv", "sample\tembedding_0\nS1\t1\nS1\t2\n", "1 sample id stand more than once: S1"),
        ("t.tsv", "sample\tembedding_0\tembedding_2\nS1\t1\t2\n", "its columns are embedding_0, embedding_2"),
        ("t.tsv", "sample\tembedding_0\n", "it has no samples"),
        ("t.tsv", "sample\n", "its columns are none"),
        ("t.npy", "\x93NUMPY", "is no embedding"),
        ("t.parquet", "PAR1", "is no embedding"),
        ("t.h5ad", "", "is no embedding"),
    ],
)
def test_what_is_no_embedding(name: str, content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(TableError, match=words):
        mbembed.read_embedding(tmp_path / name)


def test_a_compressed_file_that_was_cut_off(made: mbembed.Embedding, tmp_path: Path) -> None:
    made.write(tmp_path / "e.tsv.gz")
    whole = (tmp_path / "e.tsv.gz").read_bytes()
    damaged = whole[:40] + b"\xff" * 40 + whole[80:]
    for content in (whole[: len(whole) // 2], damaged):
        (tmp_path / "e.tsv.gz").write_bytes(content)
        with pytest.raises(TableError, match="cannot be read"):
            mbembed.read_embedding(tmp_path / "e.tsv.gz")


def test_an_abundance_table_of_anndata_is_no_embedding(tmp_path: Path) -> None:
    import anndata as ad
    from scipy.sparse import csr_matrix

    ad.AnnData(csr_matrix(table().to_numpy())).write_h5ad(tmp_path / "t.h5ad")
    with pytest.raises(TableError, match="its numbers are not a dense matrix"):
        mbembed.read_embedding(tmp_path / "t.h5ad")


def test_files_that_are_not_there(made: mbembed.Embedding, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"there is no file .*absent\.tsv"):
        mbembed.read_embedding(tmp_path / "absent.tsv")
    made.write(tmp_path / "e.npy")
    (tmp_path / "e.npy.ids.txt").unlink()
    with pytest.raises(TableError, match=r"there is no file .*e\.npy\.ids\.txt"):
        mbembed.read_embedding(tmp_path / "e.npy")


def test_a_summary_beside_it(made: mbembed.Embedding, tmp_path: Path) -> None:
    made.write(tmp_path / "e.tsv")
    write_summary(tmp_path / "run.json", made.summary)
    assert mbembed.read_embedding(tmp_path / "e.tsv", summary=tmp_path / "run.json").summary["model"]["name"]
    few = mbembed.embed(table(3), units="percent")
    with pytest.raises(UsageError, match=r"summary is of 3 samples of .* has 12 of"):
        mbembed.read_embedding(tmp_path / "e.tsv", summary=few.summary)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(TableError, match="no summary of an embedding"):
        mbembed.read_embedding(tmp_path / "e.tsv", summary=tmp_path / "other.json")


def test_a_model_with_other_weights_is_not_taken(made: mbembed.Embedding) -> None:
    told = {**made.summary, "model": {**made.summary["model"], "weights_sha256": "0" * 64}}
    assert mbembed.StoredEmbedding(made.values, made.sample_ids, told).model is None
    told["model"]["name"] = "nobody"
    assert mbembed.StoredEmbedding(made.values, made.sample_ids, told).model is None


def test_with_its_table_everything_is_known(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "t.csv")
    made = mbembed.embed(tmp_path / "t.csv", units="percent", closure="input")
    made.write(tmp_path / "e.parquet")
    again = mbembed.read_embedding(tmp_path / "e.parquet").with_table(tmp_path / "t.csv")
    assert again.options == made.options  # also those that are not the default
    assert [one for one in again.match.profile.decisions if one.reason == "given"] == [
        one for one in made.match.profile.decisions if one.reason == "given"
    ]
    np.testing.assert_array_equal(again.values, made.values)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (table(5), "has 12 samples, the table gives 5; 5 of them are the same"),
        (table(seed=9), "has the samples of .*gives other vectors"),
    ],
)
def test_another_table_is_refused(other: pd.DataFrame, words: str, tmp_path: Path) -> None:
    mbembed.embed(table(), units="percent").write(tmp_path / "e.parquet")
    with pytest.raises(UsageError, match=words):
        mbembed.read_embedding(tmp_path / "e.parquet").with_table(other, units="percent")


def test_without_a_summary_the_vectors_themselves_prove_it(tmp_path: Path) -> None:
    mbembed.embed(table(), units="percent", closure="classified").write(tmp_path / "e.tsv")
    stored = mbembed.read_embedding(tmp_path / "e.tsv")
    assert stored.with_table(table(), units="percent").match.verdict == "ok"
    mbembed.embed(table(stranger=0.5), units="percent", closure="matched").write(tmp_path / "e.tsv")
    with pytest.raises(UsageError, match="how it was made is not known, so the defaults were taken"):
        mbembed.read_embedding(tmp_path / "e.tsv").with_table(table(stranger=0.5), units="percent")


def test_every_refusal_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("taxon\tS1\nA\t1\n")
    with pytest.raises(MbembedError) as caught:
        mbembed.read_embedding(tmp_path / "t.tsv")
    assert caught.value.expected
    assert caught.value.hint
