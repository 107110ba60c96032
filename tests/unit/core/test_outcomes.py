"""The truth table from outcomes to verdicts and exit codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import outcomes, turns
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, Role, RunRecord, Skipped
from vllm_qualify.core.requirements import EXPECTED, Requirement

NOW = datetime(2026, 1, 15, tzinfo=UTC)
IDS = tuple(requirement.id for requirement in EXPECTED)
FAVOURABLE = {Verdict.QUALIFIED, Verdict.QUALIFIED_WITH_WARNINGS}
SHOWN = {Outcome.PASSED, Outcome.WARNED, Outcome.NOT_APPLICABLE}


def candidate(shown: Mapping[str, Outcome | None], *, interrupted: bool = False) -> CandidateRecord:
    """A candidate with one case of each requirement that came to an outcome."""
    cases = (
        CaseRecord(image="i", requirement=name, id=f"{name}/a", sentence="s", outcome=outcome, started=NOW)
        for name, outcome in shown.items()
        if outcome is not None
    )
    return CandidateRecord(image="i", target="local", cases=tuple(cases), interrupted=interrupted)


def run(*verdicts: Outcome | None) -> RunRecord:
    """A run of candidates, each with one outcome throughout."""
    candidates = tuple(candidate(dict.fromkeys(IDS, outcome)) for outcome in verdicts)
    return RunRecord(run="r", started=NOW, finished=NOW, target="local", candidates=candidates)


@pytest.mark.parametrize(
    ("odd", "verdict"),
    [
        (Outcome.PASSED, Verdict.QUALIFIED),
        (Outcome.NOT_APPLICABLE, Verdict.QUALIFIED),
        (Outcome.WARNED, Verdict.QUALIFIED_WITH_WARNINGS),
        (Outcome.FAILED, Verdict.NOT_QUALIFIED),
        (Outcome.BROKEN, Verdict.BROKEN),
        (Outcome.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Outcome.BLOCKED, Verdict.INCONCLUSIVE),
        (None, Verdict.INCONCLUSIVE),
    ],
)
@pytest.mark.parametrize("place", IDS)
def test_one_odd_requirement_decides(place: str, odd: Outcome | None, verdict: Verdict) -> None:
    """Beside passes, one requirement of another outcome decides the verdict, whichever it is."""
    assert outcomes.verdict(candidate(dict.fromkeys(IDS, Outcome.PASSED) | {place: odd})) is verdict


@given(shown=st.fixed_dictionaries({name: st.sampled_from([None, *Outcome]) for name in IDS}), cut=st.booleans())
def test_favour_needs_every_requirement(shown: dict[str, Outcome | None], *, cut: bool) -> None:
    """An image qualifies only if all was tried, nothing is open, something was shown and nobody cut it short."""
    seen = set(shown.values())
    good = seen <= SHOWN and bool(seen & {Outcome.PASSED, Outcome.WARNED}) and not cut

    assert (outcomes.verdict(candidate(shown, interrupted=cut)) in FAVOURABLE) is good


@given(shown=st.fixed_dictionaries({name: st.sampled_from([None, *Outcome]) for name in IDS}))
def test_a_failure_outranks_everything(shown: dict[str, Outcome | None]) -> None:
    """One failure is enough, whatever else broke or stayed open, and nothing else makes it not-qualified."""
    verdict = outcomes.verdict(candidate(shown))

    assert (verdict is Verdict.NOT_QUALIFIED) is (Outcome.FAILED in shown.values())


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (None, Verdict.QUALIFIED),
        (Outcome.PASSED, Verdict.QUALIFIED),
        (Outcome.FAILED, Verdict.NOT_QUALIFIED),
        (Outcome.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    ],
)
def test_an_optional_requirement_counts_where_it_was_tried(outcome: Outcome | None, verdict: Verdict) -> None:
    """A run that is older than a requirement keeps its verdict; one that tried it is judged by it."""
    shown: dict[str, Outcome | None] = {**dict.fromkeys(IDS, Outcome.PASSED), "TOOLS": outcome}

    assert outcomes.verdict(candidate(shown)) is verdict


def test_an_empty_candidate_never_qualifies() -> None:
    """An image without a case is inconclusive."""
    assert outcomes.verdict(candidate({})) is Verdict.INCONCLUSIVE


def test_nothing_but_not_applicable_never_qualifies() -> None:
    """An image of which nothing could be shown is inconclusive."""
    assert outcomes.verdict(candidate(dict.fromkeys(IDS, Outcome.NOT_APPLICABLE))) is Verdict.INCONCLUSIVE


def test_a_failure_of_an_unknown_requirement_counts() -> None:
    """A requirement that only a newer version knows fails an image all the same."""
    shown = dict.fromkeys(IDS, Outcome.PASSED) | {"NEWER": Outcome.FAILED}

    assert outcomes.verdict(candidate(shown)) is Verdict.NOT_QUALIFIED


@pytest.mark.parametrize("optional", [True, False])
@pytest.mark.parametrize("outcome", [None, Outcome.PASSED, Outcome.FAILED])
def test_an_own_requirement_counts_as_the_operator_says(outcome: Outcome | None, *, optional: bool) -> None:
    """Its failure fails a candidate; one that was never run leaves it undecided only where it is required."""
    own = Requirement(id="LATENCY", sentence="s", optional=optional)
    shown: dict[str, Outcome | None] = {**dict.fromkeys(IDS, Outcome.PASSED), "LATENCY": outcome}
    tried = replace(candidate(shown), requirements=(own,))
    wanted = {Outcome.PASSED: Verdict.QUALIFIED, Outcome.FAILED: Verdict.NOT_QUALIFIED}

    without = Verdict.QUALIFIED if optional else Verdict.INCONCLUSIVE
    assert outcomes.verdict(tried) is (wanted[outcome] if outcome else without)


def test_own_requirements_follow_the_shipped_ones() -> None:
    """In the order in which they are declared, whatever was run first; what nobody knows comes last."""
    own = tuple(Requirement(id=name, sentence="s", optional=True) for name in ("B", "A"))
    tried = candidate(dict.fromkeys(["ODD", "A", "B", *IDS], Outcome.PASSED))

    assert list(outcomes.by_requirement(replace(tried, requirements=own))) == [*IDS, "B", "A", "ODD"]


@given(seen=st.lists(st.sampled_from(Outcome), min_size=1))
def test_the_worst_outcome_speaks(seen: list[Outcome]) -> None:
    """The outcome of several cases is one of theirs, in whatever order they came, and a failure if there is one."""
    worst = outcomes.worst(seen)

    assert worst in seen
    assert worst is outcomes.worst(reversed(seen))
    assert (worst is Outcome.FAILED) is (Outcome.FAILED in seen)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        pytest.param((), 10, id="no-candidate"),
        pytest.param((None,), 10, id="nothing-tried"),
        pytest.param((Outcome.PASSED,), 0, id="qualified"),
        pytest.param((Outcome.PASSED, Outcome.WARNED), 0, id="with-warnings"),
        pytest.param((Outcome.PASSED, Outcome.BROKEN), 10, id="one-broken"),
        pytest.param((Outcome.PASSED, Outcome.INCONCLUSIVE), 10, id="one-open"),
        pytest.param((Outcome.BROKEN, Outcome.FAILED), 1, id="one-failed"),
    ],
)
def test_the_exit_code_of_a_run(verdicts: tuple[Outcome | None, ...], code: int) -> None:
    """0 if every candidate qualified, 1 if one did not, 10 if one is open; never 0 for an empty run."""
    assert outcomes.exit_code(run(*verdicts)) == code


RULED_OUT, NOT_TRIED = (Skipped(ruled_out=out, reason="r") for out in (True, False))


def aside(run: RunRecord, *asides: Skipped) -> RunRecord:
    """The run with candidates before the others that were not tried."""
    untried = (CandidateRecord(image="i", target="local", aside=one) for one in asides)
    return replace(run, candidates=(*untried, *run.candidates))


def test_what_was_set_aside_has_a_verdict_of_its_own() -> None:
    """Ruled out by facts is another thing than not needed any more; neither is favourable."""
    whole = aside(run(), RULED_OUT, NOT_TRIED)

    assert [outcomes.verdict(one) for one in whole.candidates] == [Verdict.RULED_OUT, Verdict.NOT_TRIED]


@pytest.mark.parametrize(
    ("tried", "untried", "named", "picked"),
    [
        ((Outcome.PASSED,), (RULED_OUT,), 1, 0),
        ((Outcome.PASSED,), (NOT_TRIED,), 10, 0),
        ((Outcome.FAILED, Outcome.PASSED), (), 1, 0),
        ((Outcome.BROKEN, Outcome.PASSED), (), 10, 0),
        ((), (RULED_OUT,), 1, 1),
        ((Outcome.FAILED,), (RULED_OUT,), 1, 1),
        ((Outcome.FAILED,), (NOT_TRIED,), 1, 10),
        ((Outcome.FAILED, Outcome.INCONCLUSIVE), (), 1, 10),
        ((), (), 10, 10),
    ],
)
def test_the_exit_code_of_a_search(
    tried: tuple[Outcome, ...], untried: tuple[Skipped, ...], named: int, picked: int
) -> None:
    """Who looks for the newest needs one that qualifies; who names images asks about each of them."""
    whole = aside(run(*tried), *untried)

    assert outcomes.exit_code(whole) == named
    assert outcomes.exit_code(replace(whole, pick="newest")) == picked


@pytest.mark.parametrize(
    ("baseline", "back"), [(None, False), (turns.CURRENT, True), ("baseline", False)], ids=["none", "asked", "started"]
)
def test_of_a_run_that_was_killed_nobody_knows_whether_production_is_back(*, baseline: str | None, back: bool) -> None:
    """So it does not end as one that put it back, unless it had only asked production as it serves."""
    turn = CandidateRecord(
        image="i", target="kubernetes", role=Role.BASELINE, facts={"baseline": baseline or ""}, interrupted=True
    )
    killed = replace(
        run(Outcome.FAILED), finished=None, takes_production_away=True, baseline=turn if baseline else None
    )

    assert (outcomes.put_back(killed), outcomes.exit_code(killed)) == (back, 1 if back else 20)
    assert outcomes.exit_code(replace(killed, takes_production_away=False)) == 1
