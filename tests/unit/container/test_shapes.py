"""The shapes in which people run vLLM on a host: each is read, or refused with the reason and a way on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vllm_qualify.container import compose_config, quadlet, run_line, service_unit, unit_file
from vllm_qualify.container.compose_config import RenderedProject
from vllm_qualify.container.compose_program import ComposeProgram
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_line import StartedContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.core import images

SHAPES = Path(__file__).parent / "shapes"
START = "#!/bin/bash\nexec /opt/venv/bin/vllm serve $MODEL --max-model-len ${MAX_LEN:-4096} $@\n"
FILES = {"/home/ops/ocr.env": "OCR_TOKEN=t\n", "/opt/llm/start.sh": START}
PLACE = StartPlace(folder="/srv/llm", read=FILES.get, environment={"HOME": "/home/ops"})


def script(name: str) -> StartedContainer:
    """The container of a script."""
    found = run_line.read((SHAPES / name).read_text(), PLACE, source=name)
    assert isinstance(found, StartedContainer)
    return found


def project(name: str) -> RenderedProject:
    """A project; without variables, its program prints what its file says."""
    program = ComposeProgram.DOCKER if name.endswith(".json") else ComposeProgram.DOCKER_V1
    return compose_config.read(
        (SHAPES / name).read_text(), program=program, folder="/srv/ai", read_file=FILES.get, environment={}
    )


def unit(name: str) -> unit_file.UnitFile:
    """A unit."""
    return unit_file.read((SHAPES / name).read_text(), name=name.partition(".")[0], environment=PLACE.environment)


def mounts(spec: ContainerSpec) -> str:
    """The mounts in one text."""
    return " ".join(map(str, spec.mounts))


def ports(spec: ContainerSpec) -> str:
    """The ports in one text."""
    return " ".join(map(str, spec.ports))


@pytest.mark.parametrize(
    ("name", "image", "words", "gpus"),
    [
        ("a.sh", "vllm/vllm-openai:latest", "acme/tiny-chat", "all"),
        ("b.sh", "vllm/vllm-openai:latest", "--model acme/archive-7b --max-model-len 4096", "all"),
        ("c.sh", "vllm/vllm-openai:latest", "--model /models/summer-72b --tensor-parallel-size 4 --port 8072",
         '"device=4,5,6,7"'),
        ("k.sh", "docker.io/vllm/vllm-openai:v0.11.2", "--model /models/ocr-3b", "None"),
    ],
)  # fmt: skip
def test_scripts(name: str, image: str, words: str, gpus: str) -> None:
    """A, B, C and K: one command of a script makes the container."""
    spec = script(name).spec

    assert (spec.image, " ".join(spec.command or ()), str(spec.gpus)) == (image, words, gpus)


def test_a_has_volumes_and_a_port() -> None:
    """The home folder is its shell's to know."""
    spec = script("a.sh").spec

    assert mounts(spec) == "~/.cache/huggingface:/root/.cache/huggingface graphs:/root/.cache/vllm"
    assert ports(spec) == "8000:8000/tcp"


def test_b_has_a_token_that_only_its_shell_knows() -> None:
    """What stands for it is told as unknown, with its runtime and its memory beside it."""
    started = script("b.sh")

    assert started.spec.env == {"HUGGING_FACE_HUB_TOKEN": "${ARCHIVE_TOKEN}"}
    assert "${ARCHIVE_TOKEN}" in started.unknowns
    assert (started.spec.runtime, started.spec.ipc) == ("nvidia", "host")
    assert mounts(started.spec) == "/home/ops/models:/root/.cache/huggingface"


def test_c_is_one_of_several_commands() -> None:
    """With its owner, its name and its network; quotes that its shell would take away are said to be lost."""
    started = script("c.sh")

    assert (started.name, started.restart) == ("summer_72b", "always")
    assert (started.spec.network_mode, started.spec.user) == ("host", "1001:1001")
    assert started.spec.shm_bytes == int(10.24 * 2**30)
    with pytest.raises(UnreadableContainer, match=r"has lost its inner quotes; write --gpus '\"device=4,"):
        script("c-quotes-lost.sh")


@pytest.mark.parametrize(
    ("name", "image", "entrypoint", "words", "gpus", "published"),
    [
        ("d.yml", "vllm/vllm-openai:v0.11.0", None, "--model acme/coder-14b-awq --max-model-len 32768", "all",
         "8000:8000/tcp"),
        ("e.yml", "registry.example/vllm/vllm-openai:v0.15.1", ("vllm",),
         'serve acme/small-27b --port 8888 --speculative-config {"method": "mtp", "num_speculative_tokens": 2}', "1",
         "8888:8888/tcp"),
        ("h.yml", "vllm/vllm-openai:v0.10.2", ("/opt/start.sh",), "", "None", ""),
        ("i.rendered.json", "vllm/vllm-openai:v0.14.0", None, "--model acme/port-7b --host 0.0.0.0", "None",
         "33911:8000/tcp"),
        ("j.yml", "vllm/vllm-openai:v0.8.5", None, "--model acme/minutes-8b --swap-space 32 --max-model-len 16384",
         "None", "5190:8000/tcp"),
    ],
)  # fmt: skip
def test_services(
    name: str, image: str, entrypoint: tuple[str, ...] | None, *, words: str, gpus: str, published: str
) -> None:
    """D, E, H, I and J: the one service of a project that runs vLLM."""
    spec = project(name).service().spec

    assert (spec.image, spec.entrypoint) == (image, entrypoint)
    assert (" ".join(spec.command or ()), str(spec.gpus), ports(spec)) == (words, gpus, published)


