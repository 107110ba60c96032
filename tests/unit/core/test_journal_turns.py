"""The turns of a journal: a baseline before and after the candidates is none of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from vllm_qualify.core import journal, outcomes, turns
from vllm_qualify.core.advisories import AdvisoryOutlook, Applicability, JudgedAdvisory, Rating
from vllm_qualify.core.events import CandidateSkipped, CandidateStarted, CaseFinished, Event, RunFinished, RunStarted
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CaseRecord, Outcome, Role, Skipped
from vllm_qualify.core.requirements import REQUIREMENTS, Requirement

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def started(*images: str) -> RunStarted:
    """The head of a run of these images."""
    return RunStarted(run="r", at=NOW, target="local", images=images)


def finished(requirement: str, *, image: str = "i", outcome: Outcome = Outcome.PASSED) -> CaseFinished:
    """A case of this requirement, at its end."""
    case = CaseRecord(
        image=image, requirement=requirement, id=f"{requirement}/a", sentence="s", outcome=outcome, started=NOW
    )
    return CaseFinished(case=case)


def all_passed(image: str = "i") -> list[Event]:
    """One passed case of every requirement."""
    return [finished(requirement.id, image=image) for requirement in REQUIREMENTS]


def baseline(image: str = "old", *, role: Role = Role.BASELINE) -> list[Event]:
    """A turn of the baseline, with one case."""
    begun = CandidateStarted(at=NOW, image=image, role=role, target="local")
    return [begun, finished("LOAD", image=turns.name(role, image))]


def test_each_candidate_has_what_was_recorded_of_it() -> None:
    """What the head tells of an image is that candidate's, and of the others nothing is known."""
    outlook = AdvisoryOutlook(
        release="v1",
        released="2026-01-01",
        against="",
        closes=(),
        opens=(),
        stays=(
            JudgedAdvisory(
                name="CVE-1", id="P-1", score=9.8, rating=Rating.CRITICAL, applies=Applicability.APPLIES, why="w"
            ),
        ),
        until="2026-01-02",
        source="s",
    )
    head = replace(started("a", "b"), advisories={"a": outlook})

    run = journal.read(journal.encode(head))

    assert [one.advisories for one in run.candidates] == [outlook, None]


def test_a_baseline_is_no_candidate() -> None:
    """It stands apart with its own cases, though the very same image is tried."""
    again, end = baseline("i", role=Role.BASELINE_AGAIN), RunFinished(at=NOW, exit_code=0)
    run = journal.fold([started("i"), *baseline("i"), *all_passed(), *again, end])

    assert run.baseline is not None
    assert run.baseline_again is not None
    assert [(one.image, one.role, len(one.cases)) for one in (run.baseline, run.baseline_again)] == [
        ("i", Role.BASELINE, 1),
        ("i", Role.BASELINE_AGAIN, 1),
    ]
    assert [(one.image, outcomes.verdict(one)) for one in run.candidates] == [("i", Verdict.QUALIFIED)]


def test_what_was_not_compared_yet_keeps_every_candidate_open() -> None:
    """Comparisons come last, so a kill before them leaves those open too whose own turn was over."""
    events: list[Event] = [started("a", "b"), *baseline(), *all_passed("a"), *all_passed("b")]
    events += baseline(role=Role.BASELINE_AGAIN)

    assert [outcomes.verdict(one) for one in journal.fold(events).candidates] == [Verdict.INCONCLUSIVE] * 2


def test_a_baseline_that_there_is_not_has_its_reason() -> None:
    """It is no candidate either."""
    aside = Skipped(ruled_out=False, reason="production does not serve")
    run = journal.fold([started("i"), CandidateSkipped(at=NOW, image=turns.BASELINE, aside=aside), *all_passed()])

    assert run.baseline is not None
    assert run.baseline.aside == aside
    assert [one.image for one in run.candidates] == ["i"]


def test_each_candidate_is_held_to_the_own_requirements_of_the_run() -> None:
    """They travel in the journal; one of before there were any has none."""
    own = (Requirement(id="LATENCY", sentence="It is quick."),)
    head = RunStarted(run="r", at=NOW, target="local", images=("a",), requirements=own)
    bare = {key: value for key, value in json.loads(journal.encode(head)).items() if key != "requirements"}

    run, older = journal.read(journal.encode(head)), journal.read(json.dumps(bare).encode() + b"\n")

    assert (run.requirements, run.candidates[0].requirements) == (own, own)
    assert (older.requirements, older.candidates[0].requirements) == ((), ())
