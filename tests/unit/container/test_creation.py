"""What makes a container of its record: the words for Docker and for Podman."""

from __future__ import annotations

import pytest

from tests.unit.container.recorded import container
from vllm_qualify.container import creation
from vllm_qualify.container.spec import ContainerSpec, GpuRequest


def options(words: list[str], name: str) -> list[str]:
    """The values of an option that is given as two words."""
    return [words[place + 1] for place, word in enumerate(words) if word == name]


def made(spec: ContainerSpec, *, podman: bool = False) -> list[str]:
    """The words for a candidate."""
    return creation.words(spec, name="candidate", labels={creation.RUN: "run"}, podman=podman)


def test_nothing_of_a_container_is_lost() -> None:
    """Each thing that production has stands in the words for the candidate."""
    words = made(container("docker", "everything").spec)

    assert words[:1] == ["create"]
    assert options(words, "--restart") == ["no"]
    assert options(words, "--entrypoint") == ["vllm"]
    assert options(words, "--volume") == [
        "vllm-cache:/root/.cache/vllm:z",
        "/var/lib/engine/models:/root/.cache/huggingface:ro",
    ]
    assert options(words, "--publish") == ["127.0.0.1:8000:8000/tcp", "9000/tcp"]
    assert options(words, "--network") == ["backend"]
    assert {"everything", "vllm-backend"} <= set(options(words, "--network-alias"))
    assert options(words, "--label") == ["com.example.stack=llm", "vllm-qualify.run=run"]
    assert words[-6:] == ["vllm/vllm-openai:v0.8.5.post1", "serve", "--model", "Qwen/Qwen3-8B-AWQ", *words[-2:]]


def test_no_value_of_a_variable_stands_in_a_command_line() -> None:
    """Everybody on the host can read those; the client takes the values from its own environment."""
    spec = ContainerSpec(image="a:b", env={"HF_TOKEN": "hf_secret", "LD_LIBRARY_PATH": "/driver"})

    words = made(spec)

    assert options(words, "--env") == ["HF_TOKEN", "LD_LIBRARY_PATH=/driver"]
    assert creation.handed_over(spec) == {"HF_TOKEN": "hf_secret"}


@pytest.mark.parametrize(
    ("podman", "option", "value"),
    [(False, "--gpus", ['"device=4,5"']), (True, "--device", ["nvidia.com/gpu=4", "nvidia.com/gpu=5"])],
    ids=["docker", "podman"],
)
def test_gpus_are_asked_for_as_the_engine_knows_them(podman: bool, option: str, value: list[str]) -> None:  # noqa: FBT001
    """Docker by --gpus, Podman by the names of CDI."""
    words = made(ContainerSpec(image="a:b", gpus=GpuRequest(count=0, ids=("4", "5"))), podman=podman)

    assert options(words, option) == value


def test_a_shared_ipc_has_no_size_of_its_own() -> None:
    """Podman refuses both together, and Docker takes no notice of the size."""
    words = made(ContainerSpec(image="a:b", ipc="host", shm_bytes=1))

    assert options(words, "--ipc") == ["host"]
    assert "--shm-size" not in words


def test_an_entrypoint_of_several_words_goes_before_the_command() -> None:
    """--entrypoint takes one word."""
    words = made(ContainerSpec(image="a:b", entrypoint=("bash", "-c"), command=("exec vllm",)))

    assert options(words, "--entrypoint") == ["bash"]
    assert words[-3:] == ["a:b", "-c", "exec vllm"]


def test_further_networks_are_joined_once_it_exists() -> None:
    """Old engines take one network when a container is made."""
    spec = ContainerSpec(image="a:b", networks={"one": ("x",), "two": ("y", "z")})

    assert options(made(spec), "--network") == ["one"]
    assert creation.connections(spec) == {"two": ("y", "z")}
