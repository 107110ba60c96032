"""Asks for tool calls: freely, forced, two at once, without arguments, whole and streamed. Works on any client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from vllm_qualify.checks.schema_features import closed_object
from vllm_qualify.client import openai_json, tool_calls
from vllm_qualify.client.event_stream import EventStream
from vllm_qualify.client.exchanges import ChatRequest, HttpReply
from vllm_qualify.client.tool_calls import ToolReply

_PATH = "/v1/chat/completions"
_TOKENS = 128


class ToolClient(Protocol):
    """The part of a client that is needed here."""

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> HttpReply:
        """Ask any endpoint, and take the answer as it came."""

    def events(self, path: str, body: Mapping[str, Any]) -> EventStream:
        """Ask any endpoint for a stream, and take each event as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that a model is offered.

    Attributes:
        name: by which it is called.
        description: for the model.
        parameters: JSON Schema of its arguments.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]

    def body(self, *, strict: bool) -> dict[str, Any]:
        """As a request has it; ``strict`` binds arguments where nothing else does: docs/explanation/behaviour.md."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function | ({"strict": True} if strict else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCall:
    """A call that a trained model must make."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolQuestion:
    """What is asked.

    Attributes:
        text: in words.
        calls: that it must lead to; none where the choice is the model's own.
    """

    text: str
    calls: tuple[ExpectedCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolWork:
    """The tools, and a question for each way of calling them.

    Attributes:
        tools: all that are offered.
        one: asks for what one call tells.
        two: asks for what takes two calls.
        bare: asks for what the tool without parameters tells.
        named: the tool that is asked for by name.
        without_parameters: the tool that takes none.
    """

    tools: tuple[Tool, ...]
    one: ToolQuestion
    two: ToolQuestion
    bare: ToolQuestion
    named: str
    without_parameters: str

    @property
    def trained(self) -> bool:
        """The model was trained for these questions, so its choices can be right or wrong."""
        return bool(self.one.calls)

    def question(self, way: ToolWay) -> ToolQuestion:
        """What is asked in a way."""
        return {ToolWay.PARALLEL: self.two, ToolWay.NO_ARGUMENTS: self.bare}.get(way, self.one)

    def forced(self, way: ToolWay) -> str:
        """The tool that a way names; ``""`` where it names none."""
        if way is ToolWay.NO_ARGUMENTS:
            return self.without_parameters
        return self.named if way in {ToolWay.NAMED, ToolWay.NAMED_STRICT} else ""

    def tool(self, name: str) -> Tool | None:
        """The tool of that name; ``None`` where there is none."""
        return next((tool for tool in self.tools if tool.name == name), None)


class ToolWay(Enum):
    """The ways in which tools are called."""

    AUTO = "auto"
    AUTO_STREAMED = "auto, streamed"
    REQUIRED = "required"
    REQUIRED_STREAMED = "required, streamed"
    NAMED = "named"
    NAMED_STRICT = "named, strict"
    PARALLEL = "parallel"
    NO_ARGUMENTS = "no arguments"

    @property
    def forced(self) -> bool:
        """A call must come, whatever the model would say."""
        return self not in {ToolWay.AUTO, ToolWay.AUTO_STREAMED, ToolWay.PARALLEL}


STREAMED = {ToolWay.AUTO: ToolWay.AUTO_STREAMED, ToolWay.REQUIRED: ToolWay.REQUIRED_STREAMED}
"""Each way that is asked twice, and the same streamed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAnswer:
    """One way, and what came back."""

    way: ToolWay
    reply: ToolReply


def ask(client: ToolClient, work: ToolWork, way: ToolWay, *, model: str) -> ToolAnswer:
    """Ask in one way."""
    stream = way in STREAMED.values()
    tools = [tool.body(strict=way is ToolWay.NAMED_STRICT) for tool in work.tools]
    extra: dict[str, Any] = {"tools": tools, "tool_choice": _choice(work, way)}
    if way.forced and not work.trained:
        extra |= FORCED
    request = ChatRequest(model=model, prompt=work.question(way).text, max_tokens=_TOKENS, extra=extra)
    body = openai_json.chat_body(request, stream=stream)
    if stream:
        return ToolAnswer(way=way, reply=tool_calls.streamed(client.events(_PATH, body)))
    return ToolAnswer(way=way, reply=tool_calls.whole(client.ask("POST", _PATH, body)))


# What a model is forced to say it may fill up with blanks, which JSON allows; a penalty on repeats ends that. One that
# was trained for it does not, and the penalty could keep it from repeating what it must.
FORCED: Mapping[str, Any] = {"frequency_penalty": 2.0}


def _choice(work: ToolWork, way: ToolWay) -> object:
    if way in {ToolWay.REQUIRED, ToolWay.REQUIRED_STREAMED}:
        return "required"
    named = work.forced(way)
    return {"type": "function", "function": {"name": named}} if named else "auto"


OWN_MODEL = ToolWork(
    tools=(
        Tool(
            name="find_station",
            description="Tells on which platform of a station the next train to a city leaves.",
            parameters=closed_object(
                city={"type": "string", "enum": ["Athens", "Lisbon", "Oslo", "Vienna"]},
                hour={"type": "integer", "minimum": 0, "maximum": 23},
            ),
        ),
        Tool(name="current_date", description="Tells today's date. Takes no arguments.", parameters=closed_object()),
    ),
    one=ToolQuestion(text="From which platform does the next train to Oslo leave after 9 o'clock? Use the tool."),
    two=ToolQuestion(
        text="From which platforms do the next trains to Oslo and to Vienna leave after 9 o'clock? "
        "Call the tool once for each city."
    ),
    bare=ToolQuestion(text="Which date is it today? Use the tool."),
    named="find_station",
    without_parameters="current_date",
)
"""For a model of the operator's, of which nothing but the form can be right or wrong."""
