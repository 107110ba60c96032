"""What a machine lacks to qualify in containers, with the command that mends it: from facts to lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.doctor.container_facts import ContainerFacts, EngineInfo
from vllm_qualify.doctor.machine_check import CheckStatus, MachineCheck

_INSTALL = "install Docker (docs.docker.com/engine/install) or Podman (apt-get install podman, dnf install podman)"
_TOOLKIT = "install nvidia-container-toolkit (docs.nvidia.com/datacenter/cloud-native/container-toolkit)"
_MAKE_SPEC = "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
_CONFIGURE = "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker"
_GPU_DEVICE = "nvidia.com/gpu"


def checks(facts: ContainerFacts, *, driver: str, gpu_problem: str) -> Iterator[MachineCheck]:
    """All lines about containers, in the order in which they are printed.

    Args:
        facts: what there is.
        driver: version of the NVIDIA driver; ``""`` without a GPU that works.
        gpu_problem: why NVML shows no GPU.
    """
    answering = any(engine.answers for engine in facts.engines)
    for engine in facts.engines:
        yield _engine(engine, facts, another=answering and not engine.answers)
    if not driver and facts.nvidia_hardware:
        yield MachineCheck(
            topic="driver",
            status=CheckStatus.MISSING,
            text=f"an NVIDIA card is on the PCI bus, but: {gpu_problem}",
            remedy="install the driver (Ubuntu: sudo ubuntu-drivers install; Debian: apt-get install nvidia-driver), "
            "then restart the machine",
        )
    if driver:
        yield _toolkit(facts)
        for engine in facts.engines:
            if engine.answers and not engine.address:
                yield _gpu(engine, facts, driver=driver)
                yield from _separated(engine)
    yield _compose(facts)


def lacks(facts: ContainerFacts, *, driver: str) -> tuple[str, ...]:
    """What is missing to qualify in containers; empty when nothing is. Whether an image can be pulled is not tried.

    Args:
        facts: what there is.
        driver: version of the NVIDIA driver; without one, CPU images can be tried.
    """
    answering = [engine for engine in facts.engines if engine.answers]
    if not answering:
        return ("a container engine that answers",)
    gives = any(engine.address or not _gpu_problem(engine, facts, driver=driver)[0] for engine in answering)
    return () if gives or not driver else ("a container engine that gives its containers a GPU",)


def _engine(engine: EngineInfo, facts: ContainerFacts, *, another: bool) -> MachineCheck:
    if engine.answers:
        where = f" at {engine.address}" if engine.address else ""
        how = ", rootless" if engine.rootless else ""
        runtimes = f", runtimes {', '.join(engine.runtimes)}" if engine.runtimes else ""
        return _line(engine.program, CheckStatus.OK, f"{engine.version}{where}{how}{runtimes}")
    status = CheckStatus.INFO if another else CheckStatus.MISSING
    if not engine.path:
        return _line(engine.program, status, "not found on PATH", "" if another else _INSTALL)
    return _line(engine.program, status, f"does not answer: {engine.problem}", _answer(engine, facts))


def _answer(engine: EngineInfo, facts: ContainerFacts) -> str:
    """What makes an engine answer."""
    said = engine.problem.lower()
    if engine.address:
        return f"it is asked at {engine.address}; is that host up, and can you log in there without a password?"
    if engine.program == "docker" and "permission denied" in said:
        if facts.in_docker_group:
            return f"{facts.user} is in the group docker, but this session began before: log in again, or newgrp docker"
        return f"sudo usermod -aG docker {facts.user}, then log in again (who is in that group can become root)"
    if engine.program == "docker":
        return "start its daemon: sudo systemctl enable --now docker (rootless: systemctl --user enable --now docker)"
    if "subuid" in said or "subgid" in said or not facts.subordinate_ids:
        ranges = "--add-subuids 100000-165535 --add-subgids 100000-165535"
        return f"sudo usermod {ranges} {facts.user} && podman system migrate, or run it as root"
    return "podman info says more"


def _toolkit(facts: ContainerFacts) -> MachineCheck:
    if facts.toolkit:
        return _line("nvidia-ctk", CheckStatus.OK, facts.toolkit)
    return _line("nvidia-ctk", CheckStatus.MISSING, "not found on PATH", _TOOLKIT)


def _gpu(engine: EngineInfo, facts: ContainerFacts, *, driver: str) -> MachineCheck:
    topic = f"{engine.program} and GPU"
    problem, remedy = _gpu_problem(engine, facts, driver=driver)
    if problem:
        return _line(topic, CheckStatus.MISSING, problem, remedy if facts.toolkit else f"{_TOOLKIT}, then {remedy}")
    if engine.program == "docker" and "nvidia" in engine.runtimes:
        return _line(topic, CheckStatus.OK, "by the runtime nvidia")
    if engine.program == "docker" and facts.hook:
        return _line(topic, CheckStatus.OK, f"by --gpus ({facts.hook})")
    return _line(topic, CheckStatus.OK, f"by CDI ({', '.join(spec.path for spec in facts.specs) or _GPU_DEVICE})")


def _gpu_problem(engine: EngineInfo, facts: ContainerFacts, *, driver: str) -> tuple[str, str]:
    """Why containers of an engine get no GPU, and what gives it to them; ``""`` where they get one."""
    if engine.program == "docker":
        by_cdi = any(_GPU_DEVICE in device for device in engine.devices)
        if "nvidia" in engine.runtimes or facts.hook or by_cdi:
            return "", ""
        return "no runtime nvidia and no CDI device, so --gpus is refused", _CONFIGURE
    if not facts.specs:
        return f"no CDI specification, so --device {_GPU_DEVICE}=all is refused", _MAKE_SPEC
    stale = [spec for spec in facts.specs if spec.driver and spec.driver != driver]
    if stale:
        # Its files of the earlier driver are no longer there, and a container with them does not start.
        return f"{stale[0].path} is of driver {stale[0].driver}, and the driver is {driver} now", _MAKE_SPEC
    return "", ""


def _separated(engine: EngineInfo) -> Iterator[MachineCheck]:
    if engine.selinux:
        yield _line(
            "SELinux",
            CheckStatus.INFO,
            f"{engine.program} separates containers by it, and may refuse them the GPU and the model cache",
            "start them with --security-opt label=disable, or: sudo setsebool -P container_use_devices=true and :z "
            "behind each mount",
        )


def _compose(facts: ContainerFacts) -> MachineCheck:
    if facts.compose:
        return _line("compose", CheckStatus.OK, ", ".join(facts.compose))
    remedy = "apt-get install docker-compose-plugin (from Docker's packages), docker-compose or podman-compose"
    return _line("compose", CheckStatus.INFO, "no program that reads Compose files", remedy)


def _line(topic: str, status: CheckStatus, text: str, remedy: str = "") -> MachineCheck:
    return MachineCheck(topic=topic, status=status, text=text, remedy=remedy)
