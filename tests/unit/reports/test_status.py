"""`reports.status`: each verdict with what changed, and one exit code for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vllm_qualify.core import verdict_facts
from vllm_qualify.core.fact_names import ARGUMENTS, DIGEST, DRIVER, ENVIRONMENT, HARNESS
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.standing import FactChange, StandingState, UnknownFact
from vllm_qualify.reports import status
from vllm_qualify.reports.status import StatusDocument

GOOD = StatusDocument(
    schema=1,
    image="vllm/vllm-openai:v0.12.0",
    target="kubernetes",
    node="home/gpu-1",
    verdict=Verdict.QUALIFIED,
    judged=datetime(2026, 11, 1, 2, tzinfo=UTC),
    run="20261101-020000-kubernetes",
    standing=StandingState.HOLDS,
    changed=(),
    unknown=(),
    holds_for={DRIVER: "570.195.03", HARNESS: "vllm-qualify 0.1.0"},
    undecided_since="",
)
EXPIRED = replace(
    GOOD, standing=StandingState.EXPIRED, changed=(FactChange(fact=DRIVER, was="570.195.03", now="580.95.05"),)
)
OPEN = replace(
    GOOD,
    standing=StandingState.CANNOT_TELL,
    unknown=(UnknownFact(fact=DIGEST, why="nobody was asked"), UnknownFact(fact=DRIVER, why="no label")),
)


def changed(fact: str, was: str, now: str) -> str:
    """What is told of a change."""
    return status.difference(FactChange(fact=fact, was=was, now=now))


def test_a_verdict_that_holds_is_told_in_three_lines() -> None:
    """With its date, its run and what it holds for; there is nothing to do."""
    assert status.people([GOOD]) == (
        "vllm/vllm-openai:v0.12.0: qualified on 2026-11-01 on kubernetes (home/gpu-1): still holds\n"
        "  run 20261101-020000-kubernetes\n"
        "  holds for driver 570.195.03, the checks of vllm-qualify 0.1, until one of them changes\n"
    )


def test_a_verdict_that_expired_names_the_fact_and_ends_with_what_to_do() -> None:
    """Both values stand there."""
    said = status.people([replace(EXPIRED, undecided_since="night-9")])

    assert ": EXPIRED\n" in said
    assert "; run night-9 left it open since\n" in said
    assert "  changed: driver: was 570.195.03, is 580.95.05\n" in said
    assert said.endswith("  next: qualify it again: pytest --image vllm/vllm-openai:v0.12.0\n")


def test_what_nobody_can_tell_names_who_could() -> None:
    """Facts of one reason stand in one line."""
    both = replace(OPEN, unknown=(*OPEN.unknown, UnknownFact(fact=HARNESS, why="no label")))

    said = status.people([both, status.never("a:v1")])

    assert "  unknown: digest: nobody was asked\n  unknown: driver, harness: no label\n" in said
    assert "  next: look its digest up with --registry or --engine, or qualify it again" in said
    assert "\n\na:v1: was never judged in these runs\n  next: qualify it again: pytest --image a:v1\n" in said


@pytest.mark.parametrize(
    ("fact", "was", "now", "said"),
    [
        (
            ARGUMENTS,
            "ml: --port 1 --len 8; r1: --len 4",
            "ml: --port 1 --len 4; r1: --len 4",
            "was ml: --len 8, is ml: --len 4",
        ),
        (ARGUMENTS, "ml: --port 1", "ml: --port 1 --eager", "was not there, is ml: --eager"),
        (ARGUMENTS, "ml: --port 1", "ml: --port 1; r1: -O 3", "was not there, is r1: -O 3"),
        (
            ENVIRONMENT,
            "ml: A=1 B=2; r1: nothing",
            "ml: A=1; r1: C=[not shown]",
            "was ml: B=2, r1: nothing, is r1: C=[not shown]",
        ),
        (DRIVER, "570 580", "580 570", "was 570 580, is 580 570"),
    ],
)
def test_of_a_long_fact_only_what_changed_is_told(fact: str, was: str, now: str, said: str) -> None:
    """A command line of forty words is no message; a short fact is told whole."""
    long = fact in {ARGUMENTS, ENVIRONMENT}
    one, other = (verdict_facts.hashed(each) if long else each for each in (was, now))

    assert changed(fact, one, other) == said


def test_a_change_that_may_not_be_read_is_told_all_the_same() -> None:
    """Its words are the same, and the hash is another."""
    one, other = (verdict_facts.hashed("ml: A=[not shown]", whole=each) for each in "12")

    assert changed(ENVIRONMENT, one, other) == "differs in a value that is not shown"


def test_a_long_change_is_cut() -> None:
    """Whatever a registry or a manifest says."""
    assert len(changed(DRIVER, "x" * 5000, "y" * 5000)) < 700


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        ([GOOD, GOOD], 0),
        ([GOOD, EXPIRED], 1),
        ([OPEN, replace(GOOD, verdict=Verdict.NOT_QUALIFIED)], 1),
        ([GOOD, OPEN], 10),
        ([GOOD, replace(GOOD, verdict=Verdict.INCONCLUSIVE)], 10),
        ([GOOD, status.never("a:v1")], 10),
        ([], 10),
    ],
)
def test_the_exit_code_is_the_worst_of_them(documents: list[StatusDocument], code: int) -> None:
    """A proof against one outranks what is open, and nothing at all is no success."""
    assert status.exit_code(documents) == code


@pytest.mark.parametrize("one", [GOOD, EXPIRED, OPEN, status.never("a:v1")])
def test_every_document_is_what_the_schema_says(one: StatusDocument, validate: Callable[[str, object], None]) -> None:
    """Those of an image without a verdict too."""
    values = json.loads(json.dumps(status.values(one)))

    validate("status", values)
    assert values["standing"] == (one.standing.value if one.standing else None)
