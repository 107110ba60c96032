"""Pure judges: from measurements to a judgement of one case. No I/O.

Called by the suites. A judge holds answers against a requirement and nothing else; whether the engine died meanwhile
is asked by the recorder, in one place for all of them, which then calls ``blame``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vllm_qualify.records import Diagnosis, Judgement, Outcome
from vllm_qualify.samples import OUR_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """An engine that died while a case was measured.

    Attributes:
        reason: in a few words, such as ``EngineDeadError`` or ``exit code 1``.
        diagnosis: the first cause, ``None`` where nothing in the evidence shows it.
    """

    reason: str
    diagnosis: Diagnosis | None = None


def blame(judgement: Judgement, death: Death | None) -> Judgement:
    """Turn a judgement into a failure if the engine died; what was seen until then stays beside it.

    While it lives, what our own way to it broke off is not held against it.
    """
    if death is None:
        ours = judgement.outcome is Outcome.FAILED and OUR_WAY in judgement.message
        return replace(judgement, outcome=Outcome.BROKEN) if ours else judgement
    seen = f"; until then: {judgement.message}" if judgement.message else ""
    return replace(
        judgement,
        outcome=Outcome.FAILED,
        message=f"the engine died: {death.reason}{seen}",
        diagnosis=death.diagnosis or judgement.diagnosis,
    )


def percent(share: float) -> str:
    """A share as a percentage in at most three digits, such as ``95 %``."""
    return f"{100 * share:.3g} %"
