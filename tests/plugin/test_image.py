"""--image: which candidates are tried, in which order, and what is said of one that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

GOOD, BETTER = "vllm/vllm-openai:v0.8.5.post1", "vllm/vllm-openai:v0.15.1"


def test_one_image(qualify: Callable[..., pytest.RunResult], matrix: Callable[[], dict[str, Any]]) -> None:
    """A candidate without fault is qualified, and the exit code is 0."""
    result = qualify("--image", GOOD)

    assert result.ret == 0, result.stdout.str()
    assert [candidate["verdict"] for candidate in matrix()["candidates"]] == ["qualified"]


def test_one_after_the_other(qualify: Callable[..., pytest.RunResult]) -> None:
    """All cases of one candidate run before the first of the next, whatever file they stand in."""
    result = qualify("--image", GOOD, "--image", BETTER)

    shown = [line for line in result.outlines if line.startswith("suites/")]
    ids = [line.partition("[")[2].partition("]")[0] for line in shown]
    assert ids == sorted(ids, key=["v0.8.5.post1", "v0.15.1"].index)
    assert set(ids) == {"v0.8.5.post1", "v0.15.1"}


def test_the_same_image_twice_is_tried_once(
    qualify: Callable[..., pytest.RunResult], matrix: Callable[[], dict[str, Any]]
) -> None:
    """A repeated candidate is one candidate."""
    qualify("--image", GOOD, "--image", GOOD)

    assert [candidate["image"] for candidate in matrix()["candidates"]] == [GOOD]


def test_every_bad_reference_has_its_line(qualify: Callable[..., pytest.RunResult]) -> None:
    """All malformed references are told at once, nothing is run and no folder is left."""
    result = qualify("--image", "vllm/vllm-openai", "--image", "a b")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'vllm/vllm-openai' has no tag*", "*'a b' is not an image reference*"])
    assert "Traceback" not in result.stderr.str()


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("nginx:1.27", "*does not look like a vLLM image*"),
        ("vllm/vllm-openai:v99.0.0", "*99.0.0*"),
        ("vllm/vllm-openai:latest", "*names no vLLM release*"),
        ("vllm/vllm-openai:v0.5.5", "*0.5.5*"),
        (f"vllm/vllm-openai@sha256:{'a' * 64}", "*names no vLLM release*"),
    ],
    ids=["no-vllm", "unknown-tag", "latest", "too-old", "digest"],
)
def test_an_image_that_cannot_be_tried(qualify: Callable[..., pytest.RunResult], image: str, said: str) -> None:
    """One line says why, before anything is started."""
    result = qualify("--image", image)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
    assert "Traceback" not in result.stderr.str()


def test_one_of_two_cannot_be_tried(
    qualify: Callable[..., pytest.RunResult], matrix: Callable[[], dict[str, Any]]
) -> None:
    """The other one is tried all the same; the obstacle is in the header and in the matrix."""
    result = qualify("--image", "vllm/vllm-openai:v0.5.5", "--image", GOOD)

    result.stdout.fnmatch_lines(["note: *0.5.5*"])
    assert [one["verdict"] for one in matrix()["candidates"]][1] == "qualified"


def test_no_image(qualify: Callable[..., pytest.RunResult]) -> None:
    """Without a candidate anywhere one line says how to name one."""
    result = qualify()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no candidate: give --image*"])


def test_collect_only_needs_no_image(qualify: Callable[..., pytest.RunResult]) -> None:
    """The cases can be listed without a candidate, and nothing is written."""
    result = qualify("--collect-only", "-q")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["suites/test_deploy.py::test_starts[[]no-image[]]"])
