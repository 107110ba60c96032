"""The load budget holds the counted phases and names the largest."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import startup_phases
from vllm_qualify.checks.load import budget, starts, worth_another
from vllm_qualify.checks.startup_phases import CompileCaches, StartTimes, StartupPhase
from vllm_qualify.core.records import Outcome


def phases(weights_seconds: float) -> tuple[StartupPhase, ...]:
    """A load whose weights take so long; the rest takes 10 s, and the pull is not counted."""
    return (
        StartupPhase(name="pull", seconds=500.0, counted=False),
        StartupPhase(name="start", seconds=9.0),
        StartupPhase(name="weights", seconds=weights_seconds),
        StartupPhase(name="first-token", seconds=1.0),
    )


@pytest.mark.parametrize(
    ("weights_seconds", "outcome"),
    [
        (20.0, Outcome.PASSED),
        (98.0, Outcome.PASSED),
        (98.1, Outcome.WARNED),
        (110.0, Outcome.WARNED),
        (110.1, Outcome.FAILED),
    ],
)
def test_budget_and_its_last_tenth(weights_seconds: float, outcome: Outcome) -> None:
    """Up to 108 s passes, up to 120 s warns, beyond fails."""
    assert budget(phases(weights_seconds), limit_seconds=120).outcome is outcome


def test_message_names_the_largest_counted_phase() -> None:
    """The phase to look at is told with its time; a pull that was larger does not count."""
    message = budget(phases(120.0), limit_seconds=120).message

    assert message == "first token after 130.0 s of 120 s, most of it in weights (120.0 s): 10.0 s over the budget"


def test_every_phase_is_observed_and_the_total_has_its_limit() -> None:
    """The split is kept beside the sum."""
    seen = budget(phases(20.0), limit_seconds=120).observations

    assert [(one.name, one.value) for one in seen] == [
        ("pull", 500.0),
        ("start", 9.0),
        ("weights", 20.0),
        ("first-token", 1.0),
        ("total", 30.0),
    ]
    assert str(seen[-1].limit) == "<= 120"


def test_unfinished_load_fails_within_the_budget() -> None:
    """No first token is a failure however little time had passed."""
    judgement = budget(phases(20.0), limit_seconds=120, unfinished="no first token")

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message.startswith("no first token after 30.0 s (budget 120 s)")


def test_no_phase_shows_nothing() -> None:
    """An empty measurement is never a pass."""
    assert budget((), limit_seconds=120).outcome is Outcome.INCONCLUSIVE


def start(seconds: float, *, kernels: float = 0.0, caches: CompileCaches = CompileCaches.UNKNOWN) -> StartTimes:
    """A start of so many seconds, some of which went into compiling kernels."""
    work = (StartupPhase(name=startup_phases.KERNELS, seconds=kernels),) if kernels else ()
    return StartTimes(phases=(StartupPhase(name="imports", seconds=seconds - kernels), *work), caches=caches)


EMPTY, FILLED, UNKNOWN = CompileCaches.EMPTY, CompileCaches.FILLED, CompileCaches.UNKNOWN


@pytest.mark.parametrize(
    ("first", "wanted"),
    [
        (start(152.0, kernels=109.0, caches=EMPTY), True),
        (start(152.0, caches=EMPTY), True),
        (start(152.0, kernels=109.0, caches=UNKNOWN), True),
        (start(152.0, kernels=20.0, caches=UNKNOWN), False),
        (start(152.0, caches=UNKNOWN), False),
        (start(152.0, kernels=109.0, caches=FILLED), False),
        (start(119.0, kernels=109.0, caches=EMPTY), False),
        (StartTimes(phases=start(152.0).phases, caches=EMPTY, unfinished="no first token"), False),
    ],
)
def test_another_start_is_worth_it_where_compiling_may_be_why(first: StartTimes, *, wanted: bool) -> None:
    """Within the budget, with warm caches, or where compiling does not explain it, production is not kept waiting."""
    assert worth_another(first, limit_seconds=120) is wanted


def test_the_start_with_warm_caches_is_judged_and_both_are_told() -> None:
    """The figures of the H200: 152 s with 109 s of it in kernels, then 21 s."""
    judgement = starts(start(152.0, kernels=109.0, caches=EMPTY), limit_seconds=120, again=start(21.0, caches=FILLED))

    assert judgement.outcome is Outcome.PASSED
    assert judgement.message == (
        "152.0 s on a first start, 109.0 s of it compiling kernels; with its caches warm: "
        "first token after 21.0 s of 120 s, most of it in imports (21.0 s)"
    )
    assert [(one.name, one.value) for one in judgement.observations] == [
        ("imports", 21.0),
        ("total", 21.0),
        ("compile-caches", "empty"),
        ("first start: imports", 43.0),
        ("first start: kernels, just in time", 109.0),
        ("first start: total", 152.0),
    ]
    assert [one.limit is None for one in judgement.observations] == [True, False, True, True, True, True]


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (
            start(150.0, kernels=105.0, caches=EMPTY),
            "it compiled again, so what had been compiled was not kept or not reused",
        ),
        (start(121.0, caches=FILLED), "with its caches warm: first token after 121.0 s of 120 s"),
        (start(121.0), "; started again: first token after 121.0 s"),
        (
            StartTimes(phases=(), unfinished="it never became ready: exit code 1"),
            "again: it never became ready: exit code 1",
        ),
    ],
)
def test_a_second_start_that_is_no_better_fails(again: StartTimes, said: str) -> None:
    """Where nothing keeps what was compiled, every restart of production takes as long."""
    judgement = starts(start(152.0, kernels=109.0, caches=EMPTY), limit_seconds=120, again=again)

    assert judgement.outcome is Outcome.FAILED
    assert said in judgement.message


def test_a_second_start_that_could_not_be_had_leaves_it_open() -> None:
    """The first one shows only that compiling takes long."""
    judgement = starts(start(152.0, kernels=109.0, caches=EMPTY), limit_seconds=120, problem="the time is up")

    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert judgement.message.endswith("whether a start without compiling is fast enough is not known: the time is up")


def test_a_first_start_that_is_judged_itself_says_what_it_compiled() -> None:
    """So it is where qualify.toml says load.cold = "judge"; a start in time needs no excuse."""
    late = starts(start(152.0, kernels=109.0, caches=EMPTY), limit_seconds=120)
    in_time = starts(start(52.0, kernels=9.0, caches=EMPTY), limit_seconds=120)

    assert late.outcome is Outcome.FAILED
    assert late.message.endswith("32.0 s over the budget (a first start, 109.0 s of it compiling kernels)")
    assert in_time.message == "first token after 52.0 s of 120 s, most of it in imports (43.0 s)"
