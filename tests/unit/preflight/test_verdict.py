"""One prediction from many findings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import Change, ChangeKind, Remedy
from vllm_qualify.core.rules import weakest
from vllm_qualify.preflight import PredictedVerdict, verdict

CERTAIN, PROBABLE, POSSIBLE = Certainty
DRIVER = Change(kind=ChangeKind.DRIVER, text="update the driver")
PATH = Change(kind=ChangeKind.ENVIRONMENT, text="set A=x", name="A", value="x")
FLAG = Change(kind=ChangeKind.FLAG, text="drop --task", name="--task")

changes = st.sampled_from([DRIVER, PATH, FLAG])
rulings = st.builds(
    Finding,
    id=st.sampled_from(["P01", "P02", "P03"]),
    severity=st.sampled_from(Severity),
    title=st.just("t"),
    subject=st.just("s"),
    actual=st.sampled_from(["a", "b"]),
    certainty=st.sampled_from(Certainty),
    waived=st.sampled_from(["", "two GPUs"]),
    remedies=st.lists(st.builds(Remedy, changes=st.lists(changes, min_size=1, max_size=2).map(tuple)), max_size=2).map(
        tuple
    ),
)


def stop(certainty: Certainty, *ways: tuple[Change, ...], rule: str = "P01") -> Finding:
    """A finding that stands in the way."""
    remedies = tuple(Remedy(changes=changes) for changes in ways)
    return Finding(
        id=rule, severity=Severity.BLOCK, title="t", subject="s", actual="a", certainty=certainty, remedies=remedies
    )


@pytest.mark.parametrize(
    ("findings", "result", "change"),
    [
        ([], (PredictedVerdict.SHOULD_WORK, PROBABLE), ""),
        ([stop(CERTAIN, (DRIVER,))], (PredictedVerdict.WILL_NOT_WORK, CERTAIN), "update the driver"),
        ([stop(PROBABLE)], (PredictedVerdict.WILL_NOT_WORK, PROBABLE), ""),
        ([stop(PROBABLE, (DRIVER,), (PATH,))], (PredictedVerdict.NEEDS_OVERRIDE, PROBABLE), "set A=x"),
        (
            [stop(CERTAIN, (FLAG,)), stop(PROBABLE, (PATH,)), stop(PROBABLE, (PATH, FLAG))],
            (PredictedVerdict.NEEDS_OVERRIDE, CERTAIN),
            "drop --task and set A=x",
        ),
        ([stop(PROBABLE, (PATH, DRIVER))], (PredictedVerdict.WILL_NOT_WORK, PROBABLE), "set A=x and update the driver"),
        (
            [stop(POSSIBLE, (PATH,), (DRIVER,))],
            (PredictedVerdict.CANNOT_VERIFY, POSSIBLE),
            "set A=x, or update the driver",
        ),
        ([stop(POSSIBLE), stop(CERTAIN)], (PredictedVerdict.WILL_NOT_WORK, CERTAIN), ""),
        (
            [Finding(id="H01", severity=Severity.BLOCK, title="t", subject="s")],
            (PredictedVerdict.WILL_NOT_WORK, CERTAIN),
            "",
        ),
    ],
)
def test_verdicts(findings: list[Finding], result: tuple[PredictedVerdict, Certainty], change: str) -> None:
    """What is sure decides before what is not, and what a manifest can carry turns a no into an override."""
    prediction = verdict(findings)

    assert (prediction.verdict, prediction.certainty) == result
    assert prediction.change == change


def test_what_is_certain_is_the_reason() -> None:
    """Of several that rule an image out, the certain one is told, since it alone would be enough."""
    prediction = verdict([stop(Certainty.PROBABLE, rule="P03"), stop(Certainty.CERTAIN, rule="P14")])

    assert prediction.reason == "P14 a"
    assert prediction.rules_out


def test_what_should_work_is_as_sure_as_what_was_looked_at() -> None:
    """A note that something was not looked at leaves only a possibility."""
    note = Finding(id="P14", severity=Severity.NOTE, title="t", subject="s", actual="not looked at", certainty=POSSIBLE)

    assert verdict([note]).certainty is POSSIBLE


def test_a_waived_finding_counts_nothing() -> None:
    """What the operator waived does not rule an image out."""
    waived = Finding(id="P01", severity=Severity.BLOCK, title="t", subject="s", waived="two GPUs")

    assert verdict([waived]).verdict is PredictedVerdict.SHOULD_WORK


@given(st.lists(rulings, max_size=6))
def test_a_prediction_is_of_one_piece(findings: list[Finding]) -> None:
    """Only what should work has no reason, only certain findings rule out, and an override is the manifest's alone."""
    prediction = verdict(findings)
    stopped = any(one.blocks for one in findings)

    assert (prediction.verdict is PredictedVerdict.SHOULD_WORK) == (not prediction.reason) == (not stopped)
    assert not prediction.rules_out or any(one.blocks and one.certainty is Certainty.CERTAIN for one in findings)
    if prediction.verdict is PredictedVerdict.NEEDS_OVERRIDE:
        assert len(prediction.remedies) == 1
        assert all(change.in_manifest for change in prediction.remedies[0].changes)


@given(st.lists(st.sampled_from(Certainty), min_size=1))
def test_a_conclusion_is_as_sure_as_its_weakest_fact(certainties: list[Certainty]) -> None:
    """Certain only of certain facts, and never surer than any of them."""
    found = weakest(*certainties)

    assert found in certainties
    assert (found is Certainty.CERTAIN) == (set(certainties) == {Certainty.CERTAIN})
