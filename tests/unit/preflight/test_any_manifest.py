from __future__ import annotations

import io
from pathlib import Path

import pytest

from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.preflight import any_manifest

POD = "kind: Pod\nmetadata: {name: w}\nspec: {containers: [{image: 'vllm/vllm-openai:v1', args: [--model=$(M)]}]}\n"
COMPOSE = "services: {llm: {image: 'vllm/vllm-openai:v1', command: ['--model=${M:-m}', '--port=${P:-1}']}}\n"


def read(path: Path, *, workload: str = "", **environment: str) -> ServingManifest:
    """What is read from a path."""
    return any_manifest.serving(path, variables={}, environment=environment, workload=workload)


def refused(path: Path) -> str:
    """What a path is refused for."""
    with pytest.raises(BadManifest) as caught:
        read(path)
    return str(caught.value)


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``kubectl get -o yaml`` or ``helm template`` prints, and what ``docker compose config`` does."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(POD.encode())))
    assert read(Path("-")).source == "standard input"

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(COMPOSE.encode())))
    assert read(Path("-")).name == "llm"


def test_a_folder_is_read_as_one(tmp_path: Path) -> None:
    """All YAML files in it, whatever else is there."""
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "notes.txt").write_text("kind: [")

    assert read(tmp_path).name == "w"


def test_a_compose_file_takes_what_stands_beside_it(tmp_path: Path) -> None:
    """The environment outranks ``.env``, which outranks defaults."""
    (tmp_path / ".env").write_text("M=a\nP=2\n")
    (tmp_path / "compose.yaml").write_text(COMPOSE)

    assert read(tmp_path / "compose.yaml", P="3").command_line == ("--model=a", "--port=3")


def test_of_several_it_is_told_which_one_was_read(tmp_path: Path) -> None:
    """Where somebody chose it."""
    (tmp_path / "compose.yaml").write_text(COMPOSE)

    assert read(tmp_path / "compose.yaml", workload="llm").source.endswith("compose.yaml, Compose service llm")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "has no YAML file"),
        (["Chart.yaml", "values.yaml"], "is a Helm chart; render it: helm template RELEASE"),
        ([f"{n}.yaml" for n in range(101)], "has more than 100 files"),
        (["a.yaml"], "has no workload that runs vLLM"),
    ],
)
def test_a_folder_that_cannot_be_read(tmp_path: Path, files: list[str], said: str) -> None:
    """It is said what it is, and what to name instead."""
    for name in files:
        (tmp_path / name).write_text("a: 1")

    assert said in refused(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Its path, its line, and why."""
    (tmp_path / "a.yaml").write_bytes(b"\n\xe9")

    assert refused(tmp_path / "a.yaml").endswith("a.yaml:2: is not UTF-8; save it as UTF-8")
    assert refused(tmp_path / "b.yaml").endswith("b.yaml cannot be read: no such file or directory")
