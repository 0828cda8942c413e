"""Reading ahead and writing behind: one thread each, with few blocks on the way."""

from __future__ import annotations

from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Behind", "ahead"]

T = TypeVar("T")

#: Blocks that may be under way between two threads. One is enough to keep both busy; more only cost memory.
DEPTH = 1
#: How often a thread that waits looks whether it is still needed (seconds).
LOOK_S = 0.2
_END = object()


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Have a thread make the next items while this one is at work.

    Parameters
    ----------
    items : iterator
        Run in the other thread. Its errors are raised here.

    Examples
    --------
    >>> list(ahead(iter([1, 2, 3])))
    [1, 2, 3]
    """
    queue: Queue[object] = Queue(maxsize=DEPTH)
    stop = Event()

    def put(item: object) -> None:
        while not stop.is_set():
            try:
                queue.put(item, timeout=LOOK_S)
            except Full:
                continue
            return

    def run() -> None:
        try:
            for item in items:
                put(item)
                if stop.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised in the other thread
            put(_Failed(error))
        else:
            put(_END)
        finally:
            close = getattr(items, "close", None)
            if close:
                close()

    thread = Thread(target=run, name="mbembed-read", daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, _Failed):
                raise item.error
            yield cast("T", item)
    finally:
        stop.set()
        thread.join()


class Behind(Generic[T]):
    """Have a thread do something with each item while this one makes the next.

    Parameters
    ----------
    action : callable
        What to do with an item. After an error nothing more is done, and `put` or `close` raises it.
    """

    def __init__(self, action: Callable[[T], None]) -> None:
        self._queue: Queue[object] = Queue(maxsize=DEPTH)
        self._error: BaseException | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, args=(action,), name="mbembed-write", daemon=True)
        self._thread.start()

    @property
    def failed(self) -> bool:
        """Whether the action ended in an error, so that nobody knows how much of it was done."""
        return self._error is not None

    def put(self, item: T) -> None:
        """Hand over the next item; waits while too many are under way."""
        while True:
            if self._error:
                raise self._error
            try:
                self._queue.put(item, timeout=LOOK_S)
            except Full:
                continue
            return

    def close(self) -> None:
        """Wait until everything is done."""
        self._queue.put(_END)
        self._thread.join()
        if self._error:
            raise self._error

    def stop(self) -> None:
        """Leave undone what has not begun."""
        self._stop.set()
        self._thread.join()

    def _run(self, action: Callable[[T], None]) -> None:
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=LOOK_S)
            except Empty:
                continue
            if item is _END:
                return
            if self._error is None:
                try:
                    action(cast("T", item))
                except BaseException as error:  # noqa: BLE001 - raised in the other thread
                    self._error = error


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error
