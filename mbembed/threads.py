"""How many threads to use, and how to keep a BLAS from starting its own."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from mbembed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["limit_blas_here", "one_blas_thread", "start_without_blas_threads", "thread_count", "usable_cores"]

#: Environment variables that say how many threads a program may use, the first that is set first:
#: Galaxy states the cores of a job in ``GALAXY_SLOTS``, batch systems in OpenMP's variable.
THREAD_VARIABLES = ("GALAXY_SLOTS", "OMP_NUM_THREADS")
#: What OpenBLAS, MKL, Accelerate and BLIS read when they are loaded.
BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS")
#: Processor time that a container may use: microseconds per period, "max" if unlimited (cgroup v2, cpu.max).
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
#: A thread that looks at the limit while another one lifts it would later restore half of it.
_CHANGING = Lock()


def thread_count(given: int | None = None) -> int:
    """Tell how many threads to use.

    Parameters
    ----------
    given : int, optional
        What the user asked for (``--threads``).

    Returns
    -------
    int
        ``given``; else ``GALAXY_SLOTS``; else the first number of ``OMP_NUM_THREADS``; else the
        cores that this process may use, by its affinity and the quota of its container.

    Raises
    ------
    UsageError
        If fewer threads than one were asked for.

    Examples
    --------
    >>> thread_count(3)
    3
    """
    if given is not None:
        if given < 1:
            raise UsageError(f"--threads is {given}", expected="at least 1", hint="--threads 1, or leave it out")
        return given
    for variable in THREAD_VARIABLES:
        first = os.environ.get(variable, "").split(",")[0].strip()  # OpenMP: one number per level of nesting
        if first.isdecimal() and int(first) > 0:
            return int(first)
    return usable_cores()


def usable_cores() -> int:
    """Return the cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = CPU_QUOTA.read_text(encoding="ascii").split()
    except (OSError, ValueError):  # not Linux, or no such limit
        return cores
    return cores if quota == "max" else min(cores, max(1, int(quota) // int(period)))


def start_without_blas_threads() -> None:
    """Tell a BLAS that is not loaded yet to start no threads; for programs, before NumPy is imported.

    The encoder gives each of its threads a block of samples. A BLAS that starts threads of its own
    for each block only gets in their way: on a busy machine its threads wait for each other.
    """
    for variable in BLAS_VARIABLES:
        os.environ[variable] = "1"


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have the BLAS work in the calling thread only, for as long as the block runs.

    Only speed depends on it, no number does. A limit that is in force already, in this thread or
    in another one, stays as it is.
    """
    if _started_without():
        yield
        return
    from threadpoolctl import ThreadpoolController

    with _CHANGING:
        blas = ThreadpoolController().select(user_api="blas")
        limited = all(pool["num_threads"] == 1 for pool in blas.info())
        limit = None if limited else blas.limit(limits=1)
    try:
        yield
    finally:
        if limit is not None:
            with _CHANGING:
                limit.restore_original_limits()


def limit_blas_here() -> None:
    """Have the BLAS start no threads for the calling thread, as long as it lives; for new threads.

    Where the BLAS counts by OpenMP or is MKL, a thread does not have the limit of the one that made it.
    """
    if not _started_without():
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=1, user_api="blas")


def _started_without() -> bool:
    return all(os.environ.get(variable) == "1" for variable in BLAS_VARIABLES)
