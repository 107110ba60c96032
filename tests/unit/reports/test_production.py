"""Whether production is back is told by every report alike, and never as good when it is not known."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from vllm_qualify.checks import production as restoring
from vllm_qualify.checks.production import Restoration, TransactionEnd
from vllm_qualify.core.outcomes import put_back
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, Role, RunRecord
from vllm_qualify.core.requirements import RESTORE
from vllm_qualify.reports import allure, compare, console, csv, junit, matrix_json, matrix_markdown, production
from vllm_qualify.reports.production import ProductionState, ProductionSummary

WENT = datetime(2026, 1, 17, 17, 1, 2, tzinfo=UTC)


def case(ended: TransactionEnd | None) -> CaseRecord:
    """The case that a run makes of how it ended; the way back began 300 s after production went."""
    judged = restoring.put_back(ended)
    return CaseRecord(
        image="",
        requirement=RESTORE.id,
        id="RESTORE/put-back",
        sentence=RESTORE.sentence,
        outcome=judged.outcome,
        message=judged.message,
        observations=judged.observations,
        started=WENT.replace(minute=6),
        seconds=12.0,
    )


def run(*cases: CaseRecord, finished: bool = True, away: bool = True) -> RunRecord:
    """A run with these cases of production."""
    end = WENT if finished else None
    return RunRecord(
        run="r", started=WENT, finished=end, target="kubernetes", takes_production_away=away, production=cases
    )


def of(*cases: CaseRecord, finished: bool = True) -> ProductionSummary:
    """What such a run says of production."""
    told = production.of(run(*cases, finished=finished))
    assert told is not None
    return told


def ended(*problems: str, notes: tuple[str, ...] = (), away: float | None = 312, limit: float = 600) -> TransactionEnd:
    """A run that ended with these problems, and with production away for that long."""
    restoration = Restoration(problems=problems, notes=notes, checked=("Deployment a is as it was",))
    went = WENT if away is not None else None
    return TransactionEnd(restoration=restoration, away_seconds=away, away_from=went, limit_seconds=limit)


def test_production_that_is_back_says_how_long_it_was_away_and_what_shows_it() -> None:
    """The outage is told to the second with both of its ends, once, and then the proof."""
    assert of(case(ended())).summary == (
        "Production was down for 312 s (17:01:02 to 17:06:14 UTC) and is back, proven by: Deployment a is as it was."
    )


def test_an_outage_longer_than_allowed_is_a_warning() -> None:
    """That it took too long stands in the headline, with what was allowed."""
    told = of(case(ended(limit=300)))

    assert told.headline.endswith("UTC), longer than the 300 s allowed, and is back")
    assert (told.state, told.warned, told.details) == (ProductionState.BACK, True, ("Deployment a is as it was",))


def test_production_that_is_not_back_says_why_and_what_to_do() -> None:
    """The reason is there once, without the judge's own hint, and the command that puts it back."""
    told = of(case(ended("the API server is gone; and the node", "pods do not end")))

    assert told.headline == "Production is NOT back: it was taken down at 17:01:02 UTC"
    assert told.details == ("the API server is gone; and the node; pods do not end",)
    assert told.summary.count("vllm-qualify restore") == 1


@pytest.mark.parametrize(
    ("how", "state", "said"),
    [
        (
            ended(away=None),
            ProductionState.NOT_TAKEN_DOWN,
            "Production was never taken down: Deployment a is as it was.",
        ),
        (
            None,
            ProductionState.NOT_TAKEN_DOWN,
            "Production was never taken down: production was never under the run's control.",
        ),
    ],
)
def test_production_that_was_never_down_had_no_outage(
    how: TransactionEnd | None, state: ProductionState, said: str
) -> None:
    """A run beside production, or one that ended before it touched it, tells of no outage."""
    told = of(case(how))

    assert (told.state, told.summary, told.away) == (state, said, None)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_state_agrees_with_the_exit_code(outcome: Outcome) -> None:
    """Whatever the outcome, production is called lost exactly where the exit code says so."""
    record = run(dataclasses.replace(case(ended()), outcome=outcome))
    told = production.of(record)

    assert told is not None
    assert (told.state is ProductionState.NOT_BACK) is not put_back(record)


