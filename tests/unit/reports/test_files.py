"""Every report tells the stored runs as it did when someone last read it, and any run without falling over."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from importlib import resources
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from syrupy.assertion import SnapshotAssertion

from tests.unit.reports.odd_runs import RUNS
from vllm_qualify import reports
from vllm_qualify.core.records import Outcome, RunRecord
from vllm_qualify.reports import (
    allure,
    allure_results,
    console,
    diagnosis,
    html,
    junit,
    matrix_json,
    matrix_markdown,
    statements,
    text,
)

SCHEMA = json.loads(resources.files("vllm_qualify.reports").joinpath("matrix.schema.json").read_bytes())


@pytest.fixture(name="run", params=["finished", "interrupted", "restored", "lost"])
def _run(request: pytest.FixtureRequest) -> RunRecord:
    run: RunRecord = request.getfixturevalue(request.param)
    return run


def validate(document: Any) -> None:
    """Hold a document against the shipped schema."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(SCHEMA, format_checker=checker).validate(document)


def test_markdown_as_it_was(run: RunRecord, snapshot: SnapshotAssertion) -> None:
    """The Markdown of the stored runs has not changed unseen."""
    assert matrix_markdown.files(run)["matrix.md"].decode() == snapshot


def test_console_as_it_was(run: RunRecord, snapshot: SnapshotAssertion) -> None:
    """The end of a pytest run has not changed unseen."""
    assert console.render(run) == snapshot


def test_junit_as_it_was(run: RunRecord, snapshot: SnapshotAssertion) -> None:
    """The JUnit file has not changed unseen."""
    assert junit.files(run)["junit.xml"].decode() == snapshot


def test_allure_as_it_was(run: RunRecord, snapshot: SnapshotAssertion) -> None:
    """Environment and categories have not changed unseen."""
    assert {path: content.decode() for path, content in allure.files(run).items()} == snapshot


def test_json_holds_what_the_schema_says(run: RunRecord) -> None:
    """The JSON of the stored runs is valid by the schema that ships with it."""
    validate(json.loads(matrix_json.files(run)["matrix.json"]))


@pytest.mark.parametrize("field", ["image", "verdict", "target", "stand_in", "summary", "requirements", "cases"])
def test_the_schema_misses_what_is_missing(finished: RunRecord, field: str) -> None:
    """A document without a field that others rely on is refused."""
    document = matrix_json.document(finished)
    del document["candidates"][0][field]

    with pytest.raises(jsonschema.ValidationError):
        validate(document)


@pytest.mark.parametrize(
    "told",
    [
        lambda run: console.render(run, width=100),
        lambda run: matrix_markdown.files(run)["matrix.md"].decode(),
        lambda run: junit.files(run)["junit.xml"].decode(),
        lambda run: html.files(run)["matrix.html"].decode(),
    ],
    ids=["console", "markdown", "junit", "html"],
)
def test_a_repetition_is_told_as_one_and_a_cause_with_its_source(
    interrupted: RunRecord, told: Callable[[RunRecord], str]
) -> None:
    """Each report for people says where a cause was seen, and of a wrapper that it is none, not how sure it is."""
    said = " ".join(told(interrupted).split())

    assert said.count("vllm: v1/engine/exceptions.py") >= 1
    assert "vllm-project/vllm#33992, vllm-project/vllm#5510" in said
    assert diagnosis.WRAPPED in said
    assert "E04; certain" not in said
    assert "E04 · certain" not in said


@pytest.mark.parametrize(
    ("outcome", "tag"),
    [
        (Outcome.PASSED, None),
        (Outcome.WARNED, None),
        (Outcome.FAILED, "failure"),
        (Outcome.BROKEN, "error"),
        (Outcome.INCONCLUSIVE, "error"),
        (Outcome.BLOCKED, "skipped"),
        (Outcome.NOT_APPLICABLE, "skipped"),
    ],
)
def test_junit_maps_each_outcome(finished: RunRecord, outcome: Outcome, tag: str | None) -> None:
    """Each outcome has its element, and the counts agree with it."""
    case = dataclasses.replace(finished.candidates[0].cases[0], outcome=outcome)
    run = dataclasses.replace(finished, candidates=(dataclasses.replace(finished.candidates[0], cases=(case,)),))

    root = ET.fromstring(junit.files(run)["junit.xml"])  # noqa: S314 - our own file
    first = root.findall(".//testcase")[0]

    assert {child.tag for child in first} - {"properties", "system-out"} == ({tag} if tag else set())
    assert root.get("failures") == ("1" if tag == "failure" else "0")


def test_junit_is_red_where_a_requirement_was_not_tried(interrupted: RunRecord) -> None:
    """A candidate without a case has an error for each requirement, so that no pipeline takes it for green."""
    root = ET.fromstring(junit.files(interrupted)["junit.xml"])  # noqa: S314 - our own file

    suite = next(suite for suite in root.findall("testsuite") if str(suite.get("name")).endswith("v0.9.2"))
    assert suite.get("errors") == "8"


@pytest.mark.parametrize("colour", [False, True])
def test_the_console_stays_within_its_width(run: RunRecord, *, colour: bool) -> None:
    """No line is wider than 100 columns, and without colour there is no escape sequence."""
    told = console.render(run, colour=colour, width=400)
    plain = "".join(f"{line.rstrip()}\n" for line in text.clean(told).splitlines())

    assert max(map(len, plain.splitlines())) <= 100
    assert ("\x1b[" in told) is colour
    assert plain == console.render(run)


def test_the_categories_match_what_the_plugin_writes() -> None:
    """A message with its prefix falls into exactly one category, behind the type of an exception too."""
    categories = allure.categories()
    matched = {
        outcome: [
            entry["name"]
            for entry in categories
            if re.fullmatch(str(entry["messageRegex"]), head + allure.message(outcome, "x: failed\nblocked: y"))
        ]
        for outcome in allure.PREFIXES
        for head in ("", "Skipped: ", "vllm_qualify.plugin.Unqualified: ")
    }

    assert {outcome: len(names) for outcome, names in matched.items()} == dict.fromkeys(allure.PREFIXES, 1) | {
        Outcome.WARNED: 0
    }


def test_all_names_every_file(run: RunRecord) -> None:
    """One call gives all reports of a run."""
    about_the_run = {"allure-results/vllm-qualify-globals.json", "allure-results/findings-attachment.txt"}
    of_cases = set(allure_results.files(run))

    assert of_cases
    assert set(reports.all(run)) - about_the_run - of_cases - set(statements.files(run)) == {
        "matrix.json",
        "matrix.md",
        "matrix.html",
        "matrix.csv",
        "junit.xml",
        "ctrf-report.json",
        "findings.sarif",
        "badge.json",
        "metrics.prom",
        "allurerc.json",
        "allure-results/environment.properties",
        "allure-results/categories.json",
    }


@settings(deadline=None, max_examples=25)
@given(run=RUNS)
def test_no_run_is_too_odd_to_tell(run: RunRecord) -> None:
    """Whatever a case contains, every report is made, the XML reads, and the JSON holds what its schema says."""
    made = reports.all(run)

    ET.fromstring(made["junit.xml"])  # noqa: S314 - our own file
    validate(json.loads(made["matrix.json"]))
    assert made["matrix.html"].decode()
    assert console.render(run)
