"""How a candidate on the cluster ends: deaths, hangs, and ends that are not its own fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.targets.home import NEW, Home
from tests.unit.targets.whole import Whole, closed, settings, taken_up
from vllm_qualify.checks import Death, Hang
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.base import Mode, Unavailable
from vllm_qualify.targets.kubernetes import attempt
from vllm_qualify.targets.kubernetes.attempt import ClusterAttempt

Object = dict[str, Any]


ERROR_804 = (
    "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling "
    "NumCudaDevices() that might have already set an error? Error 804: forward compatibility was attempted on non "
    "supported HW"
)


def dying(whole: Whole, *, code: int, log: str) -> None:
    """Let the candidate's container end as soon as it runs."""

    def running(key: Any, pod: Object) -> Object:
        status = usual(key, pod)
        name = pod["spec"]["containers"][0]
        if name["image"] != NEW:
            return status
        whole.home.api.logs[key[2]] = log
        ended = {"exitCode": code, "reason": "Error", "startedAt": whole.home.api.controller.stamp()}
        state = status["containerStatuses"][0] | {"ready": False, "state": {"terminated": ended}}
        return status | {"conditions": [], "containerStatuses": [state]}

    usual = whole.home.api.controller._running
    whole.home.api.controller._running = running  # type: ignore[method-assign]


def test_a_container_that_ends_is_not_waited_for(whole: Whole) -> None:
    """The cause stands in its log, and in the reason."""
    dying(
        whole,
        code=1,
        log=f"{ERROR_804}\n",
    )
    candidate, began = taken_up(whole), whole.home.api.clock.now

    start = candidate.start(Mode.ML)

    assert start.ready is None
    assert start.death is not None
    assert start.death.diagnosis is not None
    assert "exit code 1" in start.reason
    assert start.death.diagnosis.title in start.reason
    assert whole.home.api.clock.now - began < 10
    whole.home.api.executes = lambda *_: CompletedProcess(exit_code=1, stderr="container not found")
    assert set(candidate.evidence()) >= {"events", "pod"}
    assert closed(whole).restoration.complete


def test_one_that_never_becomes_ready_is_given_up(whole: Whole) -> None:
    """After ten minutes, with what was last seen of it."""
    whole.home.api.controller.never_ready.add(NEW)
    candidate = taken_up(whole)

    start = candidate.start(Mode.ML)

    assert start.ready is None
    assert start.reason.startswith("not ready within 600 s, last seen starting: container vllm runs but is not ready")
    assert closed(whole).restoration.complete


def test_the_outage_ends_in_time(home: Home, tmp_path: Path) -> None:
    """A candidate that hangs does not keep production away for longer than was allowed."""
    whole = Whole(home=home, settings=settings(tmp_path), max_downtime_seconds=200.0)
    home.api.controller.never_ready.add(NEW)
    candidate = taken_up(whole)

    with pytest.raises(Unavailable, match="production may be down for 200 s in total"):
        candidate.start(Mode.ML)

    ended = closed(whole)
    assert ended.restoration.complete
    assert ended.away_seconds is not None
    assert 100 < ended.away_seconds <= 200
    assert home.problems() == []


def test_a_death_at_work_is_told_with_its_cause(whole: Whole) -> None:
    """While it lives there is none; it is looked at anew each time."""
    candidate = taken_up(whole)
    candidate.start(Mode.ML)
    before = candidate.end()

    dying(whole, code=1, log="torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB\n")
    whole.home.api.controller.tick()
    death = candidate.end()

    assert before is None
    assert death is not None
    assert "exit code 1" in death.reason
    assert death.diagnosis is not None


def serving(whole: Whole, health: Callable[[float], httpx.Response]) -> ClusterAttempt:
    """A candidate that serves; from then on its health is a function of the seconds since."""
    candidate = taken_up(whole)
    candidate.start(Mode.ML)
    clock, began = whole.home.api.clock, whole.home.api.clock.now

    def answer(request: httpx.Request) -> httpx.Response:
        try:
            return health(clock.now - began)
        except httpx.ReadTimeout:
            clock.sleep(request.extensions["timeout"]["read"])
            raise

    whole.home.health = answer
    return candidate


def silent(_: float = 0.0) -> httpx.Response:
    """Nothing comes in time."""
    raise httpx.ReadTimeout("silent")


def reset(_: float = 0.0) -> httpx.Response:
    """A new connection is reset."""
    raise httpx.ReadError("reset")


@pytest.mark.parametrize("fault", [silent, reset])
def test_a_container_that_runs_is_asked_again(whole: Whole, fault: Callable[[], httpx.Response]) -> None:
    """One probe that fails is no death, nor is a silence that ends within what a busy moment takes."""
    asked: list[float] = []

    def health(seconds: float) -> httpx.Response:
        asked.append(seconds)
        return httpx.Response(200) if len(asked) > 1 else fault()

    end = serving(whole, health).end()

    assert len(asked) == 2
    assert end is None or (isinstance(end, Hang) and end.over)
    assert closed(whole).restoration.complete


def test_a_container_that_hangs_and_comes_back(whole: Whole) -> None:
    """It is told how long it was silent."""
    end = serving(whole, lambda seconds: httpx.Response(200) if seconds > 30 else silent()).end()

    assert isinstance(end, Hang)
    assert end.over
    assert 30 < end.seconds < 45


@pytest.mark.parametrize(("downtime", "longest"), [(3600.0, 75.0), (70.0, 60.0)])
def test_a_hang_is_no_death_and_ends_in_time(home: Home, tmp_path: Path, downtime: float, longest: float) -> None:
    """After the limit it is called a hang; production is back in time whatever the limit is."""
    whole = Whole(home=home, settings=settings(tmp_path), max_downtime_seconds=downtime)
    candidate, began = serving(whole, silent), home.api.clock.now

    end = candidate.end()

    assert isinstance(end, Hang)
    assert (end.over, "the container runs" in end.reason) == (False, True)
    assert end.seconds <= home.api.clock.now - began <= longest
    whole.home.health = lambda _: httpx.Response(200)
    ended = closed(whole)
    assert ended.restoration.complete
    assert ended.away_seconds is not None
    assert ended.away_seconds <= downtime


def test_an_engine_that_says_that_it_is_dead(whole: Whole) -> None:
    """Its own word is evidence, even where the container does not end."""
    end = serving(whole, lambda _: httpx.Response(503)).end()

    assert isinstance(end, Death)
    assert (end.word, end.reason) == ("died", "/health answers HTTP 503: ''")


def test_a_pod_that_somebody_deleted_is_not_the_image_s_fault(whole: Whole) -> None:
    """Nor is one that the node evicted: the candidate cannot be looked at any more, and nobody is blamed."""
    candidate = serving(whole, reset)
    name = next(key for key in whole.home.api.store if key[0] == "Pod" and "vllm-server" in key[2])
    del whole.home.api.store[name]

    with pytest.raises(Unavailable, match=r"for a reason that is not its own: pod .* was deleted"):
        candidate.end()


def test_one_that_answers_that_it_cannot_serve_has_failed(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that is given up says what ``/health`` answered; silence says nothing against the image."""
    monkeypatch.setattr(attempt, "START_SECONDS", 30.0)
    whole.home.api.controller.never_ready.add(NEW)
    whole.home.answers_early = True
    whole.home.health = lambda _: httpx.Response(500, text="Internal Server Error")
    candidate = taken_up(whole)

    start = candidate.start(Mode.ML)

    assert start.death is not None
    assert "/health answers HTTP 500: 'Internal Server Error'" in start.reason
