"""What was measured more than once is compared by its measurements, the same way in either direction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks.comparison import series
from vllm_qualify.checks.comparison.conditions import Conditions
from vllm_qualify.core.records import CaseRecord, Outcome
from vllm_qualify.reports import compare_rules
from vllm_qualify.reports.compare_rules import ChangeStanding

RATES = st.lists(st.floats(90, 110), min_size=3, max_size=6)


def case(name: str, material: dict[str, Any]) -> CaseRecord:
    """A case that kept this."""
    began = datetime(2026, 1, 15, tzinfo=UTC)
    return CaseRecord(
        image="i", requirement="r", id=name, sentence="s", outcome=Outcome.PASSED, material=material, started=began
    )


def rated(rates: Sequence[float], under: Conditions | None = None) -> CaseRecord:
    """A case that measured these rates in three rounds."""
    return case("THROUGHPUT/decode-rate", series.material({series.DECODE_RATE: [rates] * 3}, under or Conditions()))


def answered(right: Sequence[bool]) -> CaseRecord:
    """A case that kept whether documents were answered right."""
    kept = {f"{at:03}": {"right": one, "meaning": str(one), "text": "t"} for at, one in enumerate(right)}
    return case("CLASSIFY/labels", {"documents": kept})


@pytest.mark.parametrize(
    ("before", "after", "standing"),
    [
        ((100, 101, 99), (80, 81, 79), ChangeStanding.WORSE),
        ((80, 81, 79), (100, 101, 99), ChangeStanding.BETTER),
        ((100, 101, 99), (101, 100, 99), ChangeStanding.SAME),
        ((100, 140, 60), (120, 60, 100), ChangeStanding.CANNOT_TELL),
    ],
)
def test_a_rate_goes_by_its_interval(before: tuple[int, ...], after: tuple[int, ...], standing: ChangeStanding) -> None:
    """A fifth less is worse, a hair is the same, and what is all noise cannot be told; the interval is given."""
    change = compare_rules.of(rated(before), rated(after), "decode-rate")

    assert change is not None
    assert change.standing is standing
    assert change.interval is not None
    assert change.interval.low <= change.interval.nominal <= change.interval.high
    assert (change.interval.nominal < 0) is (sum(after) < sum(before)) or standing is ChangeStanding.CANNOT_TELL


def test_a_throttled_card_decides_nothing() -> None:
    """What slowed one run alone may be the reason, and is named."""
    slowed = rated((80, 81, 79), Conditions(throttled=("power",)))

    change = compare_rules.of(rated((100, 101, 99), Conditions(throttled=())), slowed, "decode-rate")

    assert change is not None
    assert change.standing is ChangeStanding.CANNOT_TELL
    assert change.reason == "in the later run the GPU was throttled (power)"


@pytest.mark.parametrize(
    ("lost", "won", "standing"),
    [
        (8, 0, ChangeStanding.WORSE),
        (0, 8, ChangeStanding.BETTER),
        (2, 1, ChangeStanding.CANNOT_TELL),
        (0, 0, ChangeStanding.SAME),
    ],
)
def test_documents_are_compared_one_by_one(lost: int, won: int, standing: ChangeStanding) -> None:
    """Eight that are only lost are no chance; two against one may be."""
    before = [*[True] * lost, *[False] * won, *[True] * 60]
    after = [*[False] * lost, *[True] * won, *[True] * 60]

    change = compare_rules.of(answered(before), answered(after), "accuracy")

    assert change is not None
    assert change.standing is standing


@pytest.mark.parametrize("name", ["decode-rate", "accuracy", "anything"])
def test_without_measurements_there_is_nothing_to_tell(name: str) -> None:
    """An older journal, or one of another case, leaves it to the figures themselves."""
    assert compare_rules.of(case("THROUGHPUT/decode-rate", {}), rated((1, 2)), name) is None


@given(before=RATES, after=RATES)
def test_two_ways_round_say_the_same(before: list[float], after: list[float]) -> None:
    """What is better one way is worse the other way."""
    there, back = (
        compare_rules.of(rated(one), rated(other), "decode-rate") for one, other in ((before, after), (after, before))
    )

    assert there is not None
    assert back is not None
    mirrored = {ChangeStanding.WORSE: ChangeStanding.BETTER, ChangeStanding.BETTER: ChangeStanding.WORSE}
    assert back.standing is mirrored.get(there.standing, there.standing)
