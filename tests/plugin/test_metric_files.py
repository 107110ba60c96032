"""[metrics] of qualify.toml: what the operator's own files read is held against the candidate, beside the baseline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Qualify = Callable[..., pytest.RunResult]


def test_a_name_that_is_gone_is_told_with_its_line(
    qualify: Qualify, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]]
) -> None:
    """It fails the candidate where an alert reads it; that it vanished beside the baseline is a warning."""
    checkout.path.joinpath("qualify.toml").write_text('[metrics]\nfiles = ["rules/*.yaml"]')
    checkout.path.joinpath("rules").mkdir()
    checkout.path.joinpath("rules", "a.yaml").write_text("- alert: Full\n  expr: vllm:num_requests_waiting > 9\n")
    renaming = "{'v0.12.0': Script(behaviour='renames-metric')}"

    qualify(
        *("--image", "vllm/vllm-openai:v0.12.0", "--image", "vllm/vllm-openai:v0.15.1"),
        *("--baseline", "vllm/vllm-openai:v0.10.2", "suites/test_metrics.py", "suites/test_against_baseline.py"),
        *("-k", "names or dashboards"),
        scripts=renaming,
    )

    renamed, honest = (
        {case["id"]: (case["outcome"], case["message"]) for case in candidate["cases"]}
        for candidate in matrix()["candidates"]
    )
    assert {outcome for outcome, _ in honest.values()} == {"passed"}
    assert renamed["METRICS/dashboards"][0] == renamed["METRICS/names"][0] == "failed"
    assert "rules/a.yaml:2: vllm:num_requests_waiting is not shown" in renamed["METRICS/dashboards"][1]
    assert renamed["METRICS/same-names"][0] == "warned"
