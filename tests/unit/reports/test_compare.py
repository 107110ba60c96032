"""Two runs are compared by what they showed, and a loss is never called the same."""

from __future__ import annotations

import dataclasses

import pytest

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import CaseRecord, Observation, Outcome, RunRecord
from vllm_qualify.reports import compare
from vllm_qualify.reports.compare import RequirementTrend
from vllm_qualify.reports.compare_rules import ChangeStanding

SECONDS = Observation(name="seconds", value=20.0, unit="s")
MEMORY = Observation(name="memory", value=3000.0, unit="MiB")


def with_outcome(run: RunRecord, outcome: Outcome | None) -> RunRecord:
    """The run with its first candidate alone, and of that one case alone, or none."""
    candidate = run.candidates[0]
    cases = (dataclasses.replace(candidate.cases[0], outcome=outcome),) if outcome else ()
    return dataclasses.replace(run, candidates=(dataclasses.replace(candidate, cases=cases),))


def with_answers(run: RunRecord, answers: dict[str, tuple[str, bool]]) -> RunRecord:
    """The run with its first candidate alone, whose only case kept these answers: text, and whether it is right."""
    kept = {name: {"right": right, "meaning": said, "text": said} for name, (said, right) in answers.items()}
    candidate = run.candidates[0]
    case: CaseRecord = dataclasses.replace(candidate.cases[0], material={"documents": kept})
    return dataclasses.replace(run, candidates=(dataclasses.replace(candidate, cases=(case,)),))


def test_a_run_is_the_same_as_itself(finished: RunRecord) -> None:
    """Nothing changed, and the exit code says so."""
    comparison = compare.of(finished, finished)

    assert compare.headline(comparison) == "No requirement changed."
    assert comparison.exit_code == 0


@pytest.mark.parametrize(
    ("before", "after", "change", "code"),
    [
        (Outcome.PASSED, Outcome.FAILED, RequirementTrend.WORSE, 1),
        (Outcome.PASSED, Outcome.WARNED, RequirementTrend.WORSE, 1),
        (Outcome.WARNED, Outcome.PASSED, RequirementTrend.BETTER, 0),
        (Outcome.FAILED, Outcome.PASSED, RequirementTrend.BETTER, 0),
        (Outcome.PASSED, Outcome.BROKEN, RequirementTrend.LOST, 10),
        (Outcome.PASSED, Outcome.NOT_APPLICABLE, RequirementTrend.LOST, 10),
        (Outcome.FAILED, Outcome.BLOCKED, RequirementTrend.LOST, 10),
        (Outcome.PASSED, None, RequirementTrend.LOST, 10),
        (None, Outcome.PASSED, RequirementTrend.GAINED, 0),
        (Outcome.INCONCLUSIVE, Outcome.WARNED, RequirementTrend.GAINED, 0),
        (None, Outcome.FAILED, RequirementTrend.WORSE, 1),
        (Outcome.BROKEN, Outcome.FAILED, RequirementTrend.WORSE, 1),
        (Outcome.BROKEN, Outcome.BLOCKED, RequirementTrend.SAME, 0),
    ],
)
def test_each_change_has_its_name_and_code(
    finished: RunRecord, before: Outcome | None, after: Outcome | None, change: RequirementTrend, code: int
) -> None:
    """What was shown gets better or worse; what is no longer shown is neither, and no success."""
    comparison = compare.of(with_outcome(finished, before), with_outcome(finished, after))

    assert comparison.differences[0].steps[0].change is change
    assert comparison.exit_code == code


def test_what_is_no_longer_shown_cannot_be_told(finished: RunRecord) -> None:
    """It stands in no group that says which way it went."""
    (pair,) = compare.of(with_outcome(finished, Outcome.PASSED), with_outcome(finished, Outcome.BLOCKED)).differences

    assert pair.steps[0] in pair.changed(ChangeStanding.CANNOT_TELL)


