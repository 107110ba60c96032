"""Many streams at once: every stamp of every stream against the moment of its sending, and every failure a value."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import hangups
from tests.golden import Gap, Golden
from tests.simulated_engine import Engine
from tests.simulated_script import Fault, Script
from tests.simulator import Clock, simulate
from vllm_qualify.client import _closed_loop, batches
from vllm_qualify.client.exchanges import ChatRequest, StreamSample
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.client.openai import OpenAiClient, new_http_client
from vllm_qualify.client.transport import HttpTransport

ASK = ChatRequest(model="canary", prompt="Say hello.")


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """The one HTTP client of a run; a batch does not use it."""
    with new_http_client() as client:
        yield client


def asked(golden: Golden, http: httpx.Client) -> tuple[StreamSample, ...]:
    """The whole batch that the golden server expects."""
    transport = HttpTransport(http, clock=golden.clock, selector=golden.selector)
    return OpenAiClient(golden.url, transport=transport).many([ASK] * golden.requests, streams=golden.streams)


def read_at(sample: StreamSample) -> list[float]:
    """When each piece was read, after the start of the batch."""
    return [sample.sent + chunk.at for chunk in sample.chunks]


def staggered(number: int, place: int) -> float:
    """Gaps that differ from stream to stream, exact in binary."""
    return 0.25 + number / 1024 + place / 4096


def test_every_stamp_of_many_streams_is_exact(http: httpx.Client) -> None:
    """Each piece of 32 streams is stamped at the very moment at which it was sent."""
    with Golden(gap=staggered, streams=32, requests=32) as golden:
        samples = asked(golden, http)

    assert [sample.problems for sample in samples] == [()] * 32
    # The last two pieces, usage and [DONE], are no chunks of the sample.
    sends = sorted([at - 1000.0 for at in sent[:-2]] for sent in golden.sends)
    assert sorted(map(read_at, samples)) == sends


def test_tokens_are_the_growth_of_the_servers_counter(http: httpx.Client) -> None:
    """What all streams brought is what the server says to have generated."""
    with Golden(gap=staggered, streams=5, requests=12) as golden:
        samples = asked(golden, http)

    assert sum(sample.tokens for sample in samples) == golden.engine.generated == 48


def test_a_stream_sends_its_next_request_when_its_last_has_ended(http: httpx.Client) -> None:
    """Two streams carry five requests, and never are more than two under way."""
    with Golden(gap=lambda _n, _p: 0.25, streams=2, requests=5) as golden:
        samples = asked(golden, http)

    assert [sample.sent for sample in samples] == [0.0, 0.0, 1.5, 1.5, 3.0]
    assert [sample.seconds for sample in samples] == [1.5] * 5


@settings(max_examples=15, deadline=None)
@given(
    gaps=st.lists(st.integers(0, 400), min_size=6, max_size=6), streams=st.integers(1, 9), requests=st.integers(1, 20)
)
def test_stamps_are_exact_for_any_pace(http: httpx.Client, gaps: list[int], streams: int, requests: int) -> None:
    """Whatever the gaps, whoever comes together, no piece is stamped before or after its sending."""
    gap: Gap = lambda number, place: (gaps[place] + number) / 1024  # noqa: E731 - a line is enough.
    with Golden(gap=gap, streams=streams, requests=requests) as golden:
        samples = asked(golden, http)

    sends = sorted([at - 1000.0 for at in sent[:-2]] for sent in golden.sends)
    assert sorted(map(read_at, samples)) == sends


def test_a_client_that_is_quick_has_no_lag(http: httpx.Client) -> None:
    """Where looking at the clock costs nothing, the timer is always noticed when it is due."""
    with Golden(gap=staggered, streams=8, requests=8) as golden:
        lag = asked(golden, http)[0].lag

    assert lag is not None
    assert (lag.median, lag.p99) == (0.0, 0.0)
    assert lag.beats > 100


def test_a_slow_client_says_how_late_it_is(http: httpx.Client) -> None:
    """Where each look costs 1/64 s, stamps come late, and the lag that is told is of that size."""
    with Golden(gap=lambda _n, _p: 0.25, streams=16, requests=16, look_seconds=1 / 64) as golden:
        samples = asked(golden, http)

    sends = sorted(at - 1000.0 - 1 / 64 for sent in golden.sends for at in sent[:-2])
    late = [read - sent for read, sent in zip(sorted(at for one in samples for at in read_at(one)), sends, strict=True)]
    assert samples[0].lag is not None
    assert samples[0].lag.p99 >= max(late) / 2 > 0.1


def test_the_lag_of_a_batch_is_that_of_each_of_its_samples(http: httpx.Client) -> None:
    """Who looks at one sample finds how late the client was; a stream that was asked alone has none."""
    with Golden(gap=staggered, streams=3, requests=6) as golden:
        samples = asked(golden, http)

    assert len({sample.lag for sample in samples}) == 1


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.value)
def test_a_stream_among_many_is_read_as_one_alone(http: httpx.Client, fault: Fault) -> None:
    """Text, tokens, end and kind of failure are those of the stream that is asked alone."""
    quick = {"deadline_seconds": 0.2} if fault is Fault.HANG else {}
    with simulate(Script(fault=fault, gap_seconds=0.0), Clock(lockstep=False)) as simulator:
        client = OpenAiClient(simulator.url, client=http, **quick)
        alone, (first, *_) = client.stream(ASK), client.many([ASK] * 3, streams=3)

    assert [(chunk.content, chunk.tokens, chunk.last) for chunk in first.chunks] == [
        (chunk.content, chunk.tokens, chunk.last) for chunk in alone.chunks
    ]
    assert (first.failure and first.failure.kind) == (alone.failure and alone.failure.kind)
    assert (first.status, first.usage, first.errors) == (alone.status, alone.usage, alone.errors)


def test_a_refused_connection_is_a_value_of_each(http: httpx.Client) -> None:
    """A port where nothing listens fails every request, and nothing is waited for."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    samples = OpenAiClient(f"http://127.0.0.1:{port}", client=http).many([ASK] * 2000, streams=4)

    assert {sample.failure and sample.failure.kind for sample in samples} == {FailureKind.REFUSED}


