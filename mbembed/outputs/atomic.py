"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import stat
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mbembed.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["atomic_path", "output_error", "terminable"]

#: Mode of a new file before the umask takes its bits away, as open(2) is called by everyone.
_MODE = 0o666
#: Characters of the final name that the temporary one repeats: names may have 255 bytes
#: (POSIX NAME_MAX on common file systems), a character up to 4.
_NAME_PART = 40
#: Exit status of a process that ends on a signal, by the convention of shells: 128 + its number.
_SIGNAL_STATUS = 128


@contextmanager
def atomic_path(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path in the target's folder, and rename it to the target at the end.

    On any error, Ctrl-C or SIGTERM the temporary file is removed and the target stays as it
    was. A process that is killed outright leaves nothing under the target's name. The content
    is on disk before it gets its name (fsync). Missing folders are made. A symbolic link stays,
    the file that it points to is replaced; a device or a pipe is written straight.

    Parameters
    ----------
    target : path-like

    Yields
    ------
    Path
        An empty file with the permissions of any new file, to be written over.

    Raises
    ------
    OutputError
        If the operating system does not let it be written: no permission, disk full, a
        directory in the way, … Every OSError of the body counts as one of those.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_path(folder / "ids.txt") as temporary:
    ...     _ = temporary.write_text("S1")
    >>> [path.name for path in folder.iterdir()]
    ['ids.txt']
    """
    given = Path(target)
    final = Path(os.path.realpath(given))
    try:
        if final.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a directory")
        if final.exists() and not stat.S_ISREG(final.stat().st_mode):
            yield final
            return
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = final.with_name(f".{final.name[:_NAME_PART]}.{os.urandom(4).hex()}.tmp")
        with terminable():
            try:
                os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE))
                yield temporary
                _sync(temporary)
                temporary.replace(final)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink()
                raise
        _sync(final.parent)
    except BrokenPipeError:  # the reader of the pipe has gone: for the command line to handle
        raise
    except OSError as error:
        raise output_error(given, error) from error


def output_error(path: Path, error: OSError) -> OutputError:
    """Say in words why a file could not be written."""
    hints = {
        errno.ENOSPC: ("space on the disk", "free some space, or write to another disk"),
        errno.EDQUOT: ("space within your quota", "free some space, or write to another disk"),
        errno.EFBIG: ("a file size that the system allows", "write to another disk, or raise the limit (ulimit -f)"),
        errno.EISDIR: ("the name of a file", f"name a file in it: {path / 'embeddings.tsv'}"),
        errno.ENOTDIR: ("a folder that exists or can be made", "check the path: a file stands where a folder should"),
        errno.EEXIST: ("a folder that exists or can be made", "check the path: a file stands where a folder should"),
        errno.ENAMETOOLONG: ("a shorter name", "shorten the file name"),
    }
    expected, hint = hints.get(error.errno or 0, ("a folder that you may write to", "choose another folder"))
    return OutputError(
        f"{path} cannot be written ({error.strerror or error})", expected=expected, hint=hint, path=str(path)
    )


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM unwind the stack for a while, so that temporary files are removed."""
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if not ours:  # someone else decides what SIGTERM does, or signals cannot be set here
        yield
        return
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit_on_signal(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(_SIGNAL_STATUS + number)


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on disk."""
    folder = path.is_dir()
    try:
        descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        # Windows opens no folders, some network file systems sync none; some know no fsync at all.
        if not folder and error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
