"""Whether an engine lives, from what was seen of it: the one place that tells a death from a failed probe. Pure.

Called by the targets, which look again until this decides. A probe that fails says nothing while the process or the
container runs: connections are closed at any moment, and a busy server answers late. What decides is the end of the
process, a ``/health`` that says so itself, a ``/health`` that answers well again, or silence beyond a stated limit,
which is a hang and no death.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from vllm_qualify.client.exchanges import HTTP_OK, HttpReply, StreamSample
from vllm_qualify.client.failures import OUR_WAY, Failure, FailureKind

DYING_SECONDS = 5.0
"""How long an engine that says that it is dead is given to end, so that its exit code is known; it ends by itself."""
BLIP_SECONDS = 10.0
"""A silence that is shorter is no hang: a garbage collection, a connection that was closed, a moment of load."""
STALL_SECONDS = 20.0
"""An answer that is this much later than its tokens need was held up; no token of an engine at work takes so long."""

HEALTH = "/health"
COMPLETION = "a completion of one token"

_SERVER_ERROR = 500
_SERVICE_UNAVAILABLE = 503
_DEAD_WORDS = ("EngineDeadError", "EngineCore")
_NO_ANSWER = frozenset({
    FailureKind.CLOSED,
    FailureKind.REFUSED,
    FailureKind.RESET,
    FailureKind.TIMEOUT,
    FailureKind.UNREACHABLE,
})  # fmt: skip
_ENOUGH_ANSWERS = 5
_SLOWER = 3.0


class EngineState(Enum):
    """What is known of an engine."""

    ALIVE = "alive"
    DIED = "died"
    HUNG = "hung"
    UNHEALTHY = "unhealthy"
    UNREACHED = "unreached"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at an engine.

    Attributes:
        at: when it was over, in seconds of a monotonic clock.
        ended: how its process or container ended; ``""`` while that runs.
        reply: what it answered, on a new connection; ``None`` where it was not asked.
        asked: for what: its health, or a completion, which a server may owe whose health is well.
    """

    at: float = 0.0
    ended: str = ""
    reply: HttpReply | None = None
    asked: str = HEALTH

    @property
    def well(self) -> bool:
        """It runs, and says so; any answer to a completion that is no server error says that it works."""
        if self.ended or self.reply is None or self.reply.failure is not None:
            return False
        return self.reply.status == HTTP_OK or (self.asked == COMPLETION and self.reply.status < _SERVER_ERROR)

    def __str__(self) -> str:
        return str(self.reply) if self.reply is not None else "it was not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCondition:
    """What the looks at an engine come to.

    Attributes:
        state: ``UNSURE`` asks for another look; the others are final.
        reason: why, in a few words; ``""`` for an engine that lives and always said so.
        seconds: how long it did not answer well, up to the last look.
    """

    state: EngineState
    reason: str = ""
    seconds: float = 0.0


def judge(looks: Sequence[Look], *, since: float, limit_seconds: float, who: str = "process") -> EngineCondition:
    """Tell what has become of an engine.

    Args:
        looks: at least one, in their order.
        since: when the first one began; the silence counts from here.
        limit_seconds: as long as a restart would take; who is silent for longer hangs.
        who: what runs, or has ended: ``process`` or ``container``.
    """
    last = looks[-1]
    silent = last.at - since
    failed = [look for look in looks if not look.well]
    if last.ended:
        return EngineCondition(state=EngineState.DIED, reason=last.ended, seconds=silent)
    if last.well:
        reason = f"{failed[0].asked} first failed: {failed[0]}" if failed else f"{last.asked} answered late"
        late = silent if failed or silent >= BLIP_SECONDS else 0.0
        return EngineCondition(state=EngineState.ALIVE, reason=reason if late else "", seconds=late)
    if _dead_for(looks) >= DYING_SECONDS:
        return EngineCondition(state=EngineState.DIED, reason=f"{last.asked} answers {last}", seconds=silent)
    if silent < limit_seconds:
        return EngineCondition(state=EngineState.UNSURE, reason=str(last), seconds=silent)
    return _given_up(looks, silent, who)


def repeatable(failure: Failure) -> bool:
    """Whether a request to which not even a status came may be made again, once the engine is known to live.

    Asking again does no harm: what only reads never does, and a completion leaves nothing behind. One that was waited
    for in vain tells by its second answer whether the engine stood still or the request is too much for it.
    """
    return failure.kind in _NO_ANSWER


def stalled_stream(sample: StreamSample, *, first: bool) -> float:
    """The longest silence within a stream that is a stall, in seconds; 0 for none.

    Args:
        sample: as it came.
        first: it is the first after a start, whose wait for the first token holds compilations and is not counted.
    """
    since = (sample.first_token_seconds or 0.0) if first else 0.0
    times = [since, *(chunk.at for chunk in sample.chunks if chunk.at >= since)]
    gap = max((end - start for start, end in itertools.pairwise(times)), default=0.0)
    return gap if gap >= STALL_SECONDS else 0.0


def stalled_answer(seconds: float, *, tokens: int, paces: Sequence[float]) -> float:
    """By how many seconds an answer that came whole is later than its tokens explain; 0 where that is no stall.

    Args:
        seconds: what it took.
        tokens: that it brought.
        paces: seconds a token of the answers before it; too few of them show nothing.
    """
    if len(paces) < _ENOUGH_ANSWERS:
        return 0.0
    usual = sorted(paces)[len(paces) // 2]
    late = seconds - _SLOWER * usual * max(tokens, 1)
    return late if late >= STALL_SECONDS else 0.0


def _given_up(looks: Sequence[Look], silent: float, who: str) -> EngineCondition:
    """The limit is over: a server that answers otherwise is unhealthy, one that is silent hangs."""
    last = looks[-1]
    replies = [look.reply for look in looks if look.reply is not None]
    if replies and all(_our_own_fault(reply) for reply in replies):
        reason = f"{last.asked} could not be reached for {silent:.0f} s: {last}"
        return EngineCondition(state=EngineState.UNREACHED, reason=reason, seconds=silent)
    if last.reply is not None and last.reply.status:
        reason = f"{last.asked} has not answered HTTP 200 for {silent:.0f} s but {last}; the {who} runs"
        return EngineCondition(state=EngineState.UNHEALTHY, reason=reason, seconds=silent)
    reason = f"{last.asked} has not answered for {silent:.0f} s ({last}); the {who} runs"
    return EngineCondition(state=EngineState.HUNG, reason=reason, seconds=silent)


def _dead_for(looks: Sequence[Look]) -> float:
    """For how long an engine has been saying that it is dead, look after look; negative where it does not."""
    said = next((place for place, look in enumerate(reversed(looks)) if not _says_dead(look.reply)), len(looks))
    return looks[-1].at - looks[-said].at if said else -1.0


def _says_dead(reply: HttpReply | None) -> bool:
    """HTTP 503 without a word is vLLM's own for a dead engine; with other words it comes from a proxy on the way.

    Source: vllm: vllm/entrypoints/serve/instrumentator/health.py, since 0.11; before that the exception gave HTTP 500
    and ended the server.
    """
    if reply is None or reply.status != _SERVICE_UNAVAILABLE:
        return False
    return not reply.body.strip() or any(word in reply.body for word in _DEAD_WORDS)


def _our_own_fault(reply: HttpReply) -> bool:
    return reply.failure is not None and OUR_WAY in reply.failure.detail
