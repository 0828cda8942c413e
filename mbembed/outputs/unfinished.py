"""A file that is written over hours: what there is of it stays, and the next run goes on from there.

Beside ``OUT`` lie, until it is whole, ``OUT.partial`` (its first bytes) and ``OUT.progress.json`` (how
many of them are sure to be on the disk, and of what they were made).
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mbembed.errors import UsageError
from mbembed.outputs.atomic import atomic_path, output_error, terminable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PARTIAL_SUFFIX", "PROGRESS_SUFFIX", "Unfinished", "unfinished"]

PARTIAL_SUFFIX, PROGRESS_SUFFIX = ".partial", ".progress.json"
#: Time between two looks at what is on the disk (seconds): so much work is lost at most, and waiting for
#: the disk (a fsync of some 100 MB) stays a small part of it.
CHECKPOINT_S = 10.0
#: What tells two runs apart, in words: key of ``made_of`` → what is said of it.
_WORDS = {
    "table": "another table",
    "model": "another model",
    "options": "other options",
    "shard": "another shard",
    "content": "other abundances, names or samples",
    "version": "another version of mbembed",
}


class Unfinished:
    """An output that is being written.

    Attributes
    ----------
    handle : binary file
        Stands where writing goes on.
    state : dict, optional
        What the writer said when it stopped; None if there was nothing to go on from.
    """

    def __init__(self, handle: BinaryIO, progress: Path, made_of: Mapping[str, object], state: Any) -> None:
        self.handle = handle
        self.state: dict[str, Any] | None = state
        self._progress = progress
        self._made_of = dict(made_of)
        self._noted_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next `note`."""
        return time.monotonic() - self._noted_at >= CHECKPOINT_S

    def note(self, state: Mapping[str, Any]) -> None:
        """Note how far the file is, once it is on the disk so far."""
        self.handle.flush()
        os.fsync(self.handle.fileno())
        content = {"bytes": self.handle.tell(), "state": dict(state), "made_of": self._made_of}
        with atomic_path(self._progress) as temporary:
            temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")
        self._noted_at = time.monotonic()


@contextmanager
def unfinished(target: Path, made_of: Mapping[str, object]) -> Iterator[Unfinished]:
    """Go on with an output, or begin it; it gets its name at the end.

    Parameters
    ----------
    target : Path
    made_of : mapping of str to JSON values
        What the output is made of and how. Only what was made of the same is continued.

    Yields
    ------
    Unfinished

    Raises
    ------
    UsageError
        If what lies there is of another run, or another process is writing it now.
    OutputError
        If it cannot be written.
    """
    final = Path(os.path.realpath(target))
    partial, progress = (final.with_name(final.name + suffix) for suffix in (PARTIAL_SUFFIX, PROGRESS_SUFFIX))
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with terminable(), _locked(partial, target):
            partial.touch()
            known = _read(progress, partial)
            if known is not None:
                _check(known["made_of"], made_of, target, partial)
            try:
                with partial.open("r+b") as handle:
                    handle.truncate(known["bytes"] if known else 0)
                    handle.seek(0, os.SEEK_END)
                    yield Unfinished(handle, progress, made_of, known["state"] if known else None)
                    handle.flush()
                    os.fsync(handle.fileno())
            except BaseException:
                if not progress.exists():  # nothing to go on from
                    with suppress(OSError):
                        partial.unlink()
                raise
            partial.replace(final)
            with suppress(FileNotFoundError):
                progress.unlink()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output_error(target, error) from error


def _read(progress: Path, partial: Path) -> dict[str, Any] | None:
    """Return what was noted; None if nothing was, or the file is not as long as that."""
    try:
        content = json.loads(progress.read_text(encoding="utf-8"))
        whole = int(content["bytes"]) <= partial.stat().st_size and content["made_of"] and content["state"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return content if whole else None


def _check(before: Mapping[str, object], now: Mapping[str, object], target: Path, partial: Path) -> None:
    plain = json.loads(json.dumps(now))
    other = [words for key, words in _WORDS.items() if before.get(key) != plain.get(key)]
    if not other:
        return
    raise UsageError(
        f"{partial.name} was begun with {other[0]}"
        + (_differences(before, plain) if other[0] == _WORDS["options"] else ""),
        expected=f"the table, model and options with which {target} was begun",
        hint=f"the same command as before; or remove {partial} to begin anew",
        path=str(partial),
    )


def _differences(before: Mapping[str, object], now: Mapping[str, object]) -> str:
    old, new = before.get("options"), now.get("options")
    if not isinstance(old, dict) or not isinstance(new, dict):
        return ""
    changed = [
        f"{key} was {old.get(key)!r}, is {new.get(key)!r}" for key in {**old, **new} if old.get(key) != new.get(key)
    ]
    return f" ({'; '.join(changed)})"


@contextmanager
def _locked(partial: Path, target: Path) -> Iterator[None]:
    """Keep a second process from the same output; where the system has no such locks, nothing is kept off."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with partial.open("ab") as handle:
        try:
            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"another process is writing {target}",
                expected="one at a time",
                hint="wait for it, or give each its own --output",
                path=str(target),
            ) from error
        except OSError:  # a file system without locks
            pass
        yield
