"""A journal comes back as it was written, whole or cut off, and never says more than it saw."""

from __future__ import annotations

import dataclasses
import functools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import journal, outcomes
from vllm_qualify.core.events import (
    CandidateSkipped,
    CandidateStarted,
    CaseFinished,
    CaseStarted,
    Event,
    RunFinished,
    RunStarted,
)
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import (
    CaseRecord,
    Diagnosis,
    Evidence,
    Observation,
    Outcome,
    Skipped,
    StandIn,
)
from vllm_qualify.core.requirements import REQUIREMENTS

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 1, 15, tzinfo=UTC)
FAVOURABLE = {Verdict.QUALIFIED, Verdict.QUALIFIED_WITH_WARNINGS}

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(timezones=st.just(UTC))
FACTS = st.dictionaries(st.text(), st.text(), max_size=3)
LIMITS = st.builds(Limit, low=st.none() | FINITE, high=st.none() | FINITE)
VALUES = st.booleans() | FINITE | st.text()
OBSERVATIONS = st.builds(Observation, value=VALUES, unit=st.text(), limit=st.none() | LIMITS)
CASES = st.builds(
    CaseRecord,
    message=st.text(),
    observations=st.lists(OBSERVATIONS, max_size=3).map(tuple),
    evidence=st.lists(st.from_type(Evidence), max_size=2).map(tuple),
    diagnosis=st.none() | st.from_type(Diagnosis),
    started=TIMES,
    seconds=FINITE,
)
EVENTS = st.one_of(
    st.builds(RunStarted, at=TIMES, images=st.lists(st.text(), max_size=3).map(tuple), facts=FACTS, environment=FACTS),
    st.builds(CandidateStarted, at=TIMES, stand_in=st.none() | st.from_type(StandIn), facts=FACTS),
    st.builds(CandidateSkipped, at=TIMES, aside=st.from_type(Skipped)),
    st.builds(CaseStarted, at=TIMES),
    st.builds(CaseFinished, case=CASES),
    st.builds(RunFinished, at=TIMES),
)


def started(*images: str) -> RunStarted:
    """The head of a run of these images."""
    return RunStarted(run="r", at=NOW, target="local", images=images)


def test_each_candidate_has_the_variables_of_the_run() -> None:
    """A verdict holds with them; a journal of before they could be set has none."""
    head = RunStarted(run="r", at=NOW, target="kubernetes", images=("a", "b"), environment={"A": "b"})
    bare = {key: value for key, value in json.loads(journal.encode(head)).items() if key != "environment"}

    assert [one.environment for one in journal.fold([head]).candidates] == [{"A": "b"}] * 2
    assert [one.environment for one in journal.read(json.dumps(bare).encode() + b"\n").candidates] == [{}, {}]


def finished(requirement: str, *, image: str = "i", outcome: Outcome = Outcome.PASSED) -> CaseFinished:
    """A case of this requirement, at its end."""
    case = CaseRecord(
        image=image, requirement=requirement, id=f"{requirement}/a", sentence="s", outcome=outcome, started=NOW
    )
    return CaseFinished(case=case)


def all_passed(image: str = "i") -> list[Event]:
    """One passed case of every requirement."""
    return [finished(requirement.id, image=image) for requirement in REQUIREMENTS]


def favoured(content: bytes) -> set[str]:
    """The images that a journal speaks for."""
    run = journal.read(content)
    return {candidate.image for candidate in run.candidates if outcomes.verdict(candidate) in FAVOURABLE}


@given(event=EVENTS)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    """Whatever is written is one line, and reads back equal."""
    line = journal.encode(event)

    assert line.count(b"\n") == 1
    assert journal._adapter().validate_json(line) == event


@given(value=st.one_of(st.booleans(), st.text(), st.floats(allow_nan=False)))
def test_a_value_keeps_its_kind(*, value: bool | str | float) -> None:
    """A word stays a word even where it looks like a number, and a truth stays a truth."""
    case = dataclasses.replace(finished("LOAD").case, observations=(Observation(name="n", value=value),))

    (back,) = journal.decode([journal.encode(CaseFinished(case=case))])

    assert isinstance(back, CaseFinished)
    kept = back.case.observations[0].value
    assert str(kept) == str(value) or value in (float("inf"), float("-inf"))
    assert isinstance(kept, str) or type(kept) is type(value)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")], ids=str)
