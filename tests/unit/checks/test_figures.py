from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks import figures
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Judgement, Observation, Outcome


def case(judgement: Judgement) -> CaseRecord:
    """A case that came to this judgement."""
    return CaseRecord(
        image="i",
        requirement="LATENCY",
        id="LATENCY/summary",
        sentence="s",
        outcome=judgement.outcome,
        message=judgement.message,
        observations=judgement.observations,
        material=judgement.material,
        started=datetime(2026, 1, 15, tzinfo=UTC),
    )


def took(seconds: float) -> CaseRecord:
    """A case that measured a time, of which four seconds are allowed."""
    return case(figures.held("time", seconds, unit="s", high=4))


def cases(candidate: CaseRecord | None, *before: CaseRecord | None) -> ComparedCases:
    """The case in the turns."""
    baseline, again = (*before, None, None)[:2]
    return ComparedCases(id="LATENCY/summary", candidate=candidate, baseline=baseline, again=again)


@pytest.mark.parametrize(
    ("value", "outcome", "said"),
    [
        (3.14159, Outcome.PASSED, "time 3.142 s, expected <= 4"),
        (4.0, Outcome.PASSED, "time 4 s, expected <= 4"),
        (5.25, Outcome.FAILED, "time 5.25 s, expected <= 4"),
        (float("inf"), Outcome.FAILED, "time inf s, expected <= 4"),
        (float("nan"), Outcome.INCONCLUSIVE, "time was not measured"),
    ],
)
def test_a_figure_is_held_against_its_limit(value: float, outcome: Outcome, said: str) -> None:
    """The message says both, and the observation carries them to every report."""
    judged = figures.held("time", value, unit="s", high=4)

    assert (judged.outcome, judged.message) == (outcome, said)
    assert judged.observations[0].limit == Limit(high=4)


@given(value=st.floats(allow_nan=False), low=st.none() | st.floats(-9, 9), high=st.none() | st.floats(-9, 9))
def test_it_passes_within_its_limit_alone(value: float, low: float | None, high: float | None) -> None:
    """Whichever side is open."""
    judged = figures.held("x", value, low=low, high=high)

    assert (judged.outcome is Outcome.PASSED) is Limit(low=low, high=high).allows(value)


@pytest.mark.parametrize(
    ("own", "before", "larger_is_better", "outcome"),
    [
        (1.1, [1.0], False, Outcome.PASSED),
        (1.3, [1.0], False, Outcome.FAILED),
        (1.3, [1.0, 1.2], False, Outcome.PASSED),
        (0.7, [1.0], True, Outcome.FAILED),
        (1.3, [1.0], True, Outcome.PASSED),
    ],
)
def test_a_figure_is_no_worse_than_the_worst_of_the_baseline(
    own: float, before: list[float], outcome: Outcome, *, larger_is_better: bool
) -> None:
    """Within the share that is allowed, whichever way is better."""
    turns = cases(took(own), *map(took, before))

    judged = figures.no_worse(turns, "time", share=0.2, larger_is_better=larger_is_better)

    assert judged.outcome is outcome


def test_what_was_compared_is_told() -> None:
    """Both figures, how they differ, and the limit; the reports find them by these names."""
    judged = figures.no_worse(cases(took(1.5), took(1.0), took(1.2)), "time", share=0.1)

    assert judged.message == "time 1.5 s, the baseline 1 and 1.2: 25 % worse (limit 10 %)"
    assert [(seen.name, seen.value) for seen in judged.observations] == [
        ("candidate", 1.5),
        ("baseline", 1.0),
        ("baseline-again", 1.2),
        ("loss", pytest.approx(25)),
    ]


def test_a_baseline_beyond_the_limit_is_compared_with_all_the_same() -> None:
    """That it is too slow today says nothing against measuring it."""
    assert figures.no_worse(cases(took(5.0), took(6.0)), "time", share=0.1).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("candidate", "baseline", "outcome", "said"),
    [
        (None, took(1.0), Outcome.BLOCKED, "LATENCY/summary was not asked of the candidate"),
        (took(1.0), None, Outcome.INCONCLUSIVE, "no baseline: LATENCY/summary was not asked of it"),
        (
            took(1.0),
            case(Judgement(outcome=Outcome.PASSED, observations=(Observation(name="time", value="long"),))),
            Outcome.INCONCLUSIVE,
            "no baseline: LATENCY/summary measured no time of it",
        ),
        (case(Judgement(outcome=Outcome.BLOCKED, message="dead")), took(1.0), Outcome.BLOCKED, "dead"),
    ],
    ids=["no-candidate", "no-baseline", "a-word", "blocked"],
)
def test_without_both_figures_nothing_is_decided(
    candidate: CaseRecord | None, baseline: CaseRecord | None, outcome: Outcome, said: str
) -> None:
    """And the message says which one is missing."""
    judged = figures.no_worse(cases(candidate, baseline), "time", share=0.1)

    assert (judged.outcome, judged.message) == (outcome, said)
