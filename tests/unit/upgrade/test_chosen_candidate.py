from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vllm_qualify.core import images
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Certainty, Diagnosis, Outcome, RunRecord
from vllm_qualify.core.requirements import REQUIREMENTS
from vllm_qualify.upgrade import chosen_candidate
from vllm_qualify.upgrade.chosen_candidate import NotQualified

NOW = datetime(2026, 1, 15, tzinfo=UTC)
HOST_DRIVER = "/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"


def candidate(image: str, outcome: Outcome = Outcome.PASSED, **case: object) -> CandidateRecord:
    """A candidate all of whose cases came to the same."""
    about = {"sentence": "s", "started": NOW, **case}
    cases = (CaseRecord(image=image, requirement=r.id, id=r.id, outcome=outcome, **about) for r in REQUIREMENTS)  # type: ignore[arg-type]
    return CandidateRecord(image=image, target="kubernetes", cases=tuple(cases))


def ran(*candidates: CandidateRecord) -> RunRecord:
    """A run of these."""
    return RunRecord(run="r", started=NOW, target="kubernetes", candidates=candidates)


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_that_qualified_is_taken(order: int) -> None:
    """By its release, not by its place or the spelling of its tag; a newer one that failed is not."""
    run = ran(*[candidate("a:v0.9.2"), candidate("a:v0.10.2"), candidate("a:v0.12.0", Outcome.FAILED)][::order])

    assert chosen_candidate.chosen(run).image == "a:v0.10.2"


def test_a_warning_does_not_stand_in_the_way() -> None:
    """Qualified with warnings is qualified."""
    assert chosen_candidate.chosen(ran(candidate("a:v0.9.2", Outcome.WARNED))).image == "a:v0.9.2"


@pytest.mark.parametrize("outcome", [one for one in Outcome if one not in {Outcome.PASSED, Outcome.WARNED}])
def test_where_none_qualified_nothing_is_taken(outcome: Outcome) -> None:
    """Unless it is forced, and then it is the newest."""
    run = ran(candidate("a:v0.9.2", outcome), candidate("a:v0.10.2", outcome))

    with pytest.raises(NotQualified, match=r"\(tried: a:v0\.9\.2, a:v0\.10\.2\)"):
        chosen_candidate.chosen(run)

    assert chosen_candidate.chosen(run, force=True).image == "a:v0.10.2"


def test_a_run_that_tried_nothing_leaves_nothing_to_force() -> None:
    """It is refused with the same words."""
    with pytest.raises(NotQualified, match=r"\(tried: none\)"):
        chosen_candidate.chosen(ran(), force=True)


@pytest.mark.parametrize("other", ["a:nightly", "a:v0.9.2-cu129", "b:v0.9.2", "not a reference"])
def test_where_tags_do_not_tell_the_operator_has_to(other: str) -> None:
    """A tag without a release, and two builds of one release."""
    with pytest.raises(UserError, match="choose one with --image IMAGE"):
        chosen_candidate.chosen(ran(candidate("a:v0.9.2"), candidate(other)))


def test_the_named_one_is_taken_before_a_newer_one() -> None:
    """It only has to have qualified."""
    run = ran(candidate("a:v0.9.2"), candidate("a:v0.10.2"))

    assert chosen_candidate.chosen(run, image=images.parse("a:v0.9.2")) is run.candidates[0]


def test_an_image_that_was_never_tried_can_only_be_forced() -> None:
    """And it counts as one of which nothing was shown."""
    run, image = ran(candidate("a:v0.9.2")), images.parse("a:v0.11.0")

    with pytest.raises(UserError, match=r"it tried a:v0\.9\.2;"):
        chosen_candidate.chosen(run, image=image)

    assert not chosen_candidate.qualified(chosen_candidate.chosen(run, image=image, force=True))


@pytest.mark.parametrize(
    ("cause", "expected"),
    [("E01", {"LD_LIBRARY_PATH": HOST_DRIVER}), ("E11", {}), ("E999", {})],
)
def test_the_override_is_a_remedy_of_its_cause(cause: str, expected: dict[str, str]) -> None:
    """What a program can make stands beside the cause as data; the words of a remedy are for people alone."""
    died = Diagnosis(cause=cause, title="t", certainty=Certainty.CERTAIN, remedy="Set LD_LIBRARY_PATH=/elsewhere.")

    assert chosen_candidate.needed(candidate("a:v0.12.0", Outcome.FAILED, diagnosis=died)) == expected


def test_what_it_was_tried_with_is_needed() -> None:
    """An upgrade without it would be one that nobody tried."""
    tried = replace(candidate("a:v0.12.0"), environment={"LD_LIBRARY_PATH": "/usr/lib"})

    assert chosen_candidate.needed(tried) == {"LD_LIBRARY_PATH": "/usr/lib"}
