"""What the words of a container's record become on a command line."""

from __future__ import annotations

import pytest

from vllm_qualify.container.spec import GpuRequest, Mount, MountKind, PortBinding


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        (PortBinding(container_port=8000, host_port=8000), "8000:8000/tcp"),
        (PortBinding(container_port=8000, host_address="127.0.0.1"), "127.0.0.1::8000/tcp"),
        (PortBinding(container_port=8000, host_port=80, host_address="::1"), "[::1]:80:8000/tcp"),
        (PortBinding(container_port=8000), "8000/tcp"),
    ],
)
def test_port(binding: PortBinding, words: str) -> None:
    """A published port is told as an engine's --publish reads it."""
    assert str(binding) == words


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (GpuRequest(), "all"),
        (GpuRequest(count=2), "2"),
        (GpuRequest(count=0, ids=("4", "5")), '"device=4,5"'),
    ],
)
def test_gpus(request_: GpuRequest, words: str) -> None:
    """GPUs are told as an engine's --gpus reads them, several numbers quoted as one field."""
    assert str(request_) == words


def test_mount() -> None:
    """A mount is told as an engine's --volume reads it."""
    mount = Mount(kind=MountKind.BIND, source="/models", target="/m", read_only=True, options=("z",))

    assert str(mount) == "/models:/m:ro,z"
