"""--pick newest: which of several candidates are tried, in which order, and when it is enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

OLD, MIDDLE, NEW = (f"vllm/vllm-openai:v{one}" for one in ("0.8.5.post1", "0.10.2", "0.15.1"))
ALL = ("--image", OLD, "--image", NEW, "--image", MIDDLE)
RANGE = ("--image", "vllm/vllm-openai:>=v0.8.4,<0.9", "--offline")

Qualify = Callable[..., pytest.RunResult]
Matrix = Callable[[], dict[str, Any]]


def verdicts(matrix: dict[str, Any]) -> dict[str, str]:
    """Verdict by tag, in the order of the matrix."""
    return {one["image"].partition(":")[2]: one["verdict"] for one in matrix["candidates"]}


def broken(image: str) -> str:
    """The script of an engine that never gets ready, for one image."""
    return f"{{{image.partition(':')[2]!r}: Script(never_ready=True)}}"


def test_the_newest_that_qualifies_is_enough(qualify: Qualify, matrix: Matrix) -> None:
    """Candidates are tried newest first; those that are older than one that qualifies are not, and say so."""
    result = qualify("--pick", "newest", *ALL)

    assert result.ret == 0, result.stdout.str()
    assert verdicts(matrix()) == {"v0.15.1": "qualified", "v0.10.2": "not-tried", "v0.8.5.post1": "not-tried"}
    assert "v0.15.1, which is newer, qualified" in matrix()["candidates"][2]["summary"]
    assert matrix()["candidates"][2]["cases"] == []


def test_after_one_that_fails_the_next_is_tried(qualify: Qualify, matrix: Matrix) -> None:
    """One that qualifies is what was looked for, so the exit code is 0 although a newer one failed."""
    result = qualify("--pick", "newest", *ALL, scripts=broken(NEW))

    assert result.ret == 0, result.stdout.str()
    assert list(verdicts(matrix()).values()) == ["not-qualified", "qualified", "not-tried"]


def test_when_none_qualifies_it_is_a_failure(qualify: Qualify, matrix: Matrix) -> None:
    """No more are tried than was said, and of those none was good."""
    result = qualify("--pick", "newest", *ALL, "--max-tries", "1", scripts=broken(NEW))

    assert result.ret == 1
    assert verdicts(matrix()) == {"v0.15.1": "not-qualified"}
    result.stdout.fnmatch_lines(["note: not looked at: 2 older candidates (--max-tries)"])


def test_the_time_for_all_tries_has_an_end(qualify: Qualify, matrix: Matrix) -> None:
    """The one that is begun is finished; nobody knows of the others, so the run is undecided."""
    result = qualify("--pick", "newest", *ALL, "--max-time", "0.001", scripts=broken(NEW))

    assert result.ret == 10
    assert list(verdicts(matrix()).values()) == ["not-qualified", "not-tried", "not-tried"]
    assert "increase --max-time" in matrix()["candidates"][1]["summary"]


def test_a_range_is_what_the_catalogue_has_of_it_without_a_registry(qualify: Qualify, matrix: Matrix) -> None:
    """The official releases in it, of which the newest is tried first."""
    result = qualify("--pick", "newest", *RANGE)

    assert result.ret == 0, result.stdout.str()
    assert verdicts(matrix()) == {"v0.8.5.post1": "qualified", "v0.8.5": "not-tried", "v0.8.4": "not-tried"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (RANGE, "*a range may match dozens of images; add --pick newest*"),
        (("--image", OLD, "--max-tries", "2"), "--max-tries: only limits a search; add --pick newest*"),
        (("--image", OLD, "--max-time", "60"), "--max-time: only limits a search; add --pick newest*"),
        (("--pick", "newest", "--image", OLD, "--variants"), "--variants: only applies to a range*"),
        (("--pick", "newest", "--image", "vllm/vllm-openai:latest"), "*names no release, so its age is unknown*"),
        (
            ("--pick", "newest", "--image", "vllm/vllm-openai:>=99", "--offline"),
            "*none of * tags is a release*",
        ),
        (("--pick", "newest", "--image", "my/vllm:>=0.8", "--offline"), "*the catalogue only knows vllm/vllm-openai*"),
        (("--pick", "newest", "--image", "vllm/vllm-openai:>=x"), "--image: *has a range that cannot be read*"),
        (
            ("--pick", "newest", "--image", OLD, "--max-tries", "0"),
            "*'0' is not a count; expected a whole number, 1 or more*",
        ),
    ],
)
def test_what_does_not_fit_together_is_a_usage_error(qualify: Qualify, arguments: tuple[str, ...], said: str) -> None:
    """One line says what and what to do, and nothing is run."""
    result = qualify(*arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said if said.startswith("*") else f"*{said}"])
    assert "Traceback" not in result.stderr.str()
