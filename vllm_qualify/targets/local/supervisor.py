"""Runs one engine and sees to it that nothing of it is left; started by `targets.local.engine` as a process of its own.

Its standard input is a lifeline: when the harness ends, by whatever signal, the pipe closes and the engine's whole
tree is ended. As the subreaper of that tree it also finds the workers that an engine orphaned when it died.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import psutil

LINE_BYTES = 1024 * 1024
"""What is longer is kept as several lines: an engine that writes one without end fills no memory."""
LOG_BYTES = 64 * 1024 * 1024
"""What is kept of a log; an engine at its wordiest writes some megabytes an hour."""
PR_SET_CHILD_SUBREAPER = 36
"""From linux/prctl.h."""
AUTOGROUP = Path("/proc/self/autogroup")
BEHIND_THE_HARNESS = 10
"""As of nice(1): the processors that are free are its own all the same."""


def main() -> int:
    """Run the engine to its end, or to the end of the harness; exits as a container would (128 + signal)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("--behind", action="store_true", help="take processors from nobody who asks it")
    parser.add_argument("argv", nargs="+")
    options = parser.parse_args()
    if options.behind:
        stand_behind()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with options.log.open("wb", buffering=0) as log:
        returncode = _run(options.argv, log, options.grace)
    return 128 - returncode if returncode < 0 else returncode


def stand_behind() -> None:
    """Let whoever asks the engine come first on the processors that it computes on.

    Linux shares processors out by session (sched(7), "The autogroup feature"). An engine whose threads wait for each
    other by spinning kept a client of another session from its processor for up to 1 s, so that whole streams came in
    one read; behind it, the client was late by 1 ms, and the engine was no slower. Kernels without the feature, or with
    it switched off, showed nothing of the kind.
    """
    with contextlib.suppress(OSError):
        AUTOGROUP.write_text(str(BEHIND_THE_HARNESS), encoding="ascii")


def _run(argv: list[str], log: IO[bytes], grace: float) -> int:
    try:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        log.write(stamped(f"vllm-qualify: {argv[0]} could not be started: {error}".encode()))
        return 127
    if child.stdout is None:
        raise AssertionError("the pipe was asked for above")
    pump = threading.Thread(target=_pump, args=(child.stdout, log), daemon=True)
    pump.start()
    _wait_for_end(child)
    _end_tree(child, grace)
    pump.join(timeout=5)
    return child.wait()


def _pump(source: IO[bytes], log: IO[bytes]) -> None:
    """Copy line by line, each with its time, in the form of `kubectl logs --timestamps`.

    Beyond `LOG_BYTES` all is read still, lest the engine wait for somebody to read, but nothing is kept.
    """
    left = LOG_BYTES
    while line := source.readline(LINE_BYTES):
        if left > 0:
            log.write(stamped(line.rstrip(b"\r\n")))
            left -= len(line)
            if left <= 0:
                log.write(stamped(f"vllm-qualify: the log is longer than the {LOG_BYTES} bytes that are kept".encode()))


def stamped(line: bytes) -> bytes:
    """A line of the log with the time at which it came, in RFC 3339, UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds").encode() + b" " + line + b"\n"


def _wait_for_end(child: subprocess.Popen[bytes]) -> None:
    """Return when the engine ended, the lifeline broke, or somebody asked for the end by SIGTERM."""
    asked, asking = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(asking, b"!"))
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.buffer, selectors.EVENT_READ)
        selector.register(asked, selectors.EVENT_READ)
        selector.register(os.pidfd_open(child.pid), selectors.EVENT_READ)
        selector.select()


def _end_tree(child: subprocess.Popen[bytes], grace: float) -> None:
    """SIGTERM the engine, then SIGKILL whatever is left of its tree; all of them are our descendants."""
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=grace)
    myself = psutil.Process()
    while left := myself.children(recursive=True):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        child.poll()
        psutil.wait_procs(left, timeout=1)


if __name__ == "__main__":
    sys.exit(main())
