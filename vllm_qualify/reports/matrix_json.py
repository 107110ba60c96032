"""The matrix for programs: matrix.json, versioned and described by matrix.schema.json."""

from __future__ import annotations

import json
import math
from typing import Any

from vllm_qualify.core.records import CaseRecord, Diagnosis, Finding, Observation, RunRecord, Skipped, StandIn
from vllm_qualify.reports import matrix, text
from vllm_qualify.reports.production import Away, ProductionSummary

SCHEMA = 1


def files(run: RunRecord) -> dict[str, bytes]:
    """The matrix as JSON."""
    content = json.dumps(document(run), indent=2, ensure_ascii=False, allow_nan=False)
    return {"matrix.json": content.encode() + b"\n"}


def document(run: RunRecord) -> dict[str, Any]:
    """The matrix as plain values, before they become text."""
    whole = matrix.of(run)
    values: dict[str, Any] = _clean(
        {
            "schema": SCHEMA,
            "run": run.run,
            "started": run.started.isoformat(),
            "finished": run.finished.isoformat() if run.finished else None,
            "target": run.target,
            "pick": run.pick,
            "facts": run.facts,
            "summary": whole.headline,
            "candidates": [_candidate(row) for row in whole.rows],
            "findings": [_finding(finding) for finding in whole.findings],
            "production": _production(whole.production),
        }
    )
    return values


def _candidate(row: matrix.Row) -> dict[str, Any]:
    return {
        "image": row.candidate.image,
        "verdict": row.verdict.value,
        "summary": row.summary,
        "target": row.candidate.target,
        "stand_in": _stand_in(row.candidate.stand_in),
        "environment": row.candidate.environment,
        "interrupted": row.candidate.interrupted,
        "aside": _aside(row.candidate.aside),
        "facts": row.candidate.facts,
        "requirements": {cell.requirement: cell.outcome.value if cell.outcome else None for cell in row.cells},
        "cases": [_case(case) for case in row.candidate.cases],
    }


def _aside(aside: Skipped | None) -> dict[str, Any] | None:
    if aside is None:
        return None
    return {
        "ruled_out": aside.ruled_out,
        "reason": aside.reason,
        "certainty": aside.certainty.value,
        "remedy": aside.remedy,
    }


def _stand_in(stand_in: StandIn | None) -> dict[str, Any] | None:
    if stand_in is None:
        return None
    return {
        "distribution": stand_in.distribution,
        "version": stand_in.version,
        "exact": stand_in.exact,
        "note": stand_in.note,
    }


def _case(case: CaseRecord) -> dict[str, Any]:
    return {
        "requirement": case.requirement,
        "id": case.id,
        "sentence": case.sentence,
        "outcome": case.outcome.value,
        "message": case.message,
        "observations": [_observation(observation) for observation in case.observations],
        "diagnosis": _diagnosis(case.diagnosis),
        "evidence": [{"name": kept.name, "path": kept.path, "media_type": kept.media_type} for kept in case.evidence],
        "started": case.started.isoformat(),
        "seconds": case.seconds,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "title": finding.title,
        "subject": finding.subject,
        "path": finding.path,
        "expected": finding.expected,
        "actual": finding.actual,
        "remedy": finding.remedy,
        "certainty": finding.certainty.value,
        "waived": finding.waived,
    }


def _production(production: ProductionSummary | None) -> dict[str, Any] | None:
    if production is None:
        return None
    return {
        "state": production.state.value,
        "summary": production.summary,
        "away": _away(production.away),
        "cases": [_case(case) for case in production.cases],
    }


def _away(away: Away | None) -> dict[str, Any] | None:
    if away is None:
        return None
    return {
        "seconds": away.seconds,
        "limit_seconds": away.limit_seconds,
        "since": away.since.isoformat(),
        "until": away.until.isoformat(),
    }


def _observation(observation: Observation) -> dict[str, Any]:
    limit = observation.limit
    return {
        "name": observation.name,
        "value": observation.value,
        "unit": observation.unit,
        "limit": {"low": limit.low, "high": limit.high} if limit else None,
    }


def _diagnosis(diagnosis: Diagnosis | None) -> dict[str, Any] | None:
    if diagnosis is None:
        return None
    return {
        "cause": diagnosis.cause,
        "title": diagnosis.title,
        "certainty": diagnosis.certainty.value,
        "wrapper": diagnosis.wrapper,
        "remedy": diagnosis.remedy,
        "lines": [{"number": line.number, "text": line.text} for line in diagnosis.lines],
        "reference": diagnosis.reference,
        "origin": diagnosis.origin,
        "message": diagnosis.message,
    }


def _clean(value: Any) -> Any:
    """The same values without what strict JSON or a terminal cannot take; a number that is none becomes a null."""
    if isinstance(value, str):
        return text.clean(value)
    if isinstance(value, dict):
        return {text.clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
