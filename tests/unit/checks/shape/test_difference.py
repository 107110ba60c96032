"""What a caller may miss in the candidate's answers is told, with whom it breaks; noise of the baseline is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.checks.shape import difference, paths
from vllm_qualify.core.records import CaseRecord, Judgement, Outcome

CASE = CaseRecord(
    image="vllm/vllm-openai:v1", requirement="SHAPE", id="SHAPE/form", sentence="", outcome=Outcome.PASSED,
    started=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


def turn(document: object, **head: Any) -> CaseRecord:
    """A turn with one kind of answer."""
    kept = {"status": 200, "type": "application/json", "headers": ["x-request-id"], **head}
    return replace(CASE, material={"shape": {"chat": {**kept, "paths": paths.of([document])}}})


def against(old: object, new: object, *, again: object = None) -> Judgement:
    """The candidate beside a baseline."""
    second = turn(old if again is None else again)
    return difference.against(ComparedCases(id=CASE.id, candidate=turn(new), baseline=turn(old), again=second))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ({"c": [{"finish_reason": None}]}, {"c": [{"x": 1}]}, "c[].finish_reason is gone, it was null; callers"),
        ({"m": {"reasoning_content": "a"}}, {"m": {"reasoning": "a"}}, "m.reasoning_content is reasoning now; callers"),
        (
            {"m": {"reasoning_content": None}},
            {"m": {"x": None}},
            "m.reasoning_content is gone, it was null; callers",
        ),
        (
            {"object": "error", "message": "a", "code": 1},
            {"error": {"message": "a", "code": 1}},
            "chat: the error is under the key error now",
        ),
        ({"a": 1}, {"a": None}, "chat: a is null, it was number"),
        ({"a": {"b": 1, "c": {"d": 1}}}, {"z": 1}, "chat: a is gone; new: z"),
        ({"a": 1}, {"b": 1}, "chat: a is gone; new: b"),
    ],
)
def test_what_is_lost_is_a_warning(old: object, new: object, says: str) -> None:
    """The uppermost path of a branch is enough."""
    judgement = against(old, new)

    assert judgement.outcome is Outcome.WARNED
    assert says in judgement.message
    assert len(judgement.message.split("; ")) <= 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": [{"b": 1}]}, {"a": []}),
        ({"a": {"b": 1}}, {"a": {}}),
        ({"a": [1]}, {"a": [1, 2, 3]}),
        ({"a": 1}, {"a": 1.5}),
        ({"a": None}, {"a": "x"}),
        ({}, {"a": 1}),
        ({"a": {"b": 1}}, {}),
    ],
)
def test_what_no_caller_misses_is_none(old: object, new: object) -> None:
    """Empty lists, other numbers, new fields, an answer that was not seen."""
    assert against(old, new).outcome is Outcome.PASSED


def test_what_the_baseline_itself_wavers_in_is_no_finding() -> None:
    """Its own two turns differ in it."""
    assert against({"a": 1, "b": 1}, {"b": 1}, again={"b": 1}).outcome is Outcome.PASSED
    assert against({"a": 1, "b": 1}, {"b": 1}).outcome is Outcome.WARNED


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ({"status": 400}, "the HTTP status is 400, it was 200"),
        ({"type": "text/plain"}, "the content type is text/plain, it was application/json"),
        ({"headers": []}, "the header x-request-id is gone"),
    ],
)
def test_status_and_headers_are_form(head: dict[str, Any], says: str) -> None:
    """Where another status is answered, the fields are those of another answer."""
    cases = ComparedCases(
        id=CASE.id, candidate=turn({"b": 1} if "status" in head else {"a": 1}, **head), baseline=turn({"a": 1})
    )

    judgement = difference.against(cases)

    assert says in judgement.message
    assert "a is gone" not in judgement.message


def test_without_one_of_both_nothing_is_compared() -> None:
    """No baseline is no finding, and a candidate that was not asked blocks the comparison."""
    assert difference.against(ComparedCases(id=CASE.id, candidate=turn({}))).outcome is Outcome.NOT_APPLICABLE
    assert difference.against(ComparedCases(id=CASE.id, candidate=None, baseline=turn({}))).outcome is Outcome.BLOCKED
    assert difference.against(ComparedCases(id=CASE.id, candidate=CASE, baseline=turn({}))).outcome is Outcome.BLOCKED


def test_what_several_kinds_of_answers_lost_is_told_once() -> None:
    """A field that is gone from every chunk is one thing to know."""
    both = [
        replace(CASE, material={"shape": {kind: {"paths": paths.of([document])} for kind in ("first", "last")}})
        for document in ({"a": 1, "b": 1}, {"b": 1})
    ]

    judgement = difference.against(ComparedCases(id=CASE.id, candidate=both[1], baseline=both[0]))

    assert judgement.message == "first, last: a is gone"
