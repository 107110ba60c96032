"""Whoever waits sees for what and how long: one line on a terminal, plain lines elsewhere, and nothing if so wished."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from vllm_qualify.cli import progress
from vllm_qualify.cli.progress import Progress


class Terminal(io.StringIO):
    """A stream that somebody sees."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(name="clock")
def _clock() -> Iterator[float]:
    """Ten more seconds at each look."""
    return iter(range(0, 1000, 10))  # type: ignore[return-value]


def test_a_terminal_shows_one_line(clock: Iterator[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn over and over, with the time and the budget; it goes before something else is written."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    shown = Progress("asking", budget="at most 20 s", stream=stream, clock=lambda: next(clock))

    shown.tick()
    shown.tick()
    shown.erase()

    assert stream.getvalue().split("\r\x1b[K") == ["", "asking: 10 s (at most 20 s)", "asking: 20 s (at most 20 s)", ""]


@pytest.mark.parametrize(("stream", "term"), [(io.StringIO, "xterm"), (Terminal, "dumb")], ids=["file", "dumb"])
def test_elsewhere_there_are_plain_lines(
    stream: type[io.StringIO], term: str, clock: Iterator[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log takes no sequences, and neither does a terminal that has none."""
    monkeypatch.setenv("TERM", term)
    to = stream()
    shown = Progress("asking", stream=to, clock=lambda: next(clock))

    shown.tick()
    shown.erase()

    assert to.getvalue() == "still asking, 10 s so far\n"


def test_a_stream_that_has_gone_disturbs_nobody() -> None:
    """It is only a line of progress."""
    stream = Terminal()
    shown = Progress("asking", stream=stream)
    stream.close()

    shown.tick()
    shown.erase()


def test_the_block_is_shown_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it where only the result is wanted."""
    ticks: list[float] = []

    class Once:
        """A ticker that ticks at once."""

        def __init__(self, act: object, *, every_seconds: float) -> None:
            self.act, self.every_seconds = act, every_seconds

        def __enter__(self) -> None:
            ticks.append(self.every_seconds)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(progress, "Ticker", Once)

    with progress.waiting("asking", quiet=True):
        pass
    with progress.waiting("asking"):
        pass

    assert ticks == [15.0]
