"""Every format, read back by the programs that people use."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import anndata
import biom
import h5py
import numpy as np
import pandas as pd
import polars as pl
import pytest

from mbembed.errors import MissingExtraError, OutputError, UsageError
from mbembed.outputs import SUFFIXES, check_output, write_embedding
from mbembed.outputs.text import TextWriter
from mbembed.outputs.writers import to_anndata

ODD_IDS = [
    "001",
    "1e5",
    "NA",
    "a b",
    'say "x"',
    "tab\there",
    "Ünï-μ",
    "a,b",
    " lead",
    "#hash",
    "'",
    "TRUE",
    "S;1",
    "0x1F",
]
TEXT = [".tsv", ".csv", ".tsv.gz", ".csv.gz"]
SUMMARY = {"model": "own", "samples": 14, "warnings": ["ä"], "nested": {"a": [1, None]}}


def make(ids: list[str], n_dimensions: int = 7) -> tuple[np.ndarray, list[str], list[str]]:
    values = np.random.default_rng(len(ids)).normal(size=(len(ids), n_dimensions)) * 3
    values = np.round(values, 8).astype(np.float32)
    return values, ids, [f"embedding_{i}" for i in range(n_dimensions)]


def metadata(ids: list[str]) -> pd.DataFrame:
    n = len(ids)
    frame = pd.DataFrame(
        {
            "body/site": ["gut", None] * (n // 2) + ["gut"] * (n % 2),
            "age": np.arange(n) + 0.5,
            "count": range(n),
            "flag": [True] * n,
            "taxonomy": ["not; a lineage"] * n,
            "_index": ["taken"] * n,
            "day": pd.to_datetime(["2020-01-01"] * n),
            "mixed": [1, "x"] * (n // 2) + [None] * (n % 2),
            "empty": pd.Series([None] * n, dtype=object),
        },
        index=pd.Index(ids, dtype=object),
    )
    return frame.iloc[::-1]  # the order of the metadata is its own


def separator(suffix: str) -> str:
    return "," if suffix.startswith(".csv") else "\t"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["odd", "one", "many", "one dimension"])
def table(request: pytest.FixtureRequest) -> tuple[np.ndarray, list[str], list[str]]:
    return {
        "odd": make(ODD_IDS),
        "one": make(["001"]),
        "many": make([f"S{i}" for i in range(5000)], 40),
        "one dimension": make(ODD_IDS, 1),
    }[request.param]


@pytest.mark.parametrize("suffix", TEXT)
def test_text_read_by_pandas_and_polars(tmp_path: Path, table, suffix: str) -> None:
    values, ids, dimensions = table
    path = tmp_path / f"out{suffix}"
    write_embedding(path, *table, summary=SUMMARY)
    frame = pd.read_csv(path, sep=separator(suffix), dtype={"sample": str}, keep_default_na=False)
    assert frame["sample"].tolist() == ids
    assert frame.columns.tolist() == ["sample", *dimensions]
    assert (frame[dimensions].to_numpy().astype(np.float32) == values).all()
    other = pl.read_csv(path, separator=separator(suffix), schema_overrides={"sample": pl.String})
    assert other["sample"].to_list() == ids
    assert (other[:, 1:].to_numpy().astype(np.float32) == values).all()
    assert names(tmp_path) == [path.name]


def test_text_is_what_the_design_says(tmp_path: Path) -> None:
    write_embedding(tmp_path / "out.tsv", np.array([[0.5, -1.25]], np.float32), ["S1"], ["embedding_0", "embedding_1"])
    assert (tmp_path / "out.tsv").read_bytes() == b"sample\tembedding_0\tembedding_1\nS1\t0.50000000\t-1.25000000\n"


@pytest.mark.parametrize("suffix", TEXT)
def test_ids_with_line_breaks_are_quoted(tmp_path: Path, suffix: str) -> None:
    ids = ["a\nb", "c\rd", 'e\r\n"f"', ""]
    write_embedding(tmp_path / f"out{suffix}", *make(ids))
    frame = pd.read_csv(tmp_path / f"out{suffix}", sep=separator(suffix), keep_default_na=False, dtype={"sample": str})
    assert frame["sample"].tolist() == ids


def test_a_missing_sample_is_read_as_missing(tmp_path: Path) -> None:
    values, ids, dimensions = make(["a", "b", "c"])
    values[1] = np.nan
    write_embedding(tmp_path / "out.tsv", values, ids, dimensions)
    frame = pd.read_csv(tmp_path / "out.tsv", sep="\t", index_col=0)
    np.testing.assert_array_equal(frame.to_numpy().astype(np.float32), values)
    other = pl.read_csv(tmp_path / "out.tsv", separator="\t")
    assert other.row(1) == ("b", *[None] * len(dimensions))
    assert all(kind == pl.Float64 for kind in other.dtypes[1:])


@pytest.mark.parametrize("suffix", [".tsv.gz", ".csv.gz"])
def test_gzip_is_one_plain_member_and_the_same_every_time(tmp_path: Path, suffix: str) -> None:
    table = make([f"S{i}" for i in range(3000)], 30)
    for name in ("a", "b"):
        write_embedding(tmp_path / f"{name}{suffix}", *table)
    write_embedding(tmp_path / f"plain{suffix[:-3]}", *table)
    packed = (tmp_path / f"a{suffix}").read_bytes()
    assert packed == (tmp_path / f"b{suffix}").read_bytes()
    assert packed[4:8] == bytes(4)  # no time
    assert gzip.decompress(packed) == (tmp_path / f"plain{suffix[:-3]}").read_bytes()
    assert subprocess.run(["gzip", "-t", tmp_path / f"a{suffix}"], capture_output=True, check=True).stderr == b""


@pytest.mark.parametrize("compress", [False, True])
def test_blocks_make_the_same_file_as_the_whole(compress: bool) -> None:
    values, ids, dimensions = make([f"S{i}" for i in range(3000)], 30)
    whole, parts = io.BytesIO(), io.BytesIO()
    with TextWriter(whole, dimensions, compress=compress) as writer:
        writer.write(values, ids)
    with TextWriter(parts, dimensions, compress=compress) as writer:
        for start in range(0, 3000, 700):
            block = values[start : start + 700].copy()
            writer.write(block, ids[start : start + 700])
            block[:] = 9.0  # a caller may use its block again
    read = gzip.decompress if compress else bytes
    assert read(whole.getvalue()) == read(parts.getvalue())
    assert read(whole.getvalue()).count(b"\n") == 3001


def test_parquet(tmp_path: Path, table) -> None:
    values, ids, dimensions = table
    write_embedding(tmp_path / "out.parquet", *table, summary=SUMMARY)
    frame = pd.read_parquet(tmp_path / "out.parquet")
    assert frame["sample"].tolist() == ids
    assert (frame[dimensions].to_numpy() == values).all()
    other = pl.read_parquet(tmp_path / "out.parquet")
    assert other.schema == {"sample": pl.String, **dict.fromkeys(dimensions, pl.Float32)}
    assert json.loads(pl.read_parquet_metadata(tmp_path / "out.parquet")["mbembed"]) == SUMMARY


def test_npy_and_its_ids(tmp_path: Path, table) -> None:
    values, ids, _ = table
    write_embedding(tmp_path / "out.npy", *table)
    back = np.load(tmp_path / "out.npy")
    assert back.dtype == np.float32
    assert (back == values).all()
    assert (tmp_path / "out.npy.ids.txt").read_text(encoding="utf-8") == "".join(f"{one}\n" for one in ids)
    assert names(tmp_path) == ["out.npy", "out.npy.ids.txt"]


def test_npy_refuses_ids_with_line_breaks(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds a line break") as caught:
        write_embedding(tmp_path / "out.npy", *make(["a", "b\nc"]))
    assert caught.value.hint == "write out.parquet instead"
    assert names(tmp_path) == []


def test_h5ad(tmp_path: Path, table) -> None:
    values, ids, dimensions = table
    write_embedding(tmp_path / "out.h5ad", *table, summary=SUMMARY, sample_metadata=metadata(ids))
    back = anndata.read_h5ad(tmp_path / "out.h5ad")
    assert back.obs_names.tolist() == ids
    assert back.var_names.tolist() == dimensions
    assert back.X.dtype == np.float32
    np.testing.assert_array_equal(back.X, values)
    assert json.loads(back.uns["mbembed"]) == SUMMARY
    assert back.obs["count"].tolist() == list(range(len(ids)))
    assert back.obs["body_site"].iloc[0] == "gut"
    assert back.obs["day"].iloc[0].startswith("2020-01-01")
    assert back.obs["index"].iloc[0] == "taken"
    assert back.obs["empty"].isna().all()
    if len(ids) > 1:
        assert pd.isna(back.obs["body_site"].iloc[1])
        assert back.obs["mixed"].iloc[:2].tolist() == ["1", "x"]


def test_anndata_object_without_metadata() -> None:
    table = to_anndata(*make(["001", "NA"]))
    assert table.shape == (2, 7)
    assert table.obs_names.tolist() == ["001", "NA"]
    assert table.uns["mbembed"] == "{}"


def test_metadata_of_other_samples_is_left_out(tmp_path: Path) -> None:
    table = make(["a", "b"])
    frame = pd.DataFrame({"age": [1, 2]}, index=["z", "b"])
    write_embedding(tmp_path / "out.h5ad", *table, sample_metadata=frame)
    back = anndata.read_h5ad(tmp_path / "out.h5ad")
    assert back.obs_names.tolist() == ["a", "b"]
    assert back.obs["age"].isna().tolist() == [True, False]


def test_biom(tmp_path: Path, table) -> None:
    values, ids, dimensions = table
    write_embedding(tmp_path / "out.biom", *table, summary=SUMMARY, sample_metadata=metadata(ids))
    back = biom.load_table(str(tmp_path / "out.biom"))
    assert back.ids().tolist() == ids
    assert back.ids(axis="observation").tolist() == dimensions
    assert (back.matrix_data.toarray().T.astype(np.float32) == values).all()
    assert back.type == "Function table"
    first = back.metadata(ids[0])
    assert first["body/site"] == "gut"
    assert first["taxonomy"] == ["not; a lineage"]  # biom reads this name as a list
    assert first["age"] == "0.5"
    with h5py.File(tmp_path / "out.biom") as file:
        assert file.attrs["format-version"].tolist() == [2, 1]
        assert file.attrs["generated-by"].startswith("mbembed ")
        assert json.loads(file["sample/group-metadata/mbembed"][0]) == SUMMARY


def test_biom_without_metadata_keeps_missing_samples(tmp_path: Path) -> None:
    values, ids, dimensions = make(["a", "b"])
    values[0] = np.nan
    values[1, 0] = 0.0
    write_embedding(tmp_path / "out.biom", values, ids, dimensions)
    back = biom.load_table(str(tmp_path / "out.biom"))
    np.testing.assert_array_equal(back.matrix_data.toarray().T.astype(np.float32), values)
    assert back.metadata() is None


@pytest.mark.parametrize("command", ["summarize-table", "validate-table"])
def test_biom_command_line_accepts_it(tmp_path: Path, command: str) -> None:
    table = make(["001", "a b", "Ünï"])
    write_embedding(tmp_path / "out.biom", *table, summary=SUMMARY, sample_metadata=metadata(table[1]))
    program = Path(sys.executable).with_name("biom")
    run = subprocess.run([program, command, "-i", tmp_path / "out.biom"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr + run.stdout
    if command == "summarize-table":
        assert "Num samples: 3" in run.stdout
        assert "Num observations: 7" in run.stdout
    else:
        assert "is a valid" in run.stdout


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_embedding("-", np.array([[0.5]], np.float32), ["S1"], ["embedding_0"])
    assert capfdbinary.readouterr().out == b"sample\tembedding_0\nS1\t0.50000000\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    path.symlink_to("/dev/full")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_embedding(path, *make([f"S{i}" for i in range(2000)], 50))
    assert "disk" in caught.value.hint
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


LIMITED = """
import resource, sys
import numpy as np
from mbembed.errors import OutputError
from mbembed.outputs import write_embedding
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
values = np.random.default_rng(0).normal(size=(2000, 50)).astype(np.float32)
try:
    write_embedding(sys.argv[1], values, [f"S{i}" for i in range(2000)], [f"embedding_{i}" for i in range(50)])
