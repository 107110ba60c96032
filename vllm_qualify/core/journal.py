"""The journal of a run: one event a line, and the fold from events to a record. Pure."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from vllm_qualify.core import foreign, record_texts, turns
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
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Finding, Outcome, Role, RunRecord, Skipped

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LINE_BYTES = 64 * 2**20
"""What a line may have: far more than an event of any run, and little enough to be held in memory."""
# What pytest reports of a session that did not run to its end: interrupted by the user, or by its own fault.
_CUT_SHORT = frozenset({2, 3})


class BadJournal(UserError, ValueError):
    """A journal that cannot be read; the message names the line.

    Args:
        message: what is wrong.
        before: the run as the lines before the one that cannot be read tell it; ``None`` where they tell of none.
    """

    def __init__(self, message: str, *, before: RunRecord | None = None) -> None:
        self.before = before
        super().__init__(message)


@functools.cache
def _adapter() -> TypeAdapter[Event]:
    """Reads and writes a line; made with the first one, since that takes longer than most commands."""
    from pydantic import ConfigDict, Field, TypeAdapter  # noqa: PLC0415 - as above.

    # JSON has no NaN: written as a word it comes back as one, where null would make the whole line unreadable.
    return TypeAdapter(Annotated[Event, Field(discriminator="type")], config=ConfigDict(ser_json_inf_nan="strings"))


def encode(event: Event) -> bytes:
    """One event as one line of JSON, newline included.

    Half characters, as an engine's log with broken UTF-8 leaves them, become ``?``.
    """
    from pydantic_core import PydanticSerializationError  # noqa: PLC0415 - as ``_adapter`` says.

    adapter = _adapter()
    try:
        return adapter.dump_json(event) + b"\n"
    except PydanticSerializationError:
        whole = adapter.validate_python(_whole_characters(adapter.dump_python(event)))
        return adapter.dump_json(whole) + b"\n"


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_whole_characters(key): _whole_characters(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_whole_characters(inner) for inner in value)
    return value


def decode(lines: Iterable[bytes]) -> Iterator[Event]:
    """Read events back, one at a time.

    A last line that was cut off, as a kill or a full disk leaves it, is dropped; any other bad line is an error.

    Args:
        lines: with their ends, each read no further than a byte over ``LINE_BYTES``.

    Raises:
        BadJournal: a line is no event.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - as ``_adapter`` says.

    validate = _adapter().validator.validate_json
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            continue
        if len(line) > LINE_BYTES:
            raise BadJournal(
                f"line {number} is longer than {LINE_BYTES // 2**20} MiB, and no run writes such a line; delete it, "
                "and the rest can be read"
            )
        try:
            event: Event = validate(line)
        except ValidationError as error:
            if not line.endswith(b"\n"):
                return
            raise BadJournal(
                f"line {number} is not a journal event: {foreign.complaint(error.errors()[0]['msg'])}"
            ) from error
        # Releases that did not cut what they wrote left texts of any length.
        yield record_texts.shortened(event) if _may_be_long(line) else event


def _may_be_long(line: bytes) -> bool:
    """Whether a text in it may be longer than one may be; a quote within a text would hide that, so it counts too."""
    if len(line) <= record_texts.MOST:
        return False
    return b'\\"' in line or max(map(len, line.split(b'"'))) > record_texts.MOST


def read(content: bytes) -> RunRecord:
    """The run that a journal file tells of.

    Raises:
        BadJournal: as ``decode`` and ``fold``.
    """
    return fold(decode(content.splitlines(keepends=True)))


def fold(events: Iterable[Event]) -> RunRecord:
    """Put a run together from its events, each of which is looked at once and need not be kept.

    A case that began and never finished is ``broken``: the run was interrupted inside it. An image that was asked
    for and never began has no cases, so its verdict is not favourable either; nor is that of the image whose turn it
    was when the run was cut short. An image that was not asked for and has a case all the same is kept. A case without
    an image belongs to production; of a baseline every case has the name of its turn in that place.

    Raises:
        BadJournal: there is no event, the first is not the head of a run, or a newer version wrote it; or ``events``
            raised it, and then it has the run before.
    """
    rest = iter(events)
    so_far = _RunSoFar(head=_checked(next(rest, None)))
    try:
        for event in rest:
            so_far.take(event)
    except BadJournal as error:
        raise BadJournal(str(error), before=so_far.record()) from error
    return so_far.record()


