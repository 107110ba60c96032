"""Once the time is up nothing more is asked; until then everything is passed on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.plugin.scripted import Script, ScriptedClient
from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.targets.base import Client, OutOfTime
from vllm_qualify.targets.deadline_client import DeadlineClient

ASK = ChatRequest(model="ml", prompt="Hello", max_tokens=1)
WAYS: dict[str, Callable[[Client], object]] = {
    "ask": lambda client: client.ask("GET", "/v1/models").status,
    "chat": lambda client: client.chat(ASK).status,
    "events": lambda client: client.events("/v1/chat/completions", {"model": "ml", "stream": True}).status,
    "health": lambda client: client.health().status,
    "many": lambda client: client.many([ASK], streams=1)[0].status,
    "metrics": lambda client: 200 if client.metrics() else 0,
    "models": lambda client: client.models().status,
    "stream": lambda client: client.stream(ASK).status,
}


def refuse() -> None:
    """The time is up."""
    raise OutOfTime("production has been away for long enough")


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_asked_once_the_time_is_up(way: str) -> None:
    """Every request would keep production away for longer."""
    client = ScriptedClient(Script())

    with pytest.raises(OutOfTime):
        WAYS[way](DeadlineClient(client, check=refuse))

    assert client.engine.requests == []


@pytest.mark.parametrize("way", WAYS)
def test_until_then_it_is_passed_on(way: str) -> None:
    """With its answer."""
    assert WAYS[way](DeadlineClient(ScriptedClient(Script()), check=lambda: None)) == 200


def test_every_way_to_ask_is_known_here() -> None:
    """Whoever adds one to the client adds it to these tests."""
    assert set(WAYS) == {name for name, way in vars(Client).items() if callable(way) and not name.startswith("_")}
