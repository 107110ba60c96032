"""The client against the simulator: zero tolerance on tokens and times, and every failure as a value."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulated_script import Fault, Script
from tests.simulator import Clock, Simulator, simulate
from vllm_qualify.client.exchanges import ChatRequest, StreamSample, Usage
from vllm_qualify.client.failures import FailureKind
from vllm_qualify.client.openai import OpenAiClient, new_http_client

ASK = ChatRequest(model="canary", prompt="Say hello.")


@pytest.fixture(scope="module")
def http_client() -> Iterator[httpx.Client]:
    """The one HTTP client of a run."""
    with new_http_client() as client:
        yield client


def streamed(http_client: httpx.Client, script: Script, *, deadline_seconds: float = 120.0) -> StreamSample:
    """One stream of the script, timed by the virtual clock."""
    clock = Clock()
    with simulate(script, clock) as simulator:
        client = OpenAiClient(simulator.url, client=http_client, clock=clock, deadline_seconds=deadline_seconds)
        return client.stream(ASK)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulator that answers properly."""
    with simulate() as running:
        yield running


@pytest.fixture
def client(simulator: Simulator, http_client: httpx.Client) -> OpenAiClient:
    """A client of that simulator."""
    return OpenAiClient(simulator.url, client=http_client, clock=simulator.clock)


def test_stream_is_read_exactly(http_client: httpx.Client) -> None:
    """Text, tokens, times and end of a proper stream are exactly those that the simulator sent."""
    sample = streamed(http_client, Script(gap_seconds=0.25))

    assert sample.problems == ()
    assert (sample.content, sample.finish_reason, sample.model) == ("Hello wörld!", "stop", "canary")
    assert [chunk.at for chunk in sample.chunks] == [0.25, 0.5, 0.75, 1.0]
    assert [chunk.tokens for chunk in sample.chunks] == [0, 2, 3, 4]
    assert sample.usage == Usage(prompt=7, completion=4)


def test_decode_rate_is_exact(http_client: httpx.Client) -> None:
    """The rate is (4 tokens - 2 of the first piece) / (1.0 s - 0.5 s), and the first token came at 0.5 s."""
    sample = streamed(http_client, Script(gap_seconds=0.25))

    assert sample.first_token_seconds == 0.5
    assert sample.decode_rate == (4 - 2) / (1.0 - 0.5)
    assert sample.seconds == 1.5


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(1, 4), min_size=2, max_size=8), gap_ms=st.integers(1, 1000))
def test_tokens_are_counted_however_they_are_bundled(http_client: httpx.Client, sizes: list[int], gap_ms: int) -> None:
    """Any bundling of tokens into pieces gives the server's count and the formula's rate."""
    script = Script(chunks=tuple(("x",) * size for size in sizes), gap_seconds=gap_ms / 1024)

    sample = streamed(http_client, script)

    assert sample.tokens == sum(sizes)
    assert sample.decode_rate == pytest.approx(sum(sizes[1:]) / ((len(sizes) - 1) * gap_ms / 1024), rel=1e-12)


def test_pieces_without_counts_still_give_a_rate(http_client: httpx.Client) -> None:
    """A server that counts only at the end has its first piece taken for one token."""
    sample = streamed(http_client, Script(counted=False, gap_seconds=0.25))

    assert sample.problems == ()
    assert [chunk.tokens for chunk in sample.chunks] == [None] * 4
    assert sample.decode_rate == (4 - 1) / (1.0 - 0.5)


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_under_both_names(http_client: httpx.Client, key: str) -> None:
    """The chain is found under either key, and counts for the first token."""
    sample = streamed(http_client, Script(reasoning=1, reasoning_key=key, gap_seconds=0.25))

    assert (sample.reasoning, sample.content) == ("Hello", " wörld!")
    assert sample.first_token_seconds == 0.5


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault.CUT, "connection closed early"),
        (Fault.ERROR_EVENT, "an error event in the stream: EngineCore encountered an issue"),
        (Fault.NO_DONE, "no [DONE] at the end"),
        (Fault.NO_FINISH, "no finish_reason"),
        (Fault.NO_TOKENS, "no token arrived"),
        (Fault.NO_USAGE, "no usage"),
        (Fault.RESET, "connection reset"),
    ],
)
def test_http_200_is_not_success(http_client: httpx.Client, fault: Fault, problem: str) -> None:
    """Whatever a stream lacks behind its HTTP 200 stands first among its problems."""
    sample = streamed(http_client, Script(fault=fault))

    assert sample.status == 200
    assert sample.problems[0].startswith(problem)


def test_cut_stream_keeps_what_came(http_client: httpx.Client) -> None:
    """The pieces before the cut stay in the sample, and all that is missing is named."""
    sample = streamed(http_client, Script(fault=Fault.CUT))

    assert sample.content == "Hello"
    assert sample.problems[1:] == ("no finish_reason", "no [DONE] at the end")


