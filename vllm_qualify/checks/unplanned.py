"""What went beside the plan while a case was asked, and what its judgement says of it. Called by targets. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vllm_qualify.client.failures import Failure
from vllm_qualify.core.records import Judgement, Observation, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNotes:
    """What was noted of the requests of a case.

    Attributes:
        resent: what each request met that was sent again, in words.
        unanswered: how each request failed to which no answer came.
        stalls: for how many seconds each answer was held up that came much later than its tokens need.
    """

    resent: tuple[str, ...] = ()
    unanswered: tuple[Failure, ...] = ()
    stalls: tuple[float, ...] = ()


def told(judgement: Judgement, asked: RequestNotes) -> Judgement:
    """The judgement with what was noted beside it; a pass in which the engine stood still is one with a warning."""
    said = [judgement.message] if judgement.message else []
    seen = list(judgement.observations)
    outcome = judgement.outcome
    if asked.resent:
        said.append(f"{_requests(len(asked.resent))} sent again on a new connection, after: {asked.resent[0]}")
        seen.append(Observation(name="resent", value=len(asked.resent), unit="requests"))
    if asked.stalls:
        longest = max(asked.stalls)
        said.append(f"the engine stood still for {longest:.0f} s in the middle of an answer and came back")
        seen.append(Observation(name="stalled", value=longest, unit="s"))
        outcome = Outcome.WARNED if outcome is Outcome.PASSED else outcome
    return replace(judgement, outcome=outcome, message="; ".join(said), observations=tuple(seen))


def _requests(count: int) -> str:
    return "1 request was" if count == 1 else f"{count} requests were"
