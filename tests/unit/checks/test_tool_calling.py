"""Tool calls are judged by what clients are left with; a model's choice is its own unless it was trained for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.plugin.scripted import Script, ScriptedClient
from vllm_qualify.checks import tool_calling, tool_probes
from vllm_qualify.checks.tool_probes import OWN_MODEL, ExpectedCall, ToolAnswer, ToolQuestion, ToolWay
from vllm_qualify.client.exchanges import ChatReply, Usage
from vllm_qualify.client.tool_calls import ToolCall, ToolReply
from vllm_qualify.core.records import Judgement, Outcome

FIND = ToolCall(id="a", name="find_station", arguments='{"city": "Oslo", "hour": 9}')
OTHER = ToolCall(id="b", name="find_station", arguments='{"city": "Vienna", "hour": 9}')
DATE = ToolCall(id="c", name="current_date", arguments="{}")
OSLO = ExpectedCall(name="find_station", arguments={"city": "Oslo", "hour": 9})
VIENNA = ExpectedCall(name="find_station", arguments={"city": "Vienna", "hour": 9})
TRAINED = replace(
    OWN_MODEL, one=ToolQuestion(text="One?", calls=(OSLO,)), two=ToolQuestion(text="Two?", calls=(OSLO, VIENNA))
)


def called(
    *calls: ToolCall, way: ToolWay = ToolWay.AUTO, finish: str = "tool_calls", content: str = "", status: int = 200
) -> ToolAnswer:
    """An answer with these calls."""
    usage = Usage(prompt=1, completion=9)
    reply = ChatReply(status=status, content=content, finish_reason=finish, usage=usage, body="refused")
    return ToolAnswer(way=way, reply=ToolReply(reply=reply, calls=calls))


def prose(way: ToolWay = ToolWay.AUTO, *, finish: str = "stop") -> ToolAnswer:
    """An answer in words."""
    return called(way=way, finish=finish, content="Platform 9.")


def with_arguments(text: str, way: ToolWay = ToolWay.AUTO) -> ToolAnswer:
    """One call with these arguments."""
    return called(replace(FIND, arguments=text), way=way)


def test_a_free_choice_of_the_operator_s_model_is_its_own() -> None:
    """Prose is told, any offered tool will do; one that was not offered is none."""
    assert tool_calling.auto(prose(), OWN_MODEL).outcome is Outcome.WARNED
    assert tool_calling.auto(called(DATE), OWN_MODEL).outcome is Outcome.PASSED
    assert tool_calling.auto(called(replace(FIND, name="fly")), OWN_MODEL).outcome is Outcome.FAILED


def test_a_trained_model_must_make_the_right_call() -> None:
    """Name and arguments; arguments that cannot be read are for their own case."""
    wrong = tool_calling.auto(called(OTHER), TRAINED)

    assert tool_calling.auto(called(FIND), TRAINED).outcome is Outcome.PASSED
    assert tool_calling.auto(prose(), TRAINED).outcome is Outcome.FAILED
    assert wrong.outcome is Outcome.FAILED
    assert wrong.message.endswith("expected find_station {'city': 'Oslo', 'hour': 9}")
    assert tool_calling.auto(with_arguments('{"city"'), TRAINED).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (called(DATE, way=ToolWay.REQUIRED), Outcome.PASSED),
        (called(FIND, way=ToolWay.NAMED, finish="stop"), Outcome.PASSED),
        (called(DATE, way=ToolWay.NAMED), Outcome.FAILED),
        (prose(ToolWay.REQUIRED), Outcome.FAILED),
        (prose(ToolWay.REQUIRED, finish="length"), Outcome.INCONCLUSIVE),
        (called(way=ToolWay.REQUIRED, status=400), Outcome.FAILED),
    ],
)
def test_a_forced_call_must_come(answer: ToolAnswer, outcome: Outcome) -> None:
    """From any model, and of the named tool where one is named; one that is cut off shows nothing."""
    assert tool_calling.forced(answer, OWN_MODEL).outcome is outcome


def test_a_fault_in_what_production_does_not_use_is_a_warning() -> None:
    """Only a canary called tools, and it says so; whatever passed stays as it is."""
    failed = tool_calling.forced(prose(ToolWay.REQUIRED), TRAINED)
    passed = tool_calling.forced(called(FIND, way=ToolWay.REQUIRED), TRAINED)

    assert tool_calling.unused(failed).outcome is Outcome.WARNED
    assert tool_calling.unused(failed).message.startswith(failed.message)
    assert tool_calling.unused(passed) is passed


def test_a_forced_call_of_a_trained_model_is_the_right_one() -> None:
    """Name and arguments: what forces the call does not excuse it."""
    assert tool_calling.forced(called(FIND, way=ToolWay.REQUIRED), TRAINED).outcome is Outcome.PASSED
    assert tool_calling.forced(called(OTHER, way=ToolWay.NAMED), TRAINED).outcome is Outcome.FAILED
    assert tool_calling.forced(called(FIND, OTHER, way=ToolWay.REQUIRED), TRAINED).outcome is Outcome.FAILED


@pytest.mark.parametrize(("text", "outcome"), [("{}", Outcome.PASSED), ("", Outcome.FAILED), ("null", Outcome.FAILED)])
def test_a_tool_that_takes_nothing_gets_an_empty_object(text: str, outcome: Outcome) -> None:
    """Clients parse the arguments whatever the tool takes."""
    answer = called(replace(DATE, arguments=text), way=ToolWay.NO_ARGUMENTS)

    assert tool_calling.no_arguments(answer, OWN_MODEL).outcome is outcome


def test_calls_in_parallel_have_ids_of_their_own() -> None:
    """Fewer than two are the model's choice, unless it was trained."""
    way = ToolWay.PARALLEL

    assert tool_calling.parallel(called(FIND, OTHER, way=way), TRAINED).outcome is Outcome.PASSED
    assert tool_calling.parallel(called(FIND, DATE, way=way), TRAINED).outcome is Outcome.FAILED
    assert tool_calling.parallel(called(FIND, way=way), TRAINED).outcome is Outcome.FAILED
    assert tool_calling.parallel(called(FIND, way=way), OWN_MODEL).outcome is Outcome.WARNED
    assert tool_calling.parallel(called(FIND, FIND, way=way), OWN_MODEL).outcome is Outcome.FAILED
    assert tool_calling.parallel(called(FIND, replace(OTHER, id=""), way=way), OWN_MODEL).outcome is Outcome.FAILED


