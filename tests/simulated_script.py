"""What the simulated engine is to do, honest or not, and what it therefore says to which request. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests import canary_answers

Body = Mapping[str, Any]


class Fault(Enum):
    """How a stream can go wrong behind an HTTP 200; as ``SCRIPTED_STREAM`` of an image calls it."""

    NONE = "none"
    CUT = "cut"
    ERROR = "error"
    ERROR_EVENT = "error-event"
    HANG = "hang"
    MALFORMED = "malformed"
    NO_DONE = "no-done"
    NO_FINISH = "no-finish"
    NO_TOKENS = "no-tokens"
    NO_USAGE = "no-usage"
    RESET = "reset"


class Silent(Enum):
    """What can go wrong behind an HTTP 200 that looks whole; as ``SCRIPTED_SILENT`` of an image calls it."""

    NONE = "none"
    CACHED = "cached"
    CROWDED = "crowded"
    HALF = "half"
    LONG = "long"
    MIXED = "mixed"
    USAGE = "usage"
    USAGE_STREAMED = "usage-streamed"


LONG_PROMPT = 4096
"""Tokens beyond which a prompt is too much for one that is wrong about long prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedCall:
    """One call of a tool; ``pieces`` are the tokens of its arguments."""

    id: str
    name: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer.

    Attributes:
        chunks: the tokens of each piece, as text.
        thoughts: how many of the first pieces are reasoning.
        finish: the reason for its end.
        prompt: tokens of what was asked.
        calls: of tools; the tokens are then those of their arguments, in their order.
    """

    chunks: tuple[tuple[str, ...], ...]
    thoughts: int
    finish: str
    prompt: int = 7
    calls: tuple[ScriptedCall, ...] = ()

    @property
    def tokens(self) -> int:
        """All tokens of the answer."""
        return sum(len(chunk) for chunk in self.chunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What the engine does.

    Attributes:
        chunks: the tokens of each piece of its only answer; none: the answer is by what is asked.
        reasoning: how many of those pieces are reasoning, and under which key.
        gap_seconds: virtual time before each piece.
        counted: each piece carries the usage so far, where that is asked for.
        model: the name that it serves under.
        answer: to every question.
        crash_after: it ends at the request after so many; -1: never.
        crash_on: it ends at the first ``schema``, or behind the first ``refusal`` of one.
        shape: how the form of its answers went wrong, see ``simulated_shape.DISFIGURED``.
        renames_metric: one that autoscalers read has another name.
        schemas: which constraints force no answer: ``ignored``: none does, ``guided-ignored``: vLLM's old spellings do
            not, ``pattern-ignored``: the keyword ``pattern`` does not; empty: all do.
        silent: what goes wrong without a sign of it.
        tools: what goes wrong with their calls, as the table of behaviours has it; empty: nothing does.
        tells_thoughts_apart: reasoning stands beside the content, not in it.
    """

    chunks: tuple[tuple[str, ...], ...] = (("Hel", "lo"), (" wörld",), ("!",))
    reasoning: int = 0
    reasoning_key: str = "reasoning"
    finish_reason: str = "stop"
    gap_seconds: float = 0.25
    counted: bool = True
    fault: Fault = Fault.NONE
    status: int = 200
    model: str = "canary"
    answer: str = ""
    crash_after: int = -1
    crash_on: str = ""
    hang: bool = False
    not_found: bool = False
    renames_metric: bool = False
    shape: str = ""
    schemas: str = ""
    silent: Silent = Silent.NONE
    tools: str = ""
    tells_thoughts_apart: bool = True

    def reply(self, asked: Body) -> Reply:
        """The answer to a request."""
        if self.chunks:
            return Reply(chunks=self.chunks, thoughts=self.reasoning, finish=self.finish_reason)
        if calls := self._calls(asked):
            return self._calling(asked, calls)
        thought, said = self._said(asked)
        if thought and not self.tells_thoughts_apart:
            thought, said = "", f"<think>\n{thought}\n</think>\n\n{said}"
        thoughts, tokens = _tokens(thought), [*_tokens(thought), *_tokens(said)]
        limit = max(asked.get("max_tokens") or 0, asked.get("max_completion_tokens") or 0)
        if asked.get("ignore_eos"):
            tokens += [" more"] * (limit - len(tokens))
        finish = "length" if 0 < limit <= len(tokens) else "stop"
        if self.silent is Silent.HALF and finish == "length":
            limit, finish = (limit + 1) // 2, "stop"
        kept = tokens[: limit or None]
        thoughts_kept = min(len(thoughts), len(kept))
        chunks = tuple((token,) for token in kept)
        return Reply(chunks=chunks, thoughts=thoughts_kept, finish=finish, prompt=prompt_tokens(asked))

    def _calls(self, asked: Body) -> list[tuple[str, str]]:
        """Names and arguments of the tools that are called; none where the answer is a text."""
        if self.answer or self.tools == "ignored" or not asked.get("tools"):
            return []
        prompt = "\n".join(str(message["content"]) for message in asked["messages"])
        made = canary_answers.calls(prompt, asked["tools"], asked.get("tool_choice", "auto"))
        return [(name, self._written(values, streamed=bool(asked.get("stream")))) for name, values in made]

    def _written(self, values: Body, *, streamed: bool) -> str:
        """Arguments as text."""
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        if values and (self.tools == "brace-lost" or (self.tools == "streamed-otherwise" and streamed)):
            return text[:-1]
        return "" if self.tools == "empty-arguments" and not values else text

    def _calling(self, asked: Body, calls: list[tuple[str, str]]) -> Reply:
        named = isinstance(asked.get("tool_choice"), dict)
        made = tuple(
            ScriptedCall(id=f"call-{0 if self.tools == 'one-id' else place}", name=name, pieces=_in_fours(text))
            for place, (name, text) in enumerate(calls)
        )
        chunks = tuple((piece,) for call in made for piece in call.pieces)
        finish = "stop" if named or self.tools == "stop" else "tool_calls"
        return Reply(chunks=chunks, thoughts=0, finish=finish, calls=made)

    def _said(self, asked: Body) -> tuple[str, str]:
        if self.answer or (self.silent is Silent.LONG and prompt_tokens(asked) > LONG_PROMPT):
            return "", self.answer or "This is another answer."
        messages, (schema, bare) = asked.get("messages", ()), self._constraint(asked)
        prompt = text_of(asked)
        system = bool(messages) and messages[0]["role"] == "system"
        thought, said = canary_answers.answer(prompt, schema, system=system)
        if not said:
            made = "This is a scripted answer." if schema is None else canary_answers.example(schema)
            said = str(made) if bare or schema is None else json.dumps(made)
        return thought, said

    def _constraint(self, asked: Body) -> tuple[Body | None, bool]:
        """The schema that forces the answer, if one does, and whether it stands bare, as no JSON."""
        schema, bare = constraint_of(asked)
        old = any(key.startswith("guided_") for key in asked)
        if self.schemas == "ignored" or (self.schemas == "guided-ignored" and old):
            return None, False
        if self.schemas == "pattern-ignored" and schema is not None and not bare:
            return canary_answers.without(schema, "pattern"), bare
        return schema, bare