except OutputError as error:
    sys.exit(str(error))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs setrlimit")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_grows_too_large(tmp_path: Path, suffix: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / f"out{suffix}"], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 1
    assert run.stderr.startswith(f"{tmp_path / f'out{suffix}'} cannot be written ("), run.stderr
    assert "Traceback" not in run.stderr
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_on_a_full_disk() -> None:
    script = LIMITED.replace("resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))", "")
    with Path("/dev/full").open("w") as full:
        run = subprocess.run([sys.executable, "-c", script, "-"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert run.stderr.startswith("standard output cannot be written (No space left on device)")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_process_killed_while_writing_leaves_no_file(tmp_path: Path) -> None:
    script = """
    import sys
    import numpy as np
    from mbembed.outputs.atomic import atomic_path
    from mbembed.outputs.text import TextWriter
    values = np.zeros((256, 1024), np.float32)
    with atomic_path(sys.argv[1]) as temporary, open(temporary, "wb") as handle:
        with TextWriter(handle, [f"embedding_{i}" for i in range(1024)]) as writer:
            while True:
                writer.write(values, ["S"] * 256)
                print(flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), tmp_path / "out.tsv"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate(timeout=20)
    assert not (tmp_path / "out.tsv").exists()


def test_check_output_accepts_every_suffix(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        check_output(tmp_path / f"out{suffix}")
        check_output(tmp_path / "new" / "folders" / f"OUT{suffix.upper()}")
    check_output("-")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (
            "out.xlsx",
            "'out.xlsx' ends in '.xlsx', which is no format that can be written",
        ),
        (
            "out",
            "'out' has no suffix that says its format",
        ),
    ],
)
def test_unknown_suffixes(name: str, found: str) -> None:
    for refuse in (check_output, lambda path: write_embedding(path, *make(["a"]))):
        with pytest.raises(UsageError) as caught:
            refuse(name)
        assert str(caught.value) == (
            f"{found}. Expected: one of .tsv .csv .tsv.gz .csv.gz .parquet .npy .h5ad .biom, "
            "or - for standard output. Try: -o out.tsv."
        )


def test_check_output_wants_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbembed.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'writing \.h5ad needs anndata.*pip install "mbembed\[anndata\]"'):
        check_output(tmp_path / "out.h5ad")
    check_output(tmp_path / "out.biom")


def test_check_output_sees_what_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(OutputError, match="it is a directory"):
        check_output(tmp_path / "folder.tsv")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        check_output(tmp_path / "file" / "out.tsv")
    assert caught.value.expected == "a folder that exists or can be made"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
@pytest.mark.parametrize("path", ["/proc/out.tsv", "/proc/new/folder/out.tsv"])
def test_check_output_tries_the_folder(path: str) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        check_output(path)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="uid 0 may write everywhere")
def test_check_output_respects_write_protection(tmp_path: Path) -> None:
    (tmp_path / "out.tsv").write_text("precious")
    (tmp_path / "out.tsv").chmod(0o444)
    with pytest.raises(OutputError, match="is write-protected"):
        check_output(tmp_path / "out.tsv")
