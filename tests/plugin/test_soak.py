"""--soak: steady load, where somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import outcomes
from vllm_qualify.reports import run_folder

Qualify = Callable[..., pytest.RunResult]
IMAGE = ("--image", "vllm/vllm-openai:v0.12.0", "-k", "soak or with_schema")


def test_a_candidate_is_soaked_for_as_long_as_was_asked(qualify: Qualify, matrix: Callable[[], dict[str, Any]]) -> None:
    """The time of the option is what the case lasts."""
    qualify(*IMAGE, "--soak", "1m")

    case = next(one for one in matrix()["candidates"][0]["cases"] if one["id"] == "INTEGRITY/soak")
    assert case["outcome"] == "passed"
    assert case["message"].startswith("62 s of steady load")


def test_the_baseline_is_spared(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """What serves callers is not put under load for ten minutes."""
    qualify(*IMAGE, "--soak", "1m", "--baseline", "vllm/vllm-openai:v0.11.0")

    run = run_folder.load(checkout.path / "reports" / "latest")
    assert run.baseline is not None
    assert "INTEGRITY/soak" in {case.id for case in run.candidates[0].cases}
    assert "INTEGRITY/soak" not in {case.id for case in run.baseline.cases}


def test_nobody_is_soaked_unasked(qualify: Qualify, matrix: Callable[[], dict[str, Any]]) -> None:
    """Without the option there is no such case."""
    qualify(*IMAGE)

    assert "INTEGRITY/soak" not in outcomes(matrix()["candidates"][0])


def test_what_is_no_time_is_said_before_anything_runs(qualify: Qualify) -> None:
    """A usage error shows how a time is written."""
    result = qualify(*IMAGE, "--soak", "long")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'long' is not a duration; expected one such as 90s, 10m or 1h"])
