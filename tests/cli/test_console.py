"""What the command line says while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mbembed.cli import console

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock that is set by hand."""
    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


def test_a_bar_with_rate_and_remaining_time(
    clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console.sys.stderr, "isatty", lambda: True, raising=False)
    bar = console.Progress(1000, "Embedding", "samples")
    bar.update(0)
    clock(2.0)
    bar.update(100)
    clock(0.01)
    bar.update(101)  # too soon to draw
    clock(18.0)
    bar.update(1000)
    bar.close()
    drawn = [line.replace("\033[K", "").strip() for line in capsys.readouterr().err.split("\r")[1:]]
    assert [line.split("%")[-1].strip() for line in drawn] == [
        "of 1,000 samples",
        "of 1,000 samples, 50 samples/s, 18 s left",
        "of 1,000 samples, 50 samples/s, 20 s",
    ]


def test_a_log_gets_a_line_a_minute(clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]) -> None:
    bar = console.Progress(10_000, "Embedding", "samples")
    for done in range(0, 10_001, 100):
        bar.update(done)
        clock(2.0)
    bar.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Embedding:  30% of 10,000 samples, 50 samples/s, 2 min 20 s left"
    assert len(lines) == 3


def test_a_short_run_leaves_no_line_in_a_log(
    clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    bar = console.Progress(100, "Reading", "samples")
    for done in range(101):
        bar.update(done)
        clock(0.5)
    bar.close()
    assert capsys.readouterr().err == ""


def test_what_an_earlier_run_had_done_is_no_part_of_the_rate(
    clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console.sys.stderr, "isatty", lambda: True, raising=False)
    bar = console.Progress(1000, "Embedding", "samples")
    bar.update(900)
    clock(2.0)
    bar.update(950)
    assert "25 samples/s, 2 s left" in capsys.readouterr().err