def test_hang_ends_at_the_limit(http_client: httpx.Client) -> None:
    """A server that falls silent in mid-stream is a timeout, not a hung harness."""
    sample = streamed(http_client, Script(fault=Fault.HANG, gap_seconds=0.0), deadline_seconds=0.1)

    assert sample.failure is not None
    assert sample.failure.kind is FailureKind.TIMEOUT
    assert sample.content == "Hello"


def test_dribble_ends_at_the_deadline(http_client: httpx.Client) -> None:
    """A server that goes on sending for too long is cut off, though no single read was late."""
    sample = streamed(http_client, Script(chunks=(("x",),) * 50, gap_seconds=30.0), deadline_seconds=120.0)

    assert sample.failure is not None
    assert sample.failure.kind is FailureKind.DEADLINE
    assert [chunk.at for chunk in sample.chunks] == [30.0, 60.0, 90.0, 120.0, 150.0]


def test_refused_connection_is_a_value(http_client: httpx.Client) -> None:
    """A port where nothing listens gives a reply that says so, for every call."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = OpenAiClient(f"http://127.0.0.1:{port}", client=http_client, clock=Clock())

    replies = (client.health(), client.models(), client.chat(ASK), client.stream(ASK))

    assert [reply.failure and reply.failure.kind for reply in replies] == [FailureKind.REFUSED] * 4
    assert client.metrics() == {}


def test_server_error_keeps_its_body(http_client: httpx.Client) -> None:
    """An HTTP 500 is a reply with status and body, streamed or not."""
    with simulate(Script(status=500)) as simulator:
        client = OpenAiClient(simulator.url, client=http_client, clock=simulator.clock)
        replies = (client.chat(ASK), client.stream(ASK))

    assert [reply.status for reply in replies] == [500, 500]
    assert all(len(reply.problems) == 1 and "EngineDeadError" in reply.problems[0] for reply in replies)


def test_whole_answer_equals_streamed_answer(client: OpenAiClient) -> None:
    """The same script says the same, whole or in pieces."""
    whole, streamed = client.chat(ASK), client.stream(ASK).reply

    assert whole.problems == streamed.problems == ()
    assert (whole.content, whole.usage, whole.finish_reason) == (
        streamed.content,
        streamed.usage,
        streamed.finish_reason,
    )


def test_unknown_model_is_404(client: OpenAiClient) -> None:
    """A model that is not served gives the status, not an exception."""
    assert client.chat(ChatRequest(model="nobody", prompt="?")).status == 404


def test_health_and_models(client: OpenAiClient) -> None:
    """Health is a bare 200, and the models are named in order."""
    assert (client.health().status, client.models().ids) == (200, ("canary",))


def test_any_endpoint_is_asked_as_it_is(client: OpenAiClient) -> None:
    """An answer that no record knows comes back with its status, its headers and its whole body."""
    reply = client.ask("GET", "/v1/models")

    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert '"object":"list"' in reply.body
    assert client.ask("GET", "/nowhere").status == 404


def test_events_come_as_they_were_sent(client: OpenAiClient) -> None:
    """A stream of any endpoint is kept event by event, unread, the last word included."""
    stream = client.events("/v1/chat/completions", {"model": "canary", "messages": [], "stream": True})

    assert not stream.problems
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert [event.data[:1] for event in stream.events[:-1]] == ["{"] * (len(stream.events) - 1)
    assert stream.events[-1].data == "[DONE]"


def test_tokens_agree_with_the_server_counter(client: OpenAiClient) -> None:
    """The tokens of all answers are exactly the growth of the server's own counter."""
    name = "vllm:generation_tokens_total"
    before = client.metrics()[name]

    tokens = sum(client.stream(ASK).tokens for _ in range(3))

    assert client.metrics()[name] - before == tokens == 12


def test_request_carries_what_was_asked(client: OpenAiClient, simulator: Simulator) -> None:
    """Schema, limits, seed, system message and further fields reach the server in OpenAI's spelling."""
    schema = {"type": "object"}
    client.stream(
        ChatRequest(model="canary", prompt="p", system="s", schema=schema, seed=3, ignore_eos=True, extra={"top_k": 1})
    )
    asked = simulator.requests[-1]

    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert asked["response_format"]["json_schema"]["schema"] == schema
    assert (asked["seed"], asked["ignore_eos"], asked["top_k"], asked["temperature"]) == (3, True, 1, 0.0)
    assert asked["stream_options"] == {"include_usage": True, "continuous_usage_stats": True}


def test_proxy_of_the_environment_is_not_used(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy set for the operator's shell must not stand between the client and the candidate."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    with new_http_client() as http:
        assert OpenAiClient(simulator.url, client=http).health().status == 200
