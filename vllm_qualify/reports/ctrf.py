"""The cases for readers of the Common Test Report Format: ctrf-report.json, as its schema 0.0 has it (ctrf.io)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from vllm_qualify.core import outcomes
from vllm_qualify.core.outcomes import EXIT_QUALIFIED
from vllm_qualify.core.records import CaseRecord, Finding, Outcome, RunRecord
from vllm_qualify.core.requirements import RESTORE
from vllm_qualify.reports import diagnosis as diagnoses
from vllm_qualify.reports import findings, matrix, plain, production, sentences, text
from vllm_qualify.reports.production import ProductionState, ProductionSummary

_SPECIFICATION = "0.0.0"
_TOOL = "vllm-qualify"
# What is no pass and says nothing against the image is "other"; "skipped" and "pending" would read as harmless.
_STATUS = {
    Outcome.PASSED: "passed",
    Outcome.WARNED: "passed",
    Outcome.FAILED: "failed",
    Outcome.INCONCLUSIVE: "other",
    Outcome.BROKEN: "other",
    Outcome.BLOCKED: "skipped",
    Outcome.NOT_APPLICABLE: "skipped",
}
_STATUSES = ("passed", "failed", "skipped", "pending", "other")

Test = dict[str, Any]


def files(run: RunRecord) -> dict[str, bytes]:
    """The run as one report: a test for each case, the candidate and the requirement its suites."""
    return {"ctrf-report.json": plain.dumped(document(run))}


def document(run: RunRecord) -> dict[str, Any]:
    """The report as plain values."""
    whole = matrix.of(run)
    tests = list(_tests(whole))
    tool = {"name": _TOOL, "version": run.facts.get("harness", "").removeprefix(f"{_TOOL} ")}
    results = {
        "tool": {name: value for name, value in tool.items() if value},
        "summary": _summary(run, tests),
        "tests": tests,
        "environment": {
            "reportName": whole.headline,
            "testEnvironment": run.target,
            "healthy": outcomes.exit_code(run) == EXIT_QUALIFIED,
            "extra": run.facts,
        },
    }
    return {
        "reportFormat": "CTRF",
        "specVersion": _SPECIFICATION,
        "reportId": plain.identity(run.run),
        "timestamp": run.finished or run.started,
        "generatedBy": _TOOL,
        "results": results,
    }


def _summary(run: RunRecord, tests: list[Test]) -> dict[str, int]:
    counts = Counter(test["status"] for test in tests)
    start, stop = plain.milliseconds(run.started), plain.milliseconds(run.finished or run.started)
    ends = [test["stop"] for test in tests if "stop" in test]
    return {
        "tests": len(tests),
        **{status: counts[status] for status in _STATUSES},
        "suites": len({tuple(test["suite"]) for test in tests}),
        "start": start,
        "stop": max([stop, *ends]) if run.finished is None else stop,
    }


def _tests(whole: matrix.Matrix) -> Iterator[Test]:
    yield from map(_finding, whole.findings)
    for row in whole.rows:
        yield from (_case(case, row.candidate.image) for case in row.candidate.cases)
        if row.candidate.aside is not None and not row.candidate.cases:
            yield _instead(row.candidate.image, row.verdict.value, "skipped", row.summary)
        for requirement in row.not_tried:
            yield _instead(row.candidate.image, requirement, "pending", f"not tried: {sentences.NOT_TRIED}")
    if whole.production is not None:
        yield from _production(whole.production)


def _finding(finding: Finding) -> Test:
    """Failed where it stands in the way; everything else passes and says its piece."""
    status = "failed" if finding.blocks else "passed"
    said = "\n".join(findings.lines(finding))
    return _instead("preflight", f"{finding.id} {findings.place(finding)}", status, said) | {"suite": ["preflight"]}


def _production(of: ProductionSummary) -> Iterator[Test]:
    yield from (_case(case, production.NAME) for case in of.cases)
    if of.state is ProductionState.UNKNOWN:
        yield _instead(production.NAME, RESTORE.id, "failed", of.summary)


def _instead(about: str, name: str, status: str, said: str) -> Test:
    """What stands for cases that there are none of."""
    return {
        "name": text.clean(name) or "unnamed",
        "status": status,
        "duration": 0,
        "suite": [about, name],
        "message": said,
    }


def _case(case: CaseRecord, about: str) -> Test:
    start, duration = plain.milliseconds(case.started), _duration(case.seconds)
    test: Test = {
        "id": plain.identity(about, case.id),
        "name": f"{case.id} · {about}",
        "status": _STATUS[case.outcome],
        "duration": duration,
        "start": start,
        "stop": start + duration,
        "suite": [about, case.requirement],
        "rawStatus": case.outcome.value,
        "parameters": {"image": about},
        "extra": {"sentence": case.sentence, "observations": case.observations},
    }
    if case.message:
        test["message"] = case.message
    if case.diagnosis is not None:
        test["trace"] = diagnoses.people("first cause", [case.diagnosis])
    if case.evidence:
        test["attachments"] = [
            {"name": kept.name, "contentType": kept.media_type, "path": kept.path} for kept in case.evidence
        ]
    return test


def _duration(seconds: float) -> int:
    return max(0, round(seconds * 1000)) if math.isfinite(seconds * 1000) else 0
