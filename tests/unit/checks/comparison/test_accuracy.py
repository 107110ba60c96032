"""What is said of the same documents beside the baseline's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from vllm_qualify.checks.comparison import accuracy
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.core.records import CaseRecord, Judgement, Outcome

ID = "CLASSIFY/labels"


def turn(
    wrong: Sequence[int] = (),
    *,
    number: int = 72,
    tokens: Sequence[int | None] = (20,),
    said: Mapping[int, str] | None = None,
    outcome: Outcome = Outcome.PASSED,
) -> CaseRecord:
    """A turn in which these documents were answered wrongly, and these otherwise than in the others."""
    kept = {
        f"doc-{place}": {
            "right": place not in wrong,
            "meaning": (said or {}).get(place, "wrong" if place in wrong else "right"),
            "text": (said or {}).get(place, f"answer {place}"),
            "tokens": tokens[place % len(tokens)],
        }
        for place in range(number)
    }
    return CaseRecord(
        image="an-image",
        requirement="CLASSIFY",
        id=ID,
        sentence="",
        outcome=outcome,
        material={"documents": kept},
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )


def cases(candidate: CaseRecord | None, *baselines: CaseRecord) -> ComparedCases:
    """A candidate beside one or two turns of the baseline."""
    first, again = (*baselines, None, None)[:2]
    return ComparedCases(id=ID, candidate=candidate, baseline=first, again=again)


def judged(candidate: CaseRecord, *baselines: CaseRecord) -> Judgement:
    """Their accuracy at a limit of 8 %."""
    return accuracy.accuracy(cases(candidate, *baselines), limit=0.08)


@pytest.mark.parametrize(
    ("lost", "won", "outcome"),
    [
        (0, 0, Outcome.PASSED),
        (0, 9, Outcome.PASSED),
        (4, 4, Outcome.PASSED),
        (1, 0, Outcome.WARNED),
        (4, 0, Outcome.INCONCLUSIVE),
        (6, 0, Outcome.FAILED),
        (20, 3, Outcome.FAILED),
    ],
)
def test_documents_lost_beyond_chance_fail(lost: int, won: int, outcome: Outcome) -> None:
    """Of 72, six losses without a win are no chance, four may be and may hide 8 %, and one cannot."""
    found = judged(turn(range(won, won + lost)), turn(range(won)), turn(range(won)))

    assert found.outcome is outcome
    assert f"{lost} are lost and {won} won" in found.message


def test_lost_documents_are_listed_side_by_side() -> None:
    """Five in words, all of them for whoever looks closer."""
    found = judged(turn(range(7), said={0: "a wrong one"}), turn())

    assert "doc-0: 'answer 0' became 'a wrong one'; doc-1: " in found.message
    assert found.message.endswith("; 2 more")
    assert found.material["changed"]["doc-0"] == ["answer 0", "a wrong one"]
    assert len(found.material["changed"]) == 7


def test_the_documents_that_would_tell_are_told() -> None:
    """Four losses of 72 become six, which would show it, with half as many documents more."""
    said = judged(turn(range(4)), turn()).message

    assert 108 <= int(re.search(r"; (\d+) documents like these would tell", said)[1]) <= 120


def test_what_the_baseline_answers_now_so_now_so_is_noise() -> None:
    """Documents that it gets wrong in one of its own turns are held against nobody."""
    assert judged(turn(range(8)), turn(), turn(range(8))).outcome is Outcome.PASSED


@pytest.mark.parametrize("judge", [lambda c: accuracy.accuracy(c, limit=0.08), accuracy.length, accuracy.changed])
@pytest.mark.parametrize(
    "baselines", [(), (turn(outcome=Outcome.BROKEN), turn()), (turn(number=0),)], ids=["none", "broken", "empty"]
)
def test_without_a_baseline_nothing_passes(judge: object, baselines: tuple[CaseRecord, ...]) -> None:
    """Missing, failed or without answers, it leaves the documents undecided."""
    found = judge(cases(turn(), *baselines))  # type: ignore[operator]

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.message.startswith("no baseline: ")


def test_documents_that_the_baseline_never_answered_are_no_baseline() -> None:
    """Half of them count for nothing; without any there is nothing to compare."""
    half, none = turn(), turn()
    for place in range(72):
        none.material["documents"][f"doc-{place}"]["answered"] = False
        half.material["documents"][f"doc-{place}"]["answered"] = place < 36

    assert judged(turn(), half).message.startswith("of 36 documents")
    assert judged(turn(), none).message == "no baseline: it answered none of these documents"


def test_a_baseline_below_its_own_floor_is_compared_all_the_same() -> None:
    """Where production answers half of the documents wrongly, a candidate that does so too has lost nothing."""
    assert judged(turn(range(36)), turn(range(36), outcome=Outcome.FAILED)).outcome is Outcome.PASSED


def test_a_candidate_without_answers_is_blocked() -> None:
    """Its own case says why."""
    assert judged(turn(number=0), turn()).outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("tokens", "outcome"),
    [
        ((20,), Outcome.PASSED),
        ((21, 22), Outcome.PASSED),
        ((24, 25), Outcome.FAILED),
        ((10,), Outcome.FAILED),
        ((5, 10, 100, 20), Outcome.INCONCLUSIVE),
        ((None,), Outcome.NOT_APPLICABLE),
    ],
)
def test_answers_stay_as_long_as_they_were(tokens: Sequence[int | None], outcome: Outcome) -> None:
    """90 to 110 % of the baseline's tokens; one that is only scattered beyond that decides nothing."""
    assert accuracy.length(cases(turn(tokens=tokens), turn(), turn())).outcome is outcome


def test_a_length_must_be_off_beside_both_turns() -> None:
    """A baseline that became longer itself shows nothing."""
    found = accuracy.length(cases(turn(tokens=(25,)), turn(tokens=(20,)), turn(tokens=(25,))))

    assert found.outcome is Outcome.INCONCLUSIVE


def test_changed_answers_are_listed_and_fail_nobody() -> None:
    """What both turns of the baseline say and the candidate does not is a warning."""
    found = accuracy.changed(cases(turn(said={3: "another"}), turn(), turn()))

    assert (found.outcome, found.message) == (
        Outcome.WARNED,
        "1 of 72 answers changed: doc-3: 'answer 3' became 'another'",
    )


def test_what_the_baseline_changes_itself_is_told_and_not_counted() -> None:
    """It says one thing before and another after."""
    found = accuracy.changed(cases(turn(said={3: "new"}), turn(), turn(said={3: "odd"})))

    assert found.outcome is Outcome.PASSED
    assert found.message.endswith("; 1 differ between the turns of the baseline itself")
