"""The matrix for continuous integration: junit.xml, one testcase a case."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from vllm_qualify.core.records import CandidateRecord, CaseRecord, Diagnosis, Finding, Observation, Outcome, RunRecord
from vllm_qualify.core.requirements import RESTORE
from vllm_qualify.reports import diagnosis as diagnoses
from vllm_qualify.reports import findings, matrix, production, sentences, text
from vllm_qualify.reports.production import ProductionState, ProductionSummary

_TAGS = {
    Outcome.FAILED: "failure",
    Outcome.BROKEN: "error",
    Outcome.INCONCLUSIVE: "error",
    Outcome.BLOCKED: "skipped",
    Outcome.NOT_APPLICABLE: "skipped",
}


def files(run: RunRecord) -> dict[str, bytes]:
    """The run as JUnit XML: a test suite of the findings, one for each candidate, and one of production."""
    whole = matrix.of(run)
    suites = ET.Element("testsuites", name=_safe(run.run))
    if whole.findings:
        suites.append(_preflight(whole.findings))
    for row in whole.rows:
        suites.append(_suite(row))
    if whole.production:
        suites.append(_production(whole.production))
    _count(suites, [case for suite in suites for case in suite.findall("testcase")])
    ET.indent(suites)
    return {"junit.xml": ET.tostring(suites, encoding="utf-8", xml_declaration=True) + b"\n"}


def _suite(row: matrix.Row) -> ET.Element:
    candidate = row.candidate
    suite = ET.Element("testsuite", name=_safe(candidate.image))
    if candidate.cases:
        suite.set("timestamp", candidate.cases[0].started.isoformat())
    properties = {"verdict": row.verdict.value, "summary": row.summary, "target": candidate.target}
    _properties(suite, properties | {"stand_in": str(candidate.stand_in or "")})
    for case in candidate.cases:
        suite.append(_case(case))
    if candidate.aside is not None and not candidate.cases:
        suite.append(_set_aside(row))
    for requirement in row.not_tried:
        suite.append(_not_tried(candidate, requirement))
    _count(suite, suite.findall("testcase"))
    return suite


def _preflight(found: Iterable[Finding]) -> ET.Element:
    suite = ET.Element("testsuite", name="preflight")
    for finding in found:
        suite.append(_finding(finding))
    _count(suite, suite.findall("testcase"))
    return suite


def _finding(finding: Finding) -> ET.Element:
    """A failure where it stands in the way; everything else passes and says its piece."""
    where = findings.place(finding)
    element = ET.Element("testcase", classname=_safe(f"preflight.{finding.id}"), name=_safe(where), time="0")
    said = _safe("\n".join(findings.lines(finding)))
    if finding.blocks:
        failure = ET.SubElement(element, "failure", message=_safe(findings.sentence(finding)), type=_safe(finding.id))
        failure.text = said
    else:
        ET.SubElement(element, "system-out").text = said
    return element


def _production(of: ProductionSummary) -> ET.Element:
    suite = ET.Element("testsuite", name=production.NAME)
    if of.cases:
        suite.set("timestamp", of.cases[0].started.isoformat())
    _properties(suite, {"state": of.state.value, "summary": of.summary})
    for case in of.cases:
        suite.append(_case(case))
    if of.state is ProductionState.UNKNOWN:
        suite.append(_unknown(of))
    _count(suite, suite.findall("testcase"))
    return suite


def _unknown(of: ProductionSummary) -> ET.Element:
    """An error of its own: no pipeline may take a run for green that left production somewhere."""
    element = ET.Element("testcase", classname=f"{production.NAME}.{RESTORE.id}", name=RESTORE.id, time="0")
    ET.SubElement(element, "error", message=_safe(of.summary), type=of.state.value)
    return element


def _case(case: CaseRecord) -> ET.Element:
    where = _safe(f"{case.image or production.NAME}.{case.requirement}")
    element = ET.Element("testcase", classname=where, name=_safe(case.id), time=_seconds(case))
    _properties(element, {"sentence": case.sentence} | {seen.name: _observed(seen) for seen in case.observations})
    if tag := _TAGS.get(case.outcome):
        detail = ET.SubElement(element, tag, message=_safe(f"{case.outcome.value}: {case.message}"))
        if tag != "skipped":
            detail.set("type", case.outcome.value)
        detail.text = _safe(_detail(case.diagnosis)) or None
    elif case.message:
        ET.SubElement(element, "system-out").text = _safe(f"{case.outcome.value}: {case.message}")
    return element


def _seconds(case: CaseRecord) -> str:
    """A decimal number, as readers expect one, also where the time was not measured."""
    return f"{case.seconds:.3f}" if math.isfinite(case.seconds) else "0.000"


def _observed(seen: Observation) -> str:
    held = text.limit(seen.limit)
    return f"{text.value(seen)} ({held})" if held else text.value(seen)


def _detail(diagnosis: Diagnosis | None) -> str:
    if diagnosis is None:
        return ""
    lines = [diagnoses.named(diagnosis), *(f"{line.number:>6}  {line.text}" for line in diagnosis.lines)]
    lines += [f"{'':>6}  {line}" for line in diagnoses.further(diagnosis)]
    source = f"source: {diagnosis.reference}" if diagnosis.reference else ""
    return "\n".join(filter(None, [*lines, diagnosis.origin, diagnosis.remedy, source]))


def _set_aside(row: matrix.Row) -> ET.Element:
    """Skipped: in a search that is as it should be, and where it is not, the exit code says so."""
    element = ET.Element("testcase", classname=_safe(row.candidate.image), name=row.verdict.value, time="0")
    ET.SubElement(element, "skipped", message=_safe(row.summary))
    return element


def _not_tried(candidate: CandidateRecord, requirement: str) -> ET.Element:
    """An error of its own: a suite that leaves a requirement out would look green otherwise."""
    element = ET.Element(
        "testcase", classname=_safe(f"{candidate.image}.{requirement}"), name=_safe(requirement), time="0"
    )
    ET.SubElement(element, "error", message=f"not tried: {sentences.NOT_TRIED}", type="not-tried")
    return element


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=_safe(name), value=_safe(value))


def _count(element: ET.Element, cases: list[ET.Element]) -> None:
    kinds = Counter(child.tag for case in cases for child in case)
    element.set("tests", str(len(cases)))
    element.set("failures", str(kinds["failure"]))
    element.set("errors", str(kinds["error"]))
    element.set("skipped", str(kinds["skipped"]))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _safe(content: str) -> str:
    """The text with nothing in it that XML 1.0 forbids."""
    return text.clean(content)
