from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from vllm_qualify.doctor import engines
from vllm_qualify.doctor.container_facts import CdiSpec, ContainerFacts, EngineInfo
from vllm_qualify.system.process_runner import CompletedProcess

RECORDED = Path(__file__).parents[1] / "container" / "inspect"
DOCKER, PODMAN = ((RECORDED / f"{program}-info.json").read_text() for program in ("docker", "podman"))
INFO = " info --format {{json .}}"
COMPOSE_V1 = "docker-compose version 1.29.2, build unknown\ndocker-py version: 5.0.3\n"
PODMAN_COMPOSE = "['podman', '--version', '']\nusing podman version: 4.3.1\npodman-composer version  1.0.3\n"

Answer = CompletedProcess | Exception


def gathered(root: Path, answers: Mapping[str, Answer], environ: Mapping[str, str] | None = None) -> ContainerFacts:
    """What is found on a machine with these programs, which answer these command lines and no other."""

    def run(argv: list[str], **_: object) -> CompletedProcess:
        answer = answers[" ".join(argv).removeprefix("/usr/bin/")]
        if isinstance(answer, Exception):
            raise answer
        return answer

    present = {line.split()[0] for line in answers}
    return engines.gather(
        environ=environ or {}, which=lambda name: f"/usr/bin/{name}" if name in present else "", root=root, run=run
    )


def said(stdout: str = "", *, stderr: str = "", code: int = 0) -> CompletedProcess:
    """A process that ended."""
    return CompletedProcess(exit_code=code, stdout=stdout, stderr=stderr)


NO_PLUGIN = {"docker compose version": said(stderr="docker: unknown command: docker compose", code=1)}
NO_WRAPPER = {"podman compose version": said(stderr="Error: unrecognized command `podman compose`", code=125)}


def test_a_bare_machine_has_nothing(tmp_path: Path) -> None:
    """No program, no file: both engines are named as not there."""
    found = gathered(tmp_path, {})

    assert found.engines == (EngineInfo(program="docker"), EngineInfo(program="podman"))
    assert (found.specs, found.compose, found.toolkit, found.nvidia_hardware) == ((), (), "", False)


def test_both_engines_are_read_from_their_own_words(tmp_path: Path) -> None:
    """As Docker 20.10 and Podman 4.3 say them."""
    found = gathered(
        tmp_path, {f"docker{INFO}": said(DOCKER), f"podman{INFO}": said(PODMAN), **NO_PLUGIN, **NO_WRAPPER}
    )

    docker, podman = found.engines
    assert (docker.version, docker.answers, docker.rootless, docker.selinux) == ("20.10.24+dfsg1", True, False, False)
    assert docker.runtimes == ("io.containerd.runc.v2", "io.containerd.runtime.v1.linux", "nvidia", "runc")
    assert (podman.version, podman.answers, podman.rootless, podman.runtimes) == ("4.3.1", True, False, ("runc",))


def test_a_daemon_that_refuses_is_quoted(tmp_path: Path) -> None:
    """Docker's client prints what it knows of itself, and the daemon's refusal beside it or among it."""
    words = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
    among = json.dumps({"ServerErrors": [words], "ClientInfo": {}})

    for answer in (said(among), said(stderr=f"{words}\n", code=1), said("{}", stderr=words)):
        found = gathered(tmp_path, {f"docker{INFO}": answer, **NO_PLUGIN})
        assert (found.engines[0].problem, found.engines[0].answers) == (words, False)


def test_an_engine_that_hangs_or_does_not_start_does_not_answer(tmp_path: Path) -> None:
    """Neither keeps the doctor from its other lines."""
    hanging = gathered(tmp_path, {f"docker{INFO}": TimeoutError(), **NO_PLUGIN})
    broken = gathered(tmp_path, {f"docker{INFO}": OSError("Exec format error"), **NO_PLUGIN})

    assert hanging.engines[0].problem == "it did not answer within 5 s"
    assert broken.engines[0].problem == "Exec format error"


def test_an_engine_elsewhere_is_told_from_one_here(tmp_path: Path) -> None:
    """What DOCKER_HOST names is another machine's engine unless it is a socket."""
    answers = {f"docker{INFO}": said(DOCKER), **NO_PLUGIN}

    away = gathered(tmp_path, answers, {"DOCKER_HOST": "ssh://gpu-host"})
    here = gathered(tmp_path, answers, {"DOCKER_HOST": "unix:///run/user/1000/docker.sock"})

    assert (away.engines[0].address, here.engines[0].address) == ("ssh://gpu-host", "")


def test_programs_for_compose_are_those_that_work(tmp_path: Path) -> None:
    """A client without its plugin is none, and each is told by its own version."""
    answers = {
        f"docker{INFO}": said(DOCKER),
        **NO_PLUGIN,
        "docker-compose version": said(COMPOSE_V1),
        "podman-compose version": said(PODMAN_COMPOSE),
    }

    # podman-compose pads its version with two blanks.
    assert gathered(tmp_path, answers).compose == ("docker-compose 1.29.2", "podman-compose 1.0.3")


def test_the_toolkit_tells_its_version(tmp_path: Path) -> None:
    """As nvidia-ctk prints it."""
    version = said("NVIDIA Container Toolkit CLI version 1.17.8\ncommit: f202b80a9b9d0db00d9b1d73c0128c8962c55f4d\n")

    found = gathered(tmp_path, {"nvidia-ctk --version": version, "nvidia-container-runtime-hook": said()})

    assert (found.toolkit, found.hook) == ("1.17.8", "/usr/bin/nvidia-container-runtime-hook")


def test_specifications_of_gpus_tell_their_driver(tmp_path: Path) -> None:
    """In both folders, JSON and YAML; those of other devices are not meant."""
    etc, run = tmp_path / "etc" / "cdi", tmp_path / "var" / "run" / "cdi"
    for folder in (etc, run):
        folder.mkdir(parents=True)
    library = "/usr/lib/x86_64-linux-gnu/libcuda.so.570.195.03"
    (etc / "nvidia.yaml").write_text(f"kind: nvidia.com/gpu\ncontainerEdits:\n  mounts:\n  - hostPath: {library}\n")
    (etc / "other.json").write_text('{"kind": "vendor.example/nic"}')
    (run / "nvidia.json").write_text('{"kind": "nvidia.com/gpu"}')

    found = gathered(tmp_path, {}).specs

    assert found == (
        CdiSpec(path=str(etc / "nvidia.yaml"), driver="570.195.03"),
        CdiSpec(path=str(run / "nvidia.json")),
    )


def test_a_card_without_a_driver_is_seen(tmp_path: Path) -> None:
    """A display or 3D controller of NVIDIA; its audio device and other cards are none."""
    for name, vendor, kind in (("0", "0x8086", "0x030000"), ("1", "0x10de", "0x040300")):
        card = tmp_path / "sys" / "bus" / "pci" / "devices" / name
        card.mkdir(parents=True)
        (card / "vendor").write_text(f"{vendor}\n")
        (card / "class").write_text(f"{kind}\n")
    before = gathered(tmp_path, {}).nvidia_hardware
    (card / "class").write_text("0x030200\n")

    assert (before, gathered(tmp_path, {}).nvidia_hardware) == (False, True)
