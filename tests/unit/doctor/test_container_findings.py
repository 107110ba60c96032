from __future__ import annotations

from dataclasses import replace

import pytest

from vllm_qualify.doctor import container_findings
from vllm_qualify.doctor.container_facts import CdiSpec, ContainerFacts, EngineInfo
from vllm_qualify.doctor.machine_check import CheckStatus, MachineCheck

DRIVER = "570.195.03"
DOCKER = EngineInfo(program="docker", path="/usr/bin/docker", version="28.2.2", runtimes=("nvidia", "runc"))
PODMAN = EngineInfo(program="podman", path="/usr/bin/podman", version="5.4.0", rootless=True)
NO_DOCKER, NO_PODMAN = EngineInfo(program="docker"), EngineInfo(program="podman")
GPU_HOST = ContainerFacts(
    engines=(DOCKER, PODMAN),
    user="me",
    in_docker_group=True,
    subordinate_ids=True,
    toolkit="1.17.8",
    specs=(CdiSpec(path="/etc/cdi/nvidia.yaml", driver=DRIVER),),
    nvidia_hardware=True,
    compose=("docker compose 2.39.1",),
)


def said(facts: ContainerFacts, *, driver: str = DRIVER) -> dict[str, MachineCheck]:
    """What is said, by topic."""
    found = container_findings.checks(facts, driver=driver, gpu_problem="" if driver else "no NVIDIA driver")
    return {line.topic: line for line in found}


def refused(program: str, problem: str, **others: object) -> str:
    """What is advised where an engine, the only one, does not answer."""
    engine = EngineInfo(program=program, path=f"/usr/bin/{program}", problem=problem)
    return said(replace(GPU_HOST, engines=(engine,), **others))[program].remedy  # type: ignore[arg-type]  # As given.


def test_a_gpu_host_lacks_nothing() -> None:
    """Everything is there, and it is said how each engine gives its GPU."""
    lines = said(GPU_HOST)

    assert {line.status for line in lines.values()} == {CheckStatus.OK}
    assert lines["docker and GPU"].text == "by the runtime nvidia"
    assert lines["podman and GPU"].text == "by CDI (/etc/cdi/nvidia.yaml)"
    assert container_findings.lacks(GPU_HOST, driver=DRIVER) == ()


def test_a_machine_without_an_engine_is_told_how_to_get_one() -> None:
    """Both are named as missing, and the target is held back."""
    facts = replace(GPU_HOST, engines=(NO_DOCKER, NO_PODMAN))

    assert said(facts)["docker"].status is CheckStatus.MISSING
    assert said(facts)["podman"].remedy.startswith("install Docker")
    assert container_findings.lacks(facts, driver=DRIVER) == ("a container engine that answers",)


def test_one_engine_is_enough() -> None:
    """The one that is not there is no gap."""
    facts = replace(GPU_HOST, engines=(DOCKER, NO_PODMAN))

    assert said(facts)["podman"] == MachineCheck(topic="podman", status=CheckStatus.INFO, text="not found on PATH")
    assert container_findings.lacks(facts, driver=DRIVER) == ()


@pytest.mark.parametrize(("member", "remedy"), [(False, "sudo usermod -aG docker me"), (True, "newgrp docker")])
def test_a_refused_socket_is_a_matter_of_the_group(member: bool, remedy: str) -> None:  # noqa: FBT001 (a case)
    """Who is not in the group joins it; who is logs in again."""
    assert remedy in refused("docker", "permission denied while trying to connect", in_docker_group=member)


def test_a_daemon_that_does_not_run_is_started() -> None:
    """By its unit."""
    assert "systemctl enable --now docker" in refused("docker", "Cannot connect to the Docker daemon at unix:///x")


def test_rootless_podman_without_ranges_gets_them() -> None:
    """For this very user, and Podman is told to look again."""
    remedy = refused("podman", "cannot find UID/GID for user me: no subuid ranges found", subordinate_ids=False)

    assert remedy.startswith("sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 me")
    assert "podman system migrate" in remedy


