"""Why a pod died: its log, its exit code and what Kubernetes says of it are looked at together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.targets.whole import Whole
from vllm_qualify.kube.pods.state import PodPhase, PodState
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.kubernetes.pod_view import PodView, newest

Object = dict[str, Any]
STARTS = "(APIServer pid=1) INFO 11-23 10:00:00 [api_server.py:1] vLLM API server version 0.15.1\n"
FULL = "torch.OutOfMemoryError: CUDA out of memory.\n"
PROBE = {"reason": "Killing", "message": "Container vllm failed startup probe, will be restarted"}
NO_GPU = {"reason": "FailedScheduling", "message": "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."}
TOOLKIT = (
    "Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
    "failed: unable to start container process: error during container init: error running hook #0: error running "
    "hook: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy'\nnvidia-container-cli: requirement error: "
    "unsatisfied condition: cuda>=12.9, please update your driver to a newer version, or use an earlier cuda container"
)
KILLED = PodState(phase=PodPhase.HOPELESS, message="container vllm ended with exit code 137", exit_code=137)


def event(number: int, part: str, *, at: str = "10:05:00", **said: str) -> Object:
    """One event of the pod of production, about the whole of it or a part."""
    about = {"kind": "Pod", "uid": "uid-p", "name": "p"} | ({"fieldPath": part} if part else {})
    stamp = f"2026-11-23T{at}Z"
    times = {"firstTimestamp": stamp, "lastTimestamp": stamp}
    metadata = {"name": f"p.{number}", "namespace": "ml", "resourceVersion": "1"}
    return {"kind": "Event", "metadata": metadata, "involvedObject": about, "type": "Warning"} | times | said


def view(whole: Whole, *events: Object, log: str = "") -> PodView:
    """A pod with that log, of which that is said."""
    api = whole.home.api
    api.logs["p"] = log
    api.executes = lambda *_: CompletedProcess(exit_code=1, stderr="container not found")
    api.store |= {("Event", "ml", one["metadata"]["name"]): one for one in events}
    pod = {"kind": "Pod", "metadata": {"name": "p", "namespace": "ml", "uid": "uid-p"}, "spec": {}, "status": {}}
    return PodView(whole.target._site, pod, container="vllm")


def cause(whole: Whole, *events: Object, log: str = "", state: PodState = KILLED) -> str:
    """The id of what it died of, ``""`` for none."""
    death = view(whole, *events, log=log).post_mortem("it died", state)
    return death.diagnosis.cause if death.diagnosis else ""


@pytest.mark.parametrize(
    ("part", "said", "log", "expected"),
    [
        ("spec.containers{vllm}", PROBE, STARTS, "E50"),
        ("spec.containers{vllm}", PROBE, STARTS + FULL, "E31"),
        ("spec.containers{vllm}", {"reason": "Failed", "message": TOOLKIT}, "", "E11"),
        ("spec.initContainers{wait}", {"reason": "Failed", "message": "Error: ErrImagePull"}, "", "E15"),
        ("", NO_GPU, "", "E14"),
        ("", {"reason": "Evicted", "message": "The node was low on resource: memory. "}, STARTS, "E68"),
        ("spec.containers{proxy}", PROBE | {"message": "Container proxy failed liveness probe"}, STARTS, "E51"),
        ("spec.containers{vllm}", {"reason": "Pulled", "message": "Container image is on the node"}, STARTS, "E51"),
    ],
    ids=["probe", "log-first", "toolkit", "init-pull", "scheduling", "eviction", "sidecar", "calm"],
)
def test_events_explain_what_the_log_does_not(
    whole: Whole, part: str, said: dict[str, str], log: str, expected: str
) -> None:
    """An event of the pod, or of the container that serves, says why; a cause in the log comes before it."""
    assert cause(whole, event(0, part, **said), log=log) == expected


def test_what_was_over_when_the_container_ran_is_no_cause(whole: Whole) -> None:
    """A GPU that was not free for a moment explains no container that ran and died without a word."""
    started = event(1, "spec.containers{vllm}", at="10:01:00", reason="Started", message="Started container vllm")

    assert cause(whole, event(0, "", at="10:00:30", **NO_GPU), started) == "E51"
    assert cause(whole, event(0, "", at="10:01:30", **NO_GPU), started) == "E14"


def test_what_the_kubelet_says_of_the_end_counts(whole: Whole) -> None:
    """That the kernel killed the container stands in the pod's status alone, in no event and no log."""
    message = "container vllm was killed for taking more memory than its limit of 8Gi (OOMKilled, exit code 137)"
    state = PodState(phase=PodPhase.HOPELESS, message=message, exit_code=1)

    assert cause(whole, log=STARTS, state=state) == "E51"


