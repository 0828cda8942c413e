"""Run two commands in turn and compare them: A B A B …, ratios pair by pair."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cost", "compare", "machine", "measure"]

#: ru_maxrss is in KiB on Linux, in bytes on macOS (getrusage(2)).
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
MIB = 1024 * 1024


class Cost(NamedTuple):
    """What one run of a command took.

    Attributes
    ----------
    seconds : float
        Wall time of the whole process.
    mib : float
        Peak resident memory of the process, MiB.
    """

    seconds: float
    mib: float


def measure(command: Sequence[str]) -> Cost:
    """Run a command once as a process of its own.

    Raises
    ------
    SystemExit
        If the command fails: a benchmark of a failure means nothing.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{errors.decode(errors='replace')}")
    return Cost(seconds, usage.ru_maxrss * _RSS_UNIT / MIB)


def compare(title: str, ours: Sequence[str], theirs: Sequence[str], runs: int) -> None:
    """Print the medians of paired runs and the median of the ratios theirs / ours."""
    measure(ours), measure(theirs)  # warm the file cache
    pairs = [(measure(ours), measure(theirs)) for _ in range(runs)]
    for what, unit in (("seconds", "s"), ("mib", "MiB")):
        a = [getattr(pair[0], what) for pair in pairs]
        b = [getattr(pair[1], what) for pair in pairs]
        ratios = [y / x for x, y in zip(a, b, strict=True)]
        print(
            f"{title:<42} {what:<8} mbembed {statistics.median(a):8.2f} {unit:<4} other {statistics.median(b):8.2f} {unit:<4} "
            f"ratio {statistics.median(ratios):5.1f} (from {min(ratios):.1f} to {max(ratios):.1f}, {runs} pairs)"
        )


def machine() -> str:
    """Say on what the figures were measured."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
