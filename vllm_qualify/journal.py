"""The journal of a run: one event a line, and the fold from events to a record. Pure; the edge writes the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from vllm_qualify.records import (
    SCHEMA_VERSION,
    CandidateRecord,
    CandidateStarted,
    CaseFinished,
    CaseRecord,
    CaseStarted,
    Event,
    Outcome,
    RunFinished,
    RunRecord,
    RunStarted,
)

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


class BadJournal(ValueError):
    """A journal that cannot be read; the message names the line."""


def encode(event: Event) -> bytes:
    """One event as one line of JSON, newline included."""
    return _EVENT.dump_json(event) + b"\n"


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
            events.append(_EVENT.validate_json(line))
        except ValidationError as error:
            if number == len(kept) and not line.endswith(b"\n"):
                break
            raise BadJournal(f"line {number} is no event of a journal: {error.errors()[0]['msg']}") from error
    _check_head(events)
    return tuple(events)


def _check_head(events: Sequence[Event]) -> None:
    if not events:
        raise BadJournal("the journal is empty: the run ended before it began")
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
    for and never began has no cases, so its verdict is not favourable either.
    """
    head = events[0]
    if not isinstance(head, RunStarted):
        raise BadJournal("the journal does not begin with run-started: its head is missing")
    started = {event.image: event for event in events if isinstance(event, CandidateStarted)}
    cases = _cases(events)
    end = next((event for event in reversed(events) if isinstance(event, RunFinished)), None)
    return RunRecord(
        run=head.run,
        started=head.at,
        finished=end.at if end else None,
        target=head.target,
        facts=head.facts,
        candidates=tuple(_candidate(image, head.target, started.get(image), cases) for image in head.images),
    )


def _candidate(
    image: str, target: str, started: CandidateStarted | None, cases: Iterable[CaseRecord]
) -> CandidateRecord:
    blank = CandidateRecord(image=image, target=target)
    if started is not None:
        blank = replace(blank, target=started.target, stand_in=started.stand_in, facts=started.facts)
    return replace(blank, cases=tuple(case for case in cases if case.image == image))


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
