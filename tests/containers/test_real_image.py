"""Real vLLM, on CPU, in containers: the image alone with a canary, and in the place of a production."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import images, oci, real
from tests.containers import engine_hosts
from tests.containers.engine_hosts import Engine
from tests.containers.gpu_box import VLLM, GpuBox
from vllm_qualify.system import caches

pytestmark = [pytest.mark.local, pytest.mark.parametrize("engine", [engine_hosts.PODMAN], indirect=True)]

_IMAGE = "vllm/vllm-openai:v0.8.5.post1"
_ARGUMENTS = ("--model", f"{real.MODELS}/ml", "--served-model-name", "canary", "--dtype", "float32", "--enforce-eager")


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
    assert run.candidate("v0.8.5.post1")["verdict"] == "qualified", run.said
    assert [outcomes[case] for case in ("ARGS/catalogue", "CLASSIFY/labels", "R1/reasons")] == ["passed"] * 3
    assert box.leftovers() == []


def test_a_real_image_serves_in_the_place_of_production(without_gpu: Engine, tmp_path: Path) -> None:
    """With production's arguments, and production is back under its id."""
    without_gpu.put(_IMAGE, _real_image())
    box = GpuBox(engine=without_gpu, folder=tmp_path / "operator")
    box.candidate("production", style=images.Style.MODULE)
    published = ("--publish", "127.0.0.1:8000:8000", "--shm-size", "1g")
    made = without_gpu.say("run", "--detach", "--name", VLLM, *published, "vllm/vllm-openai:production", *_ARGUMENTS)
    box.ids[VLLM] = made.split()[-1]
    box.configure({"container": VLLM})
    without_gpu.until(lambda: "canary" in without_gpu.get("http://127.0.0.1:8000/v1/models")[1], "production answers")
    before = box.snapshot()

    run = box.qualify("--image", _IMAGE, "-k", "starts or health or models or labels or accepted")

    outcomes = {case["id"]: case["outcome"] for case in run.candidate("v0.8.5.post1")["cases"]}
    assert [outcomes[case] for case in ("DEPLOY/starts", "DEPLOY/models", "CLASSIFY/labels")] == ["passed"] * 3, (
        run.said
    )
    assert (box.snapshot(), box.leftovers()) == (before, [])


def _real_image() -> oci.Image:
    try:
        return real.image(_IMAGE, cache=caches.default(), say=engine_hosts.say)
    except real.NoRealImage as reason:
        return pytest.skip(f"the test of the real image was not run: {reason}")
