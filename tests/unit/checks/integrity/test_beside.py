"""Other sampling and fewer accepted drafts are told beside the baseline, where both are known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.checks.integrity import beside
from vllm_qualify.core.records import CaseRecord, Outcome

WARM, COOL = {"temperature": 1.0, "top_p": 1.0}, {"temperature": 0.6, "top_p": 1.0, "top_k": 20}


def case(outcome: Outcome = Outcome.PASSED, **material: Any) -> CaseRecord:
    """The case of a turn that left this."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return CaseRecord(
        image="i", requirement="INTEGRITY", id="X/y", sentence="", outcome=outcome, material=material, started=at
    )


def cases(candidate: CaseRecord | None, *baselines: CaseRecord) -> ComparedCases:
    """A candidate beside the turns of the baseline."""
    first, again = (*baselines, None, None)[:2]
    return ComparedCases(id="X/y", candidate=candidate, baseline=first, again=again)


@pytest.mark.parametrize(
    ("own", "before", "outcome", "message"),
    [
        (case(sampling_defaults=WARM), case(sampling_defaults=WARM), Outcome.PASSED, "get the same ones"),
        (
            case(sampling_defaults=COOL),
            case(sampling_defaults=WARM),
            Outcome.WARNED,
            "temperature 0.6, was 1; top_k 20, was not set; to keep the old ones",
        ),
        (
            case(sampling_defaults=COOL),
            case(Outcome.WARNED, sampling_defaults=WARM),
            Outcome.NOT_APPLICABLE,
            "not known for sure",
        ),
        (case(sampling_defaults=COOL), case(Outcome.BLOCKED), Outcome.NOT_APPLICABLE, "no baseline: there X/y is"),
        (
            case(Outcome.WARNED, sampling_defaults=COOL),
            case(sampling_defaults=WARM),
            Outcome.NOT_APPLICABLE,
            "is not what it does",
        ),
        (case(Outcome.INCONCLUSIVE), case(sampling_defaults=WARM), Outcome.BLOCKED, "measured nothing"),
    ],
)
def test_sampling(own: CaseRecord, before: CaseRecord, outcome: Outcome, message: str) -> None:
    """Each parameter that changed is named with what it was; what a log does not show for sure is not compared."""
    got = beside.sampling(cases(own, before))

    assert got.outcome is outcome
    assert message in got.message


@pytest.mark.parametrize(
    ("own", "before", "outcome"),
    [
        (case(accepted=0.6), (case(accepted=0.6), case(accepted=0.62)), Outcome.PASSED),
        (case(accepted=0.5), (case(accepted=0.6), case(accepted=0.62)), Outcome.WARNED),
        (case(accepted=0.6), (case(Outcome.NOT_APPLICABLE),), Outcome.NOT_APPLICABLE),
        (case(Outcome.NOT_APPLICABLE), (case(accepted=0.6),), Outcome.NOT_APPLICABLE),
        (None, (case(accepted=0.6),), Outcome.BLOCKED),
    ],
)
def test_acceptance(own: CaseRecord | None, before: tuple[CaseRecord, ...], outcome: Outcome) -> None:
    """More than a tenth fewer than in the worse turn of the baseline is told."""
    assert beside.acceptance(cases(own, *before)).outcome is outcome