@pytest.mark.parametrize(
    ("url", "kind"),
    [("http://no-such-host.invalid", FailureKind.UNREACHABLE), ("https://127.0.0.1", FailureKind.UNREADABLE)],
)
def test_what_cannot_be_asked_at_all_is_a_value_of_each(http: httpx.Client, url: str, kind: FailureKind) -> None:
    """No such host, or a way that a batch does not speak."""
    samples = OpenAiClient(url, client=http).many([ASK] * 2, streams=2)

    assert [sample.failure and sample.failure.kind for sample in samples] == [kind] * 2


@pytest.mark.parametrize(("end", "kind"), [(hangups.CLOSE, FailureKind.CLOSED), (hangups.RESET, FailureKind.RESET)])
def test_a_kept_alive_connection_that_was_closed_is_no_failure(http: httpx.Client, end: str, kind: FailureKind) -> None:
    """What met the close before any byte of an answer is sent once more on a new connection, and says what it met."""
    with hangups.serve([hangups.FINE, end], [hangups.FINE]) as server:
        samples = OpenAiClient(server.url, client=http).many([ASK] * 2, streams=1)

    assert [sample.status for sample in samples] == [200, 200]
    assert (samples[0].resent, samples[1].resent and samples[1].resent.kind) == (None, kind)
    assert server.connections == [0, 0, 1]
    assert server.asked[1][1] == server.asked[2][1]


def test_what_says_something_of_the_server_is_not_sent_again(http: httpx.Client) -> None:
    """A new connection that is reset is a failure as it is."""
    with hangups.serve([hangups.RESET]) as server:
        (sample,) = OpenAiClient(server.url, client=http).many([ASK], streams=1)

    assert (sample.failure and sample.failure.kind, sample.resent) == (FailureKind.RESET, None)
    assert len(server.asked) == 1


def test_after_a_wait_in_vain_nobody_waits_again(http: httpx.Client) -> None:
    """The requests that were not sent yet are failures of the same kind, and say that they were not sent."""
    with simulate(Script(hang=True), Clock(lockstep=False)) as simulator:
        client = OpenAiClient(simulator.url, client=http, deadline_seconds=0.2)
        samples = client.many([ASK] * 6, streams=2)

    assert {sample.failure and sample.failure.kind for sample in samples} == {FailureKind.TIMEOUT}
    assert len(simulator.requests) == 2
    assert samples[-1].failure == Failure(kind=FailureKind.TIMEOUT, detail="not sent: an earlier request got no answer")


def test_a_stream_that_dribbles_is_cut_off_at_its_deadline(http: httpx.Client) -> None:
    """No single read was late, but the answer goes on for too long; the other stream is not touched by it."""
    slow: Gap = lambda number, _: 30.0 if number else 1.0  # noqa: E731 - a line is enough.
    engine = Engine(Script(chunks=(("x",),) * 20))
    with Golden(gap=slow, streams=2, requests=2, engine=engine) as golden:
        samples = asked(golden, http)

    assert sorted(str(sample.failure) for sample in samples) == ["None", "deadline passed (still sending after 120 s)"]


def test_an_answer_without_end_is_not_taken_in(http: httpx.Client) -> None:
    """Reading stops at the limit, and the failure says that it is the server that says too much."""
    with hangups.serve([hangups.LARGE]) as server:
        (sample,) = OpenAiClient(server.url, client=http).many([ASK], streams=1)

    assert sample.failure is not None
    assert sample.failure.kind is FailureKind.TOO_LARGE


def test_all_answers_together_are_bounded() -> None:
    """A batch of answers each of which would do is cut off where together they are too much."""
    events = list[dict[str, object]]()
    with hangups.serve([hangups.FINE, hangups.FINE]) as server:
        batch = batches.request("GET", server.url, bodies=[{}] * 2, streams=1, headers={}, deadline_seconds=5.0)
        _closed_loop.ClosedLoop({**batch, "room": 3}, events.append).run()

    failures = [event["failure"] for event in events if "end" in event]
    assert failures == [None, ["TOO_LARGE", "answers of more than 3 bytes in all; the rest was not read"]]
