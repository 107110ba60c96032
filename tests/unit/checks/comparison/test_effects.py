"""Words by name beside the baseline's: what works no longer is told, and what works now is no fault."""

from __future__ import annotations

from datetime import UTC, datetime

from vllm_qualify.checks.comparison import effects
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.core.records import CaseRecord, Outcome


def case(outcome: Outcome = Outcome.PASSED, **table: str) -> CaseRecord:
    """The case of a turn that kept this table."""
    return CaseRecord(
        image="an-image",
        requirement="SCHEMA",
        id="SCHEMA/spellings",
        sentence="",
        outcome=outcome,
        message="its message",
        started=datetime(2026, 1, 1, tzinfo=UTC),
        material={"effects": table} if table else {},
    )


def cases(candidate: CaseRecord | None, *baselines: CaseRecord) -> ComparedCases:
    """A candidate beside the turns of the baseline."""
    first, again = (*baselines, None, None)[:2]
    return ComparedCases(id="SCHEMA/spellings", candidate=candidate, baseline=first, again=again)


def test_what_is_as_before_passes() -> None:
    """Whatever the word is."""
    found = effects.against(cases(case(a="works", b="ignored"), case(a="works", b="ignored")), key="effects")

    assert (found.outcome, found.message) == (Outcome.PASSED, "all 2 are as on the baseline")


def test_what_works_no_longer_is_a_warning_with_both_words() -> None:
    """And what works now is told beside it."""
    found = effects.against(cases(case(a="ignored", b="works"), case(a="works", b="ignored")), key="effects")

    assert found.outcome is Outcome.WARNED
    assert found.message == "a: ignored, it was works; new: b: works, it was ignored"


def test_what_the_baseline_itself_differs_in_changed_for_nobody() -> None:
    """A word of either of its turns will do; a baseline that failed is still one to compare with."""
    before, again = case(Outcome.FAILED, a="works"), case(a="truncated")

    assert effects.against(cases(case(a="truncated"), before, again), key="effects").outcome is Outcome.PASSED


def test_without_a_table_nothing_is_compared() -> None:
    """On either side."""
    none, own = effects.against(cases(None), key="effects"), effects.against(cases(case()), key="effects")
    alone, bare = effects.against(cases(case(a="works")), key="effects"), cases(case(a="works"), case())

    assert {none.outcome, own.outcome} == {Outcome.BLOCKED}
    assert alone.outcome is Outcome.NOT_APPLICABLE
    assert effects.against(bare, key="effects").message == "no baseline: it kept no table"
