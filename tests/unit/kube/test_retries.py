"""The patience of the way back: what is asked again, for how long, and what is said meanwhile."""

from __future__ import annotations

import pytest

from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.kube.retries import RetryPolicy

HOUR = 3600.0


class Time:
    """Goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []

    def insistence(self, seconds: float = 6 * HOUR) -> RetryPolicy:
        """One that begins now."""
        return RetryPolicy(until=self.now + seconds, say=self.said.append, clock=lambda: self.now)


FINAL = (RefusalKind.CONFLICT, RefusalKind.EXISTS, RefusalKind.INVALID, RefusalKind.MISSING, RefusalKind.NO_KUBECTL)


@pytest.mark.parametrize("kind", RefusalKind, ids=lambda kind: kind.name.lower())
def test_what_may_pass_by_itself_is_asked_again(kind: RefusalKind) -> None:
    """What waiting does not change is an answer also on the way back."""
    assert Time().insistence().again(Refused("no", kind=kind)) is (kind not in FINAL)


def test_it_ends() -> None:
    """When the time is up a refusal is one."""
    time = Time()
    insistence = time.insistence(HOUR)
    time.now = HOUR + 1

    assert not insistence.again(Refused("no", kind=RefusalKind.FORBIDDEN))


def test_a_line_a_minute_says_what_is_waited_for() -> None:
    """Not one for each request, and none of what passes within a minute."""
    time = Time()
    insistence = time.insistence()
    while time.now < 150:
        insistence.again(Refused("the server has asked for credentials", kind=RefusalKind.UNAUTHORIZED))
        time.now += 5.0

    assert len(time.said) == 2
    assert "the cluster refuses (the server has asked for credentials); retrying for up to 5 h 59" in time.said[0]


def test_an_answer_in_between_begins_the_minute_anew() -> None:
    """Two short disturbances are not one long."""
    time = Time()
    insistence = time.insistence()
    for now in (0.0, 5.0, 50.0, 55.0, 100.0):
        time.now = now
        insistence.again(Refused("no", kind=RefusalKind.TRANSIENT))

    assert time.said == []
