"""What has a file and a line, for code scanning: findings.sarif, in SARIF 2.1.0 (OASIS)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from vllm_qualify.core.records import Certainty, Diagnosis, Evidence, Finding, Outcome, RunRecord, Severity
from vllm_qualify.reports import diagnosis as diagnoses
from vllm_qualify.reports import findings, matrix, plain, text

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_TOOL = "vllm-qualify"
_MOST_RESULTS = 5_000  # As many as GitHub shows of one file.
_LEVELS = {Severity.BLOCK: "error", Severity.WARN: "warning", Severity.NOTE: "note"}
# A subject may be an image or a host as well, which have numbers behind a colon too.
_PLACE = re.compile(
    r"(?P<file>.+\.(?:ya?ml|json|toml|env|container|kube|pod|service|sh|conf|cfg|ini)):(?P<line>[1-9][0-9]{0,8})"
)
_NO_LOG = ("-traceback", "-in-full")
SOURCES, RUN_FOLDER = "%SRCROOT%", "RUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A line of a file, and what the file's path is relative to."""

    file: str
    line: int
    base: str = SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """One thing that is wrong at one place."""

    rule: str
    title: str
    level: str
    message: str
    place: _Place
    about: str
    help: str = ""
    suppressed: str = ""
    properties: dict[str, str] = field(default_factory=dict)


def files(run: RunRecord) -> dict[str, bytes]:
    """The findings at their lines of the manifests, and the diagnoses at their lines of the kept logs."""
    return {"findings.sarif": plain.dumped(document(run))}


def document(run: RunRecord) -> dict[str, Any]:
    """The log as plain values; a run without such a finding has one without results, which clears older ones."""
    whole = matrix.of(run)
    results = list(islice(chain(_findings(whole.findings), _diagnoses(whole.rows)), _MOST_RESULTS))
    rules = list(dict.fromkeys(result.rule for result in results))
    version = run.facts.get("harness", "").removeprefix(f"{_TOOL} ")
    driver = {"name": _TOOL, "rules": [_rule(rule, results) for rule in rules]}
    ended = {"endTimeUtc": _time(run.finished)} if run.finished else {}
    invocation = {"executionSuccessful": run.finished is not None, "startTimeUtc": _time(run.started)} | ended
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver | ({"version": version} if version else {})},
                "automationDetails": {"id": f"{_TOOL}/{run.target}/"},
                "invocations": [invocation],
                "originalUriBaseIds": {RUN_FOLDER: {"description": {"text": f"The folder of the run {run.run}."}}},
                "results": [_result(one, rules) for one in results],
            }
        ],
    }


def _findings(found: Sequence[Finding]) -> Iterator[_Result]:
    for finding in found:
        if (match := _PLACE.fullmatch(text.one_line(finding.subject))) is None:
            continue
        yield _Result(
            rule=finding.id or "unnamed",
            title=finding.title,
            level=_LEVELS[finding.severity],
            message="\n".join(findings.lines(finding)),
            place=_Place(file=match["file"], line=int(match["line"])),
            about=finding.path,
            help=finding.remedy,
            suppressed=finding.waived,
            properties={"certainty": finding.certainty.value},
        )


def _diagnoses(rows: Sequence[matrix.Row]) -> Iterator[_Result]:
    for row in rows:
        for reason in row.reasons:
            found = reason.diagnosis
            log = _log(reason.evidence)
            if found is None or log is None or not found.lines:
                continue
            yield _Result(
                rule=found.cause or "unnamed",
                title=found.title,
                level=_level(reason.outcome, found),
                message=f"{row.candidate.image}: {reason.case}: {diagnoses.named(found)}",
                place=_Place(file=log.path, line=_line(found.lines[0].number), base=RUN_FOLDER),
                about=f"{row.candidate.image} {reason.case}",
                help=found.remedy,
                properties={"certainty": found.certainty.value, "image": row.candidate.image, "case": reason.case},
            )


def _log(evidence: Sequence[Evidence]) -> Evidence | None:
    """The engine's log, in which a diagnosis counts its lines; ``None`` where there are several, or none."""
    logs = [one for one in evidence if "engine" in one.name and not one.name.endswith(_NO_LOG)]
    log = min(logs, key=lambda one: len(one.name), default=None)
    # What else is kept of an engine has the name of its log, and a word behind it.
    return log if log is not None and all(one.name.startswith(log.name) for one in logs) else None


def _level(outcome: Outcome, found: Diagnosis) -> str:
    certain = found.certainty is not Certainty.POSSIBLE and not found.wrapper
    return "error" if outcome is Outcome.FAILED and certain else "warning"


def _rule(rule: str, results: Sequence[_Result]) -> dict[str, Any]:
    first = next(result for result in results if result.rule == rule)
    described = {"shortDescription": {"text": first.title or rule}, "fullDescription": {"text": first.title or rule}}
    advice = {"help": {"text": first.help}} if first.help else {}
    return {"id": rule, **described, "defaultConfiguration": {"level": first.level}, **advice}


def _result(result: _Result, rules: Sequence[str]) -> dict[str, Any]:
    place = result.place
    described: dict[str, Any] = {
        "ruleId": result.rule,
        "ruleIndex": rules.index(result.rule),
        "level": result.level,
        "message": {"text": result.message or result.rule},
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(place), "region": {"startLine": place.line}}}
        ],
        # Without the line: it moves with every edit above it, and the finding stays the same.
        "partialFingerprints": {"vllmQualify/v1": plain.identity(result.rule, place.file, result.about)},
        "properties": result.properties,
    }
    if result.suppressed:
        described["suppressions"] = [{"kind": "external", "justification": result.suppressed}]
    return described


def _artifact(place: _Place) -> dict[str, str]:
    path = PurePosixPath(text.one_line(place.file).replace("\\", "/"))
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(str(path)), "uriBaseId": place.base}


def _line(number: int) -> int:
    """A line that every reader takes: counted from 1, in 32 bits."""
    return min(max(number, 1), 2**31 - 1)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
