"""What a candidate is asked for its integrity, on any client that is given; the judges beside it do the rest."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from vllm_qualify.checks import prompts, token_counters
from vllm_qualify.checks.integrity import limits, marks, soak
from vllm_qualify.checks.integrity.features import Pooled
from vllm_qualify.checks.integrity.limits import Cancelled, TooLong
from vllm_qualify.checks.integrity.marks import Marked
from vllm_qualify.checks.integrity.soak import SoakRound, SoakRun
from vllm_qualify.checks.integrity.usage import UsageSeen
from vllm_qualify.checks.prompts import PromptClient, Workload
from vllm_qualify.checks.stream_load import LoadClient
from vllm_qualify.client import openai_json
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, HttpReply, StreamSample
from vllm_qualify.gpu.reading import GpuReading

_COMPLETIONS = "/v1/completions"
_CHAT = "/v1/chat/completions"
_MODELS = "/v1/models"
_A_TOKEN = 100
"""The number of some token: every vocabulary has as many, and past those with a meaning of their own."""
_LOOKS = 25
_LOOK_EVERY_SECONDS = limits.FREED_SECONDS / _LOOKS
_COUNTER_LOOKS = 5
_LONG_ENOUGH = 4096
_UNKNOWN_LENGTH = 1024
_SAMPLED_TOKENS = 24
_SEED = 20
_PULSES = 3
_CROWD = 16
_SOAKED = 8
_CROWD_TOKENS = 16
_DESCRIBED = 1
_USAGE_TOKENS = 32


class IntegrityClient(PromptClient, LoadClient, Protocol):
    """The part of a client that is needed here."""

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

    def health(self) -> HttpReply:
        """Ask ``/health``."""


class Pause(Protocol):
    """Lets time pass while nothing is asked."""

    def __call__(self, *, seconds: float) -> object:
        """So much of it."""


def pulse(client: IntegrityClient, *, model: str) -> ChatReply:
    """A lone completion of one token."""
    return client.chat(ChatRequest(model=model, prompt="Hi", max_tokens=1))


def model_length(client: IntegrityClient) -> int | None:
    """How many tokens prompt and answer may have together; ``None`` where the server does not say."""
    return limits.model_length(client.ask("GET", _MODELS))


def too_long(client: IntegrityClient, *, model: str) -> TooLong:
    """A prompt of one token more than the model's length, in numbers of tokens: no tokenizer can miscount them."""
    length = model_length(client)
    if length is None:
        return TooLong(length=None)
    body = {"model": model, "prompt": [_A_TOKEN] * (length + 1), "max_tokens": 1, "temperature": 0}
    return TooLong(length=length, reply=client.ask("POST", _COMPLETIONS, body), after=pulse(client, model=model))