def compared(whole: ToolAnswer, stream: ToolAnswer, *, trained: bool = False) -> Judgement:
    """The judgement of one pair."""
    return tool_calling.streamed([(whole, stream)], TRAINED if trained else OWN_MODEL)


def test_a_stream_that_says_the_same_passes() -> None:
    """However the text of the arguments is spaced; without a call there is nothing to compare."""
    spaced = with_arguments('{"hour":9,"city":"Oslo"}')

    assert compared(called(FIND), spaced).outcome is Outcome.PASSED
    assert compared(prose(), prose()).outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    "stream",
    [
        called(),
        called(FIND, OTHER),
        called(DATE),
        with_arguments('{"city": "Oslo", "hour": 9'),
        called(FIND, finish="stop"),
        called(FIND, status=400),
    ],
)
def test_a_stream_of_another_form_fails(stream: ToolAnswer) -> None:
    """Fewer calls, more, others, a lost brace, another end."""
    assert compared(called(FIND), stream).outcome is Outcome.FAILED


def test_other_values_are_held_against_a_trained_model_alone() -> None:
    """Both are told."""
    assert compared(called(FIND), called(OTHER)).outcome is Outcome.WARNED
    assert compared(called(FIND), called(OTHER), trained=True).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (called(FIND), Outcome.PASSED),
        (prose(), Outcome.BLOCKED),
        (with_arguments('{"city": "Oslo", "hour": 9'), Outcome.FAILED),
        (with_arguments('{"city": "Paris", "hour": 9}'), Outcome.WARNED),
        (with_arguments('"Oslo"', ToolWay.NAMED), Outcome.WARNED),
        (with_arguments('"Oslo"', ToolWay.NAMED_STRICT), Outcome.FAILED),
        (called(replace(DATE, arguments=""), way=ToolWay.NO_ARGUMENTS), Outcome.BLOCKED),
    ],
)
def test_arguments_of_the_operator_s_model(answer: ToolAnswer, outcome: Outcome) -> None:
    """Always JSON; by the schema where the tool is strict, and a warning where nothing binds them."""
    assert tool_calling.arguments([answer], OWN_MODEL).outcome is outcome


def test_a_call_that_was_cut_off_is_no_fault_of_the_parser() -> None:
    """Nothing is shown by it, wherever calls are read."""
    way, cut = ToolWay.NAMED, replace(FIND, arguments='{"city": "Os')
    answer = called(cut, way=way, finish="length")

    assert tool_calling.forced(answer, OWN_MODEL).outcome is Outcome.INCONCLUSIVE
    assert tool_calling.arguments([answer], OWN_MODEL).outcome is Outcome.INCONCLUSIVE
    assert tool_calling.finish_reason([answer]).outcome is Outcome.INCONCLUSIVE
    assert compared(called(FIND, way=way), answer).outcome is Outcome.INCONCLUSIVE


def test_a_trained_model_keeps_to_the_schema() -> None:
    """It was taught to."""
    assert tool_calling.arguments([with_arguments('"Oslo"')], TRAINED).outcome is Outcome.FAILED


def test_an_answer_that_calls_ends_so() -> None:
    """Of a forced call the end is only shown; OpenAI itself says stop for a named tool."""
    named = called(FIND, way=ToolWay.NAMED, finish="stop")
    judgement = tool_calling.finish_reason([called(FIND), named, prose(ToolWay.PARALLEL)])

    assert judgement.outcome is Outcome.PASSED
    assert judgement.material["finish_reasons"] == {"auto": "tool_calls", "named": "stop"}
    assert tool_calling.finish_reason([called(FIND, finish="stop")]).outcome is Outcome.FAILED
    assert tool_calling.finish_reason([prose()]).outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    "left",
    [
        "<tool_call>\n{}",
        "</tool_call>",
        "[TOOL_CALLS][{}]",
        "<|python_tag|>find()",
        "<｜tool▁calls▁begin｜>",  # noqa: RUF001 - as DeepSeek's models write it.
        "<function=find>",
        "<longcat_tool_call>",
        'functools[{"name"',
    ],
)
def test_a_token_of_a_parser_in_the_content_fails(left: str) -> None:
    """Whichever parser it is of."""
    judgement = tool_calling.content([called(content=f"I will look. {left}")])

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message.startswith("auto: ")


def test_ordinary_words_are_none() -> None:
    """Brackets, tags of HTML, and comparisons are content."""
    answers = [called(content="a < b, [1], <b>toolbox</b>, function(x)"), prose()]

    assert tool_calling.content(answers).outcome is Outcome.PASSED
    assert tool_calling.content([called(status=400)]).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("way", ToolWay)
def test_an_engine_that_calls_no_tool_is_seen(way: ToolWay) -> None:
    """As the simulated one does it: HTTP 200 and prose."""
    answer = tool_probes.ask(ScriptedClient(Script(behaviour="ignores-tools")), OWN_MODEL, way, model="ml")

    assert tool_calling.forced(answer, OWN_MODEL).outcome is Outcome.FAILED
