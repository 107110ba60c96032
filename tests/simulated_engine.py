"""The simulated engine: it counts, remembers and dies as its script has it. No socket, no thread, no time that passes.

``simulator`` serves it over HTTP, ``SimulatedTransport`` within the process.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tests import canary_answers, simulated_shape
from tests.simulated_script import Body, Reply, Script, Silent, constraint_of, prompt_tokens, text_of
from tests.simulated_wire import ENDS, as_json, completion, metrics_text, stream_pieces
from vllm_qualify.client.exchanges import ClientLag
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.client.transport import Exchange, OnRead

MODEL_LENGTH = 8192
"""In tokens, as ``/v1/models`` says."""
_HEAD = 1000
"""Signs of a prompt by which one finds it again that answers from its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes of one request.

    Attributes:
        status: of HTTP; 0 where no answer begins.
        pieces: of the body, as they are sent.
        streamed: piece by piece, each after its gap.
        media_type: of the body.
        failure: how it ends early; ``None`` where it does not.
    """

    status: int
    pieces: Iterable[bytes] = ()
    streamed: bool = False
    media_type: str = simulated_shape.JSON
    failure: FailureKind | None = None


@dataclass
class Engine:
    """A running engine; mutable because it counts what it served, keeps what it was asked, and can die."""

    script: Script
    requests: list[Body] = field(default_factory=list)
    generated: int = 0
    dead: bool = False
    heads: dict[str, Reply] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        """Health, models and metrics."""
        if self.dead:
            return Answer(status=0, failure=FailureKind.REFUSED)
        told = {
            "/health": "",
            "/v1/models": as_json({"object": "list", "data": [_card(self.script.model)]}),
        }
        if path == "/metrics":
            text = metrics_text(self.generated, renamed=self.script.renames_metric)
            return replace(_whole(200, text), media_type=simulated_shape.TEXT)
        return _whole(200, told[path]) if path in told else _NOT_FOUND

    def post(self, asked: Body, *, path: str = "/v1/chat/completions") -> Answer:
        """A completion of a chat or of a text."""
        if self.dead:
            return Answer(status=0, failure=FailureKind.REFUSED)
        if not path.endswith("/completions"):
            return _NOT_FOUND
        answer = self._completed(asked)
        pieces = answer.pieces if "/chat/" in path else simulated_shape.as_text(answer.pieces)
        return replace(answer, pieces=simulated_shape.disfigured(pieces, self.script.shape))

    def _completed(self, asked: Body) -> Answer:
        self.requests.append(asked)
        script, schema = self.script, constraint_of(asked)[0]
        refusal = canary_answers.problem(schema) if schema is not None else ""
        if prompt_tokens(asked) > MODEL_LENGTH:
            refusal = f"This model's maximum context length is {MODEL_LENGTH} tokens."
        if (asked.get("temperature") or 0.0) < 0:
            refusal = "temperature must be non-negative."
        self.dead = 0 <= script.crash_after < len(self.requests)
        self.dead |= schema is not None and script.crash_on == ("refusal" if refusal else "schema")
        if self.dead and not refusal:
            return Answer(status=0, failure=FailureKind.CLOSED)
        if script.hang:
            return Answer(status=0, failure=FailureKind.TIMEOUT)
        if script.not_found or asked["model"] != script.model:
            return _refused(404, f"The model `{asked['model']}` does not exist.")
        if script.status != 200 or refusal:
            return _refused(400, refusal) if refusal else _refused(script.status, "EngineDeadError")
        return self._answered(asked, self._cached(asked, script.reply(asked)))

    def _cached(self, asked: Body, reply: Reply) -> Reply:
        """Of one that answers from its cache: what the first prompt with the same long head got."""
        head = text_of(asked)[:_HEAD]
        return (
            self.heads.setdefault(head, reply) if self.script.silent is Silent.CACHED and len(head) == _HEAD else reply
        )

    def _answered(self, asked: Body, reply: Reply) -> Answer:
        # Counted before it is sent: who has read the answer may look at the counter at once.
        self.generated += reply.tokens
        if not asked.get("stream"):
            return _whole(200, as_json(completion(self.script, reply)))
        pieces = stream_pieces(self.script, reply, asked.get("stream_options") or {})
        ends = ENDS.get(self.script.fault)
        return Answer(status=200, pieces=pieces, streamed=True, media_type=simulated_shape.EVENTS, failure=ends)


class SimulatedTransport:
    """The way of a client to an engine within the process; time passes only as the engine's script has it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._now = 0.0
        self._at_once = 1

    def exchange(
        self,
        method: str,
        url: str,
        on_read: OnRead,
        *,
        body: Body | None = None,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> Exchange:
        """Carry a request there and the answer back, see ``Transport``."""
        del headers
        path = urlsplit(url).path
        answer = self._engine.get(path) if method == "GET" else self._engine.post(body or {}, path=path)
        began = self._now
        ends = answer.failure
        for piece in answer.pieces:
            self._now += self._gap_seconds if answer.streamed else 0.0
            on_read(answer.status, self._now - began, piece)
            if self._now - began > deadline_seconds:
                ends = FailureKind.DEADLINE
                break
        if ends is FailureKind.TIMEOUT:
            self._now += deadline_seconds
        failure = Failure(kind=ends) if ends else None
        told = {"content-type": answer.media_type} if answer.status else {}
        return Exchange(status=answer.status, headers=told, seconds=self._now - began, failure=failure)

    def exchanges(
        self,
        method: str,
        url: str,
        on_reads: Sequence[OnRead],
        *,
        bodies: Sequence[Body],
        streams: int,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> tuple[Exchange, ...]:
        """Carry a batch, see ``Transport``: each stream has its own time, which begins with the batch."""
        began, ends = self._now, list[Exchange]()
        self._at_once = min(streams, len(bodies))
        free = [began] * self._at_once
        if self._engine.script.silent is Silent.MIXED:
            bodies = [*bodies[1:], *bodies[:1]]
        for on_read, body in zip(on_reads, bodies, strict=True):
            self._now = sent = heapq.heappop(free)
            end = self.exchange(method, url, on_read, body=body, headers=headers, deadline_seconds=deadline_seconds)
            heapq.heappush(free, self._now)
            ends.append(replace(end, sent=sent - began, lag=ClientLag(beats=1, median=0.0, p99=0.0)))
        self._now, self._at_once = max([began, *free]), 1
        return tuple(ends)

    @property
    def _gap_seconds(self) -> float:
        slowed = self._engine.script.silent is Silent.CROWDED and self._at_once > 1
        return self._engine.script.gap_seconds / (0.9 if slowed else 1.0)


def _card(model: str) -> dict[str, object]:
    return {"id": model, "object": "model", "created": 1700000000, "owned_by": "vllm", "max_model_len": MODEL_LENGTH}


def _whole(status: int, text: str) -> Answer:
    return Answer(status=status, pieces=(text.encode(),))


def _refused(status: int, message: str) -> Answer:
    return _whole(status, as_json({"error": {"message": message, "type": "BadRequestError", "code": status}}))


_NOT_FOUND = _whole(404, '{"detail": "Not Found"}')
