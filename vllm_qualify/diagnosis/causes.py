"""Chooses the first cause from what a log, the events of a pod and an exit code show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from vllm_qualify.core.records import Certainty, Diagnosis
from vllm_qualify.diagnosis import exits, frames, tracebacks, validation
from vllm_qualify.diagnosis.exceptions import RootException
from vllm_qualify.diagnosis.keywords import Keywords
from vllm_qualify.diagnosis.reader import Reader
from vllm_qualify.diagnosis.scan import Scan
from vllm_qualify.diagnosis.signs import Match, Sign
from vllm_qualify.diagnosis.symptom import Symptom, Weight
from vllm_qualify.diagnosis.table import SYMPTOMS

UNKNOWN = "E00"
_FURTHER = 3
_NEAR = 300
"""Lines between what a compiler or loader prints and the traceback of the process that called it."""
_LINES = 5000
_ALIKE = 20
_MOST_EVIDENCE = 20_000
"""Characters; readings are searched in all of it."""
_LONGEST_TITLE = 300


def diagnose(
    lines: Iterable[str],
    *,
    exit_code: int | None = None,
    events: Iterable[str] = (),
    symptoms: Sequence[Symptom] = SYMPTOMS,
    release: str = "",
    production: str = "",
) -> Diagnosis | None:
    """Name the first cause of a death.

    V1 engines print the root cause in lines of the engine core, above the parent's "initialization failed": the
    first traceback of an engine or a worker counts, and secondary errors never do while anything else is there.

    Args:
        lines: the log, with or without time stamps, colours, and what containers and compose put before a line.
        exit_code: how the process ended, as a container or as ``subprocess`` reports it.
        events: what ``kubectl get events`` or ``kubectl describe pod`` say, a line each.
        symptoms: the table of known ones.
        release: see `conclude`.
        production: see `conclude`.

    Returns:
        The diagnosis, or ``None`` when the log shows nothing but calm and neither events nor exit code are a sign.
    """
    log, told = read(lines, symptoms), read(events, symptoms)
    return next(iter(conclude(log, told, exit_code=exit_code, release=release, production=production)), None)


def read(lines: Iterable[str], symptoms: Sequence[Symptom] = SYMPTOMS) -> Reader:
    """What the lines of a log or of events come to."""
    scan, rest = Scan(symptoms), iter(lines)
    while some := list(islice(rest, _LINES)):
        whole = (line.rstrip("\r\n").replace("\n", " ") for line in some)
        scan.feed(("\n".join(whole) + "\n").encode("utf-8", "replace"))
    return scan.close()


def conclude(
    log: Reader,
    events: Reader | None = None,
    *,
    exit_code: int | None = None,
    release: str = "",
    production: str = "",
) -> tuple[Diagnosis, ...]:
    """All that may be the cause, the first cause first.

    More than one is named only where the first is not a known one, or not more than possible.

    Args:
        log: what the log came to.
        events: what the events of the pod came to.
        exit_code: how the process ended; a code that the log or the events name is used otherwise.
        release: of the engine, such as ``0.20.2``; what the log itself says of it counts more.
        production: the release that runs in production, to tell what it does otherwise.
    """
    releases = {"release": log.release or release, "production": production}
    first = next(_candidates(log, events or Reader(Keywords(())), exits.normal(exit_code), releases), None)
    if first is None:
        return ()
    if first.cause != UNKNOWN and first.certainty is not Certainty.POSSIBLE:
        return (first,)
    return (first, *_further(first, log))


def _candidates(log: Reader, events: Reader, exit_code: int | None, releases: Mapping[str, str]) -> Iterator[Diagnosis]:
    """What each kind of evidence points to, the most telling first."""
    root = _root(log)
    if isinstance(root, Match) and root.symptom.weight is Weight.CAUSE:
        yield known(root, log)
    # What keeps a container from its first line is over when there is one.
    stopped = (Weight.CAUSE, Weight.EFFECT) if log.spoke else (Weight.EARLY, Weight.CAUSE, Weight.EFFECT)
    yield from _surest(_known(events, *stopped))
    if root is not None:
        yield known(root, log) if isinstance(root, Match) else _of_sign(root, releases)
    yield from _surest((*_known(log, Weight.EARLY), *_known(events, Weight.ENDED)))
    yield from _known(log, Weight.ENDED)
    codes = (exit_code, log.exit_code, events.exit_code)
    yield from filter(None, map(exits.explain, codes))
    yield from map(known, sorted(log.secondary.values(), key=_number))
    raised = (sign for sign in log.signs if sign.exception is not None and not sign.echo and _killing(sign))
    yield from (_of_sign(sign, releases) for sign in raised)
    yield from _known(log, Weight.NOTE)
    yield from map(known, _notes(log))
    yield from (_cut(cut) for sign in log.signs if sign.traceback and _killing(sign) and (cut := sign.traceback.cut))


def _root(log: Reader) -> Match | Sign | None:
    """The first cause that the log tells: a symptom, or a traceback whose exception fits none."""
    telling = [sign for sign in log.signs if _telling(sign)]
    lead = next((sign for sign in telling if sign.engine), None) or next(iter(telling), None)
    if lead is None:
        return None
    if match := lead.first(Weight.CAUSE):
        return match
    effect = lead.first(Weight.EFFECT)
    # A child process may have said it just before; a warning may have; and where this one only felt the effect, a
    # worker may say it later.
    others = [sign for sign in telling if _just_before(sign, lead) or (effect and sign.engine)]
    specific = next(_of(others, Weight.CAUSE), None) or next(_warned(log, before=lead), None)
    framed = next((match for match in lead.matches if match.framed), None)
    return specific or effect or framed or lead


def _killing(sign: Sign) -> bool:
    """What ends the answer to a request leaves the process alive."""
    return not sign.request


def _telling(sign: Sign) -> bool:
    if sign.first(Weight.CAUSE, Weight.EFFECT):
        return True
    exception = sign.exception
    unknown = exception is not None and not sign.echo and not tracebacks.hollow(exception)
    return unknown and _killing(sign) and not _ended(sign)


def _ended(sign: Sign) -> bool:
    return sign.first(Weight.ENDED, Weight.EARLY, Weight.NOTE) is not None


def _just_before(sign: Sign, lead: Sign) -> bool:
    return sign.number < lead.number <= sign.number + _NEAR and (sign.engine or sign.traceback is None)


def _warned(log: Reader, *, before: Sign) -> Iterator[Match]:
    for match in sorted(log.hints.values(), key=_number):
        if match.symptom.weight is Weight.CAUSE and match.line.number < before.number:
            yield match


def _notes(log: Reader) -> list[Match]:
    return [match for match in log.hints.values() if match.symptom.weight is Weight.NOTE]


def _of(signs: Iterable[Sign], *weights: Weight) -> Iterator[Match]:
    return (match for sign in signs if (match := sign.first(*weights)))


def _known(log: Reader, *weights: Weight) -> Iterator[Diagnosis]:
    return (known(match, log) for match in _of(log.signs, *weights))


def _surest(causes: Iterable[Diagnosis]) -> list[Diagnosis]:
    """Of what keeps a container from running the surest first: events are not told in their order, and repeat."""
    return sorted(causes, key=lambda cause: list(Certainty).index(cause.certainty))


def _number(match: Match) -> int:
    return match.line.number


def _further(first: Diagnosis, log: Reader) -> Iterator[Diagnosis]:
    """Known causes that came later than one that is unknown: they may be its aftermath, or what it means."""
    seen = {first.cause}
    for match in _of(log.signs, Weight.CAUSE):
        if match.symptom.id not in seen and len(seen) <= _FURTHER:
            seen.add(match.symptom.id)
            yield known(match, log, at_most=Certainty.POSSIBLE)


def known(match: Match, log: Reader | None = None, *, at_most: Certainty = Certainty.CERTAIN) -> Diagnosis:
    """The diagnosis that a symptom stands for.

    Args:
        match: the symptom and the line that shows it.
        log: that the line is from, for the whole message of the exception that it belongs to.
        at_most: how far it may be trusted at most.
    """
    symptom, order = match.symptom, list(Certainty)
    title, remedy, sure, groups = _read(match, log)
    certainty = max(sure, at_most, key=order.index)
    if match.framed or match.line.calm:
        certainty = max(certainty, Certainty.PROBABLE, key=order.index)
    return Diagnosis(
        cause=symptom.id,
        title=title.format(*groups).strip(": ")[:_LONGEST_TITLE],
        certainty=certainty,
        remedy=remedy.format(*groups),
        lines=(match.line.record,),
        reference=symptom.reference,
        wrapper=symptom.wrapper,
        message=_message(match, log) if log else "",
    )


def _read(match: Match, log: Reader | None) -> tuple[str, str, Certainty, tuple[str, ...]]:
    """Title, remedy, certainty and groups of a symptom, by the first of its readings that the evidence shows."""
    symptom = match.symptom
    if symptom.readings:
        evidence = _evidence(match, log)
        for reading in symptom.readings:
            if found := reading.shows.search(evidence):
                groups = (*match.groups, *(group or "" for group in found.groups()))
                sure = reading.certainty or symptom.certainty
                return reading.title or symptom.title, reading.remedy, sure, groups
    return symptom.title, symptom.remedy, symptom.certainty, match.groups


def _evidence(match: Match, log: Reader | None) -> str:
    """What is searched for a symptom's readings; what is nearest to it stands first."""
    if log is None:
        return match.line.text
    alike = [one.line.text for sign in log.signs for one in sign.matches if one.symptom is match.symptom]
    return "\n".join([match.line.text, _message(match, log), *alike[:_ALIKE], log.arguments])[:_MOST_EVIDENCE]


