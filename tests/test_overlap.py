"""Threads that read ahead and write behind: order, errors, and no thread left over."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from mbembed.overlap import Behind, ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("mbembed")]


def counting(stop: int, fail_at: int | None = None, made: list[int] | None = None) -> Iterator[int]:
    for i in range(stop):
        if i == fail_at:
            raise ValueError(f"at {i}")
        if made is not None:
            made.append(i)
        yield i


def test_items_come_in_order() -> None:
    assert list(ahead(counting(100))) == list(range(100))
    assert names() == []


def test_an_error_comes_behind_the_items_before_it() -> None:
    seen = []
    with pytest.raises(ValueError, match="at 3"):  # noqa: PT012 - at which item is asserted below
        for item in ahead(counting(10, fail_at=3)):
            seen.append(item)  # noqa: PERF402 - what was seen before the error counts
    assert seen == [0, 1, 2]
    assert names() == []


def test_who_stops_early_stops_the_thread() -> None:
    made: list[int] = []
    items = ahead(counting(1000, made=made))
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert names() == []
    assert len(made) < 10


def test_few_items_are_made_ahead() -> None:
    made: list[int] = []
    items = ahead(counting(1000, made=made))
    next(items)
    time.sleep(0.1)
    assert len(made) <= 4
    items.close()  # type: ignore[attr-defined]


def test_everything_is_done_in_order() -> None:
    done: list[int] = []
    behind = Behind(done.append)
    for i in range(50):
        behind.put(i)
    behind.close()
    assert done == list(range(50))
    assert names() == []


def test_an_error_of_the_action_is_raised_once_and_nothing_more_is_done() -> None:
    done: list[int] = []

    def action(item: int) -> None:
        if item == 2:
            raise OSError("disk")
        done.append(item)

    behind = Behind(action)
    with pytest.raises(OSError, match="disk"):  # noqa: PT012 - at which of them is open
        for i in range(1000):
            behind.put(i)
        behind.close()
    behind.stop()
    assert done == [0, 1]
    assert names() == []
