"""How many threads, and a BLAS that works in one."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mbembed import threads
from mbembed.errors import UsageError
from mbembed.threads import BLAS_VARIABLES, THREAD_VARIABLES, limit_blas_here, one_blas_thread, thread_count

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in (*THREAD_VARIABLES, *BLAS_VARIABLES):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(threads, "CPU_QUOTA", tmp_path / "cpu.max")


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def blas_threads() -> list[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_what_was_given_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALAXY_SLOTS", "4")
    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    assert thread_count(3) == 3
    assert thread_count() == 4
    monkeypatch.delenv("GALAXY_SLOTS")
    assert thread_count() == 6


@pytest.mark.parametrize(("value", "count"), [("2,4", 2), (" 5 ", 5), ("0", 8), ("-1", 8), ("many", 8), ("", 8)])
def test_a_variable_that_is_no_number_does_not_count(
    value: str, count: int, monkeypatch: pytest.MonkeyPatch, eight_cores: None
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert thread_count() == count


@pytest.mark.parametrize(
    ("quota", "count"),
    [("max 100000", 8), ("200000 100000", 2), ("50000 100000", 1), ("1600000 100000", 8), ("broken", 8)],
)
def test_a_container_may_use_what_its_quota_says(quota: str, count: int, eight_cores: None) -> None:
    threads.CPU_QUOTA.write_text(quota + "\n")
    assert thread_count() == count


def test_without_affinity_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert thread_count() == 1


@pytest.mark.parametrize("given", [0, -2])
def test_fewer_than_one_is_refused(given: int) -> None:
    with pytest.raises(UsageError, match=f"--threads is {given}") as caught:
        thread_count(given)
    assert "--threads 1" in str(caught.value)


def test_the_blas_is_limited_and_set_free_again() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with one_blas_thread():
            assert set(blas_threads()) <= {1}
            with one_blas_thread():
                pass
            assert set(blas_threads()) <= {1}
        assert blas_threads() == before


def test_many_threads_that_limit_the_blas_set_it_free_again() -> None:
    def work(_: int) -> None:
        limit_blas_here()
        with one_blas_thread():
            np.ones((50, 50)) @ np.ones((50, 50))

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(200)))
        assert blas_threads() == before


def test_threads_that_overlap_set_the_blas_free_again() -> None:
    first_in, second_in, first_out = Event(), Event(), Event()

    def first() -> None:
        with one_blas_thread():
            first_in.set()
            second_in.wait(10)
        first_out.set()

    def second() -> None:
        first_in.wait(10)
        with one_blas_thread():
            second_in.set()
            first_out.wait(10)

    before = blas_threads()
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result()
    assert blas_threads() == before


def test_a_program_starts_without_threads_of_the_blas() -> None:
    code = (
        "from mbembed.threads import *; start_without_blas_threads(); import numpy;"
        "from threadpoolctl import threadpool_info; print({p['num_threads'] for p in threadpool_info()})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("{1}", "set()")
