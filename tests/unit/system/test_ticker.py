"""What shows that something goes on is called while it does, and not after it."""

from __future__ import annotations

import threading

from vllm_qualify.system.ticker import Ticker


def test_it_is_called_again_and_again() -> None:
    """Until the block is left."""
    thrice, calls = threading.Event(), []

    def act() -> None:
        calls.append(threading.current_thread())
        if len(calls) == 3:
            thrice.set()

    with Ticker(act, every_seconds=0.001):
        assert thrice.wait(timeout=60)

    assert not calls[0].is_alive()


def test_a_short_block_is_not_worth_a_call() -> None:
    """Nothing is shown of what is over before."""
    calls: list[int] = []

    with Ticker(lambda: calls.append(1), every_seconds=60):
        pass

    assert calls == []
