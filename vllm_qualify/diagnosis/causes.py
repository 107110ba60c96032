"""Finds the first cause: the known symptom that comes first, else the first traceback of an engine or worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vllm_qualify.diagnosis import logs
from vllm_qualify.diagnosis.symptom import Symptom
from vllm_qualify.diagnosis.table import SYMPTOMS
from vllm_qualify.records import Certainty, Diagnosis

UNKNOWN = "E00"
SIGKILL_EXIT = 137
_NEAR = 6
"""A message may run over some lines; a symptom that close behind an exception belongs to it."""


@dataclass(frozen=True, slots=True)
class _Match:
    symptom: Symptom
    line: logs.Line
    groups: tuple[str, ...]


def diagnose(
    lines: Iterable[str], *, exit_code: int | None = None, symptoms: Sequence[Symptom] = SYMPTOMS
) -> Diagnosis | None:
    """Name the first cause of a death.

    V1 engines print the root cause in lines of the engine core, above the parent's "initialization failed": the
    first traceback counts, wrappers never do while anything else is there.

    Args:
        lines: the log, with or without time stamps.
        exit_code: how the process ended, as a container reports it.
        symptoms: the table of known ones.

    Returns:
        The diagnosis, or ``None`` when the log shows nothing but calm and the exit code is no sign either.
    """
    undressed = logs.undress(lines)
    matches = list(_matches(undressed, symptoms))
    root = next((match for match in matches if not match.symptom.wrapper), None)
    first = _first_exception(undressed, matches)
    if root is not None and (first is None or root.line.number <= first.number + _NEAR):
        return _known(root)
    if first is not None:
        return _unknown(first)
    if exit_code == SIGKILL_EXIT:
        return _killed()
    return _known(matches[0]) if matches else None


def _matches(lines: Iterable[logs.Line], symptoms: Sequence[Symptom]) -> Iterator[_Match]:
    for line in lines:
        if line.calm:
            continue
        for symptom in symptoms:
            if match := symptom.pattern.search(line.text):
                yield _Match(symptom, line, tuple(group or "" for group in match.groups()))


def _first_exception(lines: Sequence[logs.Line], matches: Iterable[_Match]) -> logs.Line | None:
    wrappers = {match.line.number for match in matches if match.symptom.wrapper}
    ends = [line for line in logs.exceptions(lines) if line.number not in wrappers]
    return next(filter(logs.of_engine, ends), None) or next(iter(ends), None)


def _known(match: _Match) -> Diagnosis:
    return Diagnosis(
        cause=match.symptom.id,
        title=match.symptom.title.format(*match.groups),
        certainty=match.symptom.certainty,
        remedy=match.symptom.remedy.format(*match.groups),
        lines=(match.line.record,),
    )


def _unknown(line: logs.Line) -> Diagnosis:
    return Diagnosis(
        cause=UNKNOWN,
        title=line.text.strip()[:200],
        certainty=Certainty.PROBABLE,
        remedy="Not a known cause; read the log from this line upwards, and search the release's issues for it.",
        lines=(line.record,),
    )


def _killed() -> Diagnosis:
    return Diagnosis(
        cause="E51",
        title="killed by SIGKILL (exit code 137)",
        certainty=Certainty.PROBABLE,
        remedy="Most often out of host memory: raise the memory limit, or look for the OOM killer in the kernel's log.",
    )
