"""What the command line says while it works: on stderr, so that stdout holds results only."""

from __future__ import annotations

import sys
import time

__all__ = ["NORMAL", "QUIET", "VERBOSE", "Progress", "detail", "error", "say", "set_level", "warn"]

#: Levels of talk: warnings and errors only; what is done; every decision and why.
QUIET, NORMAL, VERBOSE = 0, 1, 2
#: Time between two redraws of a progress bar (seconds): ten per second look smooth.
REDRAW_S = 0.1
#: Length of a progress bar (characters).
BAR_WIDTH = 30

_level = NORMAL


def set_level(level: int) -> None:
    """Set how much is said: ``QUIET``, ``NORMAL`` or ``VERBOSE``."""
    global _level
    _level = level


def say(text: str) -> None:
    """Say what is done."""
    if _level >= NORMAL:
        _print(text)


def detail(text: str) -> None:
    """Say a detail, for those who asked for it."""
    if _level >= VERBOSE:
        _print(text)


def warn(text: str) -> None:
    """Warn, at every level."""
    _print(f"warning: {text}")


def error(text: str) -> None:
    """Say what went wrong, at every level."""
    _print(f"error: {text}")


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Progress:
    """A progress bar on a terminal; elsewhere (a log, a pipe) nothing.

    Parameters
    ----------
    total : int
        Value of ``done`` at the end.
    label : str
        What is going on.
    unit : str
        What is counted.
    """

    def __init__(self, total: int, label: str, unit: str) -> None:
        self.total = total
        self.label = label
        self.unit = unit
        self._shown = _level >= NORMAL and sys.stderr.isatty()
        self._drawn_at = 0.0

    def update(self, done: int, note: str = "") -> None:
        """Show how much is done, with a short note behind it."""
        now = time.monotonic()
        if not self._shown or (now - self._drawn_at < REDRAW_S and done < self.total):
            return
        self._drawn_at = now
        share = min(done / self.total, 1.0) if self.total else 1.0
        bar = ("█" * round(share * BAR_WIDTH)).ljust(BAR_WIDTH, "·")
        print(
            f"\r{self.label} {bar} {share:4.0%} of {self.total:,} {self.unit} {note}",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def close(self) -> None:
        """End the line."""
        if self._shown and self._drawn_at:
            print(file=sys.stderr, flush=True)
