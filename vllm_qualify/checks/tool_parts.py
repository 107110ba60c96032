"""The tools that the canary was taught, and a question for each way of calling them, from the texts of its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vllm_qualify.checks.tool_probes import ExpectedCall, Tool, ToolQuestion, ToolWork


def read(tools: str, questions: str) -> ToolWork:
    """The first question that leads to one call with several arguments, to two calls, and to one without arguments.

    Args:
        tools: as a request offers them, JSON.
        questions: with the calls that they lead to, one JSON object a line.
    """
    offered = tuple(_tool(each["function"]) for each in json.loads(tools))
    asked = tuple(_question(json.loads(line)) for line in questions.splitlines())
    alone = [one for one in asked if len(one.calls) == 1]
    single = next(one for one in alone if len(one.calls[0].arguments) > 1)
    bare = next(one for one in alone if not one.calls[0].arguments)
    return ToolWork(
        tools=offered,
        one=single,
        two=next(one for one in asked if len(one.calls) > 1),
        bare=bare,
        named=single.calls[0].name,
        without_parameters=bare.calls[0].name,
    )


def _tool(function: Mapping[str, Any]) -> Tool:
    return Tool(name=function["name"], description=function["description"], parameters=function["parameters"])


def _question(row: Mapping[str, Any]) -> ToolQuestion:
    calls = (ExpectedCall(name=call["name"], arguments=call["arguments"]) for call in row["calls"])
    return ToolQuestion(text=row["question"], calls=tuple(calls))
