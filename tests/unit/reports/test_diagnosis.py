"""What a log came to, for people and for programs."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import Certainty, Diagnosis, LogLine
from vllm_qualify.reports import diagnosis

CAUSE = Diagnosis(
    cause="E01",
    title="it broke",
    certainty=Certainty.CERTAIN,
    remedy="Mend it.",
    lines=(LogLine(number=7, text="it \x1b[31mbroke"),),
    reference="a/b#1",
)


def test_people() -> None:
    """Each cause has its lines below it; further ones are told to be less sure."""
    said = diagnosis.people("a.log", [CAUSE, CAUSE]).splitlines()

    assert said[0].startswith("a.log: it broke (E01; certain")
    assert said[1:4] == ["  line 7: it broke", "  what to do: Mend it.", "  source: a/b#1"]
    assert said[4].startswith("  possibly also: it broke (E01")


def test_a_repetition_is_no_cause() -> None:
    """Of a line that only repeats a death it is said that the cause is elsewhere, never how sure it is."""
    said = diagnosis.people("a.log", [dataclasses.replace(CAUSE, wrapper=True)])

    assert "(E01; the log only shows that something died; the cause is not in it)" in said
    assert "certain" not in said


@given(st.text(), st.text())
def test_nothing_unprintable_is_told(name: str, title: str) -> None:
    """No text of a log or name of a file reaches the terminal's controls or adds a line."""
    cause = Diagnosis(cause="E00", title=title, certainty=Certainty.POSSIBLE)

    said = diagnosis.people(name.replace("\n", "").replace("\r", ""), [cause])

    assert said.count("\n") == 1
    assert "\x1b" not in said
