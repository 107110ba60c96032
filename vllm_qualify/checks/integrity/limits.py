"""Beyond an answer: a prompt one token too long, a caller who hangs up, a lone caller behind a crowd. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from vllm_qualify.client.exchanges import HTTP_OK, ChatReply, HttpReply, quote
from vllm_qualify.core import foreign
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

FREED_SECONDS = 5.0
"""In which a request whose caller hung up must be gone; an engine looks at the connection at each of its steps."""
PULSE_SECONDS = 2.0
_SLOWER = 10.0
_BAD_REQUEST = 400
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """What came of a prompt of one token too many.

    Attributes:
        length: of the model; ``None`` where it does not say.
        reply: to that prompt.
        after: to a completion of one token behind it.
    """

    length: int | None
    reply: HttpReply = field(default_factory=HttpReply)
    after: ChatReply = field(default_factory=ChatReply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """What came of hanging up in a stream.

    Attributes:
        reply: what of the stream came before.
        running: requests that ``/metrics`` said were running, look after look; ``None`` where it does not say.
        seconds: from the hanging up to the last look.
    """

    reply: HttpReply
    running: tuple[float | None, ...]
    seconds: float


def model_length(reply: HttpReply) -> int | None:
    """How many tokens prompt and answer may have together, by ``/v1/models``; ``None`` where it does not say."""
    try:
        listed = foreign.mapping(json.loads(reply.body)).get("data")
    except ValueError:
        return None
    lengths = [foreign.mapping(one).get("max_model_len") for one in listed] if isinstance(listed, list) else []
    return next((length for length in lengths if isinstance(length, int) and length > 0), None)


def too_long(got: TooLong) -> Judgement:
    """A prompt of one token more than the model's length must be refused with HTTP 400, and the engine live on."""
    if got.length is None:
        message = "/v1/models does not say how long the model's prompts may be"
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=message)
    seen = (
        Observation(name="model-length", value=got.length, unit="tokens"),
        Observation(name="status", value=got.reply.status, limit=Limit(low=_BAD_REQUEST, high=_BAD_REQUEST)),
    )
    outcome, said = _refused(got.reply, got.after)
    message = f"a prompt of {got.length + 1} tokens, one more than the model's length, {said}"
    return Judgement(outcome=outcome, message=message, observations=seen)


def _refused(reply: HttpReply, after: ChatReply) -> tuple[Outcome, str]:
    if reply.failure is not None:
        return Outcome.FAILED, f"got no answer: {reply.failure}; expected HTTP 400"
    if reply.status == HTTP_OK:
        return Outcome.FAILED, f"is answered with HTTP 200{_taken(reply)}; expected HTTP 400"
    if reply.status == _NOT_FOUND:
        return Outcome.NOT_APPLICABLE, "cannot be sent, since /v1/completions is not served under this name"
    if reply.status != _BAD_REQUEST:
        outcome = Outcome.WARNED if 400 < reply.status < 500 else Outcome.FAILED  # noqa: PLR2004 - the client errors.
        return outcome, f"got HTTP {reply.status}: {quote(reply.body, limit=120)}; expected HTTP 400"
    if after.problems:
        return Outcome.FAILED, f"is refused, and the next request got no answer: {after.problems[0]}"
    return Outcome.PASSED, "is refused with HTTP 400"


def _taken(reply: HttpReply) -> str:
    """How much of the prompt the server says it took."""
    try:
        used = foreign.mapping(foreign.mapping(json.loads(reply.body)).get("usage")).get("prompt_tokens")
    except ValueError:
        return ""
    return f", which says that it read {used} tokens" if isinstance(used, int) else ""


def cancelled(got: Cancelled) -> Judgement:
    """A request whose caller hung up must free its place."""
    last = got.running[-1] if got.running else None
    seen = [Observation(name="freed-after", value=got.seconds, unit="s", limit=Limit(high=FREED_SECONDS))]
    if last is not None:
        seen.append(Observation(name="running-requests", value=last))
    outcome, message = _freed(got, last)
    return Judgement(outcome=outcome, message=message, observations=tuple(seen))


def _freed(got: Cancelled, last: float | None) -> tuple[Outcome, str]:
    since = f"{got.seconds:.1f} s after its caller hung up"
    if got.reply.status not in {0, HTTP_OK}:
        return Outcome.INCONCLUSIVE, f"the stream that was to be cancelled got {got.reply}"
    if got.reply.failure is None:
        return Outcome.INCONCLUSIVE, "the stream ended before it could be cancelled"
    if "data:" not in got.reply.body:
        return Outcome.INCONCLUSIVE, "the stream had not begun when it was cancelled"
    if last is None:
        return Outcome.NOT_APPLICABLE, "/metrics does not say how many requests are running"
    if last:
        return Outcome.FAILED, f"{since}, {last:.0f} request is still running and computes for nobody"
    return Outcome.PASSED, f"{since}, no request is running any more"


def heartbeat(before: Sequence[ChatReply], health: HttpReply, after: ChatReply) -> Judgement:
    """Behind a crowd, ``/health`` must say 200 and a lone request of one token be answered about as fast as before it.

    An engine that stands still behind a server that is well is the hang that no probe of Kubernetes sees
    (vLLM #17972, #51663).

    Args:
        before: such requests before the crowd.
        health: behind it.
        after: the request of one token behind it.
    """
    times = sorted(reply.seconds for reply in before)
    usual = times[len(times) // 2] if times else 0.0
    limit = max(PULSE_SECONDS, _SLOWER * usual)
    seen = (
        Observation(name="one-token-before", value=usual, unit="s"),
        Observation(name="one-token-after", value=after.seconds, unit="s", limit=Limit(high=limit)),
    )
    said = f"a completion of one token took {after.seconds:.2f} s after a crowd, {usual:.2f} s before"
    outcome, message = Outcome.PASSED, said
    if health.problems or after.problems:
        lone = after.problems[0] if after.problems else "answered"
        outcome, message = Outcome.FAILED, f"after a crowd, /health: {health}; a completion of one token: {lone}"
    elif after.seconds > limit:
        outcome, message = Outcome.FAILED, f"/health says 200 and {said}; the limit is {limit:.1f} s"
    return Judgement(outcome=outcome, message=message, observations=seen)