def test_a_value_that_is_no_number_leaves_the_journal_readable(odd: float) -> None:
    """A measurement without a number comes back as a word, and the line is strict JSON."""
    case = dataclasses.replace(
        finished("LOAD").case, observations=(Observation(name="n", value=odd),), seconds=odd, message="m"
    )

    (back,) = journal.decode([journal.encode(CaseFinished(case=case))])

    assert isinstance(back, CaseFinished)
    assert isinstance(back.case.observations[0].value, str)
    assert back.case.message == "m"


def test_half_a_character_of_a_log_can_be_written() -> None:
    """Broken UTF-8 in an engine's words costs that character, not the case."""
    case = dataclasses.replace(finished("LOAD").case, message="engine said \udcff", outcome=Outcome.FAILED)

    (back,) = journal.decode([journal.encode(CaseFinished(case=case))])

    assert back == CaseFinished(case=dataclasses.replace(case, message="engine said ?"))


@functools.cache
def stored(name: str) -> bytes:
    """A stored journal."""
    return (DATA / name).read_bytes()


@pytest.mark.parametrize("name", ["journal.jsonl", "interrupted.jsonl"])
def test_a_journal_that_was_cut_off_reads(name: str) -> None:
    """However much of a journal is left: it reads, or says that its head is missing, and favours nothing new."""
    whole = stored(name)
    head = whole.index(b"\n")
    favoured_by_all = favoured(whole)
    # A cut within a line is as one at its end or before it; the next test holds that.
    ends = [at + 1 for at in range(len(whole)) if whole[at : at + 1] == b"\n"]

    for end in ends:
        assert favoured(whole[:end]) <= favoured_by_all
    for at in range(head):
        with pytest.raises(journal.BadJournal):
            journal.read(whole[:at])


@given(data=st.data())
def test_a_cut_in_a_line_is_as_a_cut_before_it(data: st.DataObject) -> None:
    """The rest of a line that was not written to its end is dropped."""
    whole = stored("interrupted.jsonl")
    at = data.draw(st.integers(min_value=whole.index(b"\n") + 1, max_value=len(whole)))
    last = whole.rindex(b"\n", 0, at) + 1

    cut = journal.read(whole[:at])

    assert cut in (journal.read(whole[:last]), journal.read(whole[: whole.find(b"\n", at) + 1 or None]))


def test_a_case_that_may_have_been_to_come_keeps_a_candidate_open() -> None:
    """All requirements passed, but the run was killed in this image's turn: it does not qualify yet."""
    events: list[Event] = [started("i"), CandidateStarted(at=NOW, image="i", target="local"), *all_passed()]

    open_candidate = journal.fold(events).candidates[0]
    ended = journal.fold([*events, RunFinished(at=NOW, exit_code=0)]).candidates[0]

    assert outcomes.verdict(open_candidate) is Verdict.INCONCLUSIVE
    assert outcomes.verdict(ended) is Verdict.QUALIFIED


@pytest.mark.parametrize(("exit_code", "interrupted"), [(0, False), (1, False), (2, True), (3, True), (10, False)])
def test_a_session_that_was_stopped_is_cut_short(exit_code: int, *, interrupted: bool) -> None:
    """Ctrl-C and an inner fault of pytest end a run in the middle, although it could say goodbye."""
    events: list[Event] = [started("i"), *all_passed(), RunFinished(at=NOW, exit_code=exit_code)]

    assert journal.fold(events).candidates[0].interrupted is interrupted


def test_the_turn_before_the_last_is_over() -> None:
    """A kill in the second image's turn leaves the verdict on the first as it is."""
    events: list[Event] = [started("a", "b"), *all_passed("a"), CandidateStarted(at=NOW, image="b", target="local")]

    first, second = journal.fold(events).candidates

    assert outcomes.verdict(first) is Verdict.QUALIFIED
    assert outcomes.verdict(second) is Verdict.INCONCLUSIVE