def _checked(head: Event | None) -> RunStarted:
    if head is None:
        raise BadJournal("the journal is empty: the run ended before its first event")
    if not isinstance(head, RunStarted):
        raise BadJournal("the journal does not begin with run-started: its head is missing")
    if head.schema > SCHEMA_VERSION:
        raise BadJournal(
            f"the journal has schema {head.schema}, this version reads up to {SCHEMA_VERSION}; use a newer vllm-qualify"
        )
    return head


@dataclass(slots=True, kw_only=True)
class _RunSoFar:
    """What is known of a run after some of its events; mutable, so that what a later one supersedes can be let go.

    Attributes:
        begun: the turns that began, by their names.
        aside: those that did not, and why.
        cases: the last word on each, in the order in which they began.
        turn: the name of the one that it is; ``None`` before the first.
    """

    head: RunStarted
    begun: dict[str, CandidateStarted] = field(default_factory=dict)
    aside: dict[str, Skipped] = field(default_factory=dict)
    cases: dict[tuple[str, str], CaseStarted | CaseRecord] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    end: RunFinished | None = None
    turn: str | None = None

    def take(self, event: Event) -> None:
        """Learn of the next event."""
        match event:
            case CaseStarted():
                self.cases[event.image, event.id] = event
                self.turn = event.image or self.turn
            case CaseFinished(case=case):
                self.cases[case.image, case.id] = case
                self.turn = case.image or self.turn
            case CandidateStarted():
                self.turn = turns.name(event.role, event.image)
                self.begun[self.turn] = event
            case CandidateSkipped():
                self.aside[event.image] = event.aside
                self.turn = event.image or self.turn
            case FindingsRecorded():
                self.findings += event.findings
            case RunFinished():
                self.end = event

    def record(self) -> RunRecord:
        """The run, as if nothing followed."""
        head, end = self.head, self.end
        cases = [_interrupted(case) if isinstance(case, CaseStarted) else case for case in self.cases.values()]
        records = self._turns(cases)
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
            findings=tuple(self.findings),
            production=tuple(case for case in cases if not case.image),
            requirements=head.requirements,
        )

    def _turns(self, cases: Iterable[CaseRecord]) -> dict[str, CandidateRecord]:
        """The record of each turn by its name, those included that never began."""
        around = (turn for turn in self.aside if turns.role(turn) is not Role.CANDIDATE)
        found: dict[str, list[CaseRecord]] = {turn: [] for turn in (*self.head.images, *self.begun, *around)}
        for case in cases:
            if case.image:
                found.setdefault(case.image, []).append(case)
        return {turn: self._turn(turn, tuple(its)) for turn, its in found.items()}

    def _turn(self, turn: str, cases: tuple[CaseRecord, ...]) -> CandidateRecord:
        role, started = turns.role(turn), self.begun.get(turn)
        last = self.turn if self.end is None or self.end.exit_code in _CUT_SHORT else None
        # What is compared at the end never was, for those either whose own turn was over.
        waiting = last is not None and turns.BASELINE in self.begun and not self.head.pick
        record = CandidateRecord(
            image=turn if role is Role.CANDIDATE else "",
            target=self.head.target,
            role=role,
            environment=self.head.environment,
            cases=cases,
            interrupted=turn == last or (waiting and bool(cases) and role is Role.CANDIDATE),
            aside=self.aside.get(turn),
            advisories=self.head.advisories.get(turn),
            requirements=self.head.requirements,
        )
        if started is None:
            return record
        stand_in, facts = started.stand_in, started.facts
        return replace(record, image=started.image, target=started.target, stand_in=stand_in, facts=facts)


def _takes_production_away(head: RunStarted) -> bool:
    """Older journals do not say it; of the two targets that there were, one did."""
    return head.target == "kubernetes" if head.takes_production_away is None else head.takes_production_away


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
