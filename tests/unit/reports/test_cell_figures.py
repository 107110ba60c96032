"""A cell shows the figure that stands for its requirement, and never a good one beside another case's failure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Observation, Outcome
from vllm_qualify.core.requirements import BY_ID
from vllm_qualify.reports import cell_figures
from vllm_qualify.reports.cell_figures import CellFigure


def case(name: str, *seen: Observation, outcome: Outcome = Outcome.PASSED) -> CaseRecord:
    """A case of that outcome that observed this."""
    return CaseRecord(
        image="i",
        requirement=name.partition("/")[0],
        id=name,
        sentence="s",
        outcome=outcome,
        observations=seen,
        started=datetime(2026, 1, 15, tzinfo=UTC),
    )


def rate(value: float, *, low: float | None = None, high: float | None = None) -> Observation:
    """A decode rate."""
    return Observation(name="decode-rate", value=value, unit="tokens/s", limit=Limit(low=low, high=high))


def seconds(value: float) -> Observation:
    """How long a load took, of two minutes."""
    return Observation(name="total", value=value, unit="s", limit=Limit(high=120))


@pytest.mark.parametrize(
    ("name", "seen", "said"),
    [
        ("LOAD/first-token", seconds(20.0), "20 s of 120"),
        ("LOAD/first-token", seconds(66.98), "67 s of 120"),
        ("THROUGHPUT/decode-rate", rate(46.66), "46.7 tok/s"),
        ("THROUGHPUT/decode-rate", rate(46.66, low=30, high=50), "46.7 tok/s (30 to 50)"),
        (
            "VRAM/vram",
            Observation(name="peak-memory", value=10820, unit="MiB", limit=Limit(high=12288)),
            "10.6 GiB of 12",
        ),
        ("CLASSIFY/labels", Observation(name="accuracy", value=0.972, limit=Limit(low=0.95)), "97.2 % (at least 95)"),
        ("ARGS/accepted", Observation(name="accepted arguments", value=7), "7 arguments"),
        ("METRICS/names", Observation(name="metrics", value=57, limit=Limit(low=1)), "57 metrics"),
        ("R1/answers-as-before", Observation(name="changed", value=0), "0 changed"),
    ],
)
def test_a_pass_shows_the_figure_of_the_table(name: str, seen: Observation, said: str) -> None:
    """In few words, against its limit, with a unit that fits into a cell."""
    one = case(name, seen)

    assert cell_figures.of(one.requirement, [one], Outcome.PASSED) == CellFigure(said=said)


def test_beside_a_baseline_the_difference_is_told() -> None:
    """A rate stands beside the baseline's; what has a budget stays with its budget."""
    rates = [case("THROUGHPUT/decode-rate", rate(value)) for value in (46.7, 47.0)]
    loads = [case("LOAD/first-token", seconds(value)) for value in (46.0, 50.0)]

    assert cell_figures.of("THROUGHPUT", rates[:1], Outcome.PASSED, rates[1:]) == CellFigure(
        said="46.7 / 47.0 tok/s", difference="-0.6 %"
    )
    assert cell_figures.of("LOAD", loads[:1], Outcome.PASSED, loads[1:]) == CellFigure(
        said="46 s of 120", difference="-8 %"
    )


def test_a_failure_shows_its_own_figure_and_its_case() -> None:
    """The two that the failed case compared, not the good one of a case that passed."""
    passed = case("THROUGHPUT/decode-rate", rate(41.0, low=30))
    compared = [
        Observation(name=name, value=value, unit="tokens/s") for name, value in (("candidate", 41.0), ("baseline", 47))
    ]
    failed = case("THROUGHPUT/no-slower", *compared, outcome=Outcome.FAILED)

    assert cell_figures.of("THROUGHPUT", [passed, failed], Outcome.FAILED) == CellFigure(
        said="41 / 47 tok/s", difference="-13 %", case="no-slower"
    )


def test_a_failure_without_a_figure_names_its_case() -> None:
    """What lies outside its limit is shown; where nothing does, the case alone."""
    passed = case("CLASSIFY/labels", Observation(name="accuracy", value=1.0))
    gone = case(
        "CLASSIFY/with-schema",
        Observation(name="schema-valid", value=0.5, limit=Limit(low=1)),
        outcome=Outcome.FAILED,
    )
    refused = case("CLASSIFY/invalid-schema", Observation(name="status", value=200, limit=Limit(low=400, high=499)))

    assert cell_figures.of("CLASSIFY", [passed, gone], Outcome.FAILED).said == "50 % (at least 100)"
    assert cell_figures.of(
        "CLASSIFY", [passed, case("CLASSIFY/x", outcome=Outcome.BROKEN)], Outcome.BROKEN
    ) == CellFigure(case="x")
    assert cell_figures.of("CLASSIFY", [refused], Outcome.PASSED) == CellFigure()


@pytest.mark.parametrize("outcome", [Outcome.BLOCKED, Outcome.NOT_APPLICABLE, None])
def test_where_nothing_was_shown_there_is_no_figure(outcome: Outcome | None) -> None:
    """A figure beside such a word would say that something was."""
    cases = [] if outcome is None else [case("LOAD/first-token", seconds(20.0), outcome=outcome)]

    assert cell_figures.of("LOAD", cases, outcome) == CellFigure()


def test_an_own_requirement_shows_what_was_held_against_a_limit() -> None:
    """No row of the table can know it; where it failed, what lies outside its limit is shown."""
    plain = case("LATENCY/words", Observation(name="answers", value=3))
    slow = case("LATENCY/slow", seconds(20.0), seconds(130.0), outcome=Outcome.FAILED)

    assert cell_figures.of("LATENCY", [plain, case("LATENCY/a", seconds(20.0))], Outcome.PASSED).said == "20 s of 120"
    assert cell_figures.of("LATENCY", [plain, slow], Outcome.FAILED) == CellFigure(said="130 s of 120", case="slow")
    assert cell_figures.of("LATENCY", [plain], Outcome.PASSED) == CellFigure()


def test_the_table_names_cases_of_its_requirement() -> None:
    """Each row is of a requirement that exists, and so are its cases."""
    assert set(cell_figures.TABLE) <= set(BY_ID)
    assert all(case_id.startswith(f"{name}/") for name, rows in cell_figures.TABLE.items() for case_id, _ in rows)


VALUES = st.booleans() | st.floats() | st.text(max_size=9)


@given(own=VALUES, before=VALUES, unit=st.sampled_from(["", "s", "MiB", "tokens/s"]), high=st.none() | st.floats())
def test_any_value_can_be_told(own: float | str, before: float | str, unit: str, high: float | None) -> None:
    """Words, infinities and what is no number are told on one line, or as nothing."""
    cases = [
        case("LOAD/first-token", Observation(name="total", value=value, unit=unit, limit=Limit(high=high)))
        for value in (own, before)
    ]

    figure = cell_figures.of("LOAD", cases[:1], Outcome.PASSED, cases[1:])

    assert "\n" not in figure.said
    assert not figure.difference or figure.difference.endswith(" %")
