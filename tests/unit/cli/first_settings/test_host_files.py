"""The files of a folder that start vLLM without Kubernetes."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.cli.first_settings import folder_texts, host_files
from vllm_qualify.cli.first_settings.host_files import HostFile

QUADLET = "[Container]\nImage=docker.io/vllm/vllm-openai:v0.10.2\nContainerName=llm\nExec=--model Qwen/Qwen3-8B\n"


def find(folder: Path) -> tuple[list[HostFile], list[str]]:
    """What is found there."""
    return host_files.find(folder, folder_texts.read(folder).texts)


def test_a_quadlet(folder: Path) -> None:
    """With the name of its container."""
    (folder / "llm.container").write_text(QUADLET)

    [found], problems = find(folder)

    assert (found.container, found.manifest.model, found.compose, problems) == ("llm", "Qwen/Qwen3-8B", (), [])


def test_a_variable_of_this_process_stays_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be a secret, and is another one where vLLM runs."""
    monkeypatch.setenv("MODEL", "secret/model")
    (folder / "compose.yaml").write_text(
        "services: {a: {image: 'vllm/vllm-openai:v0.10.2', command: '--model ${MODEL:-plain/model}'}}"
    )

    [found], _ = find(folder)

    assert found.manifest.model == "plain/model"


def test_a_script_about_vllm_that_starts_none(folder: Path) -> None:
    """Nobody wants to hear of it."""
    (folder / "a.sh").write_text("curl http://vllm:8000/health\n")

    assert find(folder) == ([], [])


def test_a_project_in_which_nothing_is_vllm_for_certain(folder: Path) -> None:
    """It is told what to do about it, by the path in the folder."""
    (folder / "compose.yaml").write_text("services: {a: {image: vllm-proxy}}")

    found, [problem] = find(folder)

    assert found == []
    assert problem.startswith("compose.yaml is a Compose file with the services a, and none of them seems to run vLLM")


def test_an_override_belongs_to_its_file(folder: Path) -> None:
    """It is no project of its own."""
    text = "services: {a: {image: 'vllm/vllm-openai:v0.10.2', command: --model x}}"
    (folder / "compose.yaml").write_text(text)
    (folder / "compose.override.yaml").write_text(text)
    (folder / "other.override.yaml").write_text(text)

    found, _ = find(folder)

    assert [one.compose for one in found] == [("compose.yaml", "compose.override.yaml"), ("other.override.yaml",)]
