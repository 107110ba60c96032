"""The cases of a run as Allure reads them, each a result of its own; made from the journal like every other report.

allure-pytest writes the same while the run goes on. What stands here takes its place, so that a run that was killed has
all of its results, and nothing is shown twice. Pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from vllm_qualify.core.records import CandidateRecord, CaseRecord, Evidence, Outcome, RunRecord
from vllm_qualify.core.requirements import RESTORE
from vllm_qualify.reports import diagnosis as diagnoses
from vllm_qualify.reports import matrix, plain, production, sentences
from vllm_qualify.reports.allure import FOLDER, message
from vllm_qualify.reports.allure_config import CAUSE, cause
from vllm_qualify.reports.production import ProductionState, ProductionSummary

_SUFFIX = re.compile(r"\.[a-z]{1,8}\Z")
_STATUS = {
    Outcome.FAILED: "failed",
    Outcome.BROKEN: "broken",
    Outcome.INCONCLUSIVE: "broken",
    Outcome.BLOCKED: "skipped",
    Outcome.NOT_APPLICABLE: "skipped",
    Outcome.WARNED: "passed",
    Outcome.PASSED: "passed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """One line of Allure's report: a case, or what stands for cases that there are none of."""

    about: str
    requirement: str
    id: str
    status: str
    message: str
    sentence: str = ""
    trace: str = ""
    cause: str = ""
    start: int = 0
    stop: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


def files(run: RunRecord) -> dict[str, bytes]:
    """The results with what was observed and diagnosed; the evidence is attached by ``attachments``."""
    made: dict[str, bytes] = {}
    for number, result in enumerate(_results(run)):
        name = plain.identity(run.run, str(number))
        attached = []
        for kind, value in result.values.items():
            source = f"{plain.identity(name, kind)}-attachment.json"
            made[f"{FOLDER}/{source}"] = plain.dumped(value)
            attached.append({"name": kind, "source": source, "type": "application/json"})
        attached += [{"name": one.name, "source": _source(one), "type": one.media_type} for one in result.evidence]
        made[f"{FOLDER}/{name}-result.json"] = plain.dumped(_document(result, name, attached))
    return made


def attachments(run: RunRecord) -> dict[str, str]:
    """Where the results expect a copy of each piece of evidence, and where it lies; both relative to the run."""
    cases = (case for candidate in run.candidates for case in candidate.cases)
    kept = (one for case in (*cases, *run.production) for one in case.evidence)
    return {f"{FOLDER}/{_source(one)}": one.path for one in kept}


def _results(run: RunRecord) -> Iterator[_Result]:
    whole = matrix.of(run)
    at = plain.milliseconds(run.finished or run.started)
    sentence = {one.id: one.sentence for one in whole.requirements}
    for row in whole.rows:
        yield from (_case(case, row.candidate.image) for case in row.candidate.cases)
        if row.candidate.aside is not None and not row.candidate.cases:
            yield _instead(row.candidate, row.verdict.value, status="skipped", said=row.summary, at=at)
        for requirement in row.not_tried:
            # A report without them would show a run that was killed as one that passed.
            said = message(Outcome.BROKEN, f"not tried: {sentences.NOT_TRIED}")
            missing = _instead(row.candidate, requirement, status="broken", said=said, at=at)
            yield replace(missing, requirement=requirement, sentence=sentence.get(requirement, ""))
    if whole.production is not None:
        yield from _production(whole.production, at)


def _production(of: ProductionSummary, at: int) -> Iterator[_Result]:
    yield from (_case(case, production.NAME) for case in of.cases)
    if of.state is ProductionState.UNKNOWN:
        said = message(Outcome.BROKEN, of.summary)
        yield _Result(
            about=production.NAME,
            requirement=RESTORE.id,
            id=RESTORE.id,
            status="broken",
            message=said,
            sentence=RESTORE.sentence,
            start=at,
            stop=at,
        )


def _instead(candidate: CandidateRecord, name: str, *, status: str, said: str, at: int) -> _Result:
    return _Result(about=candidate.image, requirement="", id=name, status=status, message=said, start=at, stop=at)


def _case(case: CaseRecord, about: str) -> _Result:
    start = plain.milliseconds(case.started)
    values: dict[str, Any] = {}
    if case.observations:
        values["observations"] = case.observations
    if (found := case.diagnosis) is not None:
        values["diagnosis"] = found
    return _Result(
        about=about,
        requirement=case.requirement,
        id=case.id,
        status=_STATUS[case.outcome],
        message=message(case.outcome, case.message),
        sentence=case.sentence,
        trace=diagnoses.people("first cause", [found]) if found is not None else "",
        cause=cause(found) if found is not None else "",
        start=start,
        stop=start + (round(case.seconds * 1000) if math.isfinite(case.seconds * 1000) else 0),
        values=values,
        evidence=case.evidence,
    )


def _document(result: _Result, name: str, attached: list[dict[str, str]]) -> dict[str, Any]:
    labels = {
        "parentSuite": result.about,
        "suite": result.requirement,
        "feature": result.requirement,
        CAUSE: result.cause,
        "framework": "pytest",
        "language": "python",
    }
    return {
        "uuid": name,
        "historyId": plain.identity(result.about, result.id),
        "testCaseId": plain.identity(result.id),
        "fullName": result.id,
        "name": f"{result.id} · {result.about}",
        "description": result.sentence,
        "status": result.status,
        "statusDetails": {"message": result.message, "trace": result.trace},
        "stage": "finished",
        "start": result.start,
        "stop": result.stop,
        "labels": [{"name": label, "value": value} for label, value in labels.items() if value],
        "titlePath": [part for part in (result.about, result.requirement) if part],
        "parameters": [{"name": "image", "value": result.about}],
        "attachments": attached,
    }


def _source(evidence: Evidence) -> str:
    suffix = _SUFFIX.search(evidence.path)
    return f"{plain.identity(evidence.path)}-attachment{suffix[0] if suffix else ''}"
