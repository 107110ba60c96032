"""A container engine's row in the table of targets: what a verdict on it holds for."""

from __future__ import annotations

import json

import pytest

from vllm_qualify.config import ContainerSettings, Settings
from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.core import images
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.fact_names import DIGEST, DRIVER, GPUS, NODE, TOOLKIT
from vllm_qualify.core.verdict_facts import OF_THE_NODE
from vllm_qualify.doctor import machine
from vllm_qualify.gpu.reading import Gpu, GpuReading
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.container import engines
from vllm_qualify.targets.container.kind import ContainerKind
from vllm_qualify.targets.local import devices

IMAGE = images.parse("vllm/vllm-openai:v0.9.2")
SHA = f"sha256:{'1' * 64}"
CARD = GpuReading(gpus=(Gpu(index=0, name="NVIDIA A10", uuid="GPU-1", driver="570.195.03"),), source="nvml")


def having(monkeypatch: pytest.MonkeyPatch, *inspected: dict[str, object]) -> None:
    """Let the engine have an image, or none."""
    answer = CompletedProcess(exit_code=0, stdout=json.dumps(inspected))
    monkeypatch.setattr(engines, "answering", lambda _: ContainerEngine(program="docker", run=lambda *_, **__: answer))


def test_a_verdict_holds_for_card_driver_and_toolkit_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """As NVML and nvidia-ctk tell them."""
    monkeypatch.setattr(devices, "here", lambda: CARD)
    monkeypatch.setattr(machine, "toolkit", lambda: "1.18.0")

    found = ContainerKind().surroundings(Settings())

    assert found.known == {GPUS: "NVIDIA A10 GPU-1", DRIVER: "570.195.03", TOOLKIT: "1.18.0"}
    assert {DIGEST, *found.known} <= set(ContainerKind.holds_for)


def test_an_engine_on_another_host_tells_nothing_of_its_card() -> None:
    """The host is known by its address, and this machine's card is not taken for its own."""
    found = ContainerKind().surroundings(Settings(container=ContainerSettings(host="ssh://gpu")))

    assert found.known == {NODE: "ssh://gpu"}
    assert found.unknown == dict.fromkeys(OF_THE_NODE, "the engine runs on ssh://gpu, which is not asked for this")


def test_the_engine_tells_the_digest_of_an_image_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the registry knows it."""
    having(monkeypatch, {"Id": "sha256:2", "RepoDigests": [f"vllm/vllm-openai@{SHA}"]})

    assert ContainerKind().stored(IMAGE, Settings()).known == {DIGEST: SHA}


@pytest.mark.parametrize(
    ("inspected", "why"),
    [((), "the engine has no vllm"), (({"Id": "sha256:2"},), "the engine knows no digest of vllm")],
    ids=["no image", "made here"],
)
def test_a_digest_that_the_engine_does_not_have_is_unknown(
    inspected: tuple[dict[str, object], ...], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason."""
    having(monkeypatch, *inspected)

    assert ContainerKind().stored(IMAGE, Settings()).unknown[DIGEST].startswith(why)


def test_without_an_engine_nobody_knows_what_production_is_started_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifests of the example are not taken for it."""
    monkeypatch.setattr(engines, "found", lambda _: "no container engine answers")

    with pytest.raises(UserError, match="no container engine answers"):
        ContainerKind().settled(Settings(container=ContainerSettings(container="vllm")))
