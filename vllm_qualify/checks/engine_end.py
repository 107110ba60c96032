"""What became of an engine while a case was measured, and what that makes of the case. Pure; read by the recorder."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vllm_qualify.client.failures import OUR_WAY
from vllm_qualify.core.records import Diagnosis, Judgement, Observation, Outcome

DIED, UNHEALTHY = "died", "is unhealthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """An engine that died while a case was measured, or says for good that it cannot go on.

    Attributes:
        reason: in a few words, such as ``EngineDeadError`` or ``exit code 1``.
        diagnosis: the first cause, ``None`` where nothing in the evidence shows it.
        word: what has become of it: it died, or it is unhealthy.
    """

    reason: str
    diagnosis: Diagnosis | None = None
    word: str = DIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """An engine that did not answer while its process ran: no death, and nobody's fault that is known.

    Attributes:
        reason: what was silent, and for how long.
        seconds: of silence.
        over: it answers again.
    """

    reason: str
    seconds: float
    over: bool = False


def blame(judgement: Judgement, end: Death | Hang | None, *, unanswered: bool = False) -> Judgement:
    """Turn a judgement into what it is once it is known what became of the engine; what was seen stays beside it.

    A death is a failure. Of a hang it is not known whose it is: what was not answered for it decides nothing, and what
    the engine did answer still counts. While it lives, what our own way to it broke off is not held against it.

    Args:
        judgement: of the answers.
        end: what became of the engine; ``None`` where nothing did.
        unanswered: a request of the case got no answer.
    """
    if isinstance(end, Death):
        return _dead(judgement, end)
    if isinstance(end, Hang):
        return _hung(judgement, end, unanswered=unanswered)
    ours = judgement.outcome is Outcome.FAILED and OUR_WAY in judgement.message
    return replace(judgement, outcome=Outcome.BROKEN) if ours else judgement


def interfered(judgement: Judgement, why: str) -> Judgement:
    """What a case is worth in which somebody else had a hand: nothing is shown of the image, neither good nor bad.

    Args:
        judgement: of the answers; one that says nothing of the image stays what it is.
        why: who changed what, and what to do.
    """
    if judgement.outcome in {Outcome.BLOCKED, Outcome.NOT_APPLICABLE}:
        return judgement
    seen = "" if not judgement.message or judgement.message in why else f"; observed: {judgement.message}"
    return replace(judgement, outcome=Outcome.BROKEN, message=f"{why}{seen}", diagnosis=None)


def _dead(judgement: Judgement, death: Death) -> Judgement:
    seen = f"; before that: {judgement.message}" if judgement.message else ""
    return replace(
        judgement,
        outcome=Outcome.FAILED,
        message=f"the engine {death.word}: {death.reason}{seen}",
        diagnosis=death.diagnosis or judgement.diagnosis,
    )


def _hung(judgement: Judgement, hang: Hang, *, unanswered: bool) -> Judgement:
    """What the engine answered wrongly stays a failure; else a hang that goes on leaves the case undecided."""
    said = f"the engine hung for {hang.seconds:.0f} s and came back" if hang.over else "the engine hung"
    outcome = judgement.outcome
    if outcome is not Outcome.FAILED or unanswered:
        outcome = _AFTER_HANG.get(outcome, outcome) if hang.over else Outcome.INCONCLUSIVE
    return replace(
        judgement,
        outcome=outcome,
        message="; ".join(part for part in (judgement.message, f"{said}: {hang.reason}") if part),
        observations=(*judgement.observations, Observation(name="hung", value=hang.seconds, unit="s")),
    )


_AFTER_HANG = {Outcome.PASSED: Outcome.WARNED, Outcome.FAILED: Outcome.INCONCLUSIVE}


def percent(share: float) -> str:
    """A share as a percentage in at most three digits, such as ``95 %``."""
    return f"{100 * share:.3g} %"
