"""One candidate on the cluster: starts, deaths, what is seen of it, and what is put back afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.targets import controller
from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import NEW, Home
from tests.unit.targets.whole import IMAGE, Whole, closed, probed, settings, taken_up
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.core import images
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.base import Mode, Unavailable

Object = dict[str, Any]
CARD = "0, NVIDIA GeForce RTX 3060, GPU-3060, 570.195.03, 12288, 10820, 8.6"


def test_both_modes_serve_in_their_turn(whole: Whole) -> None:
    """Each in the other's place, under its own name; then production is what it was."""
    candidate = taken_up(whole)

    starts = [candidate.start(mode) for mode in (Mode.ML, Mode.R1, Mode.ML)]

    assert [start.model for start in starts] == ["qwen", "r1", "qwen"]
    assert all(start.ready for start in starts)
    assert candidate.client.models().ids == ("qwen",)
    assert closed(whole).restoration.complete
    assert whole.home.problems() == []


def with_more(whole: Whole, key: str, *values: object) -> None:
    """Let production and the manifest have more in a list of their container."""

    def more(obj: Object) -> None:
        obj["spec"]["template"]["spec"]["containers"][0].setdefault(key, []).extend(values)

    path = whole.settings.modes.ml.manifest
    manifest = json.loads(path.read_text())
    more(manifest)
    path.write_text(json.dumps(manifest))
    whole.home.api.edit("Deployment", "vllm-server", more)
    whole.home.api.controller.settle()
    whole.home.first = {key: one for key, one in whole.home.api.store.items() if key[0] != "Pod"}


def with_key(whole: Whole, entry: Object) -> None:
    """Let production and the manifest name the key of the API."""
    with_more(whole, "env", {"name": "VLLM_API_KEY", **entry})


def test_the_parser_of_tool_calls_is_known_by_the_manifest(whole: Whole) -> None:
    """Of the mode whose manifest names one."""
    with_more(whole, "args", "--enable-auto-tool-choice", "--tool-call-parser", "hermes")
    candidate = taken_up(whole)

    assert [candidate.start(mode).tool_parser for mode in (Mode.ML, Mode.R1)] == ["hermes", ""]


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


def test_an_image_that_is_known_to_fail_never_takes_production_down(whole: Whole) -> None:
    """Its driver library refuses the card: that was seen while production served."""
    whole.home.api.logs["vllm-qualify-0-0"] = probed({"init": 804, "version": 12090, "library": "", "problem": ""})
    candidate = taken_up(whole)

    start = candidate.start(Mode.ML)

    assert "804" in start.reason
    assert closed(whole).away_seconds is None
    assert whole.home.live("vllm-server") is whole.home.first["Deployment", "ml", "vllm-server"]


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
