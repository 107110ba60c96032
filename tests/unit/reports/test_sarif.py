"""What has a file and a line is told to code scanning by the standard's own types, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fluidattacks_core import sarif as standard
from hypothesis import given, settings
from syrupy.assertion import SnapshotAssertion

from tests.unit.reports.odd_runs import RUNS
from vllm_qualify.core.records import Certainty, Evidence, Finding, RunRecord, Severity
from vllm_qualify.reports import sarif

NOW = datetime(2026, 1, 15, tzinfo=UTC)
FINDING = Finding(
    id="H04",
    severity=Severity.BLOCK,
    title="the cache is no NFS mount",
    subject="applications/vllm/deployment-r1.yaml:61",
    path="spec.template.spec.volumes[cache].nfs",
    remedy="use a local volume",
)


def told(run: RunRecord) -> dict[str, Any]:
    """The one run of a log that the types of SARIF 2.1.0 take, each of which refuses a key that it has not."""
    content = sarif.files(run)["findings.sarif"]
    standard.SarifLog.model_validate_json(content)
    found: dict[str, Any] = json.loads(content)["runs"][0]
    return found


def of(*findings: Finding) -> dict[str, Any]:
    """The log of a run that found these."""
    return told(RunRecord(run="r", started=NOW, finished=NOW, target="kubernetes", findings=findings))


@pytest.mark.parametrize("name", ["finished", "interrupted", "restored", "lost"])
def test_a_stored_run_is_valid(request: pytest.FixtureRequest, name: str) -> None:
    """Each result names a rule that is described, by its place among them."""
    log = told(request.getfixturevalue(name))

    rules = [rule["id"] for rule in log["tool"]["driver"]["rules"]]
    assert [rules[one["ruleIndex"]] for one in log["results"]] == [one["ruleId"] for one in log["results"]]


def test_it_is_as_it_was(interrupted: RunRecord, snapshot: SnapshotAssertion) -> None:
    """The file of a stored run has not changed unseen."""
    assert sarif.files(interrupted)["findings.sarif"].decode() == snapshot


@settings(deadline=None, max_examples=25)
@given(run=RUNS)
def test_any_run_is_valid(run: RunRecord) -> None:
    """Whatever was found or said in it."""
    for result in told(run)["results"]:
        (place,) = result["locations"]
        assert place["physicalLocation"]["region"]["startLine"] >= 1


def test_a_finding_stands_at_its_line() -> None:
    """Relative to the sources, so that it is shown in the pull request that changes them."""
    (result,) = of(FINDING)["results"]

    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "applications/vllm/deployment-r1.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 61}
    assert result["level"] == "error"
    assert "use a local volume" in result["message"]["text"]


@pytest.mark.parametrize(
    "subject",
    ["node k3s-gpu-worker", "vllm/vllm-openai:12", "registry.example:5000", "pod ml/other", "a.yaml", "a.yaml:0", ""],
)
def test_what_has_no_file_and_line_is_not_there(subject: str) -> None:
    """A node and an image are no places of code."""
    assert of(replace(FINDING, subject=subject))["results"] == []


def test_a_waived_finding_is_suppressed_with_its_reason() -> None:
    """It is known, and nobody has to act."""
    (result,) = of(replace(FINDING, waived="the mount is ours"))["results"]

    assert result["suppressions"] == [{"kind": "external", "justification": "the mount is ours"}]


def test_a_finding_is_the_same_when_lines_were_added_above_it() -> None:
    """Otherwise each edit would close one alert and open another."""
    prints = [
        result["partialFingerprints"]
        for result in of(FINDING, replace(FINDING, subject=FINDING.subject.replace("61", "67")))["results"]
    ]

    assert prints[0] == prints[1]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("/srv/a b.yaml", {"uri": "file:///srv/a%20b.yaml"}),
        ("a:b ü.yaml", {"uri": "a%3Ab%20%C3%BC.yaml", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_a_path_is_an_address(file: str, uri: dict[str, str]) -> None:
    """With what an address cannot hold encoded; one from the root is a file."""
    (result,) = of(replace(FINDING, subject=f"{file}:3"))["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == uri


def test_a_diagnosis_stands_at_its_line_of_the_log(interrupted: RunRecord) -> None:
    """In the folder of the run; a repetition of a death is no error of its own."""
    results = {one["ruleId"]: one for one in told(interrupted)["results"]}

    place = results["E01"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "evidence/v0.15.1/engine.log", "uriBaseId": "RUN"}
    assert place["region"] == {"startLine": 41}
    assert (results["E01"]["level"], results["E04"]["level"]) == ("error", "warning")


def test_of_two_logs_nobody_knows_whose_line_it_is() -> None:
    """Such a diagnosis is in the other reports alone; what is kept beside a log under its name is no second one."""
    log, other = Evidence(name="1-ml-engine", path="evidence/a"), Evidence(name="2-r1-engine", path="evidence/b")
    beside = (replace(log, name="1-ml-engine-events"), replace(other, name="LOAD-engine-traceback"))

    assert sarif._log((*beside, log)) == log
    assert sarif._log((log, other)) is None
    assert sarif._log(()) is None


def test_what_is_only_possible_is_a_warning(interrupted: RunRecord) -> None:
    """One reason among several proves nothing."""
    first = interrupted.candidates[0]
    cases = [case for case in first.cases if case.diagnosis and case.evidence]
    unsure = [replace(case, diagnosis=replace(case.diagnosis, certainty=Certainty.POSSIBLE)) for case in cases]
    run = replace(interrupted, candidates=(replace(first, cases=tuple(unsure)),))

    assert {one["level"] for one in told(run)["results"]} == {"warning"}