def _message(match: Match, log: Reader) -> str:
    sign = next((sign for sign in log.signs if any(one is match for one in sign.matches)), None)
    return sign.exception.whole if sign and sign.exception else ""


def _of_sign(sign: Sign, releases: Mapping[str, str]) -> Diagnosis:
    """What can be said of an exception that no symptom fits."""
    exception, traceback = sign.exception, sign.traceback
    if exception is None or traceback is None:
        raise ValueError("only a traceback that names its exception can be explained")
    refused = validation.refused(exception.whole)
    from vllm_qualify.diagnosis import explanations  # noqa: PLC0415 - large, and most deaths are known ones.

    explanation = explanations.explain(exception, tuple(traceback.functions), phase=traceback.phase, **releases)
    return Diagnosis(
        cause=UNKNOWN,
        title=(refused or exception.headline)[:_LONGEST_TITLE],
        certainty=Certainty.PROBABLE,
        remedy=f"Set what the message asks for. {explanation.remedy}" if refused else explanation.remedy,
        lines=(exception.line.record,),
        origin=explanation.origin,
        message=exception.whole,
    )


def _cut(exception: RootException) -> Diagnosis:
    raised = frames.raised(exception.frames)
    within = f" in {raised.path}, `{raised.frame.function}`" if raised.frame else ""
    return Diagnosis(
        cause=UNKNOWN,
        title=f"the log breaks off in the middle of a traceback{within}",
        certainty=Certainty.POSSIBLE,
        remedy="Get the whole log, with kubectl logs --previous and without --tail: the exception is missing.",
        lines=(exception.line.record,),
        origin=raised.origin,
    )
