"""One candidate on the cluster: starts, deaths, what is seen of it, and what is put back afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.targets import controller
from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import NEW, Home
from tests.unit.targets.whole import IMAGE, Whole, probed, settings
from vllm_qualify.checks import Death, Hang
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.checks.production import TransactionEnd as RunEnded
from vllm_qualify.core import images
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.base import Mode, Unavailable
from vllm_qualify.targets.kubernetes.attempt import ClusterAttempt

Object = dict[str, Any]
CARD = "0, NVIDIA GeForce RTX 3060, GPU-3060, 570.195.03, 12288, 10820, 8.6"


ERROR_804 = (
    "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling "
    "NumCudaDevices() that might have already set an error? Error 804: forward compatibility was attempted on non "
    "supported HW"
)


def taken_up(whole: Whole, image: images.ImageRef = IMAGE) -> ClusterAttempt:
    """The candidate, at its turn."""
    whole.target.open()
    return whole.target.deploy(image).__enter__()


def closed(whole: Whole) -> RunEnded:
    """The end of the run."""
    ended = whole.target.close()
    assert ended is not None
    return ended


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


def test_both_modes_serve_in_their_turn(whole: Whole) -> None:
    """Each in the other's place, under its own name; then production is what it was."""
    candidate = taken_up(whole)

    starts = [candidate.start(mode) for mode in (Mode.ML, Mode.R1, Mode.ML)]

    assert [start.model for start in starts] == ["qwen", "r1", "qwen"]
    assert all(start.ready for start in starts)
    assert candidate.client.models().ids == ("qwen",)
    assert closed(whole).restoration.complete
    assert whole.home.problems() == []


def with_key(whole: Whole, entry: Object) -> None:
    """Let production and the manifest name the key of the API."""

    def named(obj: Object) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "VLLM_API_KEY", **entry})

    path = whole.settings.modes.ml.manifest
    manifest = json.loads(path.read_text())
    named(manifest)
    path.write_text(json.dumps(manifest))
    whole.home.api.edit("Deployment", "vllm-server", named)
    whole.home.api.controller.settle()
    whole.home.first = {key: one for key, one in whole.home.api.store.items() if key[0] != "Pod"}


def test_a_server_that_asks_for_a_key_is_asked_with_it(whole: Whole) -> None:
    """The candidate, and production before and after; the key is among what no report may hold."""
    with_key(whole, {"value": "the-api-key"})
    whole.home.key = "the-api-key"
    candidate = taken_up(whole)

    assert candidate.start(Mode.ML).ready is not None
    assert candidate.client.models().ids == ("qwen",)
    assert "the-api-key" in whole.target.secrets()
    ended = closed(whole)
    assert "production answers as qwen" in ended.restoration.checked
    assert "the-api-key" not in str((whole.steps, whole.home.said, candidate.description))


def test_a_key_that_nobody_tells_is_not_the_image_s_fault(whole: Whole) -> None:
    """The candidate is not blamed for a 401, and production comes back."""
    with_key(whole, {"valueFrom": {"secretKeyRef": {"name": "vllm", "key": "key"}}})
    whole.home.api.executes = lambda *_: CompletedProcess(exit_code=1, stderr="no such command")
    candidate = taken_up(whole)

    with pytest.raises(Unavailable, match=r"VLLM_API_KEY of pod .* could not be read: no such command; no request was"):
        candidate.start(Mode.ML)
    assert closed(whole).restoration.complete


def test_several_candidates_share_one_outage(home: Home, tmp_path: Path) -> None:
    """Production is not put back between them."""
    other = images.parse("vllm/vllm-openai:v0.12.0")
    whole = Whole(home=home, settings=settings(tmp_path), images=(other, IMAGE))
    whole.target.open()

    for image in whole.images:
        with whole.target.deploy(image) as candidate:
            assert candidate.start(Mode.ML).ready is not None

    assert closed(whole).restoration.complete
    written = [line for line in home.api.written if line.startswith("replace Deployment vllm-server")]
    # The last one gives the fields back to their owners.
    assert [line[-1] for line in written] == ["0", "1", "0", "1", "1", "1"]
    assert home.problems() == []


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


def test_an_image_that_is_known_to_fail_never_takes_production_down(whole: Whole) -> None:
    """Its driver library refuses the card: that was seen while production served."""
    whole.home.api.logs["vllm-qualify-0-0"] = probed({"init": 804, "version": 12090, "library": "", "problem": ""})
    candidate = taken_up(whole)

    start = candidate.start(Mode.ML)

    assert "804" in start.reason
    assert closed(whole).away_seconds is None
    assert whole.home.live("vllm-server") is whole.home.first["Deployment", "ml", "vllm-server"]


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


