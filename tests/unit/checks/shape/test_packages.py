"""What a real client could not understand is a failure, and what was not tried decides nothing."""

from __future__ import annotations

import pytest

from vllm_qualify.checks.shape.packages import understood
from vllm_qualify.client.packages import PackageRun
from vllm_qualify.core.records import Outcome


@pytest.mark.parametrize(
    ("run", "outcome", "says"),
    [
        (PackageRun(package="p", version="1", steps={"a": "", "b": ""}), Outcome.PASSED, "p 1 understands a, b"),
        (PackageRun(package="p", version="1", steps={"a": "", "b": "E: x"}), Outcome.FAILED, "p 1: b: E: x"),
        (PackageRun(package="p", missing="there is no p"), Outcome.NOT_APPLICABLE, "there is no p"),
        (PackageRun(package="p", broken="p ended"), Outcome.BROKEN, "p ended"),
    ],
)
def test_outcomes(run: PackageRun, outcome: Outcome, says: str) -> None:
    """The version is told, because packages differ as servers do."""
    judgement = understood(run)

    assert (judgement.outcome, judgement.message) == (outcome, says)