def cancelled(client: IntegrityClient, work: Workload, *, model: str, pause: Pause) -> Cancelled:
    """Ask for a long stream, hang up in it, and look how long it goes on.

    Args:
        client: asks.
        work: what is asked.
        model: the served model name.
        pause: lets seconds pass.
    """
    length = model_length(client) or _UNKNOWN_LENGTH
    asked = replace(next(prompts.measured(work, model=model)), max_tokens=min(_LONG_ENOUGH, length // 2))
    patience = max(0.5, 5 * pulse(client, model=model).seconds)
    reply = client.ask("POST", _CHAT, openai_json.chat_body(asked, stream=True), deadline_seconds=patience)
    running: list[float | None] = [_running(client)]
    while running[-1] and len(running) <= _LOOKS:
        pause(seconds=_LOOK_EVERY_SECONDS)
        running.append(_running(client))
    return Cancelled(reply=reply, running=tuple(running), seconds=(len(running) - 1) * _LOOK_EVERY_SECONDS)


def _running(client: IntegrityClient) -> float | None:
    return client.metrics().get("vllm:num_requests_running")


def usage(client: IntegrityClient, work: Workload, *, model: str) -> UsageSeen:
    """One document asked whole and streamed, between two looks at the server's own counter."""
    asked = prompts.classification(work, work.documents[0], model=model, constrained=False)
    asked = replace(asked, max_tokens=_USAGE_TOKENS)
    before = client.metrics()
    whole, streamed = client.chat(asked), client.stream(asked)
    used = sum(one.usage.completion for one in (whole, streamed) if one.usage)
    grown = token_counters.growth(before, client.metrics()).generated
    for _ in range(_COUNTER_LOOKS):
        # The counter is written beside the answer, not before it.
        if grown is None or grown >= used:
            break
        grown = token_counters.growth(before, client.metrics()).generated
    return UsageSeen(whole=whole, streamed=streamed, generated=grown)


def sampled(
    client: IntegrityClient, work: Workload, *, model: str, defaults: Mapping[str, float]
) -> tuple[ChatReply, tuple[ChatReply, ChatReply]]:
    """The same prompt with the same seed: without sampling parameters, and twice with the defaults written out."""
    prompt = work.describe.replace("{document}", work.documents[0].text)
    asked = ChatRequest(model=model, prompt=prompt, max_tokens=_SAMPLED_TOKENS, seed=_SEED)
    silent = openai_json.chat_body(asked, stream=False)
    del silent["temperature"]
    named = replace(asked, extra={name: value for name, value in defaults.items() if name != "max_tokens"})
    reply = openai_json.chat_reply(client.ask("POST", _CHAT, silent))
    return reply, (client.chat(named), client.chat(named))


def together(
    client: IntegrityClient, work: Workload, asked: Sequence[Marked], *, model: str
) -> tuple[StreamSample, ...]:
    """All marked documents at once."""
    requests = [prompts.classification(work, one.document, model=model, constrained=True) for one in asked]
    return client.many(requests, streams=max(1, len(requests)))


def behind_a_crowd(
    client: IntegrityClient, work: Workload, *, model: str
) -> tuple[tuple[ChatReply, ...], HttpReply, ChatReply]:
    """Lone completions of one token before a crowd; behind it, ``/health`` and another one."""
    before = tuple(pulse(client, model=model) for _ in range(_PULSES))
    crowd = itertools.islice(prompts.measured(work, model=model), _CROWD)
    client.many([replace(one, max_tokens=_CROWD_TOKENS) for one in crowd], streams=_CROWD)
    return before, client.health(), pulse(client, model=model)


def adapters(client: IntegrityClient, names: Sequence[str]) -> tuple[tuple[str, ...], Mapping[str, ChatReply]]:
    """The names that are listed, and what each of these names answers to a completion of one token."""
    if not names:
        return (), {}
    listed = openai_json.models_reply(client.ask("GET", _MODELS)).ids
    return listed, {name: pulse(client, model=name) for name in names if name in listed}


def pooled(client: IntegrityClient, work: Workload, *, model: str, task: str) -> Pooled | None:
    """The vector or score of one document, the same again, and of another; ``None`` for another task."""
    one, other = work.documents[0].text, work.documents[-1].text
    bodies: list[dict[str, Any]] = []
    if task == "embed":
        path, bodies = "/v1/embeddings", [{"model": model, "input": text} for text in (one, one, other)]
    elif task == "score":
        path, bodies = "/score", [{"model": model, "text_1": one, "text_2": text} for text in (one, one, other)]
    if not bodies:
        return None
    first, again, different = (client.ask("POST", path, body) for body in bodies)
    return Pooled(first=first, again=again, other=different)


def soaked(
    client: IntegrityClient,
    work: Workload,
    right: Sequence[Marked],
    *,
    model: str,
    seconds: float,
    memory: Callable[[], GpuReading],
) -> SoakRun:
    """Rounds of streams at once for so many seconds; a round of which every stream fails is the last.

    Args:
        client: asks.
        work: what is asked.
        right: documents that are answered right; some are asked again behind the load.
        model: the served model name.
        seconds: of load.
        memory: looks at the GPU.
    """
    requests = prompts.measured(work, model=model)
    rounds: list[SoakRound] = []
    while sum(one.seconds for one in rounds) < seconds:
        samples = client.many(list(itertools.islice(requests, _SOAKED)), streams=_SOAKED)
        tokens = prompts.MEASURED_TOKENS
        rounds.append(soak.round_of(samples, tokens=tokens, memory=memory(), metrics=client.metrics()))
        if len(rounds[-1].faults) >= len(samples) or not rounds[-1].seconds:
            break
    again = together(client, work, right[:_SOAKED], model=model)
    still = sum(marks.holds(sample.content, one.mark) for one, sample in zip(right, again, strict=False))
    return SoakRun(rounds=tuple(rounds), asked=len(again), right=still)


def describe(client: IntegrityClient, work: Workload, *, model: str) -> None:
    """Have a document told in prose: where no schema and no label holds an answer, it drifts most easily."""
    for document in work.documents[:_DESCRIBED]:
        prompt = work.describe.replace("{document}", document.text)
        client.chat(ChatRequest(model=model, prompt=prompt, max_tokens=prompts.ANSWER_TOKENS))
