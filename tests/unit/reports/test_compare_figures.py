"""A figure is called better or worse only where noise does not explain the difference."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Observation, Outcome
from vllm_qualify.reports import compare_figures
from vllm_qualify.reports.compare_figures import FigurePair
from vllm_qualify.reports.compare_rules import ChangeStanding

WORSE, BETTER, OPEN, SAME = (
    ChangeStanding.WORSE,
    ChangeStanding.BETTER,
    ChangeStanding.CANNOT_TELL,
    ChangeStanding.SAME,
)
MIRRORED = {WORSE: BETTER, BETTER: WORSE, OPEN: OPEN, SAME: SAME}


def turn(*seen: Observation, case: str = "LOAD/first-token") -> CandidateRecord:
    """A candidate with one case that observed this."""
    record = CaseRecord(
        image="i",
        requirement=case.partition("/")[0],
        id=case,
        sentence="s",
        outcome=Outcome.PASSED,
        observations=seen,
        started=datetime(2026, 1, 15, tzinfo=UTC),
    )
    return CandidateRecord(image="i", target="local", cases=(record,))


def paired(
    before: object, after: object, *, case: str = "LOAD/first-token", name: str = "seen", **about: object
) -> FigurePair:
    """One observation with these values in both runs."""
    old, new = (Observation(name=name, value=value, **about) for value in (before, after))  # type: ignore[arg-type]
    (pair,) = compare_figures.of(turn(old, case=case), turn(new, case=case))
    return pair


@pytest.mark.parametrize(
    ("before", "after", "unit", "standing"),
    [
        (64.0, 152.0, "s", WORSE),
        (152.0, 64.0, "s", BETTER),
        (64.0, 64.9, "s", SAME),
        (64.0, 80.0, "s", OPEN),
        (1.0, 4.0, "s", OPEN),
        (200.0, 180.0, "tokens/s", WORSE),
        (200.0, 190.0, "tokens/s", OPEN),
        (10000.0, 10400.0, "MiB", WORSE),
        (100.0, 150.0, "MiB", OPEN),
        (5.0, 6.0, "", OPEN),
        (float("nan"), 6.0, "s", OPEN),
    ],
)
def test_a_figure_that_was_measured_once(before: float, after: float, unit: str, standing: ChangeStanding) -> None:
    """It is worse or better only by more than two starts of one release differ, and says so where it is not."""
    pair = paired(before, after, unit=unit)

    assert pair.change.standing is standing
    assert bool(pair.change.reason) is (standing is OPEN)


@pytest.mark.parametrize(
    ("before", "after", "standing"), [(0.02, 0.028, SAME), (0.02, 0.2, WORSE), (0.2, 0.02, BETTER), (0.1, 0.12, OPEN)]
)
def test_a_request_is_not_a_start(before: float, after: float, standing: ChangeStanding) -> None:
    """Of a request, milliseconds may tell; less than the client itself may be late by does not."""
    assert paired(before, after, unit="s", case="DEPLOY/stream").change.standing is standing


@pytest.mark.parametrize(
    ("limit", "before", "after", "standing"),
    [
        (Limit(high=0), 0.0, 1.0, WORSE),
        (Limit(high=0), 3.0, 1.0, BETTER),
        (Limit(low=72), 71.0, 72.0, BETTER),
        (Limit(low=30, high=50), 51.0, 45.0, BETTER),
        (Limit(high=0.05), 0.01, 0.02, OPEN),
        (Limit(low=1), 48.0, 12.0, OPEN),
        (Limit(low=0.9), 0.5, 0.3, WORSE),
    ],
)
def test_a_limit_says_which_way_is_better(limit: Limit, before: float, after: float, standing: ChangeStanding) -> None:
    """What crosses it, or lies beyond it, is better or worse; of what is within it, more may be no better."""
    assert paired(before, after, limit=limit).change.standing is standing


@pytest.mark.parametrize(
    ("before", "after", "standing"),
    [("works", "ignored", WORSE), ("refused", "works", BETTER), ("stop", "length", OPEN), (True, False, OPEN)],
)
def test_a_word_for_another(before: object, after: object, standing: ChangeStanding) -> None:
    """Only that something works is known to be better."""
    assert paired(before, after).change.standing is standing


def test_a_yes_is_a_yes_in_any_unit() -> None:
    """What is no number is the same whatever stands behind it."""
    old, new = (Observation(name="right", value=True, unit=f"of prompts of {count} tokens") for count in (2100, 2101))

    (pair,) = compare_figures.of(turn(old), turn(new))

    assert pair.change.standing is SAME


def test_starts_are_compared_alike() -> None:
    """A start that compiled tells nothing beside one that did not have to."""
    runs = (
        turn(Observation(name="total", value=value, unit="s"), Observation(name="compile-caches", value=caches))
        for value, caches in ((30.0, "filled"), (90.0, "empty"))
    )

    total = compare_figures.of(*runs)[0]

    assert (total.change.standing, total.change.reason) == (OPEN, "compile caches: filled, then empty")


@pytest.mark.parametrize(("low", "high", "standing"), [(0.80, 0.90, WORSE), (0.80, 0.95, OPEN)])
def test_intervals_decide_where_there_are_some(low: float, high: float, standing: ChangeStanding) -> None:
    """Two that overlap tell nothing; the ends are no figures of their own."""
    limit = Limit(low=0.5)
    old = (("accuracy", 0.97), ("interval-low", 0.94), ("interval-high", 0.99))
    new = (("accuracy", 0.85), ("interval-low", low), ("interval-high", high))
    runs = (turn(*(Observation(name=name, value=value, limit=limit) for name, value in one)) for one in (old, new))

    (pair,) = compare_figures.of(*runs)

    assert pair.change.standing is standing


def test_what_was_held_against_a_baseline_belongs_to_its_run() -> None:
    """Such a case is not compared once more; all of their suite are known."""
    suite = (Path(__file__).parents[3] / "suites" / "test_against_baseline.py").read_text()
    cases = [name.replace("_", "-") for name in re.findall(r"^def test_(\w+)", suite, re.MULTILINE)]
    seen = Observation(name="changed", value=1.0)

    assert cases
    assert not [
        name for name in cases if compare_figures.of(turn(seen, case=f"R/{name}"), turn(seen, case=f"R/{name}"))
    ]


def test_what_is_neither_better_nor_worse_comes_last() -> None:
    """A clock that is ten times as late must not stand before a start that took a fifth longer."""
    late = paired(1.0, 10.0, unit="ms", case="THROUGHPUT/streams", name="client-lag-p99")

    assert (late.change.standing, late.size) == (OPEN, 0.0)
    assert paired(64.0, 80.0, unit="s").size > 0


@pytest.mark.parametrize(
    ("before", "after", "share"), [(50.0, 25.0, -0.5), (-2.0, -1.0, 0.5), (0.0, 1.0, None), ("a", "b", None)]
)
def test_a_change_is_a_share_of_what_was(before: object, after: object, share: float | None) -> None:
    """Where there is something to relate it to."""
    assert paired(before, after, unit="s").share == share


@given(
    before=st.floats() | st.booleans() | st.sampled_from(["works", "ignored", ""]),
    after=st.floats() | st.booleans() | st.sampled_from(["works", "ignored", ""]),
    unit=st.sampled_from(["", "%", "s", "ms", "MiB", "tokens/s"]),
    limit=st.none() | st.builds(Limit, low=st.none() | st.floats(-10, 10), high=st.none() | st.floats(-10, 10)),
    case=st.sampled_from(["LOAD/first-token", "DEPLOY/stream"]),
)
def test_the_other_way_round_it_is_the_other_way(
    before: object, after: object, unit: str, limit: Limit | None, case: str
) -> None:
    """What is better one way is worse the other way, and its size is the same; nothing is ever lost or raised."""
    there = paired(before, after, unit=unit, limit=limit, case=case)
    back = paired(after, before, unit=unit, limit=limit, case=case)

    assert back.change.standing is MIRRORED[there.change.standing]
    assert back.size == pytest.approx(there.size)
    assert there.size >= 0
