"""A row and what its check says make the one finding; waivers reach it by the row's id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import Change, ChangeKind, Remedy, one_change, told
from vllm_qualify.core.rules import Rule, RuleResult, entry, not_known, row, waived, weakest

FLAG = one_change(ChangeKind.FLAG, "drop --x", name="--x")
DRIVER = one_change(ChangeKind.DRIVER, "update the driver", value="580")
RULE = Rule(id="X01", brief="x is wrong", title="x is right", severity=Severity.WARN, rationale="y needs it")


def test_what_a_result_does_not_say_its_rule_does() -> None:
    """Severity, title and short name are the row's, and the remedy its rationale."""
    found = RULE.finding(RuleResult(actual="x is 3"), subject="file:1")

    assert (found.id, found.severity, found.title, found.brief) == ("X01", Severity.WARN, "x is right", "x is wrong")
    assert (found.subject, found.actual) == ("file:1", "x is 3")
    assert found.remedy == "write what is expected: y needs it"


def test_what_a_result_says_itself_counts() -> None:
    """Its own words stand in place of the row's."""
    result = RuleResult(actual="a", severity=Severity.NOTE, title="t", brief="b", subject="s", remedy="r")

    found = RULE.finding(result, subject="file:1")

    assert (found.severity, found.title, found.brief) == (Severity.NOTE, "t", "b")
    assert (found.subject, found.remedy) == ("s", "r")


def test_remedies_are_told_where_nothing_else_is() -> None:
    """They are data, and the sentence is made of them."""
    found = RULE.finding(RuleResult(actual="a", remedies=(FLAG, DRIVER)))

    assert found.remedies == (FLAG, DRIVER)
    assert found.remedy == told((FLAG, DRIVER)) == "drop --x, or update the driver"


@pytest.mark.parametrize(
    ("rule", "result", "expected"),
    [
        (RULE, RuleResult(actual="a", certainty=Certainty.POSSIBLE), "perhaps x is wrong"),
        (row("X02", "x may be wrong", "t", iter, doubtful=True), RuleResult(actual="a"), "x may be wrong"),
        (
            row("X02", "x may be wrong", "t", iter, doubtful=True),
            RuleResult(actual="a", certainty=Certainty.POSSIBLE),
            "x may be wrong",
        ),
        (RULE, not_known("--x", "a", unknown="u", remedy="r"), "--x is not known"),
    ],
)
def test_doubt_is_in_the_short_name(rule: Rule, result: RuleResult, expected: str) -> None:
    """What cannot be verified is no statement that it is so; what says so itself is not told twice."""
    assert rule.finding(result).brief == expected


def test_a_waiver_gives_its_reason_to_the_findings_of_its_rule() -> None:
    """Others stay, and what was waived with a reason of its own keeps that."""
    mine = RULE.finding(RuleResult(actual="a", severity=Severity.BLOCK))
    (once,) = waived([mine], {"X01": "first"})
    other = entry("X02", "b", "t").finding(RuleResult(actual="a"))

    assert waived([mine, once, other], {"X01": "second"}) == (*waived([mine], {"X01": "second"}), once, other)
    assert (mine.blocks, once.blocks, once.waived, other.blocks) == (True, False, "first", True)


def test_a_table_row_is_asked_with_what_its_check_takes() -> None:
    """The row holds the check as it is."""

    def check(number: int) -> Iterator[RuleResult]:
        yield RuleResult(actual=f"is {number}")

    assert [one.actual for one in row("X03", "b", "t", check).check(3)] == ["is 3"]


def test_a_remedy_is_the_manifests_only_as_a_whole() -> None:
    """One change that the manifest cannot carry takes the others with it."""
    both = Remedy(changes=FLAG.changes + DRIVER.changes)

    assert (FLAG.in_manifest, DRIVER.in_manifest, both.in_manifest) == (True, False, False)
    assert str(both) == "drop --x and update the driver"
    assert FLAG.changes == (Change(kind=ChangeKind.FLAG, text="drop --x", name="--x"),)


def test_a_conclusion_is_as_weak_as_its_weakest_fact() -> None:
    """Without any fact there is nothing to doubt."""
    assert weakest(Certainty.PROBABLE, Certainty.POSSIBLE, Certainty.CERTAIN) is Certainty.POSSIBLE
    assert weakest() is Certainty.CERTAIN
