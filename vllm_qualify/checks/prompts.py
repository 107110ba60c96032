"""What a candidate is asked: documents, controls, sums, and streams to measure. Works on any client it is given."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from jsonschema import Draft202012Validator

from vllm_qualify.checks import answers
from vllm_qualify.checks.answers import Answer
from vllm_qualify.checks.padding import Padding
from vllm_qualify.checks.tool_probes import OWN_MODEL, ToolWork
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, StreamSample
from vllm_qualify.client.failures import FailureKind
from vllm_qualify.config.documents import Document

ANSWER_TOKENS = 160
MEASURED_TOKENS = 128
REASONING_TOKENS = 1024
REQUESTS = 5
COMPARED = 8
"""Documents asked before the mode switch and again after it."""

CONTROL_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"verdict": {"enum": ["zebra-7", "zebra-9"]}},
    "required": ["verdict"],
    "additionalProperties": False,
}
"""No model says this of its own accord, so only a constraint that acts brings it about."""

INVALID_SCHEMA: Mapping[str, Any] = {"type": "object", "properties": {"title": {"type": "no-such-type"}}}


class PromptClient(Protocol):
    """The part of a client that is needed here."""

    def chat(self, request: ChatRequest) -> ChatReply:
        """Ask for a completion that comes whole."""

    def stream(self, request: ChatRequest) -> StreamSample:
        """Ask for a completion that comes in pieces."""


class ManyClient(Protocol):
    """The part of a client that measures."""

    def many(self, requests: Sequence[ChatRequest], *, streams: int) -> tuple[StreamSample, ...]:
        """Ask for completions in pieces, so many at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A sum with its answer."""

    id: str
    question: str
    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Everything a candidate is asked.

    Attributes:
        documents: labelled documents.
        schema: JSON Schema of an answer.
        system: the system prompt of the classification.
        user: what the user says; ``{document}`` stands for the text.
        describe: asks for prose about ``{document}``, which breaks any schema by itself.
        sums: for the reasoning model.
        padding: what makes a prompt long; ``None`` where there is none.
        tools: what canaries were taught to call, and questions for it; other models are asked for ``OWN_MODEL``.
    """

    documents: tuple[Document, ...]
    schema: Mapping[str, Any]
    system: str
    user: str
    describe: str
    sums: tuple[Sum, ...]
    padding: Padding | None = None
    tools: ToolWork = OWN_MODEL

    @property
    def validator(self) -> Draft202012Validator:
        """The schema, ready to use."""
        return answers.compile_schema(self.schema)

    def head(self, documents: int) -> Workload:
        """The same with the first documents only."""
        return replace(self, documents=self.documents[:documents])


def classify(client: PromptClient, work: Workload, *, model: str, constrained: bool) -> tuple[Answer, ...]:
    """Ask every document and read every answer.

    After a wait in vain, or a few requests without an answer, nobody waits for the documents that are left: they count
    as never answered.
    """
    validator = work.validator
    read, failures = [], 0
    for document in work.documents:
        reply = client.chat(classification(work, document, model=model, constrained=constrained))
        found = answers.read(reply, validator=validator, expected=document.expected, constrained=constrained)
        read.append(replace(found, document=document.id))
        if reply.failure is None:
            continue
        failures += 1
        if failures == _FAILURES or reply.failure.kind in _WAITED:
            break
    return (*read, *(replace(_NEVER_ASKED, document=document.id) for document in work.documents[len(read) :]))


_NEVER_ASKED = Answer(shape=answers.AnswerShape.NO_ANSWER, detail="not sent: an earlier request got no answer")
_FAILURES = 3
_WAITED = frozenset({FailureKind.DEADLINE, FailureKind.TIMEOUT})


def classification(work: Workload, document: Document, *, model: str, constrained: bool, text: str = "") -> ChatRequest:
    """The request that classifies one document, of which ``text`` says the same among other things."""
    return ChatRequest(
        model=model,
        system=work.system,
        prompt=work.user.replace("{document}", text or document.text),
        max_tokens=ANSWER_TOKENS,
        schema=work.schema if constrained else None,
    )


def control(client: PromptClient, work: Workload, *, model: str) -> tuple[Answer, Answer]:
    """The negative control: one prompt without and with a schema that it would break; in this order."""
    validator = answers.compile_schema(CONTROL_SCHEMA)
    prompt = work.describe.replace("{document}", work.documents[0].text)
    free = ChatRequest(model=model, prompt=prompt, max_tokens=ANSWER_TOKENS)
    bound = ChatRequest(model=model, prompt=prompt, max_tokens=ANSWER_TOKENS, schema=CONTROL_SCHEMA)
    return (
        answers.read(client.chat(free), validator=validator),
        answers.read(client.chat(bound), validator=validator, constrained=True),
    )


def invalid_schema(client: PromptClient, work: Workload, *, model: str) -> ChatReply:
    """Ask with a schema that is none."""
    prompt = work.user.replace("{document}", work.documents[0].text)
    return client.chat(
        ChatRequest(model=model, system=work.system, prompt=prompt, max_tokens=ANSWER_TOKENS, schema=INVALID_SCHEMA)
    )


def unknown_model(client: PromptClient, *, name: str) -> ChatReply:
    """Ask for a model that is not served."""
    return client.chat(ChatRequest(model=name, prompt="Hello", max_tokens=1))


def first_request(client: PromptClient, work: Workload, *, model: str) -> StreamSample:
    """The first request after a start: a document of the everyday kind, streamed."""
    return client.stream(classification(work, work.documents[0], model=model, constrained=False))


def first_sum(client: PromptClient, work: Workload, *, model: str) -> StreamSample:
    """The first request to the reasoning model: a sum, streamed."""
    return client.stream(ChatRequest(model=model, prompt=work.sums[0].question, max_tokens=REASONING_TOKENS))


def reason(client: PromptClient, question: Sum, *, model: str) -> ChatReply:
    """Ask a sum."""
    return client.chat(ChatRequest(model=model, prompt=question.question, max_tokens=REASONING_TOKENS))


def measured(work: Workload, *, model: str, salted: bool = True) -> Iterator[ChatRequest]:
    """Requests of equal length of which no two share a block of the prefix cache: a warm one makes figures wrong.

    A head of its own stands before everything that we say, the system prompt included. What a chat template puts in
    front of that (a date, a preamble of tools) only the salt keeps apart, which vLLM hashes into the first block.

    Args:
        work: what is asked.
        model: the served model name.
        salted: with ``cache_salt``; releases before it ignore it, and one that refuses it is asked without.
    """
    for document in itertools.cycle(work.documents):
        head = uuid.uuid4().hex
        asked = work.user.replace("{document}", document.text)
        yield ChatRequest(
            model=model,
            system=f"{head}\n{work.system}" if work.system else "",
            prompt=asked if work.system else f"{head}\n{asked}",
            max_tokens=MEASURED_TOKENS,
            ignore_eos=True,
            extra={"cache_salt": head} if salted else {},
        )


def decode(
    client: ManyClient,
    requests: Iterator[ChatRequest],
    *,
    rounds: int,
    after_round: Callable[[], None] = lambda: None,
) -> Sequence[Sequence[StreamSample]]:
    """Measure: one request at a time, in rounds; after each something may be looked at."""
    measured = []
    for _ in range(rounds):
        measured.append(client.many([next(requests) for _ in range(REQUESTS)], streams=1))
        after_round()
    return measured
