"""What pytest shows of a case that did not pass."""

from __future__ import annotations

import dataclasses

from vllm_qualify.core.records import Certainty, Diagnosis, Judgement, LogLine, Outcome
from vllm_qualify.plugin.open_cases import OpenCase

CAUSE = Diagnosis(
    cause="E58",
    title="it broke",
    certainty=Certainty.CERTAIN,
    remedy="Mend it.",
    lines=(LogLine(number=7, text="it broke"),),
    reference="a/b#1",
)


def explained(cause: Diagnosis | None) -> list[str]:
    """The lines that explain a case which failed of that."""
    case = OpenCase(image="v0.12.0", requirement="LOAD", id="LOAD/starts", sentence="It starts.")
    case.judgements.append(Judgement(outcome=Outcome.FAILED, message="it does not", diagnosis=cause))
    return case.explanation.splitlines()


def test_the_first_cause_is_explained() -> None:
    """What happened, why, by which line, what to do, and where it was seen before."""
    assert explained(CAUSE) == [
        "LOAD/starts on v0.12.0: It starts.",
        "  it does not",
        "  first cause: it broke (E58; certain: the log says so)",
        "    line 7: it broke",
        "  what to do: Mend it.",
        "  source: a/b#1",
    ]


def test_a_repetition_is_not_explained_as_a_cause() -> None:
    """A line that only says that something died is shown as that."""
    wrapped = explained(dataclasses.replace(CAUSE, wrapper=True))[2]

    assert wrapped == (
        "  no cause found: it broke (E58; the log only shows that something died; the cause is not in it)"
    )


def test_nothing_empty_is_shown() -> None:
    """Without a remedy, a source or a diagnosis there is no line for it."""
    bare = Diagnosis(cause="E00", title="odd", certainty=Certainty.POSSIBLE)

    assert len(explained(bare)) == 3
    assert len(explained(None)) == 2
