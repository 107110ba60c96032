"""--config and qualify.toml: where candidates and limits come from, and what is said of a file that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin import clustered

Qualify = Callable[..., pytest.RunResult]


def test_candidates_of_the_file(
    qualify: Qualify, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]]
) -> None:
    """Without --image the candidates of qualify.toml are tried."""
    checkout.path.joinpath("qualify.toml").write_text('candidates = ["vllm/vllm-openai:v0.15.1"]')

    qualify()

    assert [candidate["image"] for candidate in matrix()["candidates"]] == ["vllm/vllm-openai:v0.15.1"]


def test_image_outranks_the_file(
    qualify: Qualify, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]]
) -> None:
    """With --image only what it names is tried."""
    checkout.path.joinpath("qualify.toml").write_text('candidates = ["vllm/vllm-openai:v0.15.1"]')

    qualify("--image", "vllm/vllm-openai:v0.12.0")

    assert [candidate["image"] for candidate in matrix()["candidates"]] == ["vllm/vllm-openai:v0.12.0"]


def test_every_problem_of_the_file_is_told(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """All problems of a broken file are listed at once, each with its key, and nothing is run."""
    text = 'candidates = ["a b"]\ntarget = "moon"\nbanana = 1\n[budgets]\nload_seconds = -3\n'
    checkout.path.joinpath("qualify.toml").write_text(text)

    result = qualify()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stderr.str()
    assert all(word in said for word in ("candidates", "target", "banana", "load_seconds"))
    assert "Traceback" not in said


def test_a_file_that_is_no_toml(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A syntax error is told with its line."""
    checkout.path.joinpath("qualify.toml").write_text("candidates = [\n")

    result = qualify()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "qualify.toml:" in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_a_file_that_is_not_there(qualify: Qualify) -> None:
    """A named file that does not exist is one line."""
    result = qualify("--config", "nowhere.toml", "--image", "vllm/vllm-openai:v0.12.0")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*nowhere.toml*"])


def test_a_requirement_without_its_part(
    qualify: Qualify, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]]
) -> None:
    """Without a reasoning mode in the settings R1 is not applicable, with the reason."""
    manifests = checkout.path / "deployment.yaml"
    manifests.write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n    spec:\n"
        "      containers:\n      - name: vllm\n        image: vllm/vllm-openai:v0.5.5\n        args: [--model, m]\n"
    )
    checkout.path.joinpath("qualify.toml").write_text('[modes.ml]\nmanifest = "deployment.yaml"\n')

    qualify("--image", "vllm/vllm-openai:v0.12.0")

    (candidate,) = matrix()["candidates"]
    assert {case["outcome"] for case in candidate["cases"] if case["requirement"] == "R1"} == {"not-applicable"}


@pytest.mark.parametrize("target", ["local", "kubernetes"])
def test_documents_that_cannot_be_read_are_told_before_anything_is_touched(
    checkout: pytest.Pytester, target: str
) -> None:
    """Schema and prompts likewise; no case is begun, and the cluster is not changed."""
    for name, text in {"d.jsonl": "not json\n", "s.json": '{"type": 5}', "p.json": "[]"}.items():
        (checkout.path / name).write_text(text)
    files = '[classification]\ndocuments = "d.jsonl"\nschema = "s.json"\nprompts = "p.json"\n'

    done = clustered.run(checkout, *clustered.IMAGE, "--target", target, tables=files)

    assert (done.result.ret, done.written) == (pytest.ExitCode.USAGE_ERROR, [])
    said = done.result.stderr.str()
    assert all(f"{name}:" in said for name in ("d.jsonl", "s.json", "p.json"))
    assert not (checkout.path / "reports").exists()
