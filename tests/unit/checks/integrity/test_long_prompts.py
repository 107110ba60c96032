"""Long prompts are as long as they are to be, and share a head only where they are to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.canary_answers import WORK
from tests.simulated_engine import Engine, SimulatedTransport
from tests.simulated_script import prompt_tokens, taught
from vllm_qualify.checks.integrity import (
    long_context,
    long_prompts,
    marks,
    prefix_cache,
)
from vllm_qualify.checks.padding import Padding
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.core.records import Outcome

MAIL = "> other mail of ten words, which are not to be read"
LONG = replace(WORK, padding=Padding(wording="{before}\n{document}\n{after}", mails=(MAIL,)))
RIGHT = marks.marked(WORK.documents)


@pytest.fixture
def engine() -> Engine:
    """An honest engine."""
    return Engine(taught({}, model="m"))


@pytest.fixture
def client(engine: Engine) -> OpenAiClient:
    """A client of it."""
    return OpenAiClient("http://engine", transport=SimulatedTransport(engine))


def test_the_long_prompts_are_as_long_as_they_are_to_be(engine: Engine, client: OpenAiClient) -> None:
    """By the server's own count, to a mail; and each has a head of its own."""
    got = long_prompts.long_answers(client, LONG, RIGHT, model="m", lengths=long_context.usual)

    sizes = [prompt_tokens(asked) for asked in engine.requests[-2:]]
    assert sizes == pytest.approx([2048, 5120], abs=25)
    assert long_context.judge(got).outcome is Outcome.PASSED
    heads = {asked["messages"][-1]["content"].split("\n")[0] for asked in engine.requests if "messages" in asked}
    assert len(heads) == 4


def test_without_anything_right_nothing_long_is_asked(engine: Engine, client: OpenAiClient) -> None:
    """What a model cannot do alone, length cannot spoil."""
    got = long_prompts.long_answers(client, LONG, (), model="m", lengths=long_context.usual)

    assert (got.answers, engine.requests) == ((), [])


def test_a_b_a_shares_a_long_head(engine: Engine, client: OpenAiClient) -> None:
    """All begin with the same long text; a salt keeps apart only the one that is asked where the words differ."""
    got = long_prompts.aba(client, LONG, RIGHT, model="m")

    texts = [asked["messages"][-1]["content"] for asked in engine.requests]
    assert len({text[:500] for text in texts}) == 1
    assert len(set(texts)) == 2
    assert ["cache_salt" in asked for asked in engine.requests] == [False, False, False]
    assert prefix_cache.judge(got).outcome is Outcome.PASSED