def taught(settings: Mapping[str, str], *, model: str) -> Script:
    """A script from the settings of a row of the table of behaviours; what is not set is honest.

    Raises:
        ValueError: of a setting that the simulator does not know.
    """
    left = dict(settings)
    script = Script(
        chunks=(),
        gap_seconds=1 / float(left.pop("TOKENS_PER_SECOND", "40")),
        fault=Fault(left.pop("STREAM", "none")),
        model=left.pop("MODEL", model),
        answer=left.pop("ANSWER", ""),
        crash_after=int(left.pop("CRASH_AFTER", "-1")),
        crash_on=left.pop("CRASH_ON", ""),
        hang=left.pop("HANG", "") == "1",
        not_found=left.pop("NOT_FOUND", "") == "1",
        shape=left.pop("SHAPE", ""),
        renames_metric=left.pop("METRICS", "") == "renamed",
        schemas=left.pop("SCHEMA", ""),
        silent=Silent(left.pop("SILENT", "none")),
        tools=left.pop("TOOLS", ""),
        tells_thoughts_apart=left.pop("THOUGHTS", "") != "leak",
    )
    if left:
        raise ValueError(f"the simulator does not know {', '.join(left)}; teach it, see Script")
    return script


def text_of(asked: Body) -> str:
    """Everything that was said to the model."""
    return "\n".join(str(message["content"]) for message in asked.get("messages", ()))


def prompt_tokens(asked: Body) -> int:
    """How many tokens the prompt has: each word is one, as is each number of a prompt that comes in numbers."""
    prompt = asked.get("prompt")
    return len(prompt) if isinstance(prompt, list) else len(f"{prompt or ''} {text_of(asked)}".split())


def constraint_of(asked: Body) -> tuple[Body | None, bool]:
    """The schema that the answer must fit, in whichever spelling it was asked for, and whether it stands bare."""
    shape = asked.get("response_format") or {}
    own = asked.get("structured_outputs") or {}
    choice, regex = (own.get(key, asked.get(f"guided_{key}")) for key in ("choice", "regex"))
    if choice is not None or regex is not None:
        return ({"enum": choice} if choice is not None else {"pattern": regex}), True
    whole = {"type": "object"} if shape.get("type") == "json_object" else None
    found = ((shape.get("json_schema") or {}).get("schema"), own.get("json"), asked.get("guided_json"), whole)
    return next((schema for schema in found if schema is not None), None), False


def _in_fours(text: str) -> tuple[str, ...]:
    return tuple(text[place : place + 4] for place in range(0, len(text), 4)) or ("",)


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^ ]* |[^ ]+", text)
