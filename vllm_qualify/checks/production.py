"""Judge of the run itself: whether production is back, and how long it was away. For suite production. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

HINT = "run `vllm-qualify restore` to put production back"
"""What to do where it is not known of which place."""
_NOT_BACK = "production is NOT back: "
_NEVER_DOWN = "production was never taken down"
_AWAY_FOR = "production was away for "
_LATE = "longer than the "
# How the clauses begin that a report says in its own words: for how long it was away, and what to do.
_TOLD_APART = (_NEVER_DOWN, _AWAY_FOR, _LATE, HINT.partition("` ")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """What came of putting production back.

    Attributes:
        problems: why it is not back, a sentence each; empty when it is.
        notes: what the operator should know all the same.
        checked: what was seen to hold.
    """

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Production is as it was."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionEnd:
    """How the transaction around production ended.

    Attributes:
        restoration: what came of putting production back.
        away_seconds: from taking production down to the proof that it is back; ``None`` when it was never down.
        away_from: wall-clock time, UTC, at which it was taken down.
        limit_seconds: how long it was allowed to be away.
        hint: what to do where production is not back.
    """

    restoration: Restoration
    away_seconds: float | None = None
    away_from: datetime | None = None
    limit_seconds: float
    hint: str = HINT


def hint(*, context: str, namespace: str, service: str) -> str:
    """What to do, so that it can be done on any machine with the kubeconfig, without the settings of the run."""
    words = ("vllm-qualify", "restore", "--context", context, "--namespace", namespace)
    return f"run `{shlex.join(words)}` to put production behind Service {service} back"


def details(message: str) -> tuple[str, ...]:
    """What a message of ``put_back`` says beside the outage and what to do; the journal keeps the message alone."""
    told = message.removeprefix(_NOT_BACK)
    clauses = tuple(clause for clause in told.split("; ") if clause and not clause.startswith(_TOLD_APART))
    # A reason why it is not back may hold a semicolon itself.
    return clauses if told == message or not clauses else ("; ".join(clauses),)


def put_back(ended: TransactionEnd | None) -> Judgement:
    """Production must be what it was; a way back that took longer than it may is a warning.

    Args:
        ended: how it ended; ``None`` when production was never in the run's hands.
    """
    if ended is None:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message="production was never under the run's control")
    restoration, seen = ended.restoration, _away(ended)
    if not restoration.complete:
        said = f"{_NOT_BACK}{'; '.join(restoration.problems)}; {ended.hint}"
        return Judgement(outcome=Outcome.FAILED, message=said, observations=seen)
    said = "; ".join((_told(ended), *restoration.checked, *restoration.notes))
    late = ended.away_seconds is not None and ended.away_seconds > ended.limit_seconds
    if late:
        said = f"{_LATE}{ended.limit_seconds:g} s allowed: {said}"
    outcome = Outcome.WARNED if late or restoration.notes else Outcome.PASSED
    return Judgement(outcome=outcome, message=said, observations=seen)


def _told(ended: TransactionEnd) -> str:
    if ended.away_seconds is None or ended.away_from is None:
        return _NEVER_DOWN
    return f"{_AWAY_FOR}{ended.away_seconds:.0f} s, from {ended.away_from:%H:%M:%S} UTC"


def _away(ended: TransactionEnd) -> tuple[Observation, ...]:
    if ended.away_seconds is None:
        return ()
    return (
        Observation(
            name="production-away", value=round(ended.away_seconds, 1), unit="s", limit=Limit(high=ended.limit_seconds)
        ),
    )