def test_events_that_may_not_be_read_cost_nothing_else(whole: Whole) -> None:
    """An account without the right to list events still gets what the log says."""
    whole.home.api.denied.add(("get", "Event"))

    assert cause(whole, event(0, "", **NO_GPU), log=FULL) == "E31"


def test_a_container_that_was_started_again_meanwhile_hides_no_cause(whole: Whole) -> None:
    """The pod as it was seen knows no restart yet, and what is asked for its log is the next container already."""
    whole.home.api.logs["p before"] = STARTS + FULL

    assert cause(whole, log=STARTS) == "E31"


def test_the_beginning_of_the_next_life_is_not_taken_for_the_last_word(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was started again, and the kubelet cannot give the log of the life before yet: it is asked once more."""
    pod = view(whole)
    pod.pod["status"] = {"containerStatuses": [{"name": "vllm", "restartCount": 1}]}
    monkeypatch.setattr(pod, "look", lambda: True)
    given = iter([STARTS, "", STARTS, STARTS + FULL])
    monkeypatch.setattr(pod, "_hasty_log", lambda **_: next(given))

    found = pod.post_mortem("it died", KILLED).diagnosis

    assert found is not None
    assert found.cause == "E31"


def test_an_event_has_the_number_that_it_has_in_the_evidence(whole: Whole) -> None:
    """The line of a diagnosis can be looked up in the events that are kept beside it."""
    others = [event(number, "spec.containers{proxy}", reason="Pulled", message="x") for number in range(3)]
    killing = event(3, "spec.containers{vllm}", at="10:06:00", **PROBE)
    pod = view(whole, *others, killing)

    found = pod.post_mortem("it died", KILLED).diagnosis

    assert found is not None
    assert (found.cause, found.lines[0].number) == ("E50", 4)
    assert "startup probe" in pod.evidence()["events"].splitlines()[3]


REFUSED = """Traceback (most recent call last):
  File "/a/site-packages/vllm/config.py", line 9, in __post_init__
    raise ValueError(
ValueError: data_parallel_size_local (4) must be <= data_parallel_size (2)
"""


def test_an_unknown_death_is_held_against_production(whole: Whole) -> None:
    """The candidate's release is what its image's tag says, production's is what the run found."""
    pod = view(whole, log=REFUSED)
    pod.pod["spec"] = {"containers": [{"name": "vllm", "image": "vllm/vllm-openai:v0.8.5"}]}
    asked = PodView(whole.target._site, pod.pod, container="vllm", production="0.9.2")

    found = asked.post_mortem("it died", KILLED).diagnosis
    assert found is not None
    assert "v0.8.5, which died, is not known to have it; production's v0.9.2 " in found.origin


def test_an_evicted_pod_gives_way_to_its_successor(whole: Whole) -> None:
    """As long as there is none, the dead one is looked at, because it tells what happened."""
    api = whole.home.api
    deployment = whole.home.live("vllm-server")
    api.controller.evict("vllm-server")
    dead = newest(whole.target._site, deployment)
    api.controller.settle()

    living = newest(whole.target._site, deployment)

    assert dead is not None
    assert living is not None
    assert (dead["status"]["phase"], living["status"]["phase"]) == ("Failed", "Running")
