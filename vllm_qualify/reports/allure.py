"""What stands beside the results in Allure: environment, categories of failures, and what concerns the run."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from vllm_qualify.core.records import CandidateRecord, Finding, Outcome, RunRecord
from vllm_qualify.reports import findings, matrix, sentences, text
from vllm_qualify.reports.production import NAME, ProductionSummary

FOLDER = "allure-results"
# How the message of a pytest report begins for each outcome that is no plain pass. The categories match on it, so
# the plugin takes the words from here.
PREFIXES = {
    Outcome.FAILED: "the image fails: ",
    Outcome.BROKEN: "the harness or the infrastructure broke: ",
    Outcome.INCONCLUSIVE: "inconclusive: ",
    Outcome.BLOCKED: "blocked: ",
    Outcome.NOT_APPLICABLE: "not applicable here: ",
    Outcome.WARNED: "warned: ",
}
_NAMES = {
    Outcome.FAILED: "The image does not qualify",
    Outcome.BROKEN: "The harness or the infrastructure broke",
    Outcome.INCONCLUSIVE: "Inconclusive: measured, but the noise is too large",
    Outcome.BLOCKED: "Blocked by an earlier failure",
    Outcome.NOT_APPLICABLE: "Not shown on this target",
}
_FINDINGS = "findings-attachment.txt"
# pytest puts the type of the exception, or "Skipped", before the message.
_EXCEPTION = r"^(?:[\w.]+: )?"


def message(outcome: Outcome, content: str) -> str:
    """The message of a pytest report, beginning as the categories expect."""
    return PREFIXES.get(outcome, "") + content


def files(run: RunRecord) -> dict[str, bytes]:
    """The files that allure-results holds beside the results themselves.

    Attachments and errors of the whole run are written here, not through allure-pytest: so they are there as well where
    the run was killed, or never came to the case that is about production.
    """
    whole = matrix.of(run)
    made = {
        f"{FOLDER}/environment.properties": _properties(_environment(run, whole.production)),
        f"{FOLDER}/categories.json": _json(categories()),
    }
    if whole.findings:
        made[f"{FOLDER}/{_FINDINGS}"] = text.clean(findings.told(whole.findings)).encode() + b"\n"
    if globals_ := _globals(run, whole.findings, whole.production):
        made[f"{FOLDER}/vllm-qualify-globals.json"] = _json(globals_)
    return made


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def _globals(run: RunRecord, found: tuple[Finding, ...], production: ProductionSummary | None) -> dict[str, Any]:
    """What Allure shows above all results: the findings, and that production is not back."""
    stamp = _milliseconds(run.finished or run.started)
    made: dict[str, Any] = {}
    if found:
        name = f"Before the run: {findings.counted(found)}"
        made["attachments"] = [{"name": name, "source": _FINDINGS, "type": "text/plain", "timestamp": stamp}]
    if production is not None and production.alarming:
        made["errors"] = [{"message": production.summary, "timestamp": stamp}]
    return made


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _environment(run: RunRecord, production: ProductionSummary | None) -> dict[str, str]:
    facts = {"run": run.run, "target": run.target} | run.facts
    if production is not None:
        facts[NAME] = text.sentence(production.headline)
    for candidate in run.candidates:
        facts[candidate.image] = sentences.stand_in(candidate.stand_in) or _itself(candidate)
    return facts


def _itself(candidate: CandidateRecord) -> str:
    digest = candidate.facts.get("digest", "")
    return f"the image itself, {digest}" if digest else "the image itself"


def categories() -> list[dict[str, object]]:
    """What becomes of results that are no plain pass, by the beginning of their message."""
    return [
        {
            "name": name,
            "messageRegex": f"{_EXCEPTION}{PREFIXES[outcome].strip()}[\\s\\S]*",
            "matchedStatuses": ["failed", "broken", "skipped", "unknown"],
        }
        for outcome, name in _NAMES.items()
    ]


def _properties(values: dict[str, str]) -> bytes:
    """A Java properties file; it is Latin-1, so everything beyond ASCII is escaped."""
    return b"".join(_escaped(key, key=True) + b" = " + _escaped(value) + b"\n" for key, value in values.items())


def _escaped(content: str, *, key: bool = False) -> bytes:
    line = text.one_line(content).replace("\\", "\\\\")
    if key:
        for mark in " :=#!":
            line = line.replace(mark, f"\\{mark}")
    wide = line.encode("utf-16-be", "replace")
    units = (int.from_bytes(wide[at : at + 2], "big") for at in range(0, len(wide), 2))
    return "".join(chr(unit) if unit < 0x7F else f"\\u{unit:04x}" for unit in units).encode()  # noqa: PLR2004 - ASCII
