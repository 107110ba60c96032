"""One token too many is refused, who hangs up is let go, and a lone caller behind a crowd is answered."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks.integrity.test_prefix_cache import reply
from vllm_qualify.checks.integrity import limits
from vllm_qualify.checks.integrity.limits import Cancelled, TooLong
from vllm_qualify.client.exchanges import ChatReply, HttpReply
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.core.records import Outcome

CUT = Failure(kind=FailureKind.DEADLINE)
LIVES = reply("Hi")


@pytest.mark.parametrize(
    ("answer", "after", "outcome", "message"),
    [
        (HttpReply(status=400), LIVES, Outcome.PASSED, "of 4097 tokens, one more than the model's length, is refused"),
        (HttpReply(status=400), ChatReply(status=500), Outcome.FAILED, "the next request got no answer: HTTP 500"),
        (HttpReply(status=200, body='{"usage": {"prompt_tokens": 4096}}'), LIVES, Outcome.FAILED, "read 4096 tokens"),
        (HttpReply(status=200, body="?"), LIVES, Outcome.FAILED, "HTTP 200; expected HTTP 400"),
        (HttpReply(status=422, body="no"), LIVES, Outcome.WARNED, "HTTP 422"),
        (HttpReply(status=404), LIVES, Outcome.NOT_APPLICABLE, "not served"),
        (HttpReply(status=500), LIVES, Outcome.FAILED, "HTTP 500"),
        (HttpReply(failure=CUT), LIVES, Outcome.FAILED, "got no answer"),
    ],
)
def test_too_long(answer: HttpReply, after: ChatReply, outcome: Outcome, message: str) -> None:
    """Only HTTP 400 is right, and only of an engine that lives on."""
    got = limits.too_long(TooLong(length=4096, reply=answer, after=after))

    assert got.outcome is outcome
    assert message in got.message


def test_a_length_that_nobody_tells_is_not_overstepped() -> None:
    """Without the model's length nothing was asked."""
    assert limits.too_long(TooLong(length=None)).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("body", "length"),
    [
        ({"data": [{"id": "m", "max_model_len": 4096}, {"id": "adapter"}]}, 4096),
        ({"data": [{"id": "m", "max_model_len": None}]}, None),
        ({"data": "m"}, None),
        ([], None),
    ],
)
def test_the_models_length(body: object, length: int | None) -> None:
    """It is that of the first model that has one."""
    assert limits.model_length(HttpReply(status=200, body=json.dumps(body))) == length


@given(st.text())
def test_no_text_breaks_the_reading_of_the_length(text: str) -> None:
    """Whatever stands at /v1/models, there is a length or there is none."""
    assert limits.model_length(HttpReply(status=200, body=text)) is None


@pytest.mark.parametrize(
    ("stream", "running", "outcome", "message"),
    [
        (HttpReply(status=200, body="data: {", failure=CUT), (1.0, 0.0), Outcome.PASSED, "no request is running"),
        (HttpReply(status=200, body="data: {", failure=CUT), (1.0, 1.0), Outcome.FAILED, "1 request is still running"),
        (HttpReply(status=200, body="data: {", failure=CUT), (None,), Outcome.NOT_APPLICABLE, "does not say"),
        (HttpReply(status=200, body="data: {"), (0.0,), Outcome.INCONCLUSIVE, "ended before"),
        (HttpReply(failure=CUT), (0.0,), Outcome.INCONCLUSIVE, "had not begun"),
        (HttpReply(status=404, body="no"), (0.0,), Outcome.INCONCLUSIVE, "HTTP 404"),
    ],
)
def test_cancelled(stream: HttpReply, running: tuple[float | None, ...], outcome: Outcome, message: str) -> None:
    """Only a stream that had begun and was cut off shows whether its place is free."""
    got = limits.cancelled(Cancelled(reply=stream, running=running, seconds=0.2))

    assert got.outcome is outcome
    assert message in got.message


def lone(seconds: float) -> ChatReply:
    """A completion of one token that took so long."""
    return replace(LIVES, seconds=seconds)


@pytest.mark.parametrize(
    ("health", "after", "outcome", "message"),
    [
        (HttpReply(status=200), lone(0.3), Outcome.PASSED, "took 0.30 s after a crowd, 0.10 s before"),
        (HttpReply(status=200), lone(2.5), Outcome.FAILED, "the limit is 2.0 s"),
        (HttpReply(status=200), ChatReply(failure=CUT), Outcome.FAILED, "/health: HTTP 200"),
        (HttpReply(status=503), lone(0.1), Outcome.FAILED, "HTTP 503"),
    ],
)
def test_heartbeat(health: HttpReply, after: ChatReply, outcome: Outcome, message: str) -> None:
    """Health alone is no pulse, nor is an answer that comes late."""
    got = limits.heartbeat([lone(0.1), lone(0.9), lone(0.1)], health, after)

    assert got.outcome is outcome
    assert message in got.message
