"""A real cluster of two processes, one of them killed while it works."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import cloudpickle
import dask
import numpy as np
import pandas as pd
import polars as pl
import pytest
from distributed import Client, Event, LocalCluster, Variable

import mbembed
from mbembed.distributed import embed_dask, embed_shards
from mbembed.errors import ModelError, UnitError
from tests.distributed.tables import cut, fractions
from tests.distributed.test_shards import write_tsv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

#: Longest wait for anything (seconds): far above what a busy machine needs, so that it only ends what hangs.
PATIENCE_S = 120


@contextmanager
def cluster_of_two(folder: Path) -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=2,
            processes=True,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(folder),
            silence_logs=50,  # the loss of a worker is meant
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with cluster_of_two(tmp_path_factory.mktemp("dask")) as client:
        yield client


@pytest.fixture
def fresh_client(tmp_path):
    """A cluster for one test: a killed worker may be missing for the next."""
    with cluster_of_two(tmp_path / "dask") as client:
        yield client


def gated(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a block of samples, but not before the gate is open; tell who stands before it."""
    Variable("waiting").set(os.getpid())
    Event("gate").wait(timeout=PATIENCE_S)
    return frame


def close_gate() -> None:
    Event("gate").clear()
    Variable("waiting").delete()


def kill_one() -> int:
    """Kill a worker outright, in the middle of a task; then open the gate for the others."""
    pid = Variable("waiting").get(timeout=PATIENCE_S)
    os.kill(pid, signal.SIGKILL)
    Event("gate").set()
    return int(pid)


def test_a_dataframe_with_a_worker_killed(fresh_client):
    table = fractions(40)
    Event("gate").set()
    vectors = embed_dask([dask.delayed(gated)(block) for block in cut(table, [10, 10, 10, 10])])
    close_gate()
    pids = fresh_client.run(os.getpid).values()
    running = fresh_client.compute(vectors)
    killed = kill_one()
    found = running.result(timeout=PATIENCE_S)
    pd.testing.assert_frame_equal(found, mbembed.embed(table).to_frame(), check_exact=True)
    assert killed in pids


def gate_writing() -> None:
    """Let this worker wait at the gate before it writes its next vectors."""
    from mbembed.distributed import shards

    write = shards.write_embedding

    def wait_and_write(*arguments: object, **options: object) -> None:
        Variable("waiting").set(os.getpid())
        Event("gate").wait(timeout=PATIENCE_S)
        write(*arguments, **options)

    shards.write_embedding = wait_and_write


def test_files_with_a_worker_killed(fresh_client, tmp_path):
    paths = [write_tsv(tmp_path / "tables" / f"{i}.tsv", block) for i, block in enumerate(cut(fractions(12), [3] * 4))]
    close_gate()
    fresh_client.run(gate_writing)
    pids = fresh_client.run(os.getpid).values()
    with ThreadPoolExecutor(1) as beside:
        killing = beside.submit(kill_one)
        manifest = embed_shards(tmp_path / "tables", tmp_path / "out")
        killed = killing.result(timeout=PATIENCE_S)
    assert killed in pids
    assert [shard["samples"] for shard in manifest["shards"]] == [3] * 4
    found = pl.concat([pl.read_parquet(tmp_path / "out" / f"{i}.parquet") for i in range(4)])
    whole = mbembed.embed([str(path) for path in paths])
    assert found["sample"].to_list() == whole.sample_ids
    np.testing.assert_array_equal(found.drop("sample").to_numpy(), whole.values)
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")) == []


def loads() -> tuple[int, int]:
    """Return how often this worker loaded a model, and how often it was asked for one."""
    from mbembed.distributed import models

    found = models._load.cache_info()
    return found.misses, found.hits + found.misses


def test_a_model_is_loaded_once_in_each_process_and_not_sent(fresh_client):
    vectors = embed_dask([dask.delayed(block) for block in cut(fractions(12), [2] * 6)])
    vectors.compute()
    counts = fresh_client.run(loads).values()
    assert {misses for misses, _ in counts} == {1}
    assert sum(asked for _, asked in counts) == 12  # each partition is looked at, and embedded
    weights = mbembed.load_model().encoder.stages[0].weight.nbytes
    assert len(cloudpickle.dumps(dict(vectors.__dask_graph__()))) < weights / 4


def test_refusals_come_back_as_they_are(client):
    table = fractions(4)
    with pytest.raises(UnitError) as refusal:
        embed_dask([dask.delayed(table.iloc[:2]), dask.delayed((table.iloc[2:] * 1000).round())])
    assert refusal.value.units == {"fraction": ["partition 0"], "counts": ["partition 1"]}
    assert "one unit for the whole table" in refusal.value.expected


def test_a_worker_with_another_version_is_refused(client):
    def pretend(version: str) -> None:
        from mbembed.distributed import models

        models._load.cache_clear()
        models.__version__ = version

    client.run(pretend, "0.0.1")
    try:
        with pytest.raises(ModelError, match=r"a worker has mbembed 0\.0\.1, the client"):
            embed_dask([dask.delayed(fractions(2))])
    finally:
        client.run(pretend, mbembed.__version__)


def test_blas_of_a_worker_uses_one_thread(client):
    def thread_variables() -> dict[str, str | None]:
        return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}

    for found in client.run(thread_variables).values():
        assert set(found.values()) == {"1"}
