"""What is asked of tools, put to the simulated engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.plugin.scripted import Script, ScriptedClient
from vllm_qualify.checks import answers, prompt_files, tool_probes
from vllm_qualify.checks.tool_probes import OWN_MODEL, ExpectedCall, ToolQuestion, ToolWay, ToolWork
from vllm_qualify.config import Settings

TAUGHT = prompt_files.load(Settings()).tools
"""Of which the right calls are known."""


def sent(way: ToolWay, work: ToolWork = OWN_MODEL) -> dict[str, Any]:
    """The body of a request."""
    client = ScriptedClient(Script())
    tool_probes.ask(client, work, way, model="ml")
    return dict(client.engine.requests[0])


@pytest.mark.parametrize(
    ("way", "choice"),
    [
        (ToolWay.AUTO, "auto"),
        (ToolWay.REQUIRED_STREAMED, "required"),
        (ToolWay.NAMED, {"type": "function", "function": {"name": "find_station"}}),
        (ToolWay.NO_ARGUMENTS, {"type": "function", "function": {"name": "current_date"}}),
    ],
)
def test_each_way_has_its_choice(way: ToolWay, choice: object) -> None:
    """All tools are offered in each."""
    body = sent(way)

    assert body["tool_choice"] == choice
    assert [tool["function"]["name"] for tool in body["tools"]] == ["find_station", "current_date"]


@pytest.mark.parametrize("way", ToolWay)
def test_only_forced_calls_are_kept_from_blanks(way: ToolWay) -> None:
    """What a model says of its own accord is asked for as callers do; and one way alone is strict."""
    body = sent(way)

    assert ("frequency_penalty" in body) is way.forced
    assert all(("strict" in tool["function"]) is (way is ToolWay.NAMED_STRICT) for tool in body["tools"])


def test_a_trained_model_may_repeat_itself() -> None:
    """It was taught where a call ends, and no penalty keeps it from what stands twice in a call."""
    assert "frequency_penalty" not in sent(ToolWay.REQUIRED, TAUGHT)


@pytest.mark.parametrize("way", ToolWay)
def test_an_honest_engine_calls_in_every_way(way: ToolWay) -> None:
    """Streamed or not: what comes back is complete, and two where two were asked for."""
    answer = tool_probes.ask(ScriptedClient(Script()), OWN_MODEL, way, model="ml")

    assert answer.reply.problems == ()
    assert len(answer.reply.calls) == (2 if way is ToolWay.PARALLEL else 1)


def test_the_tools_are_schemas() -> None:
    """Of which one takes nothing."""
    assert all(answers.compile_schema(tool.parameters) for tool in OWN_MODEL.tools)
    assert OWN_MODEL.tool("current_date") == OWN_MODEL.tools[1]
    assert OWN_MODEL.tool("no_such") is None


def test_a_model_is_trained_where_the_calls_are_known() -> None:
    """Of the operator's nothing is."""
    known = replace(OWN_MODEL, one=ToolQuestion(text="Which?", calls=(ExpectedCall(name="current_date"),)))

    assert (OWN_MODEL.trained, known.trained) == (False, True)
