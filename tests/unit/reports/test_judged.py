"""`judged`: the newest word on each image, target and node; a run that decided nothing takes none back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.fact_names import NODE, VARIABLES
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, RunRecord, Skipped
from vllm_qualify.core.requirements import EXPECTED
from vllm_qualify.reports import judged
from vllm_qualify.targets import present_facts

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
IMAGE = "vllm/vllm-openai:v0.12.0"


def turn(outcome: Outcome | None, image: str = IMAGE, aside: Skipped | None = None) -> CandidateRecord:
    """A candidate whose every requirement came to the same outcome; ``None``: it has no case."""
    cases = tuple(
        CaseRecord(image=image, requirement=one.id, id=f"{one.id}/x", sentence="s", outcome=outcome, started=FIRST)
        for one in EXPECTED
        if outcome is not None
    )
    return CandidateRecord(image=image, target="local", cases=cases, aside=aside)


def run(day: int, *candidates: CandidateRecord, node: str = "lab") -> RunRecord:
    """A run of a night."""
    started = FIRST + timedelta(days=day)
    return RunRecord(run=f"night-{day}", started=started, target="local", facts={NODE: node}, candidates=candidates)


def told(runs: Iterable[RunRecord]) -> list[tuple[str, str, Verdict, str]]:
    """Image, run, verdict and who left it open."""
    found = judged.newest(each for one in runs for each in judged.of(one))
    return [(one.image, one.run, one.verdict, one.undecided_since) for one in found]


def test_the_newest_run_has_the_last_word() -> None:
    """In whatever order runs are read."""
    runs = [run(2, turn(Outcome.FAILED)), run(1, turn(Outcome.PASSED))]

    assert told(runs) == told(runs[::-1]) == [(IMAGE, "night-2", Verdict.NOT_QUALIFIED, "")]


def test_a_run_that_decided_nothing_is_told_beside_the_verdict() -> None:
    """An interrupted night is no reason to forget what was known."""
    runs = [run(1, turn(Outcome.PASSED)), run(2, turn(Outcome.BROKEN)), run(3, turn(Outcome.INCONCLUSIVE))]

    assert told(runs) == [(IMAGE, "night-1", Verdict.QUALIFIED, "night-3")]
    assert told(runs[1:]) == [(IMAGE, "night-3", Verdict.INCONCLUSIVE, "")]


def test_each_node_has_a_word_of_its_own() -> None:
    """What qualified on one card is not known to do so on another."""
    runs = [run(1, turn(Outcome.PASSED)), run(2, turn(Outcome.FAILED), node="other")]

    found = judged.newest(each for one in runs for each in judged.of(one))

    assert [(one.node, one.verdict) for one in found] == [
        ("lab", Verdict.QUALIFIED),
        ("other", Verdict.NOT_QUALIFIED),
    ]


def test_only_what_was_judged_is_there() -> None:
    """Facts alone may judge; want of time does not, and neither does a run that never came to the image."""
    late = turn(None, "late:v1", Skipped(ruled_out=False, reason="no time"))
    ruled = turn(None, "ruled:v1", Skipped(ruled_out=True, reason="the driver is too old"))

    assert told([run(1, late, ruled, turn(None, "never:v1"))]) == [("ruled:v1", "night-1", Verdict.RULED_OUT, "")]


@given(st.dictionaries(st.from_regex(r"[A-Z_]+", fullmatch=True), st.text(st.characters(exclude_categories=["Cs"]))))
def test_the_variables_of_a_run_come_back(environment: dict[str, str]) -> None:
    """Whatever their values hold."""
    assert judged.variables(present_facts.set_for(environment)) == environment


def test_variables_that_somebody_broke_are_none() -> None:
    """A quote without its other half is no reason to end with a traceback."""
    assert judged.variables({VARIABLES: "A='"}) == {}
