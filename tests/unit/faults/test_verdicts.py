from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults import verdicts
from tests.faults.verdicts import Seen

_BEGAN = datetime(2026, 11, 26, 12, tzinfo=UTC)
_OURS, _THEIRS = "0.8.5", "0.5.5"


def case(outcome: str) -> dict[str, Any]:
    """A case of the candidate that took ten seconds."""
    record = {"image": "it", "id": "DEPLOY/health", "outcome": outcome, "started": _BEGAN.isoformat(), "seconds": 10.0}
    return {"type": "case-finished", "case": record | {"message": "pod was deleted"}}


def asked(second: float, version: str, *, agent: str = "python-httpx", what: str = "GET /health") -> Seen:
    """A request so many seconds after the case began."""
    return Seen(at=_BEGAN + timedelta(seconds=second), version=version, what=what, agent=agent)


def wrong(outcome: str, *witnessed: Seen) -> list[str]:
    """What is wrong with a verdict."""
    return list(verdicts.wrong([case(outcome)], witnessed, image="it", version=_OURS))


def test_a_pass_that_the_candidate_answered_is_right() -> None:
    """Whoever answered before the case, or the kubelet."""
    before, probe = asked(-5, _THEIRS), asked(1, _THEIRS, agent="kube-probe/1.34")

    assert wrong("passed", before, probe, asked(5, _OURS), asked(11, _THEIRS)) == []


def test_a_pass_that_another_image_answered_is_wrong() -> None:
    """Also where the candidate answered too."""
    problems = wrong("passed", asked(2, _THEIRS), asked(5, _OURS))

    assert problems == ["DEPLOY/health passed, and 0.5.5 answered, expected 0.8.5"]


def test_a_start_that_another_image_made_is_wrong() -> None:
    """Nobody but the kubelet asked, and that asked production."""
    problems = wrong("passed", asked(5, _THEIRS, agent="kube-probe/1.34"), asked(6, _OURS, what="start"))

    assert problems == ["DEPLOY/health passed while 0.5.5 ran, expected 0.8.5"]


def test_a_failure_blames_a_sound_image() -> None:
    """Whatever happened around it."""
    assert wrong("failed", asked(5, _OURS)) == ["DEPLOY/health blames a sound image: pod was deleted"]


@pytest.mark.parametrize("outcome", ["broken", "blocked", "inconclusive"])
def test_what_is_not_decided_is_no_verdict(outcome: str) -> None:
    """It says nothing of any image."""
    assert wrong(outcome, asked(5, _THEIRS)) == []


def test_a_pass_without_a_witness_is_wrong() -> None:
    """Nothing is proven by silence."""
    assert wrong("passed") == ["DEPLOY/health passed, and no server was ever asked"]
