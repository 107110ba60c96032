"""Which container engine is taken, and whether it gives GPUs to containers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vllm_qualify.config import ContainerSettings
from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.container import engines
from vllm_qualify.targets.container.engines import Offer

SILENT = {"ServerErrors": ["Cannot connect to the Docker daemon"]}
"""What Docker's client prints, with exit code 0, where no daemon answers it."""


def answering(monkeypatch: pytest.MonkeyPatch, **infos: dict[str, Any]) -> None:
    """Let each engine tell of itself what a test says."""

    def of(program: str, _host: str) -> ContainerEngine:
        done = CompletedProcess(exit_code=0, stdout=json.dumps(infos[program]))
        return ContainerEngine(program=program, run=lambda *_argv, **_how: done)

    monkeypatch.setattr(engines, "of", of)


def test_an_engine_whose_daemon_is_silent_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client ends well all the same."""
    answering(monkeypatch, docker=SILENT, podman={"store": {"graphRoot": "/"}})

    offer = engines.found(ContainerSettings())

    assert isinstance(offer, Offer)
    assert offer.engine.program == "podman"
    assert offer.free_bytes


def test_no_engine_is_told_with_each_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """And where to find out what is missing."""
    answering(monkeypatch, docker=SILENT, podman=SILENT)

    said = engines.found(ContainerSettings())

    assert isinstance(said, str)
    assert "docker: Cannot connect" in said
    assert "podman: Cannot connect" in said
    assert "vllm-qualify doctor" in said


@pytest.mark.parametrize(
    ("info", "gpus"),
    [
        ({"Runtimes": {"nvidia": {}}}, True),
        ({"DiscoveredDevices": [{"ID": "nvidia.com/gpu=0"}]}, True),
        ({"Runtimes": {"runc": {}}}, False),
    ],
    ids=["runtime", "cdi", "neither"],
)
def test_an_engine_that_knows_nvidia_gives_gpus(
    info: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *, gpus: bool
) -> None:
    """By its runtime or by the devices that it discovered."""
    answering(monkeypatch, docker=info)
    monkeypatch.setattr(engines, "_CDI_FOLDERS", ())

    offer = engines.found(ContainerSettings(engine="docker"))

    assert isinstance(offer, Offer)
    assert offer.gpus is gpus


@pytest.mark.parametrize(
    ("program", "host", "options", "remote"),
    [
        ("docker", "", (), False),
        ("docker", "gpu-box", ("--context", "gpu-box"), True),
        ("docker", "ssh://me@gpu-box", ("--host", "ssh://me@gpu-box"), True),
        ("podman", "gpu-box", ("--connection", "gpu-box"), True),
        ("podman", "unix:///run/x.sock", ("--url", "unix:///run/x.sock"), False),
    ],
)
def test_an_engine_elsewhere_is_named_in_its_own_words(
    program: str, host: str, options: tuple[str, ...], *, remote: bool
) -> None:
    """Ports and networks of another host are not this one's."""
    found = engines.of(program, host, environ={})

    assert (found.options, found.remote) == (options, remote)


@pytest.mark.parametrize(
    ("settings", "environ", "host"),
    [
        (ContainerSettings(), {}, ""),
        (ContainerSettings(host="ssh://gpu"), {}, "ssh://gpu"),
        (ContainerSettings(engine="podman"), {"DOCKER_HOST": "ssh://other"}, ""),
        (ContainerSettings(engine="podman"), {"CONTAINER_HOST": "ssh://gpu"}, "ssh://gpu"),
        (ContainerSettings(), {"DOCKER_HOST": "unix:///run/docker.sock"}, ""),
    ],
)
def test_an_engine_elsewhere_is_known_by_its_host(
    settings: ContainerSettings, environ: dict[str, str], host: str
) -> None:
    """Settings outrank variables, and a socket of this machine is no other host."""
    assert engines.away(settings, environ=environ) == host
