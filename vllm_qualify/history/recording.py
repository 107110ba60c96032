"""From the record of a run to what the history keeps of it. Pure; called by the plugin and the command ``history``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from vllm_qualify.core import fact_names, outcomes, verdict_facts
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, Role, RunRecord
from vllm_qualify.core.redaction import clean
from vllm_qualify.history import figures
from vllm_qualify.history.entries import RecordedRun, RecordedTurn

LONGEST_FACT, LONGEST_TEXT, MOST_FACTS = 20_000, 2_000, 200
"""Characters of a fact, such as a command line, characters of any other text, and facts of a run or a turn."""
_GRAVEST = (Outcome.FAILED, Outcome.BROKEN, Outcome.INCONCLUSIVE)
_DRIVER, _UUIDS = ", driver ", (" GPU-", " MIG-")

Told = Callable[[CandidateRecord], str]


def of(run: RunRecord, *, told: Told) -> RecordedRun:
    """What is kept of a run.

    Args:
        run: folded from its journal.
        told: the sentence for a candidate, as the reports have it.
    """
    return RecordedRun(
        name=_cut(run.run),
        started=_utc(run.started),
        finished=_utc(run.finished) if run.finished else None,
        target=_cut(run.target),
        node=_cut(_node(run)),
        model=_cut(run.facts.get(fact_names.MODEL, "")),
        harness=_cut(run.facts.get(fact_names.HARNESS, "")),
        facts=_facts(run.facts),
        turns=tuple(_turns(run, told)),
    )


def _turns(run: RunRecord, told: Told) -> Iterator[RecordedTurn]:
    for baseline in (run.baseline, run.baseline_again):
        # One that was taken over was measured, and recorded, in the run that it comes from.
        if baseline is not None and baseline.cases and fact_names.STORED not in baseline.facts:
            yield _turn(run, baseline, told)
    for candidate in run.candidates:
        yield _turn(run, candidate, told)


def _turn(run: RunRecord, record: CandidateRecord, told: Told) -> RecordedTurn:
    hardware, driver = _machine(run, record)
    cause, reason = _first_cause(record)
    judged = record.role is Role.CANDIDATE
    return RecordedTurn(
        image=_cut(record.image),
        role=record.role,
        verdict=outcomes.verdict(record) if judged else None,
        summary=_cut(told(record)) if judged else "",
        cause=_cut(cause),
        reason=_cut(reason),
        hardware=_cut(hardware),
        driver=_cut(driver),
        facts=_facts(record.facts),
        figures=figures.of(record.cases),
    )


def _first_cause(record: CandidateRecord) -> tuple[str, str]:
    """Id and words of what the gravest case tells: one with a diagnosis before others, then the first."""
    ranked = sorted((case for case in record.cases if case.outcome in _GRAVEST), key=_gravity)
    if not ranked:
        return "", record.aside.reason if record.aside else ""
    first = ranked[0]
    return (first.diagnosis.cause, first.diagnosis.title) if first.diagnosis else ("", first.message)


def _gravity(case: CaseRecord) -> tuple[int, bool]:
    return _GRAVEST.index(case.outcome), case.diagnosis is None


def _node(run: RunRecord) -> str:
    """The name of the place, where it has one that stays."""
    return verdict_facts.named_place(run.facts) or (run.cluster if run.takes_production_away else "")


def _machine(run: RunRecord, record: CandidateRecord) -> tuple[str, str]:
    """The GPUs by name and their driver; else the processor, if what stood in for the image ran on it.

    What was known before the first turn comes first: a night on which no engine served knows no more. Where the place
    has a name, the machine that asked is another one.
    """
    known, own = run.facts.get(fact_names.GPUS, ""), "" if _node(run) else run.facts.get("GPU", "")
    told = ("" if known == verdict_facts.NONE else known, own if _DRIVER in own else "")
    cards = next(filter(None, (*told, record.facts.get(fact_names.RAN_ON, ""))), "")
    if not cards:
        driver = run.facts.get(fact_names.DRIVER, "")
        processor = run.facts.get(fact_names.PROCESSOR, "") if record.stand_in else ""
        return processor, "" if driver == verdict_facts.NONE else driver
    seen = verdict_facts.of({}, record.facts).get(fact_names.DRIVER, "")
    driver = run.facts.get(fact_names.DRIVER) or own.partition(_DRIVER)[2] or seen
    return ", ".join(map(_model, cards.split("; "))), driver


def _model(card: str) -> str:
    """The name of a card, without its driver, and without the identity that the next one of its kind would not have."""
    for mark in (_DRIVER, *_UUIDS):
        card = card.partition(mark)[0]
    return card


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    kept = list(facts.items())[:MOST_FACTS]
    return {_cut(name): _cut(value, LONGEST_FACT) for name, value in kept}


def _cut(content: str, most: int = LONGEST_TEXT) -> str:
    return clean(content[:most])


def _utc(at: datetime) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
