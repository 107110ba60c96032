"""The canary's tools, and its questions for each way of calling them."""

from __future__ import annotations

import json

from vllm_qualify.checks import tool_calling, tool_parts
from vllm_qualify.checks.tool_probes import STREAMED, ToolAnswer, ToolWay
from vllm_qualify.client.exchanges import ChatReply, Usage
from vllm_qualify.client.tool_calls import ToolCall, ToolReply
from vllm_qualify.core.records import Outcome
from vllm_qualify.core.shipped import CANARY

WORK = tool_parts.read(*((CANARY / name).read_text(encoding="utf-8") for name in ("tools.json", "tools.jsonl")))
REPLY = ChatReply(status=200, finish_reason="tool_calls", usage=Usage(prompt=1, completion=9))


def right(way: ToolWay) -> ToolAnswer:
    """The answer of a canary that makes the calls that the files name."""
    asked = WORK.question(way).calls
    calls = (ToolCall(id=str(n), name=one.name, arguments=json.dumps(one.arguments)) for n, one in enumerate(asked))
    return ToolAnswer(way=way, reply=ToolReply(reply=REPLY, calls=tuple(calls)))


def test_each_way_has_a_question_of_its_own_kind() -> None:
    """One call with arguments, two at once, and one without any."""
    calls = [WORK.question(way).calls for way in (ToolWay.AUTO, ToolWay.PARALLEL, ToolWay.NO_ARGUMENTS)]

    assert [len(each) for each in calls] == [1, 2, 1]
    assert [bool(each[0].arguments) for each in calls] == [True, True, False]
    assert (WORK.forced(ToolWay.NAMED), WORK.forced(ToolWay.NO_ARGUMENTS)) == (calls[0][0].name, calls[2][0].name)


def test_the_calls_that_the_files_name_pass_every_judge() -> None:
    """They fit the tools that are offered."""
    answers = {way: right(way) for way in ToolWay}
    judged = [
        tool_calling.auto(answers[ToolWay.AUTO], WORK),
        tool_calling.forced(answers[ToolWay.REQUIRED], WORK),
        tool_calling.forced(answers[ToolWay.NAMED], WORK),
        tool_calling.parallel(answers[ToolWay.PARALLEL], WORK),
        tool_calling.no_arguments(answers[ToolWay.NO_ARGUMENTS], WORK),
        tool_calling.streamed([(answers[one], answers[other]) for one, other in STREAMED.items()], WORK),
        tool_calling.arguments([*answers.values()], WORK),
    ]

    assert [each.outcome for each in judged] == [Outcome.PASSED] * 7
