"""What is done with a candidate while production serves: one pod, and what is read off it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.targets import controller
from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import CANARY, NEW
from tests.unit.targets.whole import IMAGE, Whole, probed
from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.kubernetes import prepare, run_plan
from vllm_qualify.targets.kubernetes.prepare import Prepared

Object = dict[str, Any]
SERVING: Object = {
    "name": "vllm",
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000},
    "resources": {"limits": {"nvidia.com/gpu": 1, "memory": "2Gi"}},
}
POD = ("Pod", "ml", "vllm-qualify-0-0")


def prepared(whole: Whole, image: ImageRef = IMAGE) -> Prepared:
    """What comes of preparing the candidate for both modes."""
    found = run_plan.manifests(whole.settings)
    spec = {"nodeSelector": {"gpu": "yes"}, "imagePullSecrets": [{"name": "hub"}], "hostNetwork": True}
    template = {"spec": spec | {"containers": [{"name": "side", "image": "x"}, SERVING | {"image": str(image)}]}}
    serving = {mode: one.serving for mode, one in found.items()}
    return prepare.prepare(whole.home.site, image, serving, template=template, name="vllm-qualify-0", run="run-1")


def asked(whole: Whole) -> Object:
    """The pod that was made for it."""
    body = next(one.body for one in whole.home.api.requests if (one.verb, one.kind) == ("create", "Pod"))
    assert body is not None
    return body


def stuck(whole: Whole, reason: str, message: str) -> Callable[[], None]:
    """The kubelet's word on the pod."""

    def happen() -> None:
        waiting = {
            "name": "probe",
            "image": NEW,
            "imageID": "",
            "state": {"waiting": {"reason": reason, "message": message}},
        }
        whole.home.api.set_status(POD, {"phase": "Pending", "containerStatuses": [waiting]})

    return happen


def test_one_pod_is_asked_for_all_modes(whole: Whole) -> None:
    """Its parser's word for each, the digest of what ran; and the pod is gone afterwards."""
    done = prepared(whole)

    assert set(done.reports) == {Mode.ML, Mode.R1}
    assert (done.fault, done.problem, done.parser_problem) == (None, "", "")
    assert done.digest == controller.digest(NEW)
    assert whole.home.api.written == ["create Pod vllm-qualify-0-0", "delete Pod vllm-qualify-0-0"]


def test_the_pod_is_confined_as_the_candidate_is(whole: Whole) -> None:
    """A namespace that admits the one admits the other."""
    prepared(whole)

    (container,) = asked(whole)["spec"]["containers"]
    assert container["securityContext"] == SERVING["securityContext"]
    assert container["resources"] == {"limits": {"memory": "2Gi"}, "requests": {"memory": "1Gi"}}


def test_the_pod_takes_no_gpu_and_no_secret(whole: Whole) -> None:
    """It runs where the candidate will, with nothing that it does not need; production's pod keeps the card."""
    prepared(whole)

    spec = asked(whole)["spec"]
    (container,) = spec["containers"]
    assert (spec["nodeSelector"], spec["imagePullSecrets"]) == ({"gpu": "yes"}, [{"name": "hub"}])
    assert "hostNetwork" not in spec
    assert "nvidia.com/gpu" not in str(container["resources"])
    assert spec["automountServiceAccountToken"] is False
    assert CANARY not in str(container)


@pytest.mark.parametrize(
    ("reason", "message", "at_fault"),
    [
        ("InvalidImageName", "couldn't parse image reference", True),
        ("ErrImageNeverPull", "Container image is not present with pull policy of Never", False),
        ("CreateContainerConfigError", 'secret "hf" not found', False),
    ],
)
def test_a_pod_that_will_never_run(whole: Whole, reason: str, message: str, *, at_fault: bool) -> None:
    """It is said at once why; the image is blamed only for what is its own."""
    began = whole.home.api.clock.now
    whole.at(2, stuck(whole, reason, message))

    done = prepared(whole)

    assert (done.fault is not None, done.problem != "") == (at_fault, not at_fault)
    assert message in (done.fault.reason if done.fault else done.problem)
    assert whole.home.api.clock.now - began < 60
    assert POD not in whole.home.api.store


def test_a_pod_that_somebody_deletes(whole: Whole) -> None:
    """It is not waited for until the end of the pull's time."""

    def delete() -> None:
        del whole.home.api.store[POD]

    whole.at(3, delete)

    assert prepared(whole).problem.startswith("the candidate cannot be tried")


@pytest.mark.parametrize("log", ["", "INFO starting\nSegmentation fault\n"], ids=["nothing", "something-else"])
def test_a_parser_that_does_not_answer(whole: Whole, log: str) -> None:
    """The image is on the node, and can be tried all the same."""
    whole.home.api.logs[POD[2]] = log

    done = prepared(whole)

    assert "the parser probe ended without an answer" in done.parser_problem
    assert (done.fault, done.problem, dict(done.reports)) == (None, "", {})


def test_a_driver_that_the_image_cannot_use(whole: Whole) -> None:
    """The story's error 804 is known before production is touched, in the words that name its cause."""
    whole.home.api.logs[POD[2]] = probed({"init": 804, "version": 12080, "library": "", "problem": ""})

    done = prepared(whole)

    assert done.fault is not None
    assert "804" in done.fault.reason
    assert done.fault.diagnosis is not None


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.fits("create")], ids=lambda fault: fault.name)
@pytest.mark.parametrize("at", range(1, 6))
def test_trouble_of_the_cluster_is_not_the_candidates(whole: Whole, fault: Fault, at: int) -> None:
    """Whatever becomes of one request, the candidate is prepared, and no pod is left."""
    whole.home.api.faults[at] = fault

    done = prepared(whole)

    assert (set(done.reports), done.problem) == ({Mode.ML, Mode.R1}, "")
    assert POD not in whole.home.api.store


def test_an_interrupted_preparation_leaves_no_pod(whole: Whole) -> None:
    """Ctrl-C in the middle of a pull."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    whole.at(2, interrupt)

    with pytest.raises(KeyboardInterrupt):
        prepared(whole)
    assert POD not in whole.home.api.store


def test_a_pod_of_that_name_that_is_not_ours(whole: Whole) -> None:
    """It is left, and the run told."""
    theirs = {"containers": [{"name": "x", "image": "busybox:1"}]}
    whole.home.api.put(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD[2], "namespace": "ml"}, "spec": theirs}
    )

    with pytest.raises(Refused, match="already exists"):
        prepared(whole)
    assert POD in whole.home.api.store


def test_an_account_that_may_make_no_pods(whole: Whole) -> None:
    """That is a refusal of the cluster, not a fault of the image."""
    whole.home.api.denied.add(("create", "Pod"))

    with pytest.raises(Refused, match="is forbidden"):
        prepared(whole)


def test_two_entrypoints_are_asked_one_after_the_other(whole: Whole) -> None:
    """A release that serves by another command than the manifest of one mode says is asked twice."""
    whole.home.api.logs["vllm-qualify-0-1"] = probed()
    manifest = (whole.settings.modes.r1 or whole.settings.modes.ml).manifest
    text = manifest.read_text().replace('"--model",\n', '"--model",\n', 1)
    manifest.write_text(text.replace('"args": [', '"command": ["vllm", "serve"],\n            "args": [', 1))

    done = prepared(whole, images.parse(NEW))

    assert set(done.reports) == {Mode.ML, Mode.R1}
    assert [line for line in whole.home.api.written if "create" in line] == [
        "create Pod vllm-qualify-0-0",
        "create Pod vllm-qualify-0-1",
    ]
