"""Judges of the API itself: it lives, it serves the right model, it ends what it begins. For suite deploy. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vllm_qualify.checks import Death
from vllm_qualify.client.exchanges import ChatReply, HttpReply, ModelsReply, StreamSample, quote
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

_NOT_FOUND = 404


def started(*, ready: bool, reason: str, death: Death | None = None, digest: str = "") -> Judgement:
    """The candidate must become ready; one that was silent until it was given up shows nothing against it.

    Args:
        ready: it did.
        reason: why it did not.
        death: set when it ended by itself, or answered that it cannot serve.
        digest: of the image that really serves; ``""`` where nobody tells.
    """
    if ready:
        seen = (Observation(name="digest", value=digest),) if digest else ()
        return Judgement(outcome=Outcome.PASSED, message="started and ready", observations=seen)
    message = f"never became ready: {reason}"
    if death is None:
        return Judgement(outcome=Outcome.INCONCLUSIVE, message=message)
    return Judgement(outcome=Outcome.FAILED, message=message, diagnosis=death.diagnosis)


def health(reply: HttpReply) -> Judgement:
    """``/health`` must answer HTTP 200."""
    seen = _observed("status", reply.status)
    return _verdict(reply.problems, head="/health", passed="/health answers HTTP 200", seen=seen)


def models(reply: ModelsReply, *, expected: str, adapters: Sequence[str] = ()) -> Judgement:
    """``/v1/models`` must name exactly the expected model, first; behind it only LoRA adapters of the manifest.

    Args:
        reply: what was listed.
        expected: the name that every caller uses, the value of ``--served-model-name`` or ``--model``.
        adapters: LoRA adapters that the manifest names, which may be listed too.
    """
    problems = reply.problems
    if not problems and (reply.ids[:1] != (expected,) or not {*reply.ids[1:]} <= {*adapters}):
        named = ", ".join(quote(name) for name in reply.ids) or "nothing"
        problems = (f"names {named}; expected exactly {quote(expected)}",)
    seen = (Observation(name="models", value=", ".join(reply.ids)),)
    return _verdict(problems, head="/v1/models", passed=f"/v1/models names {expected}", seen=seen)


def unknown_model(reply: ChatReply, *, name: str) -> Judgement:
    """A model that is not served must be answered with HTTP 404: a proxy's fallback hangs on it."""
    problems: tuple[str, ...] = ()
    if reply.failure is not None:
        problems = reply.problems
    elif reply.status != _NOT_FOUND:
        problems = (f"got HTTP {reply.status}: {quote(reply.body)}; expected HTTP 404",)
    head = f"the unknown model {quote(name)}"
    seen = _observed("status", reply.status)
    return _verdict(problems, head=head, passed=f"{head} gets HTTP 404", seen=seen)


def stream(sample: StreamSample) -> Judgement:
    """A streamed completion must hold a token and end with finish reason, usage and ``[DONE]``, without an error."""
    seen = (*_observed("status", sample.status), Observation(name="tokens", value=sample.tokens, unit="tokens"))
    if sample.first_token_seconds is not None:
        seen = (*seen, Observation(name="first-token", value=sample.first_token_seconds, unit="s"))
    passed = f"{sample.tokens} tokens streamed, ended by {sample.finish_reason!r}"
    return _verdict(sample.problems, head="the stream", passed=passed, seen=seen)


def stayed_up(reply: HttpReply, *, restarts: int = 0) -> Judgement:
    """After all that was asked of it, the engine must still be the one that started and answer ``/health``.

    Args:
        reply: ``/health`` at the end.
        restarts: how often the container or process was started anew.
    """
    problems = reply.problems
    if restarts:
        problems = (f"restarted {restarts} times; expected 0", *problems)
    seen = (Observation(name="restarts", value=restarts, limit=Limit(high=0)), *_observed("status", reply.status))
    return _verdict(problems, head="at the end the engine", passed="the engine stayed up", seen=seen)


def _observed(name: str, value: float) -> tuple[Observation, ...]:
    return (Observation(name=name, value=value),)


def _verdict(problems: Sequence[str], *, head: str, passed: str, seen: tuple[Observation, ...]) -> Judgement:
    if problems:
        return Judgement(outcome=Outcome.FAILED, message=f"{head}: {'; '.join(problems)}", observations=seen)
    return Judgement(outcome=Outcome.PASSED, message=passed, observations=seen)
