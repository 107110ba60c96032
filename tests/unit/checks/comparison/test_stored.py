"""A stored run is taken for a baseline only where node, model and work are those of now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.canary_answers import WORK
from vllm_qualify.checks.comparison import compared, stored
from vllm_qualify.core import journal
from vllm_qualify.core.events import Event, RunStarted
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Evidence, Outcome, Role, RunRecord
from vllm_qualify.core.requirements import EXPECTED

NOW = datetime(2026, 11, 27, tzinfo=UTC)
FACTS = {"model": "qwen", "workload": "ab12", "GPU": "NVIDIA H200, driver 570", "processor": "Xeon"}
CARD = {stored.RAN_ON: "NVIDIA H200 GPU-1, driver 570"}


def turn(image: str, role: Role = Role.CANDIDATE, outcome: Outcome = Outcome.PASSED) -> CandidateRecord:
    """A turn in which every requirement came to the same."""
    cases = tuple(
        CaseRecord(
            image=image,
            requirement=known.id,
            id=f"{known.id}/a",
            sentence="s",
            outcome=outcome,
            evidence=(Evidence(name="log", path="evidence/log.txt"),),
            started=NOW,
        )
        for known in EXPECTED
    )
    return CandidateRecord(image=image, target="local", role=role, facts=dict(CARD), cases=cases)


def run(*candidates: CandidateRecord, baseline: CandidateRecord | None = None) -> RunRecord:
    """A stored run."""
    return RunRecord(run="r1", started=NOW, target="local", facts=dict(FACTS), candidates=candidates, baseline=baseline)


def test_a_baseline_comes_before_a_candidate() -> None:
    """What ran before was measured for it; else the first candidate that qualified serves as well."""
    old, bad, good = turn("old", Role.BASELINE), turn("bad", outcome=Outcome.FAILED), turn("good")

    with_baseline, without = stored.of(run(good, baseline=old)), stored.of(run(bad, good))

    assert with_baseline is not None
    assert without is not None
    assert (with_baseline.first, without.first) == (old, good)
    assert stored.of(run(bad)) is None


def test_what_is_taken_over_is_read_without_the_other_run() -> None:
    """As the baseline of the new journal, and with no file of the old folder."""
    found = stored.of(run(turn("old")))
    assert found is not None
    head: list[Event] = [RunStarted(run="r2", at=NOW, target="local", images=("new",))]

    folded = journal.fold([*head, *found.events(at=NOW, called="baseline of run r1", fact="baseline")])

    assert folded.baseline is not None
    assert (folded.baseline.image, folded.baseline.role, len(folded.baseline.cases)) == (
        "old",
        Role.BASELINE,
        len(EXPECTED),
    )
    assert not [one for case in folded.baseline.cases for one in case.evidence]
    assert [one.image for one in folded.candidates] == ["new"]


@pytest.mark.parametrize("name", FACTS)
def test_each_thing_that_is_not_as_it_is_now_is_a_reason(name: str) -> None:
    """What a run of an older release did not record is one too."""
    other, older = FACTS | {name: "other"}, {key: value for key, value in FACTS.items() if key != name}

    (said,) = stored.refusals(run(turn("old")), other, target="local", here=True)
    (missing,) = stored.refusals(replace(run(turn("old")), facts=older), FACTS, target="local", here=True)

    assert said == f"its {name} is {FACTS[name]}, and now it is other"
    assert f"its {name} is not recorded" in missing


def test_all_reasons_are_told_at_once() -> None:
    """What is on this machine does not matter where the run is for another."""
    said = stored.refusals(run(turn("old", outcome=Outcome.FAILED)), {}, target="kubernetes", here=False)

    assert [one.split(" ")[1] for one in said] == ["has", "was", "model", "workload"]
    assert stored.refusals(run(turn("old")), FACTS, target="local", here=True) == ()


def test_another_card_is_found_out_when_the_candidate_serves() -> None:
    """On a cluster nobody knows before which GPU a pod gets."""
    old = replace(turn("old", Role.BASELINE), facts=CARD | {stored.STORED: "r1"})
    same, other = turn("new"), replace(turn("new"), facts={stored.RAN_ON: "NVIDIA A10 GPU-2, driver 570"})

    assert compared.of(run(same, baseline=old), "new").baseline is old
    assert "run r1 ran on NVIDIA H200 GPU-1" in compared.of(run(other, baseline=old), "new").missing


def test_the_same_work_has_the_same_hash() -> None:
    """And any other document another one."""
    assert stored.fingerprint(WORK) == stored.fingerprint(replace(WORK))
    assert stored.fingerprint(WORK) != stored.fingerprint(WORK.head(1))
    assert stored.fingerprint(WORK) != stored.fingerprint(replace(WORK, system="other"))
