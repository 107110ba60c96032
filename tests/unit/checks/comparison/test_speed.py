"""What is said of a candidate's speed beside the baseline's."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vllm_qualify.checks.comparison import series, speed
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.checks.comparison.conditions import Conditions
from vllm_qualify.core.records import CaseRecord, Outcome

ID = "THROUGHPUT/decode-rate"


def rounds(rate: float, *, cv: float = 0.01, seed: int = 1, number: int = 3) -> list[list[float]]:
    """Rounds of five requests around a rate."""
    draw = random.Random(seed)  # noqa: S311 - a repeatable draw is wanted.
    return [[rate * (1 + draw.gauss(0, cv)) for _ in range(5)] for _ in range(number)]


def case(
    measured: Sequence[Sequence[float]],
    *,
    under: Conditions = Conditions(),  # noqa: B008 - frozen.
    outcome: Outcome = Outcome.PASSED,
    name: str = series.DECODE_RATE,
) -> CaseRecord:
    """The case of a turn that measured this."""
    return CaseRecord(
        image="an-image",
        requirement="THROUGHPUT",
        id=ID,
        sentence="",
        outcome=outcome,
        message="its message",
        material=series.material({name: measured}, under),
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )


def cases(candidate: float, baseline: float = 40.0, again: float | None = 40.0, *, cv: float = 0.01) -> ComparedCases:
    """Turns with these rates."""
    return ComparedCases(
        id=ID,
        candidate=case(rounds(candidate, cv=cv)),
        baseline=case(rounds(baseline, cv=cv, seed=2)),
        again=None if again is None else case(rounds(again, cv=cv, seed=3)),
    )


@pytest.mark.parametrize(
    ("rate", "outcome", "words"),
    [
        (40.0, Outcome.PASSED, "limit 8 %)"),
        (44.0, Outcome.PASSED, "faster (95 % interval"),
        (38.0, Outcome.WARNED, "slower (95 % interval"),
        (36.0, Outcome.FAILED, "slower (95 % interval"),
    ],
)
def test_a_slower_candidate_fails(rate: float, outcome: Outcome, words: str) -> None:
    """5 % are a warning, 10 % a failure; what was measured, of whom, and the interval stand in the message."""
    judged = speed.judge(cases(rate), speed.DECODE_RATE, limit=0.08)

    assert (judged.outcome, words in judged.message) == (outcome, True)
    assert "tokens/s, the baseline 39.91 and again 40.1: " in judged.message
    assert [one.name for one in judged.observations] == [
        "candidate", "baseline", "baseline-again", "loss", "loss-low", "loss-high", "drift",
    ]  # fmt: skip


def test_a_slower_build_for_the_processor_speaks_against_no_image() -> None:
    """What stands in for an image without a GPU computes otherwise; the loss is told all the same."""
    judged = speed.judge(replace(cases(34.0), on_a_cpu=True), speed.DECODE_RATE, limit=0.08)

    assert judged.outcome is Outcome.WARNED
    assert judged.message.endswith("; no GPU was used, so this speaks against no image")


def test_noise_decides_nothing_and_the_rounds_that_would_are_told() -> None:
    """A loss of 8 % among 12 % of noise is neither shown nor excluded."""
    judged = speed.judge(cases(36.8, cv=0.12), speed.DECODE_RATE, limit=0.08)

    assert judged.outcome is Outcome.INCONCLUSIVE
    said = re.search(r"(\d+) rounds like these 3 would tell; set rounds of .throughput. .* to (\d+)$", judged.message)
    assert said is not None
    assert 3 < int(said[1]) == int(said[2]) < 100


def test_noise_that_no_number_of_rounds_is_worth_is_told_as_such() -> None:
    """Nobody waits for hundreds of rounds; a quieter machine is the way on."""
    judged = speed.judge(cases(40.0, cv=0.15), speed.DECODE_RATE, limit=0.08)

    assert judged.outcome is Outcome.INCONCLUSIVE
    assert judged.message.endswith("so use a machine with less to do")
    assert int(judged.message.partition(" rounds like these 3")[0].rpartition(" ")[2]) > 30


def test_a_baseline_that_drifts_is_the_noise() -> None:
    """Slower than before and as fast as after: the baseline differs from itself, and no number of rounds helps."""
    judged = speed.judge(cases(36.0, 40.0, 36.0), speed.DECODE_RATE, limit=0.08)

    assert judged.outcome is Outcome.INCONCLUSIVE
    assert "the baseline itself differs by" in judged.message


def test_one_turn_of_the_baseline_is_told() -> None:
    """Without a second one a loss still fails, and what is not known is said."""
    judged = speed.judge(cases(35.0, again=None), speed.DECODE_RATE, limit=0.08)

    assert judged.outcome is Outcome.FAILED
    assert judged.message.endswith("measured once, so its own drift is not known")


@pytest.mark.parametrize("baseline", [None, case([], outcome=Outcome.PASSED), case([], outcome=Outcome.FAILED)])
def test_without_a_baseline_nothing_passes(baseline: CaseRecord | None) -> None:
    """Missing, empty or failed, it leaves the figure undecided, even where the second turn is there."""
    judged = speed.judge(replace(cases(44.0), baseline=baseline), speed.DECODE_RATE, limit=0.08)

    assert judged.outcome is Outcome.INCONCLUSIVE
    assert judged.message.startswith("no baseline: ")


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        (None, f"{ID} was not asked of the candidate"),
        (case([], outcome=Outcome.BLOCKED), "its message"),
        (
            case([], outcome=Outcome.FAILED),
            f"{ID} measured nothing of the candidate that could be compared: failed: its message",
        ),
    ],
)
def test_a_candidate_of_which_nothing_was_measured_is_blocked(candidate: CaseRecord | None, said: str) -> None:
    """Its own case says why; there is nothing to compare."""
    judged = speed.judge(replace(cases(40.0), candidate=candidate), speed.DECODE_RATE, limit=0.08)

    assert (judged.outcome, judged.message) == (Outcome.BLOCKED, said)


def test_a_throttled_candidate_is_not_blamed() -> None:
    """What held the GPU down in its turn alone may be why it is slower."""
    slow = case(rounds(35.0), under=Conditions(throttled=("sw-thermal-slowdown",)))

    judged = speed.judge(replace(cases(35.0), candidate=slow), speed.DECODE_RATE, limit=0.08)

    assert judged.outcome is Outcome.INCONCLUSIVE
    assert judged.message.endswith("the GPU was throttled (sw-thermal-slowdown), which may be why; "
                                   "measure again without that")  # fmt: skip


def test_a_throttled_baseline_passes_nobody() -> None:
    """As fast as a baseline that was held down is not as fast as the baseline."""
    slow = case(rounds(40.0), under=Conditions(foreign_tokens=0.5))

    judged = speed.judge(replace(cases(40.0), baseline=slow, again=slow), speed.DECODE_RATE, limit=0.08)

    assert judged.outcome is Outcome.INCONCLUSIVE
    assert "which may hide a loss" in judged.message


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0.55, Outcome.PASSED), (0.59, Outcome.WARNED), (0.7, Outcome.FAILED)]
)
def test_a_first_token_that_takes_longer_is_a_loss(seconds: float, outcome: Outcome) -> None:
    """Of a time more is worse, three times the limit fails, and it is told in milliseconds."""
    turns = ComparedCases(
        id=ID,
        candidate=case(rounds(seconds), name=series.FIRST_TOKEN),
        baseline=case(rounds(0.5, seed=2), name=series.FIRST_TOKEN),
        again=case(rounds(0.5, seed=3), name=series.FIRST_TOKEN),
    )

    judged = speed.judge(turns, speed.FIRST_TOKEN, limit=0.08)

    assert judged.outcome is outcome
    assert " ms, the baseline " in judged.message
    assert "longer (95 % interval" in judged.message
    assert "limit 24 %" in judged.message


def test_a_few_milliseconds_are_nothing() -> None:
    """A first token after 26 ms instead of 20 ms is 30 % later, and nobody can tell that from the client's own lag."""
    turns = [case(rounds(seconds, seed=seed), name=series.FIRST_TOKEN) for seed, seconds in ((1, 0.026), (2, 0.02))]

    judged = speed.judge(ComparedCases(id=ID, candidate=turns[0], baseline=turns[1]), speed.FIRST_TOKEN, limit=0.08)

    assert judged.outcome is Outcome.PASSED


def test_ends_of_an_interval_are_plain_numbers() -> None:
    """Where a few measurements leave it wide, too."""
    assert [speed._end(share) for share in (-1.2719, -0.9949, -0.0098, 0.2847)] == ["-127", "-99", "-0.98", "28"]


def test_of_one_round_a_multiple_is_told() -> None:
    """Streams that are asked at once are one round, so it is not rounds that are asked for."""
    noisy = [
        case([[value for one in rounds(0.05, cv=0.4, seed=seed) for value in one]], name=series.FIRST_TOKEN)
        for seed in (1, 2)
    ]

    judged = speed.judge(ComparedCases(id=ID, candidate=noisy[0], baseline=noisy[1]), speed.FIRST_TOKEN, limit=0.08)

    assert judged.outcome is Outcome.INCONCLUSIVE
    assert re.search(r"decides nothing: [\d.]+ times as many measurements would tell; measure again$", judged.message)
