from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.container import run_line
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_line import HostStart, StartedContainer
from vllm_qualify.container.run_spec import StartPlace

PLACE = StartPlace(folder="/srv", read=lambda _: None, environment={"TAG": "v0.9.2"})
WORDS = (
    "docker podman run -d -p 80:8000 --gpus device=1,2 all -v a:/b vllm/vllm-openai:v1 vllm serve m $X ${A:-b} "
    "\" ' \\ ; && || { } ( ) | > if then fi do done = -- -e A=1 --mount type=bind,src=a --entrypoint [ ] sudo exec "
    "bash -c $( ` #"
)
TWO = "docker run --name a vllm/vllm-openai:v1 m\ndocker run --name b vllm/vllm-openai:v1 n\n"


def read(text: str, *, name: str = "") -> HostStart:
    """What a script starts."""
    return run_line.read(text, PLACE, source="run.sh", name=name)


def test_the_one_that_runs_vllm_counts() -> None:
    """Other containers beside it do not, and one that is made again in another branch is the same."""
    run = "docker run --gpus all vllm/vllm-openai:$TAG m"

    found = read(f"docker run -d redis:7\nif [ -t 0 ]; then {run}; else {run}; fi\ndocker run vllm/vllm-router:v1\n")

    assert isinstance(found, StartedContainer)
    assert (found.spec.image, found.spec.command) == ("vllm/vllm-openai:v0.9.2", ("m",))


def test_of_several_one_is_chosen_by_its_name() -> None:
    """The message says how."""
    with pytest.raises(
        UnreadableContainer, match=r"starts 2 containers that run vLLM \(a, b\); choose one with --workload"
    ):
        read(TWO)

    found = read(TWO, name="b")
    assert isinstance(found, StartedContainer)
    assert found.spec.command == ("n",)


def test_what_stands_in_a_command_of_an_engine_is_the_containers() -> None:
    """Its shell, and its variables."""
    found = read("sudo docker run --entrypoint bash vllm/vllm-openai:v1 -c 'exec vllm serve m --port $PORT'")

    assert isinstance(found, StartedContainer)
    assert (found.spec.entrypoint, found.spec.command) == (("bash",), ("-c", "exec vllm serve m --port $PORT"))
    assert found.unknowns == {}


def test_an_image_that_only_a_run_tells_is_unknown() -> None:
    """It is the one container that there is."""
    found = read("docker run $(cat image) m")

    assert isinstance(found, StartedContainer)
    assert found.unknowns == {found.spec.image: "only a run can tell"}


@given(st.lists(st.sampled_from(WORDS.split(" ")), max_size=12))
def test_any_text_is_read_or_refused(words: list[str]) -> None:
    """Never anything else."""
    with contextlib.suppress(UnreadableContainer):
        assert read(" ".join(words))