def test_the_largest_change_comes_first(finished: RunRecord) -> None:
    """Requirements stand before figures, a failure before a warning, and the larger of two figures first."""
    candidate = finished.candidates[0]
    cases = [
        dataclasses.replace(candidate.cases[at], requirement=name, id=name, observations=(seen,))
        for at, (name, seen) in enumerate({"ARGS": SECONDS, "VRAM": MEMORY}.items())
    ]
    later = [
        dataclasses.replace(
            case, outcome=outcome, observations=(dataclasses.replace(case.observations[0], value=value),)
        )
        for case, outcome, value in zip(cases, (Outcome.WARNED, Outcome.FAILED), (40.0, 9000.0), strict=True)
    ]
    runs = (
        dataclasses.replace(finished, candidates=(dataclasses.replace(candidate, cases=tuple(each)),))
        for each in (cases, later)
    )

    (pair,) = compare.of(*runs).differences

    changed = [getattr(one, "requirement", getattr(one, "case", "")) for one in pair.changed(ChangeStanding.WORSE)]
    assert changed == ["VRAM", "ARGS", "VRAM", "ARGS"]


def test_the_headline_counts_each_kind_of_change(finished: RunRecord, interrupted: RunRecord) -> None:
    """One sentence says how many requirements went which way."""
    assert compare.headline(compare.of(finished, interrupted)) == "1 requirement is worse and 4 are no longer shown."


def test_what_differs_about_runs_and_candidates_is_told_by_name(finished: RunRecord) -> None:
    """Facts of the runs stand apart from those of a candidate, such as the digest behind its tag."""
    first, second = (
        dataclasses.replace(
            finished,
            facts={"driver": driver, "memory": "16 GiB"},
            candidates=(dataclasses.replace(finished.candidates[0], facts={"digest": digest}),),
        )
        for driver, digest in (("550.54", "sha256:1"), ("570.26", "sha256:2"))
    )

    comparison = compare.of(first, second)

    assert [(one.name, one.before, one.after) for one in comparison.conditions] == [("driver", "550.54", "570.26")]
    assert [one.name for one in comparison.differences[0].conditions] == ["digest"]


def test_answers_that_changed_stand_side_by_side(finished: RunRecord) -> None:
    """Those that only one run answers right come first; what says the same is left out."""
    before = with_answers(finished, {"a": ("x", True), "b": ("x", True), "c": ("x", False), "d": ("x", True)})
    after = with_answers(finished, {"a": ("x", True), "b": ("y", True), "c": ("y", True), "d": ("y", False)})

    (pair,) = compare.of(before, after).differences

    assert [(one.document, one.before, one.after, one.standing) for one in pair.answers] == [
        ("d", "x", "y", ChangeStanding.WORSE),
        ("c", "x", "y", ChangeStanding.BETTER),
        ("b", "x", "y", ChangeStanding.CANNOT_TELL),
    ]


def test_runs_of_one_candidate_each_are_a_pair(finished: RunRecord) -> None:
    """An old image and a new one can be compared, although their names differ."""
    old, new = (dataclasses.replace(finished, candidates=finished.candidates[at : at + 1]) for at in (0, 1))

    comparison = compare.of(old, new)

    assert comparison.exit_code == 1
    assert comparison.differences[0].name == "vllm/vllm-openai:v0.8.5.post1 → vllm/vllm-openai:v0.12.0"


def test_runs_without_a_common_candidate_are_refused(finished: RunRecord) -> None:
    """There is nothing to compare, and the message names what each run has."""
    old, new = (dataclasses.replace(finished, candidates=part) for part in (finished.candidates[:2], ()))

    with pytest.raises(UserError, match=r"v0\.8\.5\.post1 and .*v0\.12\.0.* has none"):
        compare.of(old, new)


def test_a_candidate_that_was_left_out_is_no_success(finished: RunRecord) -> None:
    """A later run that tried fewer candidates says which, and does not end with 0."""
    fewer = dataclasses.replace(finished, candidates=finished.candidates[:2])

    comparison = compare.of(finished, fewer)

    assert comparison.only_before == ("vllm/vllm-openai:v0.15.1",)
    assert comparison.exit_code == 10
