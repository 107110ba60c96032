"""Two runs are compared by what they showed, and a loss is never called the same."""

from __future__ import annotations

import dataclasses

import pytest
from syrupy.assertion import SnapshotAssertion

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import Observation, Outcome, RunRecord
from vllm_qualify.reports import compare
from vllm_qualify.reports.compare import RequirementTrend


def with_outcome(run: RunRecord, outcome: Outcome | None) -> RunRecord:
    """The run with its first candidate alone, and of that one case alone, or none."""
    candidate = run.candidates[0]
    cases = (dataclasses.replace(candidate.cases[0], outcome=outcome),) if outcome else ()
    return dataclasses.replace(run, candidates=(dataclasses.replace(candidate, cases=cases),))


def test_the_comparison_as_it_was(finished: RunRecord, interrupted: RunRecord, snapshot: SnapshotAssertion) -> None:
    """The text of a comparison has not changed unseen."""
    assert compare.markdown(compare.of(finished, interrupted)) == snapshot


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


def test_runs_of_one_candidate_each_are_a_pair(finished: RunRecord) -> None:
    """An old image and a new one can be compared, although their names differ."""
    old, new = (dataclasses.replace(finished, candidates=finished.candidates[at : at + 1]) for at in (0, 1))

    comparison = compare.of(old, new)

    assert comparison.exit_code == 1
    assert "v0.8.5.post1 → vllm/vllm-openai:v0.12.0" in compare.markdown(comparison)


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


@pytest.mark.parametrize(
    ("before", "after", "unit", "said"),
    [(50.0, 25.0, "s", "-50.0 %"), (-2.0, -1.0, "s", "+50.0 %"), (0.0, 1.0, "s", ""), (50.0, 25.0, "ms", "")],
)
def test_a_difference_is_relative(before: float, after: float, unit: str, said: str) -> None:
    """Two figures of one unit have a difference in percent, where there is something to relate it to."""
    old, new = Observation(name="n", value=before, unit="s"), Observation(name="n", value=after, unit=unit)

    assert compare._delta(old, new) == said
