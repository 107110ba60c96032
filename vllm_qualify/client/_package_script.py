"""Asks a server through a package that real callers use, in a process of its own; see `client.packages`.

Run as a file by any Python that has the package. Takes one JSON object from standard input, ``{"package", "url",
"model"}``, and the key from the environment; writes one JSON line, ``{"version", "steps"}``, with what went wrong in
each step, ``""`` where nothing did. Nothing of the harness is imported.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

KEY_VARIABLE = "VLLM_QUALIFY_CLIENT_KEY"
ANSWERS_SECONDS = 30.0
UNKNOWN = "no-such-model"
LONG_TOKENS, SHORT_SECONDS = 1024, 0.05
MESSAGES = [{"role": "user", "content": "Say what this is."}]
ASKED: dict[str, Any] = {"messages": MESSAGES, "max_tokens": 8, "temperature": 0.0}

Step = Callable[[], object]


class Unexpected(Exception):
    """The server was understood, and said something else than it must."""


def said(part: Any) -> str:
    """The text of a message or a piece of one; so few tokens may all be reasoning, which has had two names."""
    texts = (getattr(part, name, None) for name in ("content", "reasoning", "reasoning_content"))
    return next((text for text in texts if isinstance(text, str) and text), "")


def whole(answer: Any) -> None:
    """An answer that came at once, as the package's own types have it."""
    choice = answer.choices[0]
    if not said(choice.message) or choice.finish_reason not in {"stop", "length"}:
        raise Unexpected(f"content {choice.message.content!r}, finish_reason {choice.finish_reason!r}")
    if answer.usage is None or not answer.usage.completion_tokens:
        raise Unexpected(f"usage {answer.usage!r}")


def streamed(chunks: list[Any]) -> None:
    """The chunks of a stream, as the package's own types have them."""
    choices = [choice for chunk in chunks for choice in chunk.choices]
    text = "".join(said(choice.delta) for choice in choices)
    ends = [choice.finish_reason for choice in choices if choice.finish_reason]
    if not text or len(ends) != 1:
        raise Unexpected(f"content {text!r}, finish reasons {ends!r}")
    if not any(getattr(chunk, "usage", None) for chunk in chunks):
        raise Unexpected("no chunk has the usage")


async def gathered(stream: Awaitable[Any]) -> list[Any]:
    """All chunks of a stream that is awaited."""
    return [chunk async for chunk in await stream]


def refused(call: Step, *kinds: type[BaseException]) -> None:
    """The call must be refused with one of the package's typed exceptions."""
    try:
        call()
    except kinds:
        return
    raise Unexpected(f"was answered, where {kinds[0].__name__} was expected")


def openai_steps(url: str, key: str, model: str) -> Iterator[tuple[str, Step]]:
    """What the ``openai`` package is asked to do."""
    openai: Any = importlib.import_module("openai")
    settings = {"base_url": f"{url}/v1", "api_key": key or "none", "max_retries": 0, "timeout": ANSWERS_SECONDS}
    client = openai.OpenAI(**settings)
    create = client.chat.completions.create
    ask: dict[str, Any] = {**ASKED, "model": model}
    stream: dict[str, Any] = {**ask, "stream": True, "stream_options": {"include_usage": True}}

    async def both() -> None:
        async with openai.AsyncOpenAI(**settings) as other:
            whole(await other.chat.completions.create(**ask))
            streamed(await gathered(other.chat.completions.create(**stream)))

    def listed() -> None:
        if model not in (names := [one.id for one in client.models.list()]):
            raise Unexpected(f"lists {names!r}")

    long = {**ask, "max_tokens": LONG_TOKENS, "timeout": SHORT_SECONDS, "extra_body": {"ignore_eos": True}}
    yield "models", listed
    yield "answer", lambda: whole(create(**ask))
    yield "stream", lambda: streamed(list(create(**stream)))
    yield "async", lambda: asyncio.run(both())
    yield "unknown model", lambda: refused(lambda: create(**{**ask, "model": UNKNOWN}), openai.NotFoundError)
    wrong = (openai.BadRequestError, openai.UnprocessableEntityError)
    yield "bad parameter", lambda: refused(lambda: create(**{**ask, "temperature": -1.0}), *wrong)
    yield "timeout", lambda: refused(lambda: create(**long), openai.APITimeoutError)
    yield "after the timeout", lambda: whole(create(**ask))


def litellm_steps(url: str, key: str, model: str) -> Iterator[tuple[str, Step]]:
    """What LiteLLM is asked to do, with the provider that its documentation names for vLLM."""
    litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    way = {"api_base": f"{url}/v1", "api_key": key or "none", "num_retries": 0, "timeout": ANSWERS_SECONDS}
    ask: dict[str, Any] = {**ASKED, **way, "model": f"hosted_vllm/{model}"}
    stream: dict[str, Any] = {**ask, "stream": True, "stream_options": {"include_usage": True}}

    async def both() -> None:
        whole(await litellm.acompletion(**ask))
        streamed(await gathered(litellm.acompletion(**stream)))

    unknown = {**ask, "model": f"hosted_vllm/{UNKNOWN}"}
    yield "answer", lambda: whole(litellm.completion(**ask))
    yield "stream", lambda: streamed(list(litellm.completion(**stream)))
    yield "async", lambda: asyncio.run(both())
    yield "unknown model", lambda: refused(lambda: litellm.completion(**unknown), litellm.NotFoundError)
    wrong = {**ask, "temperature": -1.0}
    yield "bad parameter", lambda: refused(lambda: litellm.completion(**wrong), litellm.BadRequestError)


STEPS = {"litellm": litellm_steps, "openai": openai_steps}


def main() -> None:
    """Take every step, whatever became of the one before."""
    asked = json.loads(sys.stdin.read())
    package = asked["package"]
    told: dict[str, str] = {}
    for name, step in STEPS[package](asked["url"], os.environ.get(KEY_VARIABLE, ""), asked["model"]):
        try:
            step()
        except Exception as error:  # noqa: BLE001 what a package raises is what is wanted here
            told[name] = f"{type(error).__name__}: {error}"[:400]
        else:
            told[name] = ""
    line = json.dumps({"version": importlib.metadata.version(package), "steps": told})
    # Packages print as they like; the answer is the last line.
    sys.stdout.write(f"\n{line}\n")


if __name__ == "__main__":
    main()
