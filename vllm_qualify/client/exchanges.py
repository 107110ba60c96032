"""What the client asked and what it saw: frozen records with the figures that follow from them. No I/O.

Made by ``client.openai``, read by ``answers`` and the judges. All times are seconds after the request was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vllm_qualify.client.failures import Failure

HTTP_OK = 200

# Reasons by which vLLM says that it gave up; the text so far is no answer.
_GIVEN_UP = frozenset({"abort", "error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One chat completion to ask for.

    Attributes:
        model: the served model name.
        prompt: what the user says.
        system: the system message, ``""`` for none.
        max_tokens: limit of generated tokens.
        temperature: 0 is greedy.
        seed: for the sampler; ``None`` leaves it to the server.
        schema: JSON Schema for ``response_format``; ``None`` asks for free text.
        ignore_eos: go on to ``max_tokens`` whatever the model says; for speed only, never with a schema.
        extra: further top-level fields of the body, such as ``chat_template_kwargs``.
    """

    model: str
    prompt: str
    system: str = ""
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    ignore_eos: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the server counts them; ``cached`` is ``None`` where it does not say."""

    prompt: int
    completion: int
    cached: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """A plain reply; ``status`` is 0 when none came, ``resent`` as in ``ChatReply``; names of headers in lower case."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    failure: Failure | None = None
    resent: Failure | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why this is no success; empty for one."""
        return transport_problems(self.status, self.body, self.failure)

    def __str__(self) -> str:
        return "; ".join(self.problems) or f"HTTP {self.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsReply:
    """The names that ``/v1/models`` lists, in its order; ``resent`` as in ``ChatReply``."""

    status: int = 0
    ids: tuple[str, ...] = ()
    body: str = ""
    failure: Failure | None = None
    resent: Failure | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why this is no success; empty for one."""
        return transport_problems(self.status, self.body, self.failure)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """One answer, whether it came whole or in pieces.

    Attributes:
        content: the answer itself, as it came.
        reasoning: the chain of thought, from ``reasoning`` or ``reasoning_content``.
        finish_reason: ``stop``, ``length``, ...; ``""`` when the server gave none.
        model: the model name that the server says has answered.
        body: the head of the raw body, for messages.
        resent: what the request met before any byte of an answer came, so that it was sent again; ``None`` where it
            was sent once. ``seconds`` counts from the last sending.
    """

    status: int = 0
    content: str = ""
    reasoning: str = ""
    finish_reason: str = ""
    usage: Usage | None = None
    model: str = ""
    body: str = ""
    seconds: float = 0.0
    failure: Failure | None = None
    resent: Failure | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why this is no complete answer; empty for one."""
        broken = transport_problems(self.status, self.body, self.failure)
        return broken or _incomplete(finish_reason=self.finish_reason, usage=self.usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One piece of a stream.

    Attributes:
        at: when it was read; pieces of one read share it.
        tokens: completion tokens up to and with this piece, as the server counts; ``None`` if it does not say.
        content: text of the answer.
        reasoning: text of the chain of thought.
        last: it carries the finish reason.
    """

    at: float
    tokens: int | None = None
    content: str = ""
    reasoning: str = ""
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLag:
    """How late this side noticed a timer that was due while it read streams: as late as a read may be stamped.

    Attributes:
        beats: how often it was due, every 10 ms.
        median: in seconds.
        p99: the 99th percentile in seconds.
    """

    beats: int
    median: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSample:
    """One streamed answer with its times.

    Attributes:
        chunks: every piece that had a choice, empty ones included.
        usage: the last count that the server sent.
        done: ``[DONE]`` came.
        errors: error events and pieces that could not be read.
        seconds: the whole exchange, from sending to the end of the stream.
        resent: as in ``ChatReply``; all times count from the last sending.
        sent: when it was sent, in seconds after the start of its batch; 0 for a stream that was asked alone.
        lag: of the client in the batch; ``None`` where it was not measured.
    """

    status: int = 0
    chunks: tuple[Chunk, ...] = ()
    finish_reason: str = ""
    usage: Usage | None = None
    done: bool = False
    errors: tuple[str, ...] = ()
    model: str = ""
    body: str = ""
    seconds: float = 0.0
    failure: Failure | None = None
    resent: Failure | None = None
    sent: float = 0.0
    lag: ClientLag | None = None

    @property
    def content(self) -> str:
        """The answer, put together."""
        return "".join(chunk.content for chunk in self.chunks)

    @property
    def reasoning(self) -> str:
        """The chain of thought, put together."""
        return "".join(chunk.reasoning for chunk in self.chunks)

    @property
    def token_chunks(self) -> tuple[Chunk, ...]:
        """The pieces that brought tokens, with or without text.

        Where the server counts as it goes, its count decides: a piece may bring tokens whose text is held back. Where
        it does not, text decides, and the last piece counts too, because the end token has no text.
        """
        kept: list[Chunk] = []
        seen = 0
        for chunk in self.chunks:
            if chunk.tokens is None:
                carries = bool(chunk.content or chunk.reasoning or (chunk.last and kept))
            else:
                carries = chunk.tokens > seen
                seen = max(seen, chunk.tokens)
            if carries:
                kept.append(chunk)
        return tuple(kept)

    @property
    def tokens(self) -> int:
        """Completion tokens by the server's last count, 0 without one."""
        return self.usage.completion if self.usage else 0

    @property
    def first_chunk_tokens(self) -> int:
        """Tokens in the first piece that brought any; taken as 1 where the server does not count as it goes."""
        return next((chunk.tokens or 1 for chunk in self.token_chunks), 0)

    @property
    def first_token_seconds(self) -> float | None:
        """TTFT: until the first token of any kind; ``None`` when none came."""
        return next((chunk.at for chunk in self.token_chunks), None)

    @property
    def decode_rate(self) -> float | None:
        """Tokens per second: (completion tokens - those of the first piece) / (last token - first token).

        ``None`` where that says nothing: no usage, or everything came in one read.
        """
        bearers = self.token_chunks
        if self.usage is None or not bearers:
            return None
        seconds = bearers[-1].at - bearers[0].at
        tokens = self.usage.completion - self.first_chunk_tokens
        return tokens / seconds if seconds > 0 and tokens > 0 else None

    @property
    def end_to_end_rate(self) -> float | None:
        """Tokens per second over the whole exchange, the wait for the first token included."""
        return self.tokens / self.seconds if self.seconds > 0 and self.tokens else None

    @property
    def reply(self) -> ChatReply:
        """The same answer without its times, for whoever reads answers."""
        return ChatReply(
            status=self.status,
            content=self.content,
            reasoning=self.reasoning,
            finish_reason=self.finish_reason,
            usage=self.usage,
            model=self.model,
            body=self.body,
            seconds=self.seconds,
            failure=self.failure,
            resent=self.resent,
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What a proper stream has and this one lacks; empty for a proper one. HTTP 200 alone is no success."""
        transport = transport_problems(self.status, self.body, self.failure)
        if transport and not self.chunks:
            return transport
        found = [*transport, *(f"an error event in the stream: {error}" for error in self.errors)]
        if not self.token_chunks or (self.usage and not self.tokens):
            found.append("no token arrived")
        found.extend(_incomplete(finish_reason=self.finish_reason, usage=self.usage))
        if not self.done:
            found.append("no [DONE] at the end")
        return tuple(found)


def quote(text: str, *, limit: int = 60) -> str:
    """Foreign text for a message: cut to the limit, in quotes, every unprintable character escaped."""
    return repr(text if len(text) <= limit else text[:limit] + "…")


def transport_problems(status: int, body: str, failure: Failure | None) -> tuple[str, ...]:
    """Why an exchange is no success, whatever was asked; empty for one."""
    if failure is not None:
        return (str(failure),)
    return () if status == HTTP_OK else (f"HTTP {status}: {quote(body, limit=200)}",)


def _incomplete(*, finish_reason: str, usage: Usage | None) -> tuple[str, ...]:
    lacks = (
        ("no finish_reason", not finish_reason),
        (f"finish_reason {finish_reason!r}: the server gave up", finish_reason in _GIVEN_UP),
        ("no usage", usage is None),
    )
    return tuple(what for what, holds in lacks if holds)
