"""What signals do to a run; each is really sent, to this very process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from vllm_qualify.system.signals import Signals

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def said() -> list[str]:
    """The lines that were said."""
    return []


@pytest.fixture
def signals(said: list[str]) -> Iterator[Signals]:
    """Signals that are taken, and given back after the test."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    made = Signals(said.append)
    made.install()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: signal.Signals) -> None:
    """A signal to this process, which Python takes in at the end of this call."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
@pytest.mark.usefixtures("signals")
def test_the_first_ends_the_run_as_ctrl_c_does(number: signal.Signals) -> None:
    """So that everything is cleaned up on the way out."""
    with pytest.raises(KeyboardInterrupt):
        send(number)


def test_those_after_it_are_only_answered(signals: Signals, said: list[str]) -> None:
    """Whoever presses twice does not break the cleaning up."""
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)

    for number in NUMBERS:
        send(number)
    with signals.held("production is being put back"):
        send(signal.SIGINT)

    assert said[:1] == ["SIGINT: the run is ending; this is not interrupted"]
    assert said[3] == "SIGINT: production is being put back; this is not interrupted"


def test_within_what_is_held_it_waits(signals: Signals, said: list[str]) -> None:
    """It takes effect once, at the end of the block, however often it came."""
    done: list[str] = []

    def work() -> None:
        with signals.held("production is being put back"):
            send(signal.SIGTERM)
            send(signal.SIGTERM)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]
    assert said == ["SIGTERM: production is being put back; this is not interrupted"] * 2


def test_what_is_held_within_what_is_held(signals: Signals, said: list[str]) -> None:
    """Only the end of the outermost lets it through, and each says its own reason."""
    done: list[str] = []

    def work() -> None:
        with signals.held("outside"):
            with signals.held("inside"):
                send(signal.SIGINT)
            send(signal.SIGINT)
            done.append("still held")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["still held"]
    assert [line.split("; ")[0] for line in said] == ["SIGINT: inside", "SIGINT: outside"]


def test_after_the_last_block_nothing_is_left_to_be_ended(signals: Signals, said: list[str]) -> None:
    """Reports are written in peace: neither what waited nor what comes then interrupts."""
    with signals.held("production is being put back", last=True):
        send(signal.SIGINT)
    send(signal.SIGTERM)

    assert [line.split(":")[0] for line in said] == ["SIGINT", "SIGTERM"]


def test_without_a_signal_nothing_happens(signals: Signals, said: list[str]) -> None:
    """And the next one is the first."""
    with signals.held("production is being put back"):
        pass

    assert said == []
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)


def test_an_error_in_the_block_comes_out_as_it_is(signals: Signals) -> None:
    """It is not hidden by what waited, and nothing is held after it."""

    def work() -> None:
        with signals.held("production is being put back"):
            send(signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)


@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error"), RuntimeError("reentrant call")], ids=["gone", "busy"]
)
def test_a_terminal_that_takes_no_line(error: Exception) -> None:
    """After SIGHUP there is none, and one that is just being written to takes nothing between: nobody is disturbed."""

    def fail(_: str) -> None:
        raise error

    signals = Signals(fail)
    done: list[str] = []
    with signals.held("production is being put back", last=True):
        signals._take(signal.SIGHUP, None)
        done.append("all of it")

    assert done == ["all of it"]


def test_another_thread_takes_none_over(said: list[str]) -> None:
    """Only the main thread can; there it is left alone."""
    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=Signals(said.append).install)
    thread.start()
    thread.join()

    assert signal.getsignal(signal.SIGINT) is before
