"""What the command line says while it works: on stderr, so that stdout holds results only."""

from __future__ import annotations

import sys
import time

__all__ = ["NORMAL", "QUIET", "VERBOSE", "Progress", "detail", "duration", "error", "say", "set_level", "warn"]

#: Levels of talk: warnings and errors only; what is done; every decision and why.
QUIET, NORMAL, VERBOSE = 0, 1, 2
#: Time between two redraws of a progress bar (seconds): ten per second look smooth.
REDRAW_S = 0.1
#: Time between two lines of progress in a log (seconds): none for what takes less than a minute.
LOG_S = 60.0
#: Time after which a rate is told (seconds): before, it says little.
PACE_S = 1.0
#: Seconds of a minute, minutes of an hour.
MINUTE = 60
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
    """A progress bar on a terminal; in a log or a pipe a line now and then, if it takes long.

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
        self._shown = _level >= NORMAL
        self._bar = sys.stderr.isatty()
        self._began_at = time.monotonic()
        self._began_with: int | None = None
        self._drawn_at = 0.0 if self._bar else self._began_at

    def update(self, done: int, note: str = "") -> None:
        """Show how much is done, how fast, and how long it will take, with a short note behind it."""
        now = time.monotonic()
        if self._began_with is None:
            self._began_with = done  # done at once, or by an earlier run: no part of the rate
            self._began_at = now
        between = REDRAW_S if self._bar else LOG_S
        if not self._shown or (now - self._drawn_at < between and not (self._bar and done >= self.total)):
            return
        self._drawn_at = now
        share = min(done / self.total, 1.0) if self.total else 1.0
        text = f"{share:4.0%} of {self.total:,} {self.unit}{self._pace(done, now)} {note}"
        if self._bar:
            bar = ("█" * round(share * BAR_WIDTH)).ljust(BAR_WIDTH, "·")
            print(f"\r{self.label} {bar} {text}\033[K", end="", file=sys.stderr, flush=True)
        else:
            _print(f"{self.label}: {text}".rstrip())

    def _pace(self, done: int, now: float) -> str:
        """Return the rate, and the time that remains, once both can be told."""
        spent, made = now - self._began_at, done - (self._began_with or 0)
        if spent < PACE_S or made <= 0:
            return ""
        rate = made / spent
        rest = f", {duration((self.total - done) / rate)} left" if done < self.total else f", {duration(spent)}"
        return f", {rate:,.0f} {self.unit}/s{rest}" if rate >= 1 else rest

    def close(self) -> None:
        """End the line."""
        if self._shown and self._bar and self._drawn_at:
            print(file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Return a time in words.

    >>> duration(42.4), duration(200), duration(7300)
    ('42 s', '3 min 20 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < MINUTE * MINUTE:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // MINUTE**2} h {whole // MINUTE % MINUTE} min"
