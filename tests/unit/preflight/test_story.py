"""What must hold for the operator's node, image by image."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from packaging.version import Version

from vllm_qualify import catalogue, preflight
from vllm_qualify.core import journal
from vllm_qualify.core.events import FindingsRecorded, RunStarted
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import ChangeKind
from vllm_qualify.preflight import PredictedVerdict, Prediction, Question, ToolkitMode

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]
HOST = "/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"
OVERRIDE = {"LD_LIBRARY_PATH": HOST}


def predicted(question: Question) -> Prediction:
    """The prediction of one question."""
    return preflight.verdict(preflight.findings(question))


@pytest.mark.parametrize("tag", ["v0.8.5.post1", "v0.9.2", "v0.10.2", "v0.11.0"])
def test_what_should_work(ask: Ask, tag: str) -> None:
    """Images of CUDA 12.4 and 12.8 should work on driver 570, and no more than probably before they were tried."""
    prediction = predicted(ask(tag))

    assert (prediction.verdict, prediction.certainty) == (PredictedVerdict.SHOULD_WORK, Certainty.PROBABLE)
    assert (prediction.reason, prediction.change) == ("", "")


@pytest.mark.parametrize(("tag", "rule"), [("v0.12.0", "P07"), ("v0.15.1", "P06")])
def test_what_meets_error_804(ask: Ask, tag: str, rule: str) -> None:
    """Images of CUDA 12.9 probably meet error 804, and the one variable that would help is named."""
    prediction = predicted(ask(tag))

    assert (prediction.verdict, prediction.certainty) == (PredictedVerdict.NEEDS_OVERRIDE, Certainty.PROBABLE)
    assert prediction.reason.startswith(rule)
    assert "error 804" in prediction.reason
    assert prediction.change == f"set LD_LIBRARY_PATH={HOST}"


@pytest.mark.parametrize("tag", ["v0.12.0", "v0.15.1"])
def test_the_override_helps(ask: Ask, tag: str) -> None:
    """With that variable in the manifest the same image should work."""
    assert predicted(ask(tag, env=OVERRIDE)).verdict is PredictedVerdict.SHOULD_WORK


def test_both_mechanisms_are_explained(found: Rulings) -> None:
    """Of v0.15.1 image and toolkit are told apart; of v0.12.0 the image is cleared and the toolkit is named."""
    by_image, by_node = found("P06", "v0.15.1") + found("P07", "v0.15.1")
    (cleared,) = found("P06", "v0.12.0")

    assert (by_image.severity, by_node.severity, cleared.severity) == (Severity.BLOCK, Severity.BLOCK, Severity.NOTE)
    assert "/etc/ld.so.conf.d" in by_image.actual
    assert "vllm#33992" in by_image.source
    assert "Toolkit 1.18.0 puts the image's library first, GeForce or not" in by_node.actual
    assert "575.57.08, driver 570.195.03" in by_node.actual


@pytest.mark.parametrize("release", [one for one in catalogue.releases() if one.version >= Version("0.20.0")], ids=repr)
def test_cuda_13_needs_another_driver_or_tag(ask: Ask, release: catalogue.Release) -> None:
    """From v0.20.0 on the default image certainly needs driver 580 or a tag of CUDA 12.9, the one that exists."""
    prediction = predicted(ask(f"v{release.version}"))

    kinds = [change.kind for remedy in prediction.remedies for change in remedy.changes]
    assert (prediction.verdict, prediction.certainty) == (PredictedVerdict.WILL_NOT_WORK, Certainty.CERTAIN)
    assert prediction.rules_out
    assert kinds == [ChangeKind.DRIVER, ChangeKind.TAG]
    assert "580" in prediction.change
    tags = [
        change.value for remedy in prediction.remedies for change in remedy.changes if change.kind is ChangeKind.TAG
    ]
    assert tags == [f"v{release.version}-cu129" if release.image.find("cu129") else ""]


def test_the_tag_of_an_older_cuda_helps_with_the_override(ask: Ask) -> None:
    """v0.20.0-cu129 is as v0.12.0: it needs the override, and then should work."""
    assert predicted(ask("v0.20.0-cu129")).verdict is PredictedVerdict.NEEDS_OVERRIDE
    assert predicted(ask("v0.20.0-cu129", env=OVERRIDE)).verdict is PredictedVerdict.SHOULD_WORK


def test_production_cannot_serve_qwen3(ask: Ask) -> None:
    """v0.5.5 has no Qwen3, which is certain, and the first release that has is named."""
    prediction = predicted(ask("v0.5.5"))

    assert (prediction.verdict, prediction.certainty) == (PredictedVerdict.WILL_NOT_WORK, Certainty.CERTAIN)
    assert "Qwen3ForCausalLM" in prediction.reason
    assert prediction.change == "take v0.8.4 or newer"


@pytest.mark.parametrize("tag", ["v0.12.0", "v0.15.1", "v0.20.0-cu129"])
def test_without_the_toolkit_nobody_can_tell(ask: Ask, tag: str) -> None:
    """Where the toolkit is not known, the images of CUDA 12.9 cannot be verified, and the probe is what to do next."""
    node = preflight.node(gpu="RTX 3060", driver="570.195.03")
    rulings = preflight.findings(ask(tag, node=node))

    assert preflight.verdict(rulings).verdict is PredictedVerdict.CANNOT_VERIFY
    (by_node,) = (one for one in rulings if one.id == "P07")
    assert by_node.unverified
    assert "ldconfig -p | grep libcuda.so.1" in by_node.remedy


def test_without_the_toolkit_the_older_images_are_safe(ask: Ask) -> None:
    """No toolkit prefers a library that is not newer than the driver."""
    node = preflight.node(gpu="RTX 3060", driver="570.195.03")

    assert predicted(ask("v0.11.0", node=node)).verdict is PredictedVerdict.SHOULD_WORK


@pytest.mark.parametrize(
    ("toolkit", "changed", "verdict"),
    [
        ("1.17.4", {"mode": ToolkitMode.CDI}, PredictedVerdict.SHOULD_WORK),
        ("1.17.5", {"mode": ToolkitMode.CDI}, PredictedVerdict.NEEDS_OVERRIDE),
        ("1.17.5", {"mode": ToolkitMode.CDI, "compat_hook": False}, PredictedVerdict.SHOULD_WORK),
        ("1.18.0", {"compat_hook": False}, PredictedVerdict.SHOULD_WORK),
        ("1.20.0", {}, PredictedVerdict.NEEDS_OVERRIDE),
        ("v1.18.0", {}, PredictedVerdict.NEEDS_OVERRIDE),
        ("what", {}, PredictedVerdict.CANNOT_VERIFY),
    ],
)
def test_the_toolkit_decides_of_v0_12_0(
    ask: Ask, toolkit: str, changed: dict[str, Any], verdict: PredictedVerdict
) -> None:
    """The hook came with 1.17.5 and can be switched off; without it CUDA 12.9 runs on driver 570."""
    node = preflight.node(gpu="RTX 3060", driver="570.195.03", toolkit=toolkit, **changed)

    assert predicted(ask("v0.12.0", node=node)).verdict is verdict


def test_legacy_mode_refuses_before_804(ask: Ask) -> None:
    """In legacy mode the requirement is refused first; both variables together are the way, as the check hides 804."""
    node = preflight.node(gpu="RTX 3060", driver="570.195.03", toolkit="1.17.8", mode=ToolkitMode.LEGACY)

    prediction = predicted(ask("v0.12.0", node=node))
    both = {"NVIDIA_DISABLE_REQUIRE": "1"} | OVERRIDE

    assert prediction.reason.startswith("P05")
    assert [change.name for change in prediction.remedies[0].changes] == list(both)
    assert predicted(ask("v0.12.0", node=node, env={"NVIDIA_DISABLE_REQUIRE": "1"})).reason.startswith("P07")
    assert predicted(ask("v0.12.0", node=node, env=both)).verdict is PredictedVerdict.SHOULD_WORK


def test_a_newer_driver_is_not_enough_for_v0_15_1(ask: Ask, found: Rulings) -> None:
    """With driver 580 the image's own library is older than the driver: error 803 instead of 804, same override."""
    node = preflight.node(gpu="RTX 3060", driver="580.95.05", toolkit="1.18.0")

    assert [one.severity for one in found("P06", "v0.15.1", node=node)] == [Severity.BLOCK]
    assert "error 803" in predicted(ask("v0.15.1", node=node)).reason
    assert predicted(ask("v0.15.1", node=node, env=OVERRIDE)).verdict is PredictedVerdict.SHOULD_WORK
    assert predicted(ask("v0.20.0", node=node)).verdict is PredictedVerdict.SHOULD_WORK


def test_each_statement_carries_its_certainty(ask: Ask) -> None:
    """What is known of v0.15.1 from its neighbours and from threads is nowhere called certain."""
    by_facts = {"P03", "P04", "P06", "P07", "P09"}
    rulings = [one for one in preflight.findings(ask("v0.15.1")) if one.id in by_facts]

    assert {one.id for one in rulings} == by_facts
    assert {one.certainty for one in rulings} == {Certainty.PROBABLE}
    assert all(one.source for one in rulings)


def test_rulings_are_findings_of_the_journal(ask: Ask) -> None:
    """The journal takes rulings and gives them back as findings, with all that a report shows."""
    rulings = preflight.findings(ask("v0.12.0"))
    run = RunStarted(run="r", at=datetime(2026, 11, 23, tzinfo=UTC), target="preflight", images=("v0.12.0",))

    lines = [journal.encode(event) for event in (run, FindingsRecorded(at=run.at, findings=rulings))]
    kept = journal.read(b"".join(lines)).findings

    assert [one.actual for one in kept] == [one.actual for one in rulings]
    assert {type(one) for one in kept} == {Finding}
