"""What a start costs beside the baseline's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vllm_qualify.checks.comparison import resources
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.core.records import CaseRecord, Observation, Outcome


def case(outcome: Outcome = Outcome.PASSED, **seen: float | str) -> CaseRecord:
    """The case of a turn that saw this; underscores stand for what a name may not hold."""
    names = {"first": "first start: total", "caches": "compile-caches", "peak": "peak-memory"}
    return CaseRecord(
        image="an-image",
        requirement="LOAD",
        id="LOAD/first-token",
        sentence="",
        outcome=outcome,
        message="its message",
        observations=tuple(Observation(name=names.get(name, name), value=value) for name, value in seen.items()),
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )


def cases(candidate: CaseRecord | None, *baselines: CaseRecord | None) -> ComparedCases:
    """A candidate beside the turns of the baseline."""
    first, again = (*baselines, None, None)[:2]
    return ComparedCases(id="LOAD/first-token", candidate=candidate, baseline=first, again=again)


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(20.0, Outcome.PASSED), (40.0, Outcome.PASSED), (48.1, Outcome.WARNED), (15.0, Outcome.PASSED)],
)
def test_a_start_must_be_longer_than_every_start_of_the_baseline(seconds: float, outcome: Outcome) -> None:
    """By half of the longest; the message has all three."""
    found = resources.start(cases(*(case(total=one, caches="filled") for one in (seconds, 21.0, 32.0))))

    assert found.outcome is outcome
    assert found.message.startswith(
        f"first token after {seconds:.1f} s with caches filled, the baseline 21.0 and 32.0 s"
    )


def test_a_second_more_of_a_short_start_is_nothing() -> None:
    """Half of two seconds is no finding."""
    assert resources.start(cases(case(total=4.0), case(total=2.0))).outcome is Outcome.PASSED


def test_cold_starts_are_held_against_cold_ones() -> None:
    """Of a turn that started twice, both are compared, each with its like."""
    slow = case(first=100.0, total=20.0, caches="empty")
    quick = case(first=50.0, total=20.0, caches="empty")

    found = resources.start(cases(slow, quick, case(total=20.0, caches="filled")))

    assert found.outcome is Outcome.WARNED
    assert found.message == (
        "first token after 100.0 s with caches empty, the baseline 50.0 s: more by 50.0 s; "
        "first token after 20.0 s with caches filled, the baseline 20.0 and 20.0 s: more by 0.0 s"
    )
    assert [one.name for one in found.observations if "loss" in one.name] == ["empty-loss", "filled-loss"]


def test_unlike_starts_are_not_compared() -> None:
    """A new release compiles what production has in its cache."""
    found = resources.start(cases(case(total=90.0, caches="empty"), case(total=20.0, caches="filled")))

    assert found.outcome is Outcome.NOT_APPLICABLE
    assert found.message.endswith("only like starts are compared")


@pytest.mark.parametrize("judge", [resources.start, resources.memory])
def test_the_second_turn_is_enough(judge: object) -> None:
    """Production whose log no longer has its start shows it when it is put back."""
    turns = cases(case(total=20.0, peak=9000.0), case(Outcome.BLOCKED), case(total=20.0, peak=9000.0))

    assert judge(turns).outcome is Outcome.PASSED  # type: ignore[operator]


@pytest.mark.parametrize("judge", [resources.start, resources.memory])
@pytest.mark.parametrize(
    ("baseline", "outcome"),
    [
        (None, Outcome.INCONCLUSIVE),
        (case(Outcome.FAILED), Outcome.INCONCLUSIVE),
        (case(), Outcome.INCONCLUSIVE),
        (case(Outcome.NOT_APPLICABLE), Outcome.NOT_APPLICABLE),
        (case(Outcome.BLOCKED), Outcome.NOT_APPLICABLE),
    ],
)
def test_without_a_figure_of_the_baseline_nothing_passes(
    judge: object, baseline: CaseRecord | None, outcome: Outcome
) -> None:
    """It is undecided, or not applicable where such a figure cannot be had."""
    found = judge(cases(case(total=20.0, peak=9000.0), baseline))  # type: ignore[operator]

    assert found.outcome is outcome
    assert found.message.startswith("no baseline: ")


@pytest.mark.parametrize(
    ("candidate", "outcome"), [(None, Outcome.BLOCKED), (case(Outcome.NOT_APPLICABLE), Outcome.NOT_APPLICABLE)]
)
def test_without_a_figure_of_the_candidate_there_is_nothing_to_compare(
    candidate: CaseRecord | None, outcome: Outcome
) -> None:
    """Its own case says why."""
    turns = cases(candidate, case(total=20.0, peak=9000.0))

    assert (resources.start(turns).outcome, resources.memory(turns).outcome) == (outcome, outcome)


@pytest.mark.parametrize(
    ("used", "outcome"), [(43_957, Outcome.PASSED), (44_800, Outcome.PASSED), (46_371, Outcome.WARNED)]
)
def test_more_memory_than_both_turns_is_a_warning(used: float, outcome: Outcome) -> None:
    """By more than 2 % of what the baseline used at most."""
    found = resources.memory(cases(case(peak=used), case(peak=43_893.0), case(peak=43_957.0)))

    assert found.outcome is outcome
    assert found.message.startswith(f"{used:,.0f} MiB used, the baseline 43,893 and 43,957 MiB: ")


def test_a_little_more_of_a_small_model_is_nothing() -> None:
    """256 MiB are what a look differs by anyway."""
    assert resources.memory(cases(case(peak=1200.0), case(peak=1000.0))).outcome is Outcome.PASSED
