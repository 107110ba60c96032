"""The warm-up goes on until the rate has settled, and is bounded."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.canary_answers import WORK
from vllm_qualify.checks import warm_up
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, Chunk, StreamSample, Usage
from vllm_qualify.client.failures import Failure, FailureKind

EAGER = (63.0, 48.0, 63.0, 44.0, 55.0, 60.0, 66.0, 71.0, 72.0, 74.0, 74.0)
"""Tokens a second of the first requests on an H200 in eager mode."""


@dataclass
class Paced:
    """A server that decodes at the given rates, one a request; the last one for ever. Keeps what it was asked."""

    rates: tuple[float, ...]
    refuses_salt: int = 0
    asked: list[ChatRequest] = field(default_factory=list)

    def chat(self, request: ChatRequest) -> ChatReply:
        raise AssertionError(request)

    def stream(self, request: ChatRequest) -> StreamSample:
        self.asked.append(request)
        if self.refuses_salt and "cache_salt" in request.extra:
            return StreamSample(status=self.refuses_salt, body="not supported")
        rate = self.rates[min(len(self.asked), len(self.rates)) - 1]
        if not rate:
            return StreamSample(failure=Failure(kind=FailureKind.TIMEOUT))
        chunks = (Chunk(at=0.5, tokens=1), Chunk(at=0.5 + 127 / rate, tokens=128, last=True))
        return StreamSample(status=200, chunks=chunks, usage=Usage(prompt=9, completion=128), done=True)


def warmed(client: Paced) -> tuple[warm_up.WarmUp, ChatRequest]:
    """The warm-up of a server, and the first request after it."""
    found, requests = warm_up.warm_up(client, WORK, model="ml")
    return found, next(requests)


@pytest.mark.parametrize(
    ("rates", "requests"),
    [((40.0,), 3), ((30.0, 40.0), 4), (EAGER, 10), ((40.0, 39.0, 38.1), 3), ((40.0, 39.0, 37.9, 39.0), 4)],
)
def test_it_ends_when_three_rates_in_a_row_are_close(rates: tuple[float, ...], requests: int) -> None:
    """Within 5 % of the fastest of the last three; a steady server is asked three times."""
    found, _ = warmed(Paced(rates))

    assert found.settled
    assert found.requests == requests


def test_it_is_given_up_in_the_end() -> None:
    """A rate that swings for ever is measured as it is, and the warm-up says that it did not settle."""
    found, _ = warmed(Paced((40.0, 60.0) * 20))

    assert (found.settled, found.requests) == (False, warm_up.MOST)


def test_a_server_that_does_not_answer_is_asked_once() -> None:
    """Nobody waits for twelve time-outs."""
    client = Paced((0.0,))

    found, _ = warmed(client)

    assert (found.settled, found.requests) == (False, 1)


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_refuses_the_salt_is_asked_without(status: int) -> None:
    """The V0 engine of vLLM 0.10.2 refuses the parameter; what is measured then does not carry it."""
    client = Paced((40.0,), refuses_salt=status)

    found, following = warmed(client)

    assert found.settled
    assert [bool(request.extra) for request in client.asked] == [True, False, False, False]
    assert not following.extra


def test_what_is_measured_goes_on_salted() -> None:
    """Each request has a salt of its own, in the warm-up and after it."""
    client = Paced((40.0,))

    _, following = warmed(client)

    salts = {request.extra["cache_salt"] for request in (*client.asked, following)}
    assert len(salts) == 4
