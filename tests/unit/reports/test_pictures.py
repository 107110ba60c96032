"""What is drawn of a candidate lies on its scale, and what was not measured is not drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Observation, Outcome, RunRecord
from vllm_qualify.reports import pictures
from vllm_qualify.reports.pictures import ChangedAnswer


def turn(case_id: str, *seen: Observation) -> CandidateRecord:
    """A turn with one case that observed this."""
    return CandidateRecord(image="i", target="local", cases=(case(case_id, *seen),))


def case(case_id: str, *seen: Observation, material: object = None) -> CaseRecord:
    """One case."""
    return CaseRecord(
        image="i",
        requirement=case_id.partition("/")[0],
        id=case_id,
        sentence="s",
        outcome=Outcome.PASSED,
        observations=seen,
        material={"changed": material},
        started=datetime(2026, 1, 15, tzinfo=UTC),
    )


def rated(rate: float, low: float, high: float, limit: Limit | None = None) -> CandidateRecord:
    """A turn that measured this rate."""
    values = {"decode-rate": rate, "decode-rate-low": low, "decode-rate-high": high}
    seen = (Observation(name=name, value=value, unit="tokens/s") for name, value in values.items())
    first, *others = seen
    return turn("THROUGHPUT/decode-rate", replace(first, limit=limit), *others)


def test_a_rate_lies_between_the_ends_of_its_interval(beside: RunRecord) -> None:
    """The baseline's turns come first, the candidate last, and all lie within the band that they were held against."""
    picture = pictures.rates(beside.candidates[-1], beside.baseline, beside.baseline_again)

    assert picture is not None
    assert [mark.name for mark in picture.marks] == ["baseline", "again", "this candidate"]
    assert picture.band is not None
    assert all(picture.band[0] < mark.low <= mark.at <= mark.high < picture.band[1] for mark in picture.marks)
    assert picture.said == "30 to 50"


NUMBERS = st.floats(allow_nan=False)


@given(rate=NUMBERS, low=NUMBERS, high=NUMBERS, floor=st.none() | NUMBERS)
def test_every_rate_is_on_the_axis(rate: float, low: float, high: float, floor: float | None) -> None:
    """Whatever a journal says, nothing is drawn beside the picture."""
    picture = pictures.rates(rated(rate, low, high, Limit(low=floor)), rated(1.0, 0.9, 1.1))

    places = [place for mark in picture.marks for place in (mark.at, mark.low, mark.high)] if picture else []
    assert all(0 <= place <= 100 for place in places)


def test_memory_is_a_share_of_what_may_be_used() -> None:
    """Idle, peak and the baseline's peak, on the scale of the limit."""
    peak = Observation(name="peak-memory", value=9000, unit="MiB", limit=Limit(high=12000))
    own = turn("VRAM/vram", peak, Observation(name="idle-memory", value=600, unit="MiB"))

    picture = pictures.memory(own, turn("VRAM/vram", replace(peak, value=8400)))

    assert picture is not None
    assert (picture.idle, picture.used, picture.before) == (5.0, 75.0, 70.0)
    assert picture.said == "9,000 MiB at the peak, at most 12,000; 600 MiB before the start; the baseline 8,400 MiB"


@pytest.mark.parametrize(
    ("kept", "course"),
    [
        ([3000, 9000, 12000], "0.00,75.00 50.00,25.00 100.00,0.00"),
        ([9000], ""),
        (["much", None, True, 3000, 24000], "0.00,75.00 100.00,0.00"),
        ("nothing of the kind", ""),
    ],
)
def test_memory_is_drawn_look_by_look(kept: object, course: str) -> None:
    """In the order of the looks, on the same scale; a single one is no line, and what is no number is none."""
    peak = Observation(name="peak-memory", value=9000, unit="MiB", limit=Limit(high=12000))
    seen = replace(case("VRAM/vram", peak), material={"used_mib": kept})

    picture = pictures.memory(CandidateRecord(image="i", target="local", cases=(seen,)))

    assert picture is not None
    assert picture.course == course


@pytest.mark.parametrize("draw", [pictures.rates, pictures.memory])
def test_what_was_not_measured_is_not_drawn(draw: object, interrupted: RunRecord) -> None:
    """A candidate that died has no picture of what it never did."""
    assert callable(draw)
    assert draw(interrupted.candidates[0]) is None


def test_changed_answers_stand_side_by_side() -> None:
    """Each turn of the baseline, the same words once, and the candidate's."""
    one = case("CLASSIFY/same-answers", material={"d1": ["a", "a", "b"], "d2": ["a", "c", "b"]})

    assert pictures.changed(one) == (
        ChangedAnswer(document="d1", before=("a",), after="b"),
        ChangedAnswer(document="d2", before=("a", "c"), after="b"),
    )


@given(kept=st.none() | st.text() | st.dictionaries(st.text(), st.lists(st.text() | st.integers()) | st.text()))
def test_a_foreign_journal_is_read_as_far_as_it_goes(kept: object) -> None:
    """What is no list of texts is no changed answer."""
    assert all(answer.before for answer in pictures.changed(case("CLASSIFY/same-answers", material=kept)))
