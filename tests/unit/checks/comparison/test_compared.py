"""Which cases of the turns can be compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vllm_qualify.checks.comparison import compared
from vllm_qualify.checks.comparison.compared import Compared
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, RunRecord, Skipped, StandIn
from vllm_qualify.targets.local import cpu_builds

ID = "THROUGHPUT/decode-rate"


def record(outcome: Outcome = Outcome.PASSED, message: str = "") -> CaseRecord:
    """One case of a turn."""
    return CaseRecord(
        image="an-image",
        requirement="THROUGHPUT",
        id=ID,
        sentence="",
        outcome=outcome,
        message=message,
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )


def turn(*cases: CaseRecord) -> CandidateRecord:
    """A turn with these cases."""
    return CandidateRecord(image="an-image", target="local", cases=cases)


def test_the_last_record_of_a_case_counts() -> None:
    """A case that was asked twice is what it came to in the end; an unknown one is none."""
    one = turn(record(Outcome.FAILED), record(Outcome.PASSED))

    assert compared.case(one, ID) == record(Outcome.PASSED)
    assert compared.case(one, "LOAD/first-token") is None
    assert compared.case(None, ID) is None


def test_both_turns_of_the_baseline_are_compared() -> None:
    """The candidate's case stands beside that of each turn of the baseline."""
    cases = Compared(candidate=turn(record()), baseline=turn(record()), again=turn(record())).cases(ID)

    assert (cases.no_baseline, len(cases.baselines), cases.candidate) == ("", 2, record())


@pytest.mark.parametrize(
    ("baseline", "missing", "said"),
    [
        (None, "", f"no baseline: {ID} was not asked of it"),
        (None, "no production", "no baseline: no production"),
        (turn(), "", f"no baseline: {ID} was not asked of it"),
        (turn(record(Outcome.FAILED, "below")), "", f"no baseline: there {ID} is failed: below"),
        (turn(record(Outcome.BLOCKED, "it hung")), "", f"no baseline: there {ID} is blocked: it hung"),
    ],
)
def test_a_baseline_that_shows_nothing_is_none(baseline: CandidateRecord | None, missing: str, said: str) -> None:
    """Missing, failed or blocked, it is no baseline, and the reason is told; its second turn is none either."""
    cases = Compared(candidate=turn(record()), baseline=baseline, again=turn(record()), missing=missing).cases(ID)

    assert (cases.no_baseline, cases.baselines) == (said, ())


@pytest.mark.parametrize("again", [None, turn(), turn(record(Outcome.BROKEN))])
def test_one_turn_of_the_baseline_is_enough(again: CandidateRecord | None) -> None:
    """Without a second turn, or with one that failed, the first one is compared alone."""
    cases = Compared(candidate=turn(record()), baseline=turn(record()), again=again).cases(ID)

    assert len(cases.baselines) == 1


def run(baseline: CandidateRecord | None, again: CandidateRecord | None = None) -> RunRecord:
    """A run of one candidate."""
    candidates = (CandidateRecord(image="new", target="local"),)
    return RunRecord(
        run="r",
        started=datetime(2026, 1, 1, tzinfo=UTC),
        target="local",
        candidates=candidates,
        baseline=baseline,
        baseline_again=again,
    )


def test_a_run_gives_each_candidate_beside_its_baseline() -> None:
    """Of another image there is nothing to compare."""
    baseline = turn(record())

    assert compared.of(run(baseline), "new").baseline is baseline
    assert compared.of(run(baseline), "other").candidate is None


def test_a_baseline_that_was_set_aside_is_none_for_its_reason() -> None:
    """Nor is a second turn one that nobody took."""
    aside = Skipped(ruled_out=False, reason="production does not serve")
    none = replace(turn(), aside=aside)

    found = compared.of(run(none, none), "new")

    assert (found.baseline, found.again, found.missing) == (None, None, "production does not serve")


@pytest.mark.parametrize(("package", "on_a_cpu"), [(cpu_builds.DISTRIBUTION, True), ("vllm", False), (None, False)])
def test_a_build_for_the_processor_is_known_by_its_package(package: str | None, *, on_a_cpu: bool) -> None:
    """The official wheel on a GPU stands in for an image as well, and computes as the image does."""
    stand_in = StandIn(distribution=package, version="1", exact=True) if package else None
    candidate = replace(turn(record()), stand_in=stand_in)

    assert Compared(candidate=candidate, baseline=turn(record())).cases(ID).on_a_cpu is on_a_cpu
