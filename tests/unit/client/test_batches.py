"""A batch as it is told: what is kept of it, and what is refused."""

from __future__ import annotations

import pytest

from vllm_qualify.client import batches
from vllm_qualify.client.exchanges import ClientLag
from vllm_qualify.client.failures import Failure, FailureKind, TooLarge

LOST = Failure(kind=FailureKind.CLOSED, detail="gone")


def test_events_reach_the_exchange_they_are_told_of() -> None:
    """However they are mixed, each exchange has its own status, reads and end."""
    batch = batches.begun(2)
    for event in (
        {"n": 1, "status": 200, "headers": {"a": "b"}},
        {"n": 0, "end": 0.5, "sent": 0.25, "failure": ["RESET", "why"], "resent": ["CLOSED", "before"]},
        {"n": 1, "at": 1.0, "data": b"x"},
        {"n": 1, "end": 2.0, "sent": 0.0, "failure": None, "resent": None},
        {"lag": [3, 0.001, 0.002]},
    ):
        batch.take(event)

    first, second = batch.told
    assert (first.failure, first.resent) == (
        Failure(kind=FailureKind.RESET, detail="why"),
        Failure(kind=FailureKind.CLOSED, detail="before"),
    )
    assert (first.seconds, first.sent, second.reads, second.status) == (0.5, 0.25, [(1.0, b"x")], 200)
    assert (batch.lag, batch.over) == (ClientLag(beats=3, median=0.001, p99=0.002), True)


def test_a_lag_that_was_never_measured_is_none() -> None:
    """A batch that was over before the timer was due says nothing of the client."""
    batch = batches.begun(0)
    batch.take({"lag": [0, 0.0, 0.0]})

    assert (batch.lag, batch.over) == (None, True)


def test_what_is_lost_ends_only_what_has_no_end() -> None:
    """Exchanges that were over stay as they ended."""
    batch = batches.begun(2)
    batch.take({"n": 0, "end": 1.0, "sent": 0.0, "failure": None, "resent": None})
    batch.lost(LOST)

    assert [told.failure for told in batch.told] == [None, LOST]


def test_more_than_the_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted where it is read is counted once more here: the reader may be an image's own Python."""
    monkeypatch.setattr(batches, "ROOM_BYTES", 2)
    batch = batches.begun(1)
    batch.take({"n": 0, "at": 1.0, "data": b"xx"})

    with pytest.raises(TooLarge, match="more than 2 bytes in all"):
        batch.take({"n": 0, "at": 1.0, "data": b"x"})