def test_docker_without_the_nvidia_runtime_is_told_the_command() -> None:
    """--gpus would be refused, and one command mends it once the toolkit is there."""
    facts = replace(GPU_HOST, engines=(replace(DOCKER, runtimes=("runc",)), NO_PODMAN))

    line = said(facts)["docker and GPU"]

    assert line.status is CheckStatus.MISSING
    assert line.remedy == "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker"
    assert container_findings.lacks(facts, driver=DRIVER) == ("a container engine that gives its containers a GPU",)


def test_without_the_toolkit_it_comes_first() -> None:
    """A command that is not installed helps nobody."""
    facts = replace(GPU_HOST, toolkit="", specs=(), engines=(PODMAN,))

    assert said(facts)["nvidia-ctk"].status is CheckStatus.MISSING
    assert said(facts)["podman and GPU"].remedy.startswith("install nvidia-container-toolkit")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"hook": "/usr/bin/nvidia-container-runtime-hook"}, "by --gpus (/usr/bin/nvidia-container-runtime-hook)"),
        ({"specs": ()}, "by CDI (nvidia.com/gpu)"),
    ],
)
def test_docker_gives_a_gpu_in_other_ways_too(change: dict[str, object], text: str) -> None:
    """By the toolkit's hook alone, and by CDI from Docker 28 on."""
    docker = replace(DOCKER, runtimes=("runc",), devices=("nvidia.com/gpu=all",) if "specs" in change else ())
    facts = replace(GPU_HOST, engines=(docker,), **change)  # type: ignore[arg-type]  # As the case has it.

    assert said(facts)["docker and GPU"].text == text


def test_podman_needs_a_specification() -> None:
    """Without one, one command makes it."""
    line = said(replace(GPU_HOST, specs=()))["podman and GPU"]

    assert (line.status, line.remedy) == (
        CheckStatus.MISSING,
        "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
    )


def test_a_specification_of_an_earlier_driver_is_stale() -> None:
    """After a driver's upgrade its files are gone, so containers do not start until it is made anew."""
    line = said(GPU_HOST, driver="580.95.05")["podman and GPU"]

    assert line.status is CheckStatus.MISSING
    assert line.text == "/etc/cdi/nvidia.yaml is of driver 570.195.03, and the driver is 580.95.05 now"


def test_a_card_without_a_driver_is_told_of() -> None:
    """It is there, so CPU images are hardly what is wanted."""
    lines = said(GPU_HOST, driver="")

    assert lines["driver"].text == "an NVIDIA card is on the PCI bus, but: no NVIDIA driver"
    assert "docker and GPU" not in lines
    assert container_findings.lacks(GPU_HOST, driver="") == ()


def test_an_engine_elsewhere_is_not_judged_by_this_machine() -> None:
    """Its GPUs are that machine's, and so is what gives them."""
    away = EngineInfo(program="docker", path="/usr/bin/docker", version="28.2.2", address="ssh://gpu-host")
    facts = replace(GPU_HOST, engines=(away,))

    assert said(facts)["docker"].text == "28.2.2 at ssh://gpu-host"
    assert "docker and GPU" not in said(facts)
    assert container_findings.lacks(facts, driver=DRIVER) == ()
    assert "is that host up" in said(replace(facts, engines=(replace(away, problem="timed out"),)))["docker"].remedy


def test_selinux_is_hinted_at() -> None:
    """Only where the engine separates by it."""
    facts = replace(GPU_HOST, engines=(replace(PODMAN, selinux=True),))

    assert "label=disable" in said(facts)["SELinux"].remedy
    assert "SELinux" not in said(GPU_HOST)


def test_without_a_program_for_compose_one_is_named() -> None:
    """Only who names a project needs it, so it is no gap."""
    line = said(replace(GPU_HOST, compose=()))["compose"]

    assert (line.status, "podman-compose" in line.remedy) == (CheckStatus.INFO, True)
