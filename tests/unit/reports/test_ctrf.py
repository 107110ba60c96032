"""The Common Test Report of a run has what its schema asks for, and no status that makes a run look better."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from syrupy.assertion import SnapshotAssertion

from tests.unit.reports.odd_runs import RUNS
from vllm_qualify.core.records import Outcome, RunRecord
from vllm_qualify.reports import ctrf

TEXT, NAME, NUMBER = {"type": "string"}, {"type": "string", "minLength": 1}, {"type": "integer"}
STATUSES = ["passed", "failed", "skipped", "pending", "other"]


def closed(required: str, **known: Any) -> dict[str, Any]:
    """An object that has these keys and no other, as every one of the format is but ``extra``."""
    return {"type": "object", "required": required.split(), "properties": known, "additionalProperties": False}


ATTACHMENT = closed("name contentType path", name=TEXT, contentType=TEXT, path=TEXT)
TEST = closed(
    "name status duration",
    id={"type": "string", "format": "uuid"},
    name=NAME,
    status={"enum": STATUSES},
    duration=NUMBER,
    start=NUMBER,
    stop=NUMBER,
    suite={"type": "array", "minItems": 1, "items": TEXT},
    message=TEXT,
    trace=TEXT,
    rawStatus=TEXT,
    parameters={"type": "object"},
    attachments={"type": "array", "items": ATTACHMENT},
    extra={"type": "object"},
)
SUMMARY = closed(
    "tests passed failed skipped pending other start stop",
    **dict.fromkeys((*STATUSES, "tests", "suites", "start", "stop", "duration"), NUMBER),
)
ENVIRONMENT = closed("", reportName=TEXT, testEnvironment=TEXT, healthy={"type": "boolean"}, extra={"type": "object"})
# What of ctrf.io's schema a report of ours may use, in our own words; keys beside these are refused as there.
SCHEMA = closed(
    "results reportFormat specVersion",
    reportFormat={"const": "CTRF"},
    specVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
    reportId={"type": "string", "format": "uuid"},
    timestamp={"type": "string", "format": "date-time"},
    generatedBy=TEXT,
    results=closed(
        "tool summary tests",
        tool=closed("name", name=NAME, version=TEXT),
        summary=SUMMARY,
        tests={"type": "array", "items": TEST},
        environment=ENVIRONMENT,
    ),
)
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


def results(run: RunRecord) -> dict[str, Any]:
    """The results of a report that holds what the schema says."""
    document = json.loads(ctrf.files(run)["ctrf-report.json"])
    VALIDATOR.validate(document)
    found: dict[str, Any] = document["results"]
    return found


@pytest.mark.parametrize("name", ["finished", "interrupted", "restored", "lost"])
def test_a_stored_run_is_valid_and_counts_agree(request: pytest.FixtureRequest, name: str) -> None:
    """The summary is that of the tests."""
    found = results(request.getfixturevalue(name))

    counted = Counter(test["status"] for test in found["tests"])
    assert {status: found["summary"][status] for status in STATUSES} == {one: counted[one] for one in STATUSES}
    assert found["summary"]["tests"] == len(found["tests"])
    assert found["summary"]["start"] <= found["summary"]["stop"]


def test_it_is_as_it_was(interrupted: RunRecord, snapshot: SnapshotAssertion) -> None:
    """The file of a stored run has not changed unseen."""
    assert ctrf.files(interrupted)["ctrf-report.json"].decode() == snapshot


@settings(deadline=None, max_examples=25)
@given(run=RUNS)
def test_any_run_is_valid(run: RunRecord) -> None:
    """Whatever was said or measured in it."""
    results(run)


@pytest.mark.parametrize("outcome", Outcome)
def test_only_what_passed_has_passed(finished: RunRecord, outcome: Outcome) -> None:
    """What could not be told or broke is no pass, and the outcome's own word is kept."""
    case = replace(finished.candidates[0].cases[0], outcome=outcome)
    run = replace(finished, candidates=(replace(finished.candidates[0], cases=(case,)),))

    test = results(run)["tests"][0]

    assert test["rawStatus"] == outcome.value
    assert (test["status"] == "passed") is (outcome in {Outcome.PASSED, Outcome.WARNED})
    assert (test["status"] == "failed") is (outcome is Outcome.FAILED)


def test_what_was_not_tried_is_pending(interrupted: RunRecord) -> None:
    """A report without it would show a run that was killed as one that passed."""
    found = results(interrupted)

    pending = {tuple(test["suite"]) for test in found["tests"] if test["status"] == "pending"}
    assert ("vllm/vllm-openai:v0.9.2", "LOAD") in pending
    assert found["environment"]["healthy"] is False


def test_production_that_nobody_knows_of_has_failed(interrupted: RunRecord) -> None:
    """No reader may take such a run for green."""
    (test,) = [test for test in results(interrupted)["tests"] if test["suite"][0] == "production"]

    assert test["status"] == "failed"


def test_a_case_has_its_cause_and_its_evidence(interrupted: RunRecord) -> None:
    """With the remedy, and the path within the folder of the run."""
    test = next(test for test in results(interrupted)["tests"] if test["name"].startswith("DEPLOY/starts"))

    assert "what to do: " in test["trace"]
    assert test["attachments"][0]["path"] == "evidence/v0.15.1/engine.log"
