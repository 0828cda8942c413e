"""The Parquet writer, read back by the libraries that read Parquet."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from mbembed.outputs import parquet
from mbembed.outputs.parquet import ParquetWriter
from mbembed.outputs.thrift import I32, LIST, TEXT, struct


def made(n_rows: int, n_columns: int) -> tuple[np.ndarray, list[str], list[str]]:
    rng = np.random.default_rng(n_rows)
    values = rng.normal(size=(n_rows, n_columns)).astype(np.float32)
    return values, [f"Probe {i} ä€" * (i % 3) for i in range(n_rows)], [f"embedding_{i}" for i in range(n_columns)]


@pytest.fixture(params=[1, 7, 1000])
def rows_per_group(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", request.param)
    return int(request.param)


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (20, 300), (21, 16)])
def test_every_library_reads_it(shape: tuple[int, int], rows_per_group: int) -> None:
    values, ids, names = made(*shape)
    handle = io.BytesIO()
    writer = ParquetWriter(handle, "sample", names)
    for start in range(0, len(ids), 4):
        writer.write(values[start : start + 4], ids[start : start + 4])
    writer.close({"mbembed": '{"ä": 1}', "empty": ""})
    content = handle.getvalue()

    by_polars = pl.read_parquet(content)
    assert by_polars["sample"].to_list() == ids
    np.testing.assert_array_equal(by_polars[:, 1:].to_numpy().reshape(shape), values)
    assert pl.read_parquet_metadata(io.BytesIO(content)) == {"mbembed": '{"ä": 1}', "empty": ""}

    by_arrow = pq.ParquetFile(io.BytesIO(content))
    table = by_arrow.read()
    table.validate(full=True)
    assert table["sample"].to_pylist() == ids
    assert [str(kind) for kind in table.schema.types] == ["string", *["float"] * shape[1]]
    assert by_arrow.metadata.num_row_groups == -(-shape[0] // rows_per_group)
    assert by_arrow.metadata.num_rows == shape[0]

    by_pandas = pd.read_parquet(io.BytesIO(content))
    np.testing.assert_array_equal(by_pandas[names].to_numpy(), values)


def test_missing_values_stay(rows_per_group: int) -> None:
    values, ids, names = made(9, 5)
    values[3] = np.nan
    handle = io.BytesIO()
    writer = ParquetWriter(handle, "sample", names)
    writer.write(values, ids)
    writer.close({})
    np.testing.assert_array_equal(pl.read_parquet(handle.getvalue())[:, 1:].to_numpy(), values)


def test_a_file_is_continued_behind_its_last_whole_row_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 4)
    values, ids, names = made(11, 6)
    whole, first = io.BytesIO(), io.BytesIO()
    writer = ParquetWriter(whole, "sample", names)
    writer.write(values, ids)
    writer.close({"a": "b"})
    writer = ParquetWriter(first, "sample", names)
    writer.write(values[:9], ids[:9])
    assert writer.n_written == 8
    second = io.BytesIO(first.getvalue())
    second.seek(0, io.SEEK_END)
    again = ParquetWriter(second, "sample", names, writer.groups)
    again.write(values[8:], ids[8:])
    again.close({"a": "b"})
    assert second.getvalue() == whole.getvalue()


def test_structs_as_the_protocol_has_them() -> None:
    """Worked out by hand from thrift-compact-protocol.md: zigzag, varints, short and long lists."""
    assert struct((1, I32, -1), (2, I32, 300)) == bytes([0x15, 0x01, 0x15, 0xD8, 0x04, 0x00])
    assert struct((1, LIST, (I32, [1, 2]))) == bytes([0x19, 0x25, 0x02, 0x04, 0x00])
    assert struct((1, LIST, (TEXT, ["x"] * 16)))[:3] == bytes([0x19, 0xF8, 0x10])
