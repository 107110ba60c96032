"""What is read of containers, by what Docker and Podman really said of them."""

from __future__ import annotations

import pytest

from tests.unit.container.recorded import container, inspected
from vllm_qualify.container import inspection
from vllm_qualify.container.spec import GpuRequest, Mount, MountKind, PortBinding

ENGINES = ("docker", "podman")


@pytest.mark.parametrize("engine", ENGINES)
def test_what_the_image_brings_is_not_the_containers_own(engine: str) -> None:
    """A candidate must not get variables, entrypoint or user of production's image."""
    spec = container(engine, "plain").spec

    assert (spec.entrypoint, spec.env, spec.user, spec.folder) == (None, {}, "", "")
    assert spec.command == ("--model", "Qwen/Qwen3-8B-AWQ", "--max-model-len", "8192")


@pytest.mark.parametrize("engine", ENGINES)
def test_all_that_was_asked_for_is_read(engine: str) -> None:
    """Whatever decides how vLLM runs and who reaches it, in one word for both engines."""
    spec = container(engine, "everything").spec

    assert (spec.entrypoint, spec.command) == (
        ("vllm",),
        ("serve", "--model", "Qwen/Qwen3-8B-AWQ", "--max-model-len", "8192"),
    )
    assert spec.env == {"HF_HUB_OFFLINE": "1", "EMPTY": ""}
    assert (spec.user, spec.folder) == ("1000:0", "/tmp")  # noqa: S108 - what was recorded.
    assert {(one.source, one.target, one.read_only) for one in spec.mounts} == {
        ("vllm-cache", "/root/.cache/vllm", False),
        ("/var/lib/engine/models", "/root/.cache/huggingface", True),
    }
    assert spec.ports[0] == PortBinding(container_port=8000, host_port=8000, host_address="127.0.0.1")
    assert {"everything", "vllm-backend"} <= set(spec.networks["backend"])
    assert spec.memory_bytes == 4 * 1024**3
    assert {"memlock=65536:65536", "nofile=20000:20000"} <= set(spec.ulimits)
    assert (spec.cap_add, spec.security, spec.groups) == (("CAP_SYS_PTRACE",), ("label=disable",), ("44",))
    assert spec.hosts == ("proxy.lan:192.0.2.7",)
    assert spec.labels == {"com.example.stack": "llm"}


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("gpus-all", GpuRequest()),
        ("gpus-two", GpuRequest(count=0, ids=("4", "5"))),
        ("gpus-count", GpuRequest(count=2)),
    ],
)
def test_the_gpus_of_docker_are_read(name: str, request_: GpuRequest) -> None:
    """As --gpus asked for them."""
    assert container("docker", name).spec.gpus == request_


def test_a_cdi_device_of_podman_is_read_by_its_name() -> None:
    """The files that it stands for, and the variable that it sets, are the host's own business."""
    spec = container("podman", "cdi").spec

    assert spec.devices == ("nvidia.com/gpu=all",)
    assert "NVIDIA_VISIBLE_DEVICES" not in spec.env


@pytest.mark.parametrize("engine", ENGINES)
def test_device_files_are_read(engine: str) -> None:
    """Outside and inside name."""
    found = [one.removesuffix(":rw") for one in container(engine, "device-file").spec.devices]

    assert found == ["/dev/null:/dev/nvidia0", "/dev/zero:/dev/nvidiactl"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_state_of_a_container_is_read(engine: str) -> None:
    """Running, ended, removed once it is stopped, restarted by policy."""
    running, stopped, removed = (container(engine, name) for name in ("everything", "stopped", "rm"))

    assert (running.state.running, running.restart, running.listening[8000]) == (True, "always", 8000)
    assert running.state.started is not None
    assert (stopped.state.running, str(stopped.state)) == (False, "exited with code 0")
    assert (running.removed_when_stopped, removed.removed_when_stopped) == (False, True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_container_of_compose_is_known_by_its_labels(engine: str) -> None:
    """They are not handed on: Compose would take a candidate that has them for its own."""
    found = container(engine, "compose")

    assert found.project == ("stack", "vllm")
    assert not any("compose" in name for name in found.spec.labels)
    assert "vllm" in found.spec.networks["stack_default"]


def test_an_anonymous_volume_goes_with_its_container() -> None:
    """It was made for that one alone."""
    kept = {one.target for one in container("docker", "everything").spec.mounts}

    assert "/scratch" not in kept
    assert Mount(kind=MountKind.VOLUME, source="vllm-cache", target="/root/.cache/vllm", options=("z",)) in (
        container("docker", "everything").spec.mounts
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_the_digest_of_an_image(engine: str) -> None:
    """The registry's; an image that was made on the host has none that anybody else could pull it by."""
    own = inspected(f"{engine}-image")
    known = own | {"RepoDigests": ["vllm/vllm-openai@sha256:" + "a" * 64]}

    assert inspection.digest(own | {"RepoDigests": []}) == ""
    assert inspection.digest(known) == "sha256:" + "a" * 64
