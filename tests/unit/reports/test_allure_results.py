"""Allure shows every case of a journal, also of a run that was killed, and none twice."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from typing import Any

import attr
import pytest
from allure_commons import model2

from vllm_qualify.core.records import Evidence, Outcome, RunRecord
from vllm_qualify.core.requirements import Requirement
from vllm_qualify.reports import allure_results, matrix

_PARTS = {"labels": model2.Label, "attachments": model2.Attachment, "parameters": model2.Parameter}


def results(run: RunRecord) -> list[dict[str, Any]]:
    """The results as Allure reads them."""
    return [json.loads(content) for name, content in allure_results.files(run).items() if name.endswith("-result.json")]


@pytest.fixture(name="run", params=["finished", "interrupted", "restored", "lost"])
def _run(request: pytest.FixtureRequest) -> RunRecord:
    run: RunRecord = request.getfixturevalue(request.param)
    return run


def test_every_case_is_there_and_what_was_not_tried(run: RunRecord) -> None:
    """Nothing of the journal is missing: a killed run must not look like one that passed."""
    rows = matrix.of(run).rows
    wanted = [f"{case.id} {row.candidate.image}" for row in rows for case in row.candidate.cases]
    wanted += [f"{requirement} {row.candidate.image}" for row in rows for requirement in row.not_tried]

    found = [f"{one['fullName']} {one['parameters'][0]['value']}" for one in results(run)]

    assert not Counter(wanted) - Counter(found)
    assert {one.rpartition(" ")[2] for one in Counter(found) - Counter(wanted)} <= {"production"}


def test_a_killed_run_is_not_green(interrupted: RunRecord) -> None:
    """Its failures failed, what was open broke, and so did production, which nobody knows of."""
    found = results(interrupted)

    assert {"failed", "broken"} <= {one["status"] for one in found}
    [production] = [one for one in found if one["parameters"][0]["value"] == "production"]
    assert production["status"] == "broken"


def test_an_own_requirement_that_was_not_tried_is_told_with_its_sentence(finished: RunRecord) -> None:
    """The journal has the words; the suites need not be there."""
    own = (Requirement(id="LATENCY", sentence="It is quick."),)
    held = tuple(replace(one, requirements=own) for one in finished.candidates)

    found = results(replace(finished, candidates=held, requirements=own))

    told = [one["description"] for one in found if one["fullName"] == "LATENCY"]
    assert told == ["It is quick."] * len(held)


def test_a_run_without_a_case_is_not_green(interrupted: RunRecord) -> None:
    """It was killed before anything was tried."""
    nothing = replace(
        interrupted, candidates=tuple(replace(one, cases=(), aside=None) for one in interrupted.candidates)
    )

    assert {one["status"] for one in results(nothing)} == {"broken"}


@pytest.mark.parametrize("seconds", [math.nan, math.inf, 1e306])
def test_a_case_whose_time_is_unknown_ends_when_it_began(finished: RunRecord, seconds: float) -> None:
    """A journal can say anything; Allure has no other word for it."""
    [first, *others] = finished.candidates
    odd = replace(first, cases=(replace(first.cases[0], seconds=seconds),))

    found = results(replace(finished, candidates=(odd, *others)))

    [case] = [one for one in found if one["parameters"][0]["value"] == odd.image and one["start"] == one["stop"]][:1]
    assert case["fullName"] == odd.cases[0].id


def test_they_are_results_as_allure_itself_writes_them(run: RunRecord) -> None:
    """Field by field, by the model of its own library."""
    statuses = {getattr(model2.Status, name) for name in ("FAILED", "BROKEN", "PASSED", "SKIPPED")}

    for one in results(run):
        assert set(one) <= {field.name for field in attr.fields(model2.TestResult)}
        assert one["status"] in statuses
        assert one["stop"] >= one["start"] > 0
        for key, kind in _PARTS.items():
            assert all(set(each) <= {field.name for field in attr.fields(kind)} for each in one[key])
        assert set(one["statusDetails"]) <= {field.name for field in attr.fields(model2.StatusDetails)}


def test_a_case_has_one_history_from_run_to_run(finished: RunRecord) -> None:
    """Each case of each candidate its own; the results themselves differ, so that two runs can lie in one folder."""
    first, second = results(finished), results(replace(finished, run="another"))

    histories = [one["historyId"] for one in first]
    assert histories == [one["historyId"] for one in second]
    assert len(set(histories)) == len(histories)
    assert not {one["uuid"] for one in first} & {one["uuid"] for one in second}


@pytest.mark.parametrize(
    ("outcome", "status", "said"),
    [
        (Outcome.FAILED, "failed", "the image fails: m"),
        (Outcome.BROKEN, "broken", "the harness or the infrastructure broke: m"),
        (Outcome.INCONCLUSIVE, "broken", "inconclusive: m"),
        (Outcome.BLOCKED, "skipped", "blocked: m"),
        (Outcome.NOT_APPLICABLE, "skipped", "not applicable here: m"),
        (Outcome.WARNED, "passed", "warned: m"),
        (Outcome.PASSED, "passed", "m"),
    ],
)
def test_each_outcome_has_its_status(finished: RunRecord, outcome: Outcome, status: str, said: str) -> None:
    """Nothing that is not a pass is shown as one, and the message falls into its category."""
    case = replace(finished.candidates[0].cases[0], outcome=outcome, message="m")
    only = replace(finished, candidates=(replace(finished.candidates[0], cases=(case,)),))

    first = results(only)[0]

    assert (first["status"], first["statusDetails"]["message"]) == (status, said)


def test_what_is_attached_is_there(run: RunRecord) -> None:
    """Each attachment is a file that is written, or a copy of evidence."""
    there = {*allure_results.files(run), *allure_results.attachments(run)}

    for one in results(run):
        assert {f"allure-results/{each['source']}" for each in one["attachments"]} <= there


def test_evidence_keeps_its_ending_and_nothing_else_of_its_path(finished: RunRecord) -> None:
    """A journal may come from anywhere; what it names becomes no path."""
    evidence = (Evidence(name="a", path="evidence/x/1.txt"), Evidence(name="b", path="../../b.$(x)/..\0"))
    case = replace(finished.candidates[0].cases[0], evidence=evidence)
    only = replace(finished, candidates=(replace(finished.candidates[0], cases=(case,)),))

    [first, second] = allure_results.attachments(only)

    assert first.endswith("-attachment.txt")
    assert second.endswith("-attachment")
    assert (first + second).count("/") == 2
