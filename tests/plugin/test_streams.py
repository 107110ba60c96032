"""--streams and --sweep: how many requests are under way at once where throughput is measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import outcomes

Qualify = Callable[..., pytest.RunResult]
IMAGE = ("--image", "vllm/vllm-openai:v0.12.0")


def seen(candidate: dict[str, Any], case_id: str) -> dict[str, Any]:
    """What a case observed."""
    case = next(case for case in candidate["cases"] if case["id"] == case_id)
    return {one["name"]: one["value"] for one in case["observations"]}


def test_eight_streams_are_measured_where_nobody_says_how_many(
    qualify: Qualify, matrix: Callable[[], dict[str, Any]]
) -> None:
    """Each of 40 tokens a second; the figure is shown, and no band is held against it."""
    qualify(*IMAGE)

    candidate = matrix()["candidates"][0]
    assert outcomes(candidate)["THROUGHPUT/streams"] == "not-applicable"
    assert "THROUGHPUT/sweep" not in outcomes(candidate)
    assert (seen(candidate, "THROUGHPUT/streams")["streams"], candidate["verdict"]) == (8, "qualified")


def test_the_option_says_how_many(qualify: Qualify, matrix: Callable[[], dict[str, Any]]) -> None:
    """It takes precedence over the settings."""
    qualify(*IMAGE, "--streams", "3")

    figures = seen(matrix()["candidates"][0], "THROUGHPUT/streams")
    assert (figures["streams"], figures["requests"]) == (3, 12)
    assert figures["throughput"] == pytest.approx(3 * 40.0, rel=0.1)


def test_a_sweep_shows_every_number_of_streams(qualify: Qualify, matrix: Callable[[], dict[str, Any]]) -> None:
    """1, 2, 4 ... up to 32, each with its throughput and its goodput."""
    qualify(*IMAGE, "--sweep")

    figures = seen(matrix()["candidates"][0], "THROUGHPUT/sweep")
    assert [name for name in figures if name.startswith("goodput")] == [f"goodput-{2**power}" for power in range(6)]


def test_a_number_that_is_none_is_refused(qualify: Qualify) -> None:
    """Before anything runs."""
    result = qualify(*IMAGE, "--streams", "0")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*'0' is not a count; expected a whole number, 1 or more*"])
