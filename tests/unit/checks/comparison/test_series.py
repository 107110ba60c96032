"""What a case keeps of its measurements, and what is read back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vllm_qualify.checks.comparison import series
from vllm_qualify.checks.comparison.conditions import Conditions
from vllm_qualify.checks.comparison.series import Series
from vllm_qualify.core.records import CaseRecord, Outcome


def case(material: dict[str, Any]) -> CaseRecord:
    """A case that kept this."""
    return CaseRecord(
        image="an-image",
        requirement="THROUGHPUT",
        id="THROUGHPUT/decode-rate",
        sentence="",
        outcome=Outcome.PASSED,
        material=material,
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_what_was_kept_is_read_back() -> None:
    """Rounds and conditions are those that were measured."""
    kept = case(series.material({series.DECODE_RATE: [[40.0, 41.0], [42.0]]}, Conditions(lag=0.01)))

    assert series.series(kept, series.DECODE_RATE) == Series(rounds=((40.0, 41.0), (42.0,)))
    assert series.conditions(kept) == Conditions(lag=0.01)


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"series": None},
        {"series": {}},
        {"series": {"decode-rate": 40.0}},
        {"series": {"decode-rate": [40.0]}},
        {"series": {"decode-rate": [[]]}},
        {"series": {"decode-rate": [[40.0, 0.0]]}},
        {"series": {"decode-rate": [[40.0, "41"]]}},
        {"series": {"decode-rate": [[True]]}},
        {"conditions": "none", "series": []},
    ],
)
def test_what_is_no_series_of_positive_numbers_is_none(kept: dict[str, Any]) -> None:
    """Journals of other releases may hold anything."""
    assert series.series(case(kept), series.DECODE_RATE) is None
    assert series.conditions(case(kept)) == Conditions()


def test_the_figure_moves_as_the_comparison_says() -> None:
    """Of ten and forty it is twenty: who reads two figures finds the ratio that the loss was estimated from."""
    assert Series(rounds=((10.0,), (40.0,))).figure == pytest.approx(20.0)
    assert Series(rounds=((40.0, 41.0), (42.0,))).values == (40.0, 41.0, 42.0)
