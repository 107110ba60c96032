"""A client for which one failed exchange is no verdict: it looks whether the engine lives, and asks again once.

Used by ``candidate`` for all that a candidate is asked. What was asked again, never answered or held up is written
down, so that the case's report can say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from vllm_qualify.checks.integrity.degenerate import Said
from vllm_qualify.checks.unplanned import RequestNotes
from vllm_qualify.client import liveness
from vllm_qualify.client.event_stream import EventStream
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, HttpReply, ModelsReply, StreamSample
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.client.packages import DirectWay
from vllm_qualify.targets.base import Client

_KEPT_ANSWERS = 1000

_AnyReply = ChatReply | EventStream | HttpReply | ModelsReply | StreamSample
_Reply = TypeVar("_Reply", ChatReply, EventStream, HttpReply, ModelsReply, StreamSample)


@dataclass(slots=True)
class UnplannedNotes:
    """What went beside the plan since it was last taken away; mutable because a case goes on.

    Attributes:
        paces: seconds a token of the answers that came whole, for as long as one start serves.
        streamed: a stream came since the start.
        said: the whole answers to questions in words; those of measurements, which must go on, are not among them.
        gone: what the request met after which the engine was found to live no more; nothing is asked from then on.
    """

    asked: RequestNotes = field(default_factory=RequestNotes)
    paces: list[float] = field(default_factory=list)
    streamed: bool = False
    said: list[Said] = field(default_factory=list)
    gone: Failure | None = None

    def take(self) -> RequestNotes:
        """What was noted; from now on it is noted anew."""
        taken, self.asked = self.asked, RequestNotes()
        return taken

    def resent(self, met: Failure) -> None:
        """A request was sent again because of this."""
        self.asked = replace(self.asked, resent=(*self.asked.resent, str(met)))

    def unanswered(self, met: Failure) -> None:
        """A request was never answered."""
        self.asked = replace(self.asked, unanswered=(*self.asked.unanswered, met))

    def heard(self, request: ChatRequest, reply: ChatReply, *, problems: Sequence[str]) -> None:
        """An answer came; the last ones are kept."""
        if not (problems or request.ignore_eos):
            self.said.append(Said(text=reply.reasoning + reply.content, cut=reply.finish_reason == "length"))
            del self.said[:-_KEPT_ANSWERS]

    def stalled(self, seconds: float) -> None:
        """An answer was held up for so long; 0 says that it was not."""
        if seconds:
            self.asked = replace(self.asked, stalls=(*self.asked.stalls, seconds))


class PatientClient:
    """Asks through another client.

    Args:
        client: asks.
        lives: looks whether the engine lives, however long that takes; given ``True``, whether it computes as well.
        notes: of what went beside the plan.
    """

    def __init__(self, client: Client, *, lives: Callable[[bool], bool], notes: UnplannedNotes) -> None:
        self._client = client
        self._lives = lives
        self._notes = notes

    @property
    def direct(self) -> DirectWay | None:
        """How another program on this machine asks the same server; ``None`` where none can."""
        return self._client.direct

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        deadline_seconds: float | None = None,
    ) -> HttpReply:
        """Ask any endpoint, and take the answer as it came."""
        return self._asked(
            HttpReply,
            lambda: self._client.ask(method, path, body, headers=headers, deadline_seconds=deadline_seconds),
            reading=method == "GET",
        )

    def events(self, path: str, body: Mapping[str, Any]) -> EventStream:
        """Ask any endpoint for a stream, and take each event as it came."""
        return self._asked(EventStream, lambda: self._client.events(path, body))

    def chat(self, request: ChatRequest) -> ChatReply:
        """Ask for a completion that comes whole."""
        reply = self._asked(ChatReply, lambda: self._client.chat(request))
        tokens = reply.usage.completion if reply.usage else 0
        if tokens:
            self._notes.stalled(liveness.stalled_answer(reply.seconds, tokens=tokens, paces=self._notes.paces))
            self._notes.paces.append(reply.seconds / tokens)
        self._notes.heard(request, reply, problems=reply.problems)
        return reply

    def health(self) -> HttpReply:
        """Ask ``/health``."""
        return self._asked(HttpReply, self._client.health, reading=True)

    def many(self, requests: Sequence[ChatRequest], *, streams: int) -> tuple[StreamSample, ...]:
        """Ask for completions in pieces, so many at once; all are asked again where one met no answer, once.

        One alone would not be one of many, and would stand on no common time axis.
        """
        if self._notes.gone is not None:
            return tuple(StreamSample(failure=self._notes.gone) for _ in requests)
        samples = self._many(requests, streams, self._client.many(requests, streams=streams))
        for sample in samples:
            self._noted(sample)
            # One of many may have waited for its first token because the others were before it.
            alone = streams == 1 and self._notes.streamed
            self._notes.stalled(liveness.stalled_stream(sample, first=not alone))
        self._notes.streamed = True
        return samples

    def _many(
        self, requests: Sequence[ChatRequest], streams: int, samples: tuple[StreamSample, ...]
    ) -> tuple[StreamSample, ...]:
        """The samples, or those of the batch asked again where one met no answer and the engine lives all the same."""
        missed = [one for one in samples if _unanswered(one)]
        met = next((one.failure for one in missed), None)
        if met is None:
            return samples
        silent = any(one.failure is not None and one.failure.kind is FailureKind.TIMEOUT for one in missed)
        if not self._lives(silent):
            self._notes.gone = met
            return samples
        if any(one.status for one in missed):
            return samples
        again = self._client.many(requests, streams=streams)
        pairs = zip(samples, again, strict=True)
        return tuple(replace(new, resent=new.resent or old.failure) if old in missed else new for old, new in pairs)

    def metrics(self) -> dict[str, float]:
        """The sums of ``/metrics`` by name; without them a second look, since half of a comparison misleads."""
        sums = self._client.metrics()
        return sums or (self._client.metrics() if self._notes.gone is None and self._lives(False) else sums)

    def models(self) -> ModelsReply:
        """Ask which models are served."""
        return self._asked(ModelsReply, self._client.models, reading=True)

    def stream(self, request: ChatRequest) -> StreamSample:
        """Ask for a completion that comes in pieces."""
        sample = self._asked(StreamSample, lambda: self._client.stream(request))
        self._notes.stalled(liveness.stalled_stream(sample, first=not self._notes.streamed))
        self._notes.streamed = True
        self._notes.heard(request, sample.reply, problems=sample.problems)
        return sample

    def _asked(self, blank: Callable[..., _Reply], ask: Callable[[], _Reply], *, reading: bool = False) -> _Reply:
        if self._notes.gone is not None:
            return blank(failure=self._notes.gone)
        reply = self._again(ask(), ask, reading=reading)
        self._noted(reply)
        return reply

    def _noted(self, reply: _AnyReply) -> None:
        if reply.resent is not None:
            self._notes.resent(reply.resent)
        if reply.failure is not None and (not reply.status or self._notes.gone is not None):
            self._notes.unanswered(reply.failure)

    def _again(self, reply: _Reply, ask: Callable[[], _Reply], *, reading: bool) -> _Reply:
        """The reply, or the one to the same request where this one was none and the engine lives all the same."""
        if reply.failure is None or not _unanswered(reply):
            return reply
        silent = reply.failure.kind is FailureKind.TIMEOUT
        # Of a completion that never came, or broke off in silence, health alone says too little.
        if not self._lives(silent and not reading):
            self._notes.gone = reply.failure
            return reply
        if reply.status or not liveness.repeatable(reply.failure):
            return reply
        again = replace(ask(), resent=reply.resent or reply.failure)
        if silent and not reading and again.failure is None:
            self._notes.stalled(getattr(reply, "seconds", 0.0))
        return again


def _unanswered(reply: _AnyReply) -> bool:
    """No answer came, or it broke off in silence."""
    failure = reply.failure
    return failure is not None and (not reply.status or failure.kind is FailureKind.TIMEOUT)
