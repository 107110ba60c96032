"""Production's last start is read from its own log, and nothing else of that log is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vllm_qualify.targets import last_start

STARTED = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
LOG = (
    "2026-11-26T08:00:00Z INFO loading weights",
    "2026-11-26T08:00:40Z INFO:     Application startup complete.",
    "2026-11-27T08:00:01Z INFO loading weights",
    "2026-11-27T08:00:30Z INFO:     Application startup complete.",
    "2026-11-27T09:15:00Z INFO Received request chatcmpl-1: prompt: 'my diagnosis'",
)


def test_the_last_start_is_told_and_no_earlier_one() -> None:
    """A container's log goes back to its earlier lives."""
    assert last_start.seconds(LOG, started=STARTED) == 30.0
    assert last_start.lines(LOG, started=STARTED) == LOG[2:4]


@pytest.mark.parametrize("log", [(), LOG[:1], LOG[2:3], ("Application startup complete",), ("2026-11-27T08:00:30 no",)])
def test_a_log_that_does_not_tell_gives_nothing(log: tuple[str, ...]) -> None:
    """It was cut off, or has no times: then no line of it is anybody's business."""
    assert last_start.seconds(log, started=STARTED) is None
    assert last_start.lines(log, started=STARTED) == ()


def test_without_a_begin_nothing_is_known() -> None:
    """Nobody says when the container was started."""
    assert last_start.seconds(LOG, started=None) is None
    assert last_start.lines(LOG, started=None) == ()