def test_an_open_case_is_broken() -> None:
    """A case that began and never ended was interrupted, and is our fault, not the image's."""
    begun = CaseStarted(at=NOW, image="i", requirement="LOAD", id="LOAD/a", sentence="s")

    case = journal.fold([started("i"), begun]).candidates[0].cases[0]

    assert case.outcome is Outcome.BROKEN
    assert "interrupted" in case.message


def test_an_image_that_was_not_asked_for_is_kept() -> None:
    """A case of an image that the head does not name is not lost."""
    run = journal.fold([started("i"), finished("LOAD", image="other", outcome=Outcome.FAILED)])

    assert [candidate.image for candidate in run.candidates] == ["i", "other"]


def test_a_candidate_that_was_set_aside_has_its_reason() -> None:
    """It stands where it was asked for, without a case, and the run remembers what it looked for."""
    aside = Skipped(ruled_out=True, reason="driver too old")
    head = dataclasses.replace(started("new", "i"), pick="newest")
    end = RunFinished(at=NOW, exit_code=0)
    run = journal.fold([head, CandidateSkipped(at=NOW, image="new", aside=aside), *all_passed(), end])

    assert [(one.image, one.aside) for one in run.candidates] == [("new", aside), ("i", None)]
    assert run.pick == "newest"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\n\n", "empty", id="blank"),
        pytest.param(b"\0" * 512, "empty", id="power-loss"),
        pytest.param(journal.encode(finished("LOAD")), "run-started", id="no-head"),
        pytest.param(b"nonsense\n" + journal.encode(started()), "line 1", id="bad-line"),
        pytest.param(journal.encode(started()) + b"{}\n", "line 2", id="bad-last-line"),
        pytest.param(journal.encode(dataclasses.replace(started(), schema=99)), "newer", id="newer"),
    ],
)
def test_a_bad_journal_is_told_apart(content: bytes, said: str) -> None:
    """What is no journal is refused, and the message says why."""
    with pytest.raises(journal.BadJournal, match=said):
        journal.read(content)


def test_what_came_before_a_bad_line_is_not_lost() -> None:
    """A reader may go on with it; a journal of a newer version is refused as that, whatever its lines are."""
    events = (started(), finished("LOAD"))
    torn = b"".join(map(journal.encode, events)) + b'{"type": "case-fin\n' + journal.encode(finished("VRAM"))
    newer = journal.encode(dataclasses.replace(started(), schema=99)) + b'{"type": "new-event"}\n'

    with pytest.raises(journal.BadJournal, match="line 3") as bad:
        journal.read(torn)
    with pytest.raises(journal.BadJournal, match="newer") as ahead:
        journal.read(newer)

    assert bad.value.before == journal.fold(events)
    assert ahead.value.before is None


def within(old: Any, new: Any) -> bool:
    """Whether all that the old value says is in the new one; keys may have been added."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and within(inner, new[key]) for key, inner in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(within, old, new))
    return bool(old == new)


def test_the_events_of_an_older_journal_are_still_written_so() -> None:
    """No event or field of the format has another name or value than in the version that wrote it."""
    lines = (DATA / "older.jsonl").read_bytes().splitlines(keepends=True)
    events = tuple(journal.decode(lines))

    assert {type(event) for event in events} == set(get_args(Event))
    assert all(
        within(json.loads(line), json.loads(journal.encode(event))) for line, event in zip(lines, events, strict=True)
    )


@pytest.mark.parametrize(
    ("target", "told", "taken"),
    [("kubernetes", None, True), ("local", None, False), ("kubernetes", False, False), ("elsewhere", True, True)],
)
def test_whether_production_is_taken_away_is_what_the_run_recorded(
    target: str, *, told: bool | None, taken: bool
) -> None:
    """Journals that are older than the field tell it by their target."""
    head = dataclasses.replace(started("i"), target=target, takes_production_away=told)

    assert journal.fold([head]).takes_production_away is taken
