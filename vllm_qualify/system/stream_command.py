"""Runs one command to its end while it shows that it lives: its own bars on a terminal, plain lines in a log."""

from __future__ import annotations

import functools
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from vllm_qualify.system import clock as clocks
from vllm_qualify.system import process_runner
from vllm_qualify.system.process_runner import CompletedProcess, Listener, RunProcess

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
RUN = functools.partial(process_runner.run, keeps_group=True, most_bytes=16_384)
"""Runs what is shown: the tail of its output is enough, and what it leaves behind may go on."""


def run(
    argv: Sequence[str],
    *,
    doing: str,
    say: Callable[[str], None] | None,
    runner: RunProcess = RUN,
    terminal: bool | None = None,
    beat_seconds: float = 15.0,
    clock: Callable[[], float] = clocks.seconds,
) -> CompletedProcess:
    """Run a command to its end; it is ended with us when anything interrupts the wait.

    Args:
        argv: the command, no shell.
        doing: the step in a few words, said with the elapsed time at every beat.
        say: takes one line at a time; unused on a terminal, where the command draws for itself. ``None``: nothing
            is shown anywhere, for a command that only answers a question.
        runner: runs it; a parameter, so that a test can put a strict fake in its place.
        terminal: whether the command sees a terminal; by default, whether standard error is one.
        beat_seconds: how long nothing may be said before the step is named again.
        clock: seconds, as ``system.clock`` counts them.

    Returns:
        How it ended; ``stdout`` is the tail of what it printed, both streams in their order.
    """
    shown = say is not None and (sys.stderr.isatty() if terminal is None else terminal)
    show = _silent if say is None else _speaker(say, doing=doing, beat_seconds=beat_seconds, clock=clock)
    listener = Listener(heard=_draw if shown else _by_line(show), terminal=shown)
    done = runner(list(argv), env=os.environ, cwd=Path.cwd(), stdin="", deadline_seconds=math.inf, listener=listener)
    return CompletedProcess(exit_code=done.exit_code, stdout="\n".join(_lines(done.stdout)))


def _by_line(show: Callable[[str], None]) -> Callable[[bytes], None]:
    """Shows what comes up to the last whole line, and what is there, were it nothing, after a silent second."""
    pending = b""

    def hear(chunk: bytes) -> None:
        nonlocal pending
        head, newline, pending = (pending + chunk).rpartition(b"\n") if chunk else (pending, b"", b"")
        show((head + newline).decode("utf-8", "replace"))

    return hear


def _lines(text: str) -> list[str]:
    return [line.strip() for line in re.split(r"[\r\n]+", _ANSI.sub("", text)) if line.strip()]


def _silent(text: str) -> None:
    """A question is no progress."""


def _draw(chunk: bytes) -> None:
    sys.stderr.write(chunk.decode("utf-8", "replace"))
    sys.stderr.flush()


def _speaker(
    say: Callable[[str], None], *, doing: str, beat_seconds: float, clock: Callable[[], float]
) -> Callable[[str], None]:
    """Says every line, and the step itself after every silent beat."""
    began = last = clock()

    def speak(text: str) -> None:
        nonlocal last
        for line in _lines(text):
            say(line)
            last = clock()
        if clock() - last >= beat_seconds:
            last = clock()
            say(f"still {doing}, {last - began:.0f} s so far")

    return speak
