"""The journal of a run: one event a line, and the fold from events to a record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from vllm_qualify.core import record_texts, turns
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.events import (
    SCHEMA_VERSION,
    CandidateSkipped,
    CandidateStarted,
    CaseFinished,
    CaseStarted,
    Event,
    FindingsRecorded,
    RunFinished,
    RunStarted,
)
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, Role, RunRecord

# JSON has no NaN: written as a word it comes back as one, where null would make the whole line unreadable.
_EVENT: TypeAdapter[Event] = TypeAdapter(
    Annotated[Event, Field(discriminator="type")], config=ConfigDict(ser_json_inf_nan="strings")
)
# What pytest reports of a session that did not run to its end: interrupted by the user, or by its own fault.
_CUT_SHORT = frozenset({2, 3})


class BadJournal(UserError, ValueError):
    """A journal that cannot be read; the message names the line.

    Args:
        message: what is wrong.
        before: the events before the line that cannot be read, as far as they are a run.
    """

    def __init__(self, message: str, *, before: Sequence[Event] = ()) -> None:
        self.before = tuple(before)
        super().__init__(message)


def encode(event: Event) -> bytes:
    """One event as one line of JSON, newline included.

    Half characters, as an engine's log with broken UTF-8 leaves them, become ``?``.
    """
    try:
        return _EVENT.dump_json(event) + b"\n"
    except PydanticSerializationError:
        whole = _EVENT.validate_python(_whole_characters(_EVENT.dump_python(event)))
        return _EVENT.dump_json(whole) + b"\n"


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_whole_characters(key): _whole_characters(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_whole_characters(inner) for inner in value)
    return value


def decode(lines: Iterable[bytes]) -> tuple[Event, ...]:
    """Read events back.

    A last line that was cut off, as a kill or a full disk leaves it, is dropped; any other bad line is an error.

    Raises:
        BadJournal: a line is no event, or the journal was written by a newer version.
    """
    kept = [line for line in lines if line.strip()]
    events: list[Event] = []
    for number, line in enumerate(kept, start=1):
        try:
            events.append(_event(line))
        except ValidationError as error:
            if number == len(kept) and not line.endswith(b"\n"):
                break
            if events:
                _check_head(events)
            said = f"line {number} is not a journal event: {error.errors()[0]['msg']}"
            raise BadJournal(said, before=events) from error
    _check_head(events)
    return tuple(events)


def _event(line: bytes) -> Event:
    """The event of a line; releases that did not cut what they wrote left texts of any length."""
    event = _EVENT.validate_json(line)
    return event if len(line) <= record_texts.MOST else record_texts.shortened(event)


def read(content: bytes) -> RunRecord:
    """The run that a journal file tells of.

    Raises:
        BadJournal: as ``decode``.
    """
    return fold(decode(content.splitlines(keepends=True)))


def _check_head(events: Sequence[Event]) -> None:
    if not events:
        raise BadJournal("the journal is empty: the run ended before its first event")
    head = events[0]
    if not isinstance(head, RunStarted):
        raise BadJournal("the journal does not begin with run-started: its head is missing")
    if head.schema > SCHEMA_VERSION:
        raise BadJournal(
            f"the journal has schema {head.schema}, this version reads up to {SCHEMA_VERSION}; use a newer vllm-qualify"
        )


def fold(events: Sequence[Event]) -> RunRecord:
    """Put a run together from its events.

    A case that began and never finished is ``broken``: the run was interrupted inside it. An image that was asked
    for and never began has no cases, so its verdict is not favourable either; nor is that of the image whose turn it
    was when the run was cut short. An image that was not asked for and has a case all the same is kept. A case without
    an image belongs to production; of a baseline every case has the name of its turn in that place.
    """
    head = events[0]
    if not isinstance(head, RunStarted):
        raise BadJournal("the journal does not begin with run-started: its head is missing")
    cases = _cases(events)
    end = next((event for event in reversed(events) if isinstance(event, RunFinished)), None)
    last = _last_turn(events) if end is None or end.exit_code in _CUT_SHORT else None
    records = _turns(head, events, cases, last=last)
    baseline, again = (records.pop(turn, None) for turn in (turns.BASELINE, turns.BASELINE_AGAIN))
    return RunRecord(
        run=head.run,
        started=head.at,
        finished=end.at if end else None,
        target=head.target,
        takes_production_away=_takes_production_away(head),
        cluster=head.cluster,
        stopped=end.reason if end else "",
        pick=head.pick,
        facts=head.facts,
        candidates=tuple(records.values()),
        baseline=baseline,
        baseline_again=again,
        findings=tuple(chain.from_iterable(each.findings for each in events if isinstance(each, FindingsRecorded))),
        production=tuple(case for case in cases if not case.image),
    )


def _turns(
    head: RunStarted, events: Sequence[Event], cases: Sequence[CaseRecord], *, last: str | None
) -> dict[str, CandidateRecord]:
    """The record of each turn by its name, those included that never began.

    Args:
        head: of the run.
        events: all.
        cases: of all turns.
        last: the turn in which the run was cut short; ``None`` for one that was not.
    """
    begun = {turns.name(one.role, one.image): one for one in events if isinstance(one, CandidateStarted)}
    aside = {event.image: event.aside for event in events if isinstance(event, CandidateSkipped)}
    # What is compared at the end never was, for those either whose own turn was over.
    waiting = last is not None and turns.BASELINE in begun and not head.pick

    def record(turn: str) -> CandidateRecord:
        found = _candidate(turn, head.target, begun.get(turn), cases)
        interrupted = turn == last or (waiting and bool(found.cases) and found.role is Role.CANDIDATE)
        told = replace(found, environment=head.environment, interrupted=interrupted, aside=aside.get(turn))
        return replace(told, advisories=head.advisories.get(turn))

    around = (turn for turn in aside if turns.role(turn) is not Role.CANDIDATE)
    known = dict.fromkeys((*head.images, *begun, *around, *(case.image for case in cases if case.image)))
    return {turn: record(turn) for turn in known}


def _takes_production_away(head: RunStarted) -> bool:
    """Older journals do not say it; of the two targets that there were, one did."""
    return head.target == "kubernetes" if head.takes_production_away is None else head.takes_production_away


def _last_turn(events: Sequence[Event]) -> str | None:
    """The name of the turn that it was at the end of the events."""
    for event in reversed(events):
        if isinstance(event, CandidateStarted):
            return turns.name(event.role, event.image)
        turn = event.case.image if isinstance(event, CaseFinished) else getattr(event, "image", "")
        if turn:
            return str(turn)
    return None


def _candidate(
    turn: str, target: str, started: CandidateStarted | None, cases: Iterable[CaseRecord]
) -> CandidateRecord:
    role = turns.role(turn)
    blank = CandidateRecord(image=turn if role is Role.CANDIDATE else "", target=target, role=role)
    if started is not None:
        stand_in, facts = started.stand_in, started.facts
        blank = replace(blank, image=started.image, target=started.target, stand_in=stand_in, facts=facts)
    return replace(blank, cases=tuple(case for case in cases if case.image == turn))


def _cases(events: Iterable[Event]) -> tuple[CaseRecord, ...]:
    """Every case in the order it began, the last word on each; the open ones as interrupted."""
    cases: dict[tuple[str, str], CaseRecord] = {}
    for event in events:
        if isinstance(event, CaseStarted):
            cases[event.image, event.id] = _interrupted(event)
        elif isinstance(event, CaseFinished):
            cases[event.case.image, event.case.id] = event.case
    return tuple(cases.values())


def _interrupted(event: CaseStarted) -> CaseRecord:
    return CaseRecord(
        image=event.image,
        requirement=event.requirement,
        id=event.id,
        sentence=event.sentence,
        outcome=Outcome.BROKEN,
        message="the run was interrupted inside this case; run it again",
        started=event.at,
    )
