"""Ctrl-C is taken for the time of a command and given back after it; how a process ends is in the tests of commands."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from vllm_qualify.system.interrupts import EXIT_INTERRUPTED, Interrupts


def test_while_it_loads_the_process_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the code of an interrupted one, and without an exception that an import might swallow."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)

    with Interrupts(whole_process=False):
        signal.raise_signal(signal.SIGINT)

    assert ended == [EXIT_INTERRUPTED]


def test_once_it_works_it_can_clean_up() -> None:
    """KeyboardInterrupt comes out as it does in every program."""

    def work() -> None:
        interrupts = Interrupts(whole_process=False)
        with interrupts:
            interrupts.work()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work()

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_ignores_it_goes_on_ignoring_it() -> None:
    """As under nohup, or behind an & in a script."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts = Interrupts(whole_process=True)
    try:
        with interrupts:
            interrupts.work()
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_leaves_it_alone() -> None:
    """Only the main thread can take it."""
    seen: list[object] = []

    def work() -> None:
        with Interrupts(whole_process=False):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [signal.default_int_handler]


def test_at_the_end_of_a_process_nothing_is_said_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while Python winds up ends it on the spot, without a traceback of whatever runs then."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    try:
        with Interrupts(whole_process=True):
            pass
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    assert ended == [EXIT_INTERRUPTED]
