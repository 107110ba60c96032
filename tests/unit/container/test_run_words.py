from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.container import run_words
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_words import RunWords

VALUES = st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=8)
OPTIONS = st.lists(st.tuples(st.sampled_from(["env", "volume", "publish", "ipc", "gpus"]), VALUES), max_size=5)


def parsed(line: str) -> RunWords:
    """A command that makes a container."""
    found = run_words.parse(line.split())
    assert found is not None
    return found


@pytest.mark.parametrize(
    "line",
    [
        "docker run -it --rm -p 80:8000 --gpus all -e A=1 i:1 --model m",
        "docker run -itp80:8000 --rm=true --gpus=all --env A=1 i:1 --model m",
        "sudo -n /usr/bin/docker --context x container run -i -t --rm -p=80:8000 --gpus all -eA=1 -- i:1 --model m",
        "env DOCKER_HOST=x podman create --interactive --tty --rm --publish 80:8000 --gpus all -e=A=1 i:1 --model m",
    ],
)
def test_every_spelling_is_the_same(line: str) -> None:
    """Short and long, joined and apart, behind another program."""
    found = parsed(line)

    assert (found.image, found.command) == ("i:1", ("--model", "m"))
    assert sorted(found.options) == [
        ("env", "A=1"), ("gpus", "all"), ("interactive", "true"),
        ("publish", "80:8000"), ("rm", "true"), ("tty", "true"),
    ]  # fmt: skip


@given(OPTIONS, st.lists(VALUES, max_size=4))
def test_options_come_back(options: list[tuple[str, str]], command: list[str]) -> None:
    """Whatever their values hold, apart or joined."""
    apart = [word for name, value in options for word in (f"--{name}", value)]
    joined = [f"--{name}={value}" for name, value in options]

    for words in (apart, joined):
        found = run_words.parse(["docker", "run", *words, "i:1", *command])
        assert found == RunWords(engine="docker", options=tuple(options), image="i:1", command=tuple(command))


@pytest.mark.parametrize(
    "line",
    ["docker pull i", "docker stop run", "vllm serve m", "docker compose run x", "docker", "podman exec c run", ""],
)
def test_other_commands_make_none(line: str) -> None:
    """A container that is started again is not made."""
    assert run_words.parse(line.split()) is None


def test_a_command_without_an_image_is_cut_off() -> None:
    """It is said that there is more to it."""
    with pytest.raises(UnreadableContainer, match="podman run names no image; give the whole command"):
        run_words.parse(["podman", "run", "-d", "--name", "x"])
