"""Asks the LiteLLM proxy, and the candidate behind it, so that it can be told who answered.

Called by targets that put candidates behind a proxy. A transport error is a value, never an exception.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from vllm_qualify.client import liveness, openai_json
from vllm_qualify.client.exchanges import HTTP_OK, ChatRequest, HttpReply, ModelsReply
from vllm_qualify.client.failures import FailureKind
from vllm_qualify.client.transport import Transport
from vllm_qualify.core import redaction
from vllm_qualify.litellm import evidence as route_evidence
from vllm_qualify.litellm.evidence import ProxyReply, RouteEvidence, fell_back

SHUN_SECONDS = 6.0
"""LiteLLM leaves out for 5 s what failed before, and production was away a moment ago."""
COUNT_SECONDS = 3.0
"""How long a counter may lag behind the answer that it counts."""
_ASKS = 3
_POLL_SECONDS = 0.1
_KEPT = ("llm_provider-", "x-litellm-attempted-", "x-litellm-model-", "x-litellm-version", "x-litellm-cache-key")


class Engine(Protocol):
    """What is asked of the candidate itself."""

    def metrics(self) -> dict[str, float]:
        """The sums of ``/metrics`` by name."""

    def models(self) -> ModelsReply:
        """Ask which models are served."""


class Proxy:
    """Asks one proxy for one alias.

    Args:
        url: where it listens, without ``/v1``.
        alias: the model name that callers use.
        key: bearer token, ``""`` for none; it is in no record that comes from here.
        transport: the way there; the proxy's name may be known inside the cluster alone.
        deadline_seconds: limit of one answer. LiteLLM tries again, and then the fallback, before it answers.
    """

    def __init__(
        self, url: str, *, alias: str, key: str, transport: Transport, deadline_seconds: float = 180.0
    ) -> None:
        self.url = url.rstrip("/").removesuffix("/v1")
        self.alias = alias
        self._key = key
        self._transport = transport
        self._deadline_seconds = deadline_seconds

    def ask(self, prompt: str, *, max_tokens: int = 8) -> ProxyReply:
        """Ask once."""
        reads: list[bytes] = []

        def keep(_status: int, _at: float, data: bytes) -> None:
            reads.append(data)

        request = ChatRequest(model=self.alias, prompt=prompt, max_tokens=max_tokens)
        end = self._transport.exchange(
            "POST",
            f"{self.url}/v1/chat/completions",
            keep,
            body=openai_json.chat_body(request, stream=False),
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            deadline_seconds=self._deadline_seconds,
        )
        text = self._without_key(b"".join(reads).decode(errors="replace"))
        reply = openai_json.chat_reply(HttpReply(status=end.status, body=text, failure=end.failure))
        kept = {name: self._without_key(value) for name, value in end.headers.items() if name.startswith(_KEPT)}
        return ProxyReply(
            status=end.status,
            headers=kept,
            model=reply.model,
            usage=reply.usage,
            error="" if end.status == HTTP_OK else _error(text),
            body=reply.body,
            key_given=bool(self._key),
            failure=reply.failure,
        )

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, redaction.MARK) if self._key else text


def gather(
    proxy: Proxy, engine: Engine, *, about: RouteEvidence, sleep: Callable[[float], None] = time.sleep
) -> RouteEvidence:
    """Ask the proxy between two looks at the candidate's own counters.

    What a fallback answered is asked again after a pause, since the proxy may still shun the candidate for the time
    when nothing served. If the configuration already explains it, once is enough. A proxy that did not answer at all is
    asked again as well: one failed request says little.

    Args:
        proxy: what callers ask.
        engine: the candidate itself.
        about: what is known beforehand; what is seen here is added to it.
        sleep: lets seconds pass.
    """
    evidence = _once(proxy, engine, about, sleep)
    while evidence.asked < _ASKS and _worth_another(evidence):
        sleep(SHUN_SECONDS)
        evidence = replace(_once(proxy, engine, about, sleep), asked=evidence.asked + 1)
    return replace(evidence, direct=engine.models())


def _once(proxy: Proxy, engine: Engine, about: RouteEvidence, sleep: Callable[[float], None]) -> RouteEvidence:
    before = engine.metrics()
    # No cache of the proxy knows a question that nobody asked before.
    reply = proxy.ask(f"Say yes. Number of this question: {uuid.uuid4().hex}")
    evidence = replace(about, reply=reply, growth=route_evidence.growth(before, engine.metrics()))
    waited = 0.0
    while waited < COUNT_SECONDS and reply.status == HTTP_OK and not _missed(evidence) and not _moved(evidence):
        sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS
        evidence = replace(evidence, growth=route_evidence.growth(before, engine.metrics()))
    return evidence


def _moved(evidence: RouteEvidence) -> bool:
    grown = evidence.growth
    return bool(grown.requests if grown.requests is not None else grown.tokens)


def _missed(evidence: RouteEvidence) -> bool:
    return fell_back(evidence.reply, fallback=evidence.fallback)


def _worth_another(evidence: RouteEvidence) -> bool:
    explained = any(finding.blocks for finding in evidence.findings)
    # Without a key some releases answer 500, and will again.
    server_error = evidence.reply.status >= 500 and evidence.reply.key_given  # noqa: PLR2004 (as HTTP has it)
    failure = evidence.reply.failure
    # One that was waited for to its limit would cost as long once more.
    if failure is not None:
        return failure.kind is not FailureKind.TIMEOUT and liveness.repeatable(failure)
    return not explained and (server_error or _missed(evidence))


def _error(body: str) -> str:
    """The type and text of an error as LiteLLM and vLLM write it; the body where it is written otherwise."""
    try:
        error: Any = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return body[: openai_json.BODY_LIMIT]
    if not isinstance(error, Mapping):
        return str(error)[: openai_json.BODY_LIMIT]
    parts = (str(error.get(key) or "") for key in ("type", "message"))
    return ": ".join(part for part in parts if part)[: openai_json.BODY_LIMIT]
