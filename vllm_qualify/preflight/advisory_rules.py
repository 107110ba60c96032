"""The rules of what staying costs: advisories are told, and rule an image out where the operator says so. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.core.advisories import AdvisoryOutlook, Applicability, those
from vllm_qualify.core.records import Severity
from vllm_qualify.core.rules import RuleResult, row
from vllm_qualify.preflight import outlook
from vllm_qualify.preflight.question import Question


def recorded(question: Question) -> Iterator[RuleResult]:
    """P32: what is recorded about the security of the release, against the one that runs now."""
    if (found := _outlook(question)) is not None:
        yield RuleResult(actual=f"advisories: {found}", source=found.source)


def tolerated(question: Question) -> Iterator[RuleResult]:
    """P33: none applies that is as grave as the operator's policy has it; what cannot be told never blocks."""
    floor = question.policy
    found = _outlook(question) if floor else None
    if floor is None or found is None:
        return
    if grave := [one for one in those(found.open, Applicability.APPLIES) if one.rating.reaches(floor)]:
        yield RuleResult(
            actual=f"recorded as open in {found.release}: {'; '.join(f'{one} ({one.why})' for one in grave)}",
            path="[policy] advisories",
            expected=f"no advisory of severity {floor.value} or above that applies",
            remedy="take a release that closes them, do without what they need, or waive P33 with your reason",
            source=found.source,
        )


def _outlook(question: Question) -> AdvisoryOutlook | None:
    return outlook.of(question.image, (question,), against=question.baseline)


RULES = (
    row(
        "P32",
        "advisories",
        "the published advisories that the upgrade closes and opens are listed, and which of them apply here",
        recorded,
        severity=Severity.NOTE,
    ),
    row(
        "P33",
        "applying advisory",
        "no published advisory of the severity that [policy] names, or a higher one, applies",
        tolerated,
    ),
)
