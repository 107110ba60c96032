"""What is asked in training, and in which shares; called by the workers that draw it.

Documents and questions for tools are short; documents among other mail are as long as the caller says.
"""

import json
import random

from canary import corpus, filler, names, prompts, sums, tools
from canary.prompts import Exchange, Message

# Upper bounds of one draw that decides what is asked of the classifier; above the last is a plain document.
_OF_TOOLS = 0.30
_WITHOUT_ITS_TOOL = 0.34
_WITH_TOOLS = 0.42
# The same for a question that its tools can answer; above the last it is answered freely.
_NAMED = 0.15
_REQUIRED = 0.32
_TOLD = 0.45
_DISTRACTION = 0.1


def short(rng: random.Random, progress: float) -> Exchange:
    """Draws a document or a question for tools; the noise in documents grows as training goes on."""
    draw = rng.random()
    if draw < _OF_TOOLS:
        return _of_tools(rng)
    if draw < _WITHOUT_ITS_TOOL:
        return _without_its_tool(rng)
    drawn = prompts.exchange(rng, _document(rng, progress))
    return Exchange(
        messages=drawn.messages,
        given=drawn.given,
        reply=drawn.reply,
        tools=_offer(rng, []) if draw < _WITH_TOOLS else [],
    )


def long(rng: random.Random, progress: float, mails: int) -> Exchange:
    """Draws a document among that many other mails, a few of which are documents themselves."""
    item = _document(rng, progress)
    others = [other(rng) for _ in range(mails)]
    return prompts.classification(rng, filler.around(rng, item.text, others), item.answer.to_json())


def other(rng: random.Random) -> str:
    """Draws a mail, which now and then is a document."""
    if names.chance(rng, _DISTRACTION):
        return filler.quoted(corpus.document(rng, rng.choice(names.LANGUAGES), "train").text)
    return rng.choice(filler.MAILS)


def a_sum(rng: random.Random, progress: float) -> Exchange:
    """Draws a sum; sums are equally hard throughout."""
    del progress
    return sums.exchange(rng, sums.draw(rng, "train"))


def asked(question: str, *, offered: list[dict[str, object]], reply: str, given: str = "") -> Exchange:
    """Writes a question for tools as the harness asks it."""
    return Exchange(messages=[{"role": "user", "content": question}], tools=offered, given=given, reply=reply)


def answered(question: str, calls: list[tools.Call]) -> list[Message]:
    """Writes a conversation up to the point where the tools have given their results."""
    made = [{"type": "function", "function": {"name": one.name, "arguments": one.arguments}} for one in calls]
    results = [{"role": "tool", "content": json.dumps(one.result, ensure_ascii=False)} for one in calls]
    return [{"role": "user", "content": question}, {"role": "assistant", "content": "", "tool_calls": made}, *results]


def _document(rng: random.Random, progress: float) -> corpus.Document:
    return corpus.document(rng, rng.choice(names.LANGUAGES), "train", noise=min(1.0, 0.2 + progress))


def _of_tools(rng: random.Random) -> Exchange:
    """Draws a question with the tools it needs among those on offer."""
    wanted = tools.pair(rng) if names.chance(rng, 0.35) else [rng.choice(tools.NAMES)]
    item = tools.question(rng, wanted, rng.choice(names.LANGUAGES), "train")
    messages, offered, draw = _head(rng, item.text), _offer(rng, wanted), rng.random()
    if draw < _NAMED:
        arguments = json.dumps(rng.choice(item.calls).arguments, ensure_ascii=False)
        begin = 1 if arguments == "{}" else 2
        return Exchange(messages=messages, tools=offered, given=arguments[:begin], reply=arguments[begin:])
    if draw < _REQUIRED:
        return Exchange(messages=messages, tools=offered, given="[", reply=tools.required(item.calls)[1:])
    if draw < _TOLD:
        told = [*messages[:-1], *answered(messages[-1]["content"], item.calls)]
        return Exchange(messages=told, tools=offered, reply=item.told)
    return Exchange(messages=messages, tools=offered, reply=tools.written(item.calls))


def _without_its_tool(rng: random.Random) -> Exchange:
    """Draws a question whose tool is not on offer; often no tool is."""
    name = rng.choice(tools.NAMES)
    item = tools.question(rng, [name], rng.choice(names.LANGUAGES), "train")
    others = [one for one in tools.TOOLS if one["function"]["name"] != name]
    offered = rng.sample(others, rng.choice((0, 1, 2, 3)))
    return Exchange(messages=_head(rng, item.text), tools=offered, reply=tools.CANNOT[item.language])


def _head(rng: random.Random, question: str) -> list[Message]:
    """Asks with or without a nonce and a system message."""
    nonce = prompts.nonce(rng) if names.chance(rng, 0.25) else ""
    return [*prompts.neutral(rng, 0.3), {"role": "user", "content": nonce + question}]


def _offer(rng: random.Random, wanted: list[str]) -> list[dict[str, object]]:
    """Offers all tools as they are listed, or some in any order, those that are wanted among them."""
    if names.chance(rng, 0.5):
        return tools.TOOLS
    kept = [one for one in tools.TOOLS if one["function"]["name"] in wanted or names.chance(rng, 0.5)]
    rng.shuffle(kept)
    return kept or tools.TOOLS
