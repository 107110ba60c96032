"""--checks and --list-checks: how much is asked, and what there is to ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import outcomes

Qualify = Callable[..., pytest.RunResult]


def test_every_case_is_listed_without_a_candidate(qualify: Qualify) -> None:
    """The list needs no image, runs nothing, and says of each case its level, its cost and its sentence."""
    result = qualify("--list-checks")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*cases; --checks*", "*ARGS/accepted*quick*", "*R1/switch *default*60*same image*"])
    result.stdout.fnmatch_lines(["THROUGHPUT/decode-rate *", "THROUGHPUT/no-slower *"])
    result.stdout.no_fnmatch_line("*compatibility matrix*")


def test_quick_leaves_the_mode_switch_out_and_qualifies_nobody(
    qualify: Qualify, matrix: Callable[[], dict[str, Any]]
) -> None:
    """A quick look can rule an image out; what it did not ask stands in the way of a good verdict."""
    result = qualify("--image", "vllm/vllm-openai:v0.12.0", "--checks", "quick")

    candidate = matrix()["candidates"][0]
    assert not any(case.startswith("R1/") for case in outcomes(candidate))
    assert outcomes(candidate)["CLASSIFY/with-schema"] == "passed"
    assert (result.ret, candidate["verdict"]) == (10, "inconclusive")
