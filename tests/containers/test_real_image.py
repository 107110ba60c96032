"""Real vLLM, on CPU, in containers: the image alone with a canary, and in the place of a Compose project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import oci, real
from tests.containers import engine_hosts
from tests.containers.engine_hosts import Engine
from tests.containers.gpu_box import R1, VLLM, GpuBox
from vllm_qualify.system import caches

pytestmark = [pytest.mark.local, pytest.mark.parametrize("engine", [engine_hosts.PODMAN], indirect=True)]

_IMAGE = "vllm/vllm-openai:v0.8.5.post1"
_ARGUMENTS = ("--model", f"{real.MODELS}/ml", "--served-model-name", "canary", "--dtype", "float32", "--enforce-eager")
_REASONING = (
    *("--model", f"{real.MODELS}/r1", "--served-model-name", "thinker", "--dtype", "float32", "--enforce-eager"),
    *("--enable-reasoning", "--reasoning-parser", "deepseek_r1"),
)
_SHOWN = ("DEPLOY/starts", "DEPLOY/models", "CLASSIFY/labels", "R1/switch", "R1/reasons", "R1/switch-back")


@pytest.fixture
def without_gpu(empty: Engine) -> Iterator[Engine]:
    """The engine on a machine that offers no GPU: a real image would look for one."""
    empty.machine.run("mv", "/run/cdi", "/run/no-cdi")
    yield empty
    empty.machine.run("mv", "/run/no-cdi", "/run/cdi")


def test_a_real_image_alone_is_qualified_with_the_canaries(without_gpu: Engine, tmp_path: Path) -> None:
    """Without a word on production the image serves the canaries from a mount; all that a CPU can show holds."""
    without_gpu.put(_IMAGE, _real_image())
    box = GpuBox(engine=without_gpu, folder=tmp_path / "operator")
    box.configure({})

    run = box.qualify("--image", _IMAGE)

    outcomes = {case["id"]: case["outcome"] for case in run.candidate("v0.8.5.post1")["cases"]}
    # Every release is warned of features of JSON Schema, and this one of a spelling that came later.
    assert run.candidate("v0.8.5.post1")["verdict"] == "qualified-with-warnings", run.said
    assert [outcomes[case] for case in ("ARGS/catalogue", "CLASSIFY/labels", "R1/reasons")] == ["passed"] * 3
    assert box.leftovers() == []


def test_a_real_image_serves_in_the_place_of_a_compose_project(without_gpu: Engine, tmp_path: Path) -> None:
    """With the arguments of its services, the reasoning model's too; production is back under its id."""
    without_gpu.put(_IMAGE, _real_image())
    box = GpuBox(engine=without_gpu, folder=tmp_path / "operator", serves="canary")
    path = box.compose_production({R1: _REASONING, VLLM: _ARGUMENTS})
    box.configure({"compose": [str(path)], "service": VLLM, "r1": R1})
    before = box.snapshot()

    run = box.qualify("--image", _IMAGE, "-k", "starts or models or labels or accepted or r1_mode")

    outcomes = {case["id"]: case["outcome"] for case in run.candidate("v0.8.5.post1")["cases"]}
    assert {outcomes[case] for case in _SHOWN} == {"passed"}, run.said
    assert (box.snapshot(), box.leftovers()) == (before, [])


def _real_image() -> oci.Image:
    try:
        return real.image(_IMAGE, cache=caches.default(), say=engine_hosts.say)
    except real.NoRealImage as reason:
        return pytest.skip(f"the test of the real image was not run: {reason}")
