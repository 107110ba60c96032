"""What the gate decides, and that it treats likes alike."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vllm_qualify.checks import prompts
from vllm_qualify.checks.comparison import gate
from vllm_qualify.core.records import Outcome
from vllm_qualify.core.stats import Bounds


def bounds(nominal: float, half: float) -> Bounds:
    """A loss with half of its interval."""
    return Bounds(low=nominal - half, nominal=nominal, high=nominal + half)


LIMIT = 0.08
LOSSES = st.builds(bounds, st.floats(-0.3, 0.5), st.floats(0.0001, 0.2))


@pytest.mark.parametrize(
    ("nominal", "half", "outcome"),
    [
        (0.00, 0.01, Outcome.PASSED),
        (-0.2, 0.01, Outcome.PASSED),
        (0.03, 0.01, Outcome.PASSED),
        (0.05, 0.01, Outcome.WARNED),
        (0.041, 0.038, Outcome.WARNED),
        (0.072, 0.01, Outcome.FAILED),
        (0.08, 0.001, Outcome.FAILED),
        (0.15, 0.05, Outcome.FAILED),
        (0.00, 0.09, Outcome.INCONCLUSIVE),
        (0.08, 0.05, Outcome.INCONCLUSIVE),
        (0.15, math.inf, Outcome.INCONCLUSIVE),
    ],
)
def test_a_loss_and_its_interval_decide(nominal: float, half: float, outcome: Outcome) -> None:
    """8 % must be excluded to pass, and 4 % to fail."""
    assert gate.decide([bounds(nominal, half)], limit=LIMIT).outcome is outcome


def test_a_candidate_must_be_worse_than_both() -> None:
    """Slower than the first turn of the baseline and as fast as the second, it is not shown to be slower."""
    verdict = gate.decide([bounds(0.10, 0.01), bounds(0.02, 0.01)], limit=LIMIT)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert tuple(verdict.loss) == pytest.approx((0.01, 0.06, 0.11))
    assert verdict.drift == pytest.approx(0.08)


@pytest.mark.parametrize(("losses", "outcome"), [((0.11, 0.17), Outcome.FAILED), ((0.06, 0.12), Outcome.INCONCLUSIVE)])
def test_a_loss_must_exceed_what_one_release_drifts(losses: tuple[float, float], outcome: Outcome) -> None:
    """Where the baseline itself changed by 6 %, so much more has to be lost."""
    assert gate.decide([bounds(one, 0.01) for one in losses], limit=LIMIT).outcome is outcome


@given(one=LOSSES, two=LOSSES)
def test_order_of_the_turns_does_not_matter(one: Bounds, two: Bounds) -> None:
    """Before and after are treated alike."""
    first, second = gate.decide([one, two], limit=LIMIT), gate.decide([two, one], limit=LIMIT)

    assert (first.outcome, tuple(first.loss)) == (second.outcome, pytest.approx(tuple(second.loss)))


@given(one=LOSSES, two=LOSSES, more=st.floats(0, 0.5))
def test_more_loss_never_helps(one: Bounds, two: Bounds, more: float) -> None:
    """What fails goes on to fail when it is slower still, and nothing passes that did not."""
    worse = [Bounds(low=each.low + more, nominal=each.nominal + more, high=each.high + more) for each in (one, two)]
    rank = [Outcome.PASSED, Outcome.WARNED, Outcome.INCONCLUSIVE, Outcome.FAILED]

    assert rank.index(gate.decide(worse, limit=LIMIT).outcome) >= rank.index(
        gate.decide([one, two], limit=LIMIT).outcome
    )


@given(nominal=st.floats(-0.3, 0.5), half=st.floats(0.0001, 0.0199))
def test_half_an_interval_below_a_quarter_of_the_limit_always_decides(nominal: float, half: float) -> None:
    """Wherever the loss lies, 2 % of either side are narrow enough for a limit of 8 %."""
    assert gate.decide([bounds(nominal, half)], limit=LIMIT).outcome is not Outcome.INCONCLUSIVE


@given(one=LOSSES, two=LOSSES)
def test_so_many_measurements_as_it_asks_for_do_decide(one: Bounds, two: Bounds) -> None:
    """With intervals narrower by the square root of the factor, and a hair more, the verdict is there."""
    verdict = gate.decide([one, two], limit=LIMIT)
    assume(verdict.widen is not None and verdict.widen < 1e6)
    shrink = 1.001 * math.sqrt(verdict.widen or 1)
    narrower = [bounds(each.nominal, (each.high - each.low) / 2 / shrink) for each in (one, two)]

    assert gate.decide(narrower, limit=LIMIT).outcome is not Outcome.INCONCLUSIVE


@pytest.mark.parametrize("losses", [[bounds(0.1, 0.01), bounds(0.0, 0.01)], [bounds(0.1, math.inf)]])
def test_no_number_tells_where_the_turns_lie_too_far_apart_or_nothing_is_known_of_the_noise(
    losses: list[Bounds],
) -> None:
    """More measurements narrow neither a drift nor an interval without ends."""
    verdict = gate.decide(losses, limit=LIMIT)

    assert (verdict.outcome, verdict.widen) == (Outcome.INCONCLUSIVE, None)


def test_rates_fall_and_times_grow() -> None:
    """Half of a rate is a loss of 50 %, and twice the time one of 100 %; both begin where nothing changed."""
    assert tuple(gate.loss([40.0] * 3, [20.0] * 3)) == pytest.approx((0.5, 0.5, 0.5))
    assert tuple(gate.loss([40.0] * 3, [80.0] * 3, smaller_is_better=True)) == pytest.approx((1.0, 1.0, 1.0))
    assert tuple(gate.loss([40.0] * 3, [40.0] * 3)) == pytest.approx((0.0, 0.0, 0.0))


@given(rates=st.lists(st.floats(35, 45), min_size=15, max_size=15), unit=st.floats(0.01, 100))
def test_a_loss_knows_no_unit(rates: list[float], unit: float) -> None:
    """Tokens a second or a minute: the loss is the same, to both ends."""
    before = [40.0 + place / 10 for place in range(15)]

    here = gate.loss(before, rates)
    there = gate.loss([unit * one for one in before], [unit * one for one in rates])

    assert tuple(there) == pytest.approx(tuple(here), abs=1e-6)


@pytest.mark.parametrize(("planted", "least", "most"), [(0.0, 0.0, 0.01), (0.08, 0.95, 1.0), (0.15, 1.0, 1.0)])
def test_at_two_per_cent_of_noise_losses_are_found_and_none_is_made_up(
    planted: float, least: float, most: float
) -> None:
    """Of 200 simulated runs of a default length; bench/gate.py counts more of them, and under other noise."""
    draw = random.Random(7)  # noqa: S311 - a repeatable draw is wanted.

    def turn(rate: float) -> list[float]:
        return [rate * (1 + draw.gauss(0, 0.02)) for _ in range(3 * prompts.REQUESTS)]

    failed = 0
    for _ in range(200):
        before, candidate, again = turn(40.0), turn(40.0 * (1 - planted)), turn(40.0)
        losses = [gate.loss(before, candidate), gate.loss(again, candidate)]
        failed += gate.decide(losses, limit=LIMIT).outcome is Outcome.FAILED

    assert least <= failed / 200 <= most