def test_somebody_who_edits_while_it_serves_is_noticed(whole: Whole) -> None:
    """The case is told, and nothing of the operator's change is undone."""
    candidate = taken_up(whole)
    candidate.start(Mode.ML)
    whole.home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(progressDeadlineSeconds=5))

    with pytest.raises(Unavailable, match=r"changed by somebody else.*progressDeadlineSeconds"):
        candidate.end()

    assert "changed by somebody else" in closed(whole).restoration.problems[0]
    assert whole.home.live("vllm-server")["spec"]["progressDeadlineSeconds"] == 5


def test_the_card_as_the_candidate_sees_it(whole: Whole) -> None:
    """Asked in its own container, by nvidia-smi first."""
    asked: list[list[str]] = []

    def execute(argv: list[str], _: str) -> CompletedProcess:
        asked.append(argv)
        return CompletedProcess(exit_code=0, stdout=f"{CARD}\n")

    whole.home.api.executes = execute
    candidate = taken_up(whole)
    assert candidate.memory().problem == "no pod of the candidate runs"
    candidate.start(Mode.ML)

    assert candidate.gpu() == "NVIDIA GeForce RTX 3060"
    assert asked[0][asked[0].index("--") + 1] == "nvidia-smi"


@pytest.mark.parametrize("fault", [None, Fault.UNAVAILABLE, Fault.RESET_COMMITTED], ids=["no-trouble", "503", "lost"])
def test_beside_production_nothing_of_it_changes(home: Home, tmp_path: Path, fault: Fault | None) -> None:
    """It has Deployment and Service of its own, which are gone afterwards; production was never away."""
    home.api.controller.gpus = 2
    whole = Whole(home=home, settings=settings(tmp_path, strategy="beside"))
    candidate = taken_up(whole)
    home.api.faults = {len(home.api.requests) + 1: fault} if fault else {}

    start = candidate.start(Mode.ML)
    ended = closed(whole)

    assert start.ready is not None
    assert (ended.restoration.problems, ended.away_seconds) == ((), None)
    assert home.live("vllm-server") is home.first["Deployment", "ml", "vllm-server"]
    assert home.problems() == []


@pytest.mark.parametrize("cold", [False, True])
def test_from_an_empty_cache_only_when_that_was_asked_for(home: Home, tmp_path: Path, *, cold: bool) -> None:
    """Without the option it was not planned, and cannot be served."""
    whole = Whole(home=home, settings=settings(tmp_path), cold_cache=cold)
    candidate = taken_up(whole)

    if cold:
        assert candidate.start(Mode.ML, cold=True).ready is not None
    else:
        with pytest.raises(Unavailable, match="only runs with --cold-cache"):
            candidate.start(Mode.ML, cold=True)
    assert closed(whole).restoration.complete


def test_the_room_in_production_s_kv_cache_is_read_before_it_goes_away(whole: Whole) -> None:
    """By its own log; later that is gone with its pod."""
    (pod,) = [name for kind, _, name in whole.home.api.store if kind == "Pod" and "vllm-server" in name]
    whole.home.api.logs[pod] = "GPU KV cache size: 24,544 tokens\n"

    candidate = taken_up(whole)

    assert candidate.description.production == KvCache(tokens=24_544)


def test_what_serves_is_not_started_again_by_a_command_that_only_switches(whole: Whole) -> None:
    """The operator's command would leave the pod alone, and its first start would be taken for a second one."""
    candidate = taken_up(whole)
    commanded = replace(candidate._plans[Mode.ML], switch=lambda _: pytest.fail("it was called"))
    candidate._plans = {Mode.ML: commanded}
    candidate._plan = commanded

    with pytest.raises(Unavailable, match="switches modes but does not restart one"):
        candidate.start(Mode.ML)


def test_what_serves_is_started_again_in_a_new_pod(whole: Whole) -> None:
    """The pod of the first start is gone before the next one runs."""
    candidate = taken_up(whole)

    first, second = candidate.start(Mode.ML), candidate.start(Mode.ML)

    assert first.ready is not None
    assert second.ready is not None
    assert second.started > first.started


def test_what_it_is_for_a_reader(whole: Whole) -> None:
    """Digest, arguments as they are written, and what the parser said."""
    candidate = taken_up(whole)

    assert candidate.description.facts["digest"] == controller.digest(NEW)
    assert candidate.description.facts["arguments of the ml mode"] == "--model qwen --enforce-eager"
    assert candidate.parsed()[Mode.R1].facts.version == "0.8.5.post1"


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


def test_one_that_answers_that_it_cannot_serve_has_failed(whole: Whole) -> None:
    """A start that is given up says what ``/health`` answered; silence says nothing against the image."""
    whole.home.api.controller.never_ready.add(NEW)
    whole.home.answers_early = True
    whole.home.health = lambda _: httpx.Response(500, text="Internal Server Error")
    candidate = taken_up(whole)

    start = candidate.start(Mode.ML)

    assert start.death is not None
    assert "/health answers HTTP 500: 'Internal Server Error'" in start.reason