def test_d_to_j_have_their_own_ways() -> None:
    """Memory, mounts, networks, devices and the runtime of each."""
    d, e, h, i, j = (project(name).service().spec for name in ("d.yml", "e.yml", "h.yml", "i.rendered.json", "j.yml"))

    assert (d.ipc, d.shm_bytes, mounts(d)) == ("host", 16 << 30, "ai_weights:/root/.cache/huggingface")
    assert mounts(e) == "/srv/ai/templates:/templates:ro"
    assert (h.network_mode, h.cap_drop, h.env) == ("host", ("ALL",), {"HOME": "/home/vllm"})
    assert (i.devices, i.networks) == (("nvidia.com/gpu=all",), {"harbour_net": ("vllm", "openai")})
    assert i.env == {"HF_TOKEN": "hf_secret$x"}
    assert (j.runtime, len(j.mounts)) == ("nvidia", 3)


def test_f_has_a_shell_around_vllm() -> None:
    """Its dollars are the shell's; which image it is, its program has put in."""
    rendered = (SHAPES / "f.yml").read_text().replace("${VLLM_IMAGE:-vllm/vllm-openai:v0.12.0}", "vllm/x:v1")
    found = compose_config.read(
        rendered.replace("${LLM_PORT:-8020}", "8020"),
        program=ComposeProgram.DOCKER,
        folder="/srv/ai",
        read_file=FILES.get,
        environment={},
    ).service()

    assert (found.spec.image, found.container_name, found.restart) == ("vllm/x:v1", "llm", "unless-stopped")
    assert '$EXTRA "$@"' in (found.spec.entrypoint or ())[2]
    assert str(found.spec.gpus) == '"device=0,1"'


def test_g_serves_twice_and_builds_its_image() -> None:
    """Which service is meant, and how the candidate's image is made, the operator has to say."""
    read = project("g.yml")

    with pytest.raises(UnreadableContainer, match=r"chat, embed each run vLLM .* choose one with"):
        read.service()
    with pytest.raises(UnreadableContainer, match=r"docker build --build-arg BASE_IMAGE=vllm/vllm-openai:v0.18.0 -t"):
        read.service("chat").check(images.parse("vllm/vllm-openai:v0.18.0"))


def test_k_as_a_quadlet() -> None:
    """What the generator would hand to Podman."""
    spec = quadlet.read(unit("k.container"), PLACE).spec

    assert spec.image == "docker.io/vllm/vllm-openai:v0.11.2"
    assert spec.command == ("--model", "acme/ocr-3b", "--limit-mm-per-prompt", '{"image": 4}')
    assert spec.env == {"OCR_TOKEN": "t", "VLLM_LOGGING_LEVEL": "INFO", "EXTRA": "a b"}
    assert mounts(spec) == "systemd-weights:/root/.cache/huggingface /srv/templates:/templates:ro,Z"
    assert (spec.networks, ports(spec)) == ({"systemd-ai": ("systemd-k",)}, "8000:8000/tcp")
    assert (spec.read_only, spec.security, spec.ipc, spec.shm_bytes) == (True, ("label=disable",), "host", 8 << 30)
    assert spec.devices == script("k.sh").spec.devices == ("nvidia.com/gpu=all",)


def test_l_starts_a_project() -> None:
    """Which is then the thing to name."""
    with pytest.raises(UnreadableContainer, match=r"it starts the Compose project compose.gpu.yml: give its file with"):
        service_unit.read(unit("l-compose.service"), PLACE)


def test_l_starts_a_program_with_the_units_variables() -> None:
    """Itself, or by a script beside it; a script that cannot be read is the thing to give."""
    program = service_unit.read(unit("l-serve.service"), PLACE)
    by_script = service_unit.read(unit("l-script.service"), PLACE)

    assert not isinstance(program, StartedContainer)
    assert program.words[1:] == ("serve", "acme/desk-3b", "--port", "8000", "--gpu-memory-utilization", "0.85")
    assert program.variables == {"HF_HOME": "/srv/hf", "CUDA_VISIBLE_DEVICES": "0", "PORT": "8000"}
    assert not isinstance(by_script, StartedContainer)
    assert by_script.words[2:] == ("acme/big-27b", "--max-model-len", "65536", "--quiet")
    with pytest.raises(UnreadableContainer, match=r"starts /opt/llm/start.sh, which cannot be read here; give that"):
        service_unit.read(unit("l-script.service"), replace(PLACE, read={}.get))


def test_m_starts_a_project_elsewhere() -> None:
    """Its file is the thing to give."""
    with pytest.raises(UnreadableContainer, match=r"starts the Compose project nodes/node2.yml: give its file"):
        script("m.sh")
