"""Whoever looks at a terminal sees for how long a case runs, and finds nothing of it in the lines of pytest."""

from __future__ import annotations

import itertools
import os
from types import SimpleNamespace
from typing import Any

import pytest

from vllm_qualify.plugin import live_line
from vllm_qualify.plugin.live_line import LiveHooks, LiveStart


def drawn(*, written: int = 20, cost: float | None = None) -> list[str]:
    """What is written on a terminal of 80 columns in the course of one case, by the second."""
    reader, writer = os.pipe()
    config: Any = SimpleNamespace(
        get_terminal_writer=lambda: SimpleNamespace(width_of_current_line=written, fullwidth=80)
    )
    marker = None if cost is None else SimpleNamespace(args=(cost,))
    item: Any = SimpleNamespace(get_closest_marker=lambda _name: marker)
    hooks = LiveHooks(config, terminal=writer, clock=itertools.count(step=10).__next__)
    protocol = hooks.pytest_runtest_protocol(item)

    next(protocol)
    hooks.tick()
    hooks.pytest_runtest_logreport()
    with pytest.raises(StopIteration):
        protocol.send(None)
    os.close(writer)
    with os.fdopen(reader, "rb") as terminal:
        return terminal.read().decode().split("\x1b[K")


def test_the_time_stands_behind_the_name() -> None:
    """With what the case is known to take; the cursor stays, and it goes before the outcome is written."""
    assert drawn(cost=60) == ["\x1b7 10 s (about 60 s on a GPU)", "\x1b8", ""]
    assert drawn() == ["\x1b7 10 s", "\x1b8", ""]


def test_a_full_line_is_left_alone() -> None:
    """What does not fit would wrap, and could not be taken away."""
    assert drawn(written=76) == ["", ""]


def test_a_terminal_that_has_gone_disturbs_nobody() -> None:
    """It is only a line of progress."""
    reader, writer = os.pipe()
    os.close(reader)
    hooks = LiveHooks(SimpleNamespace(get_terminal_writer=lambda: None), terminal=writer)  # type: ignore[arg-type]

    hooks.erase()

    os.close(writer)


@pytest.mark.parametrize(
    ("terminal", "term", "verbose", "shown"),
    [(True, "xterm", 1, True), (False, "xterm", 1, False), (True, "dumb", 1, False), (True, "xterm", -1, False)],
    ids=["terminal", "file", "dumb", "quiet"],
)
def test_only_a_terminal_that_somebody_looks_at_shows_it(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, term: str, verbose: int, shown: bool
) -> None:
    """Not a file, not one without sequences, and not where only the result is wanted."""
    registered: list[str] = []
    config: Any = SimpleNamespace(
        get_terminal_writer=lambda: SimpleNamespace(hasmarkup=True),
        option=SimpleNamespace(verbose=verbose),
        add_cleanup=lambda close: close(),
        pluginmanager=SimpleNamespace(register=lambda _hooks, name: registered.append(name)),
    )
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(os, "isatty", lambda _number: terminal)

    LiveStart().pytest_sessionstart(SimpleNamespace(config=config))  # type: ignore[arg-type]

    assert (registered == [live_line.NAME]) is shown
