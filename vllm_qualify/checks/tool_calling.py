"""Judges of tool calls: the choice, the form, and whether a stream says the same. For suite tools. Pure.

Of a model that was trained for the questions the calls must be the right ones. Of another its choice is its own: one
that answers in prose where it may is told of; a call that was forced must come from any model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from jsonschema.exceptions import best_match

from vllm_qualify.checks import answers
from vllm_qualify.checks.tool_probes import STREAMED, ExpectedCall, ToolAnswer, ToolWay, ToolWork
from vllm_qualify.client.exchanges import quote
from vllm_qualify.client.tool_calls import ToolCall
from vllm_qualify.core.records import Judgement, Observation, Outcome

_CALLED = "tool_calls"
# What the parsers of vLLM's releases look for (vllm: tool_parsers/): special tokens, tags of tools and functions, and
# the few that look otherwise.
_TOKEN = re.compile(
    r"<[|｜][^<>\s]{1,40}[|｜]>"  # noqa: RUF001 - the bar of DeepSeek's tokens.
    r"|</?[\w:]*(?:tool|function|invoke|arg_key|arg_value)[\w:]*[ =>]"
    r"|\[(?:ARGS|CALL_ID|TOOL_CALLS)\]"
    r"|functools\["
)


def auto(answer: ToolAnswer, work: ToolWork) -> Judgement:
    """Free to choose, a model calls the tool that the question is about."""
    calls = answer.reply.calls
    if answer.reply.problems:
        return _unanswered(answer)
    if not calls:
        outcome = Outcome.FAILED if work.trained else Outcome.WARNED
        content = quote(answer.reply.reply.content)
        return _told(
            outcome, f"the model answered {content} and called no tool, where the question asks for one", answer
        )
    return _right(answer, work, work.one.calls)


def forced(answer: ToolAnswer, work: ToolWork) -> Judgement:
    """Where a call is required, or a tool named, one comes, and it is of a tool that was offered or named.

    Of a trained model it is the right one, arguments included.
    """
    if answer.reply.problems:
        return _unanswered(answer)
    calls = answer.reply.calls
    if _cut(answer):
        return _told(
            Outcome.INCONCLUSIVE, f"cut off at the token limit before a call was complete: {_seen(answer)}", answer
        )
    if not calls:
        return _told(Outcome.FAILED, f"a call was forced, and none came: {_seen(answer)}", answer)
    named = work.forced(answer.way)
    wrong = [call.name for call in calls if (call.name != named if named else work.tool(call.name) is None)]
    if wrong:
        wanted = named or "one of " + ", ".join(tool.name for tool in work.tools)
        return _told(Outcome.FAILED, f"the call is of {quote(wrong[0])}; expected {wanted}", answer)
    judgement = _right(answer, work, work.question(answer.way).calls)
    if judgement.outcome is not Outcome.PASSED:
        return judgement
    return _told(Outcome.PASSED, f"forced, {_names(calls)} was called", answer)


def no_arguments(answer: ToolAnswer, work: ToolWork) -> Judgement:
    """A tool that takes nothing is called with an empty object, which clients can read, not with an empty text."""
    judgement = forced(answer, work)
    if judgement.outcome is not Outcome.PASSED:
        return judgement
    call = answer.reply.calls[0]
    if _value(call) != {}:
        said = f"{call.name} takes no arguments and got {quote(call.arguments)}; expected {{}}"
        return _told(Outcome.FAILED, said, answer)
    return _told(Outcome.PASSED, f"{call.name} was called with {{}}", answer)


def parallel(answer: ToolAnswer, work: ToolWork) -> Judgement:
    """Two calls in one answer are kept apart, each under an id of its own."""
    calls = answer.reply.calls
    if answer.reply.problems:
        return _unanswered(answer)
    if len(calls) < 2:  # noqa: PLR2004 - two calls were asked for.
        outcome = Outcome.FAILED if work.trained else Outcome.WARNED
        return _told(outcome, f"the question asks for two calls, and {len(calls)} came: {_seen(answer)}", answer)
    ids = {call.id for call in calls}
    if len(ids) < len(calls) or "" in ids:
        said = f"{len(calls)} calls came under the ids {sorted(ids)}; a result finds its call only by an id of its own"
        return _told(Outcome.FAILED, said, answer)
    return _right(answer, work, work.two.calls)


def streamed(pairs: Sequence[tuple[ToolAnswer, ToolAnswer]], work: ToolWork) -> Judgement:
    """A stream, put together as clients do it, holds the same calls and the same end as the whole answer.

    Names and number of the calls, and arguments that cannot be read, are the server's fault. Other values in readable
    arguments are so only of a trained model; another may have chosen otherwise, so they are a warning.
    """
    for whole, stream in pairs:
        for answer in (whole, stream):
            if answer.reply.problems:
                return _unanswered(answer)
    complete = [pair for pair in pairs if not any(map(_cut, pair))]
    for whole, stream in complete:
        if difference := _difference(whole, stream):
            return _told(Outcome.FAILED, f"{whole.way.value}: {difference}", whole, stream)
    unlike = [(whole, stream) for whole, stream in complete if _values(whole) != _values(stream)]
    for whole, stream in unlike:
        outcome = Outcome.FAILED if work.trained else Outcome.WARNED
        said = f"{whole.way.value}: not streamed, the call is {_seen(whole)}; streamed, it is {_seen(stream)}"
        return _told(outcome, said, whole, stream)
    compared = [whole.way.value for whole, _ in complete if whole.reply.calls]
    everything = [answer for pair in pairs for answer in pair]
    if not compared:
        return _nothing("there is nothing to compare", *everything)
    return _told(Outcome.PASSED, f"streamed and not streamed are the same: {', '.join(compared)}", *everything)


def arguments(asked: Sequence[ToolAnswer], work: ToolWork) -> Judgement:
    """The arguments of every whole call are JSON, valid by the schema of its tool.

    A tool without parameters has a case of its own, and so has what a stream makes of the same calls.

    What is no JSON is the server's fault, and so is what breaks the schema of a tool that is ``strict``. Elsewhere it
    depends on release and model whether anything binds the values, so it is a warning, and a failure of a model that
    was trained for these tools.
    """
    elsewhere = {ToolWay.NO_ARGUMENTS, *STREAMED.values()}
    read = [answer for answer in asked if answer.way not in elsewhere and not _cut(answer)]
    calls = sum(len(answer.reply.calls) for answer in read)
    faults = [(answer, fault) for answer in read for call in answer.reply.calls if (fault := _fault(call, work))]
    if not calls:
        return _nothing("no arguments can be read", *asked)
    if not faults:
        return _told(Outcome.PASSED, f"the arguments of {calls} calls are valid by the schemas of their tools", *read)
    bound = [
        one for one in faults if one[1].startswith(_NOT_JSON) or one[0].way is ToolWay.NAMED_STRICT or work.trained
    ]
    answer, fault = (bound or faults)[0]
    said = f"the arguments of {len(faults)} of {calls} calls are not valid; the first, {answer.way.value}: {fault}"
    if bound:
        return _told(Outcome.FAILED, said, *read)
    return _told(Outcome.WARNED, f"{said}; with strict: true in its tool, a call keeps to the schema", *read)


def finish_reason(asked: Sequence[ToolAnswer]) -> Judgement:
    """An answer that calls tools of the model's own choice ends with ``tool_calls``; clients loop on it.

    What a forced call ends with is shown: OpenAI says ``stop`` for a named tool, and releases of vLLM differ.
    """
    called = [answer for answer in asked if answer.reply.calls and not _cut(answer)]
    ends = {answer.way.value: answer.reply.reply.finish_reason for answer in called}
    free = {answer.way.value for answer in asked if not answer.way.forced}
    wrong = [way for way, end in ends.items() if way in free and end != _CALLED]
    seen = tuple(Observation(name=way, value=end or "none") for way, end in ends.items())
    kept: dict[str, Any] = {"finish_reasons": ends}
    if not ends:
        return _nothing("nothing ended so", *asked)
    told = ", ".join(f"{way}: {end or 'none'}" for way, end in ends.items())
    if wrong:
        message = f"calls that end without finish_reason {_CALLED!r} are not seen by clients: {told}"
        return Judgement(outcome=Outcome.FAILED, message=message, observations=seen, material=kept)
    return Judgement(outcome=Outcome.PASSED, message=told, observations=seen, material=kept)


def content(asked: Sequence[ToolAnswer]) -> Judgement:
    """Nothing of the syntax of calls is left in the content: the parser that the manifest names took it all out."""
    answered = [answer for answer in asked if not answer.reply.problems]
    left = [(answer, found[0]) for answer in answered if (found := _TOKEN.search(answer.reply.reply.content))]
    if left:
        answer, token = left[0]
        said = f"{answer.way.value}: {quote(token)} is left in the content: {_seen(answer)}"
        return _told(Outcome.FAILED, said, *answered)
    if not answered:
        return _told(Outcome.INCONCLUSIVE, "no answer came whose content could be looked at")
    return _told(Outcome.PASSED, f"{len(answered)} answers hold no token of a parser", *answered)


def unused(judgement: Judgement) -> Judgement:
    """The judgement of calls that only a canary makes: a failure is a warning, because production calls no tools."""
    if judgement.outcome is not Outcome.FAILED:
        return judgement
    message = f"{judgement.message}; the manifest names no --tool-call-parser, so this speaks against no upgrade"
    return replace(judgement, outcome=Outcome.WARNED, message=message)


_NOT_JSON = "not JSON"


_UNREADABLE = object()
"""In the place of arguments that are no JSON."""


def _fault(call: ToolCall, work: ToolWork) -> str:
    value, tool = _value(call), work.tool(call.name)
    if value is _UNREADABLE:
        return f"{_NOT_JSON}: {quote(call.arguments)}"
    if tool is None:
        return ""
    violation = best_match(answers.compile_schema(tool.parameters).iter_errors(value))
    return "" if violation is None else f"{violation.json_path}: {quote(violation.message, limit=120)}"


def _value(call: ToolCall) -> Any:
    try:
        return answers.parse(call.arguments)
    except ValueError:
        return _UNREADABLE


def _values(answer: ToolAnswer) -> list[Any]:
    return [_value(call) for call in answer.reply.calls]


def _cut(answer: ToolAnswer) -> bool:
    """It ended at the limit of tokens, so what there is of a call need not be whole."""
    return answer.reply.reply.finish_reason == "length"


def _difference(whole: ToolAnswer, stream: ToolAnswer) -> str:
    """What differs that no choice of a model explains; ``""`` for nothing."""
    for one, other in itertools.zip_longest(whole.reply.calls, stream.reply.calls):
        if one is None or other is None or one.name != other.name:
            return f"not streamed, the calls are {_seen(whole)}; streamed, they are {_seen(stream)}"
        if _value(one) is not _UNREADABLE and _value(other) is _UNREADABLE:
            return f"streamed, the arguments of {other.name} cannot be read: {quote(other.arguments)}"
    ends = whole.reply.reply.finish_reason, stream.reply.reply.finish_reason
    return (
        ""
        if ends[0] == ends[1]
        else f"not streamed, it ends with finish_reason {ends[0]!r}; streamed, with {ends[1]!r}"
    )


def _right(answer: ToolAnswer, work: ToolWork, expected: Sequence[ExpectedCall]) -> Judgement:
    """The calls are of tools that were offered, and those that a trained model must make."""
    calls = answer.reply.calls
    if unknown := [call.name for call in calls if work.tool(call.name) is None]:
        return _told(Outcome.FAILED, f"{quote(unknown[0])} was called, but no such tool was offered", answer)
    wanted = [(one.name, dict(one.arguments)) for one in expected]
    unreadable = any(_value(call) is _UNREADABLE for call in calls)
    if expected and not unreadable and [(call.name, _value(call)) for call in calls] != wanted:
        needed = ", ".join(f"{name} {arguments}" for name, arguments in wanted)
        return _told(Outcome.FAILED, f"called {_seen(answer)}; expected {needed}", answer)
    return _told(Outcome.PASSED, f"{_names(calls)} was called", answer)


def _unanswered(answer: ToolAnswer) -> Judgement:
    return _told(Outcome.FAILED, f"{answer.way.value}: {'; '.join(answer.reply.problems)}", answer)


def _nothing(what: str, *asked: ToolAnswer) -> Judgement:
    """Without a complete call nothing is shown; that none came is what the cases of the forced calls tell."""
    outcome = Outcome.INCONCLUSIVE if any(map(_cut, asked)) else Outcome.BLOCKED
    return _told(outcome, f"no call came that is complete, so {what}", *asked)


def _seen(answer: ToolAnswer) -> str:
    """The calls of an answer, or its content where there is none."""
    called = ", ".join(f"{call.name} {quote(call.arguments, limit=80)}" for call in answer.reply.calls)
    return called or f"the content {quote(answer.reply.reply.content)}"


def _names(calls: Sequence[ToolCall]) -> str:
    return " and ".join(call.name for call in calls)


def _told(outcome: Outcome, message: str, *asked: ToolAnswer) -> Judgement:
    return Judgement(outcome=outcome, message=message, observations=tuple(_observed(asked)))


def _observed(asked: Sequence[ToolAnswer]) -> Iterator[Observation]:
    for answer in asked:
        yield Observation(name=f"calls, {answer.way.value}", value=len(answer.reply.calls))