def test_a_killed_run_on_a_cluster_does_not_know() -> None:
    """Nobody may take a run that was killed for one that put production back."""
    told = of(finished=False)

    assert (told.state, told.alarming) == (ProductionState.UNKNOWN, True)
    assert "vllm-qualify restore" in told.summary


@pytest.mark.parametrize("called", ["production today", "baseline"])
def test_a_run_that_was_killed_while_production_was_asked_never_touched_it(called: str) -> None:
    """Unlike one whose baseline is an image, which was started in production's place."""
    turn = CandidateRecord(
        image="old", target="kubernetes", role=Role.BASELINE, facts={"baseline": called}, interrupted=True
    )
    found = production.of(dataclasses.replace(run(finished=False), baseline=turn))

    assert found is not None
    asked = called == "production today"
    assert found.state is (ProductionState.NOT_TAKEN_DOWN if asked else ProductionState.UNKNOWN)
    assert ("only asked" in found.said) is asked


def test_a_run_on_this_machine_says_nothing_of_production(finished: RunRecord) -> None:
    """A target that takes none away has none to lose, killed or not."""
    assert production.of(finished) is None
    assert production.of(run(finished=False, away=False)) is None


def test_the_gravest_case_speaks() -> None:
    """Where production has several cases, one that failed outranks those that passed."""
    assert of(case(ended()), case(ended("gone")), case(ended())).state is ProductionState.NOT_BACK


def test_the_console_begins_and_ends_with_the_alarm(lost: RunRecord) -> None:
    """What somebody has to act on is the first and the last that they see, bold and red."""
    told = console.render(lost, colour=True)
    _, _, end = told.rpartition(" did not qualify on kubernetes")

    assert told.startswith("\x1b[1;31mProduction is NOT back")
    assert end.splitlines()[1].startswith("\x1b[1;31mProduction is NOT back")
    assert all(line.startswith("\x1b[1;31m") for line in end.splitlines()[1:])


def test_the_console_ends_with_production_also_when_all_is_well(restored: RunRecord) -> None:
    """The last sentence says that production is back; nothing of it stands at the head."""
    told = console.render(restored)

    assert "Production was down for 129 s" in told.partition("it is v0.8.5.post1.")[2]
    assert told.startswith("candidate")


def test_production_is_no_candidate(lost: RunRecord) -> None:
    """No report has a row, a title or a suite without a name."""
    document: dict[str, Any] = matrix_json.document(lost)
    suites = ET.fromstring(junit.files(lost)["junit.xml"])  # noqa: S314 - our own file

    assert [candidate["image"] for candidate in document["candidates"]] == ["vllm/vllm-openai:v0.12.0"]
    assert RESTORE.id not in {row[6] for row in csv.rows(lost)}
    assert [suite.get("name") for suite in suites] == ["preflight", "vllm/vllm-openai:v0.12.0", "production"]
    assert not [one for one in suites.iter("testcase") if str(one.get("classname")).startswith(".")]
    headings = [line for line in matrix_markdown.files(lost)["matrix.md"].decode().splitlines() if line.startswith("#")]
    assert all(line.strip("# ") for line in headings)


def test_junit_is_red_where_production_is_not_back(lost: RunRecord, interrupted: RunRecord) -> None:
    """A failure where it is not back, an error where nobody knows."""
    failed, unknown = (ET.fromstring(junit.files(of)["junit.xml"])[-1] for of in (lost, interrupted))  # noqa: S314

    assert (failed.get("name"), failed.get("failures")) == ("production", "1")
    assert (unknown.get("name"), unknown.get("errors")) == ("production", "1")


def test_allure_has_an_error_of_the_whole_run(lost: RunRecord, restored: RunRecord) -> None:
    """What is not about one result stands above all of them, and only when there is an alarm."""
    made = [json.loads(allure.files(of)["allure-results/vllm-qualify-globals.json"]) for of in (lost, restored)]

    assert made[0]["errors"][0]["message"].startswith("Production is NOT back")
    assert "errors" not in made[1]
    assert {one["attachments"][0]["source"] for one in made} == {"findings-attachment.txt"}


def test_production_is_nothing_to_compare(lost: RunRecord) -> None:
    """A run that lost production and one that did not differ in no candidate."""
    fine = dataclasses.replace(lost, production=())

    assert compare.headline(compare.of(fine, lost)) == "No requirement changed."
