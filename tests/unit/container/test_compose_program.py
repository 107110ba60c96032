from __future__ import annotations

import pytest

from vllm_qualify.container import compose_program
from vllm_qualify.container.compose_program import ComposeFiles, ComposeProgram

FILES = ComposeFiles(files=("a.yml", "b.yml"), env_file="x.env", profiles=("cuda",), project="ai")


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (ComposeProgram.DOCKER, "docker compose {} config --format json"),
        (ComposeProgram.DOCKER_V1, "docker-compose {} config"),
        (ComposeProgram.PODMAN, "podman compose {} config --format json"),
        (ComposeProgram.PODMAN_COMPOSE, "podman-compose {} config"),
    ],
)
def test_each_program_renders_with_what_the_operator_names(program: ComposeProgram, words: str) -> None:
    """Files in their order, the file of variables, the profiles, the project's name."""
    named = "--project-name ai -f a.yml -f b.yml --env-file x.env --profile cuda"

    assert " ".join(compose_program.rendering(program, FILES)) == words.format(named)


def test_every_command_names_the_same_project() -> None:
    """Whatever it does."""
    words = compose_program.command(ComposeProgram.DOCKER, ComposeFiles(files=("a.yml",)), "up", "-d", "llm")

    assert " ".join(words) == "docker compose -f a.yml up -d llm"
