"""Of many answers at once, none may be another prompt's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.checks.integrity.test_marks import ACME, BOLT, document
from vllm_qualify.checks.integrity import marks, mixing
from vllm_qualify.client.exchanges import Chunk, StreamSample, Usage
from vllm_qualify.core.records import Outcome

COIL = document("c", "Coil Incorporated writes.", correspondent="Coil Incorporated")
ASKED = marks.marked([ACME, BOLT, COIL])
RIGHT = ("of Acme Limited", "of Bolt & Sons", "of Coil Incorporated")


def stream(said: str) -> StreamSample:
    """A whole stream that says so."""
    chunk = Chunk(at=0.1, tokens=3, content=said, last=True)
    used = Usage(prompt=9, completion=3)
    return StreamSample(status=200, chunks=(chunk,), finish_reason="stop", usage=used, done=True)


@pytest.mark.parametrize(
    ("said", "alone", "outcome", "message"),
    [
        (RIGHT, (True, True, True), Outcome.PASSED, "all 3 that were right alone are right"),
        (
            (RIGHT[1], RIGHT[0], RIGHT[2]),
            (True, True, True),
            Outcome.FAILED,
            "2 of 3 answers name another prompt's mark",
        ),
        (
            (RIGHT[0], RIGHT[0], RIGHT[2]),
            (False, False, False),
            Outcome.FAILED,
            "to 'Bolt & Sons' names 'Acme Limited'",
        ),
        ((RIGHT[0], RIGHT[1], "of C."), (True, True, True), Outcome.WARNED, "1 of 3 lack their own"),
        ((RIGHT[0], "of B.", "of C."), (True, True, True), Outcome.FAILED, "2 of 3 lack their own"),
        ((RIGHT[0], "of B.", "of C."), (True, False, False), Outcome.INCONCLUSIVE, "only 1 of 3"),
    ],
)
def test_outcomes(said: tuple[str, ...], alone: tuple[bool, ...], outcome: Outcome, message: str) -> None:
    """Another's mark fails whatever the model can do; a mark that is lost fails only beyond what roundings explain."""
    got = mixing.judge(ASKED, alone, [stream(one) for one in said])

    assert got.outcome is outcome
    assert message in got.message


def test_a_prompt_that_is_not_answered_at_once_with_others_fails() -> None:
    """Each was answered alone."""
    broken = replace(stream(""), status=503, chunks=())

    got = mixing.judge(ASKED, (True,) * 3, [stream(RIGHT[0]), stream(RIGHT[1]), broken])

    assert (got.outcome, "1 of 3 prompts at once got no answer" in got.message) == (Outcome.FAILED, True)


def test_one_document_cannot_be_mixed() -> None:
    """There is nobody to mix it with."""
    assert mixing.judge(ASKED[:1], (True,), [stream(RIGHT[0])]).outcome is Outcome.NOT_APPLICABLE
