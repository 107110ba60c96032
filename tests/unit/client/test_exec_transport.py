"""The client in a pod, run here by this Python: it sees what the direct client sees, and can be lost at any time."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from tests import hangups
from tests.simulated_script import Fault, Script
from tests.simulator import Clock, simulate
from vllm_qualify.client import exec_transport
from vllm_qualify.client.batches import BODY_BYTES
from vllm_qualify.client.exchanges import ChatRequest, StreamSample
from vllm_qualify.client.exec_transport import WHO, PodTransport
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.client.openai import OpenAiClient, new_http_client
from vllm_qualify.system import line_process
from vllm_qualify.system.line_process import LineProcess

ARGV = exec_transport.command(sys.executable)
ASK = ChatRequest(model="canary", prompt="Say hello.")


@pytest.fixture(scope="module")
def transport() -> Iterator[PodTransport]:
    """The client as it would run in a pod."""
    with PodTransport(ARGV) as running:
        yield running


def timeless(sample: StreamSample) -> StreamSample:
    """The sample without what differs from run to run."""
    chunks = tuple(replace(chunk, at=0.0) for chunk in sample.chunks)
    failure = None if sample.failure is None else replace(sample.failure, detail="")
    return replace(sample, chunks=chunks, seconds=0.0, failure=failure, sent=0.0, lag=None)


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.value)
def test_both_ways_see_the_same(transport: PodTransport, fault: Fault) -> None:
    """Tokens, text, end and kind of failure of any stream are the same from a pod as directly."""
    script, quick = Script(fault=fault, gap_seconds=0.0), {"deadline_seconds": 0.2} if fault is Fault.HANG else {}

    with simulate(script, Clock(lockstep=False)) as simulator, new_http_client() as http:
        direct = OpenAiClient(simulator.url, client=http, **quick).stream(ASK)
        inside = OpenAiClient(simulator.url, transport=transport, **quick).stream(ASK)

    assert timeless(inside) == timeless(direct)
    assert 0 <= max(chunk.at for chunk in inside.chunks) <= inside.seconds < 10


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.CUT, Fault.ERROR_EVENT, Fault.HANG], ids=lambda one: one.value)
def test_a_batch_is_the_same_from_a_pod_as_directly(transport: PodTransport, fault: Fault) -> None:
    """Every stream of many at once, placed on one time axis, with the lag of the client that read them."""
    script, quick = Script(fault=fault, gap_seconds=0.0), {"deadline_seconds": 0.2} if fault is Fault.HANG else {}

    with simulate(script, Clock(lockstep=False)) as simulator, new_http_client() as http:
        direct = OpenAiClient(simulator.url, client=http, **quick).many([ASK] * 5, streams=3)
        inside = OpenAiClient(simulator.url, transport=transport, **quick).many([ASK] * 5, streams=3)

    assert [timeless(sample) for sample in inside] == [timeless(sample) for sample in direct]
    assert [0 <= sample.sent < 10 for sample in inside] == [True] * 5


def test_a_client_that_is_lost_in_a_batch_fails_what_was_open() -> None:
    """What had ended stays, and the rest says whose failure it is."""
    lies = (
        "import json;input();print(json.dumps({'ready': 1}), flush=True);input();"
        "print(json.dumps({'n': 1, 'end': 0.5, 'sent': 0.0, 'failure': ['RESET', 'by peer'], 'resent': None}))"
    )
    with PodTransport([sys.executable, "-c", lies]) as lost:
        first, second = OpenAiClient("http://there", transport=lost).many([ASK] * 2, streams=2)

    assert first.failure == Failure(kind=FailureKind.CLOSED, detail=f"{WHO} ended: without any output (exit code 0)")
    assert second.failure == Failure(kind=FailureKind.RESET, detail="by peer")


@pytest.mark.parametrize("said", ["'n': 7, 'end': 1", "'n': 0, 'at': 'x', 'data': ''", "'lag': 3"])
def test_what_a_hostile_python_tells_of_a_batch_is_a_value(said: str) -> None:
    """The interpreter is the image's own, and may tell anything."""
    lies = (
        "import json;input();print(json.dumps({'ready': 1}), flush=True);"
        f"input();print(json.dumps({{{said}}}), flush=True)"
    )
    with PodTransport([sys.executable, "-c", lies]) as transport:
        (sample,) = OpenAiClient("http://there", transport=transport, deadline_seconds=5.0).many([ASK], streams=1)

    assert sample.failure is not None
    assert sample.failure.detail.startswith(f"{WHO} returned something unreadable")


def test_whole_answers_come_through(transport: PodTransport) -> None:
    """Health, models, counters, answers and refusals are what they are directly, and umlauts survive."""
    with simulate(clock=Clock(lockstep=False)) as simulator:
        client = OpenAiClient(f"{simulator.url}/", transport=transport)

        assert (client.health().status, client.models().ids) == (200, ("canary",))
        assert client.chat(ASK).content == "Hello wörld!"
        assert client.metrics()["vllm:generation_tokens_total"] == 4
        assert client.chat(replace(ASK, model="nobody")).status == 404
        client.chat(replace(ASK, prompt="größer " * 200_000))
        assert simulator.requests[-1]["messages"][0]["content"] == "größer " * 200_000


def test_what_the_server_says_of_itself_is_kept(transport: PodTransport) -> None:
    """Headers come back by their names in lower case, and what was asked to be sent was sent."""
    with simulate(clock=Clock(lockstep=False)) as simulator:
        url = f"{simulator.url}/health?deep=1"
        end = transport.exchange("GET", url, lambda *_: None, headers={"X-Own": "1"}, deadline_seconds=5)

    assert (end.status, end.failure) == (404, None)
    assert end.headers["content-type"] == "application/json"


def test_refused_connection_is_a_value(transport: PodTransport) -> None:
    """A port where nothing listens gives the same kind as directly, and the next request is answered."""
    with simulate(clock=Clock(lockstep=False)) as simulator:
        url = simulator.url
    reply = OpenAiClient(url, transport=transport).health()

    assert reply.failure is not None
    assert reply.failure.kind is FailureKind.REFUSED


def process(transport: PodTransport) -> psutil.Process:
    """The running client."""
    assert transport._process is not None
    return psutil.Process(transport._process._process.pid)


def test_one_process_serves_all_requests_out_of_reach_of_ctrl_c(transport: PodTransport) -> None:
    """The client is started once, and in a session of its own."""
    with simulate(clock=Clock(lockstep=False)) as simulator:
        client = OpenAiClient(simulator.url, transport=transport)
        seen = {process(transport).pid for _ in range(3) if client.health().status == 200}

    assert len(seen) == 1
    assert os.getsid(seen.pop()) != os.getsid(0)


def test_a_lost_client_ends_the_exchange_and_is_started_again() -> None:
    """What came before the loss is kept, the failure says whose it is, and the next request is answered."""
    with PodTransport(ARGV) as transport, simulate(Script(fault=Fault.HANG), Clock(lockstep=False)) as simulator:
        reads = []

        def kill(status: int, _at: float, data: bytes) -> None:
            reads.append((status, data))
            with contextlib.suppress(ProcessLookupError):
                os.kill(process(transport).pid, signal.SIGKILL)

        url, body = f"{simulator.url}/v1/chat/completions", {"model": "canary", "stream": True}
        end = transport.exchange("POST", url, kill, body=body, headers={}, deadline_seconds=30)

        assert end.failure is not None
        assert (end.status, end.failure.kind, bool(reads)) == (200, FailureKind.CLOSED, True)
        assert end.failure.detail == f"{WHO} ended: without any output (exit code -9)"
        assert OpenAiClient(simulator.url, transport=transport).health().status == 200


def test_a_client_that_ended_in_between_is_started_again(transport: PodTransport) -> None:
    """A pod's API connection that broke while nothing was asked costs no request."""
    with simulate(clock=Clock(lockstep=False)) as simulator:
        client = OpenAiClient(simulator.url, transport=transport)
        client.health()
        running = process(transport)
        running.kill()
        transport._process._process.wait()  # type: ignore[union-attr]

        assert client.health().status == 200
    assert process(transport) != running


SILENT = "import signal; input(); print('{\"ready\": 1}', flush=True); signal.pause()"


@pytest.mark.parametrize(
    ("argv", "kind", "detail"),
    [
        (["/no/such/kubectl"], FailureKind.UNREACHABLE, "could not be started: "),
        (["sh", "-c", "echo 'error: no such pod' >&2; exit 1"], FailureKind.UNREACHABLE, "ended: error: no such pod"),
        (["sh", "-c", "read a; read b"], FailureKind.UNREACHABLE, "did not answer in time"),
        ([sys.executable, "-IS", "-c", SILENT], FailureKind.TIMEOUT, "did not answer in time"),
    ],
    ids=["no program", "refused", "silent at its start", "silent at work"],
)
def test_a_client_that_cannot_be_had_is_a_value(
    argv: list[str], kind: FailureKind, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pod, no Python, no word: each is a failure that names the client and not the server."""
    monkeypatch.setattr(line_process, "_CLOSE_SECONDS", 0.5)
    ask = {"body": {"more": "than a pipe holds" * 100_000}, "headers": {}, "deadline_seconds": 0.1}

    with PodTransport(argv, start_seconds=0.5, grace_seconds=0.1 - exec_transport.CONNECT_SECONDS) as transport:
        end = transport.exchange("GET", "http://127.0.0.1:9", lambda *_: None, **ask)
        assert transport._process is None

    assert end.failure is not None
    assert (end.status, end.failure.kind) == (0, kind)
    assert end.failure.detail.startswith(f"{WHO} {detail}")


def test_an_interrupted_exchange_leaves_nothing_for_the_next(transport: PodTransport) -> None:
    """A Ctrl-C in the middle of a stream ends the client, so the next answer is that of the next request."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with simulate(clock=Clock(lockstep=False)) as simulator:
        with pytest.raises(KeyboardInterrupt):
            transport.exchange("GET", f"{simulator.url}/v1/models", interrupt, headers={}, deadline_seconds=5)

        assert OpenAiClient(simulator.url, transport=transport).chat(ASK).content == "Hello wörld!"


def test_a_client_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing never waits for long, whatever runs at the other end."""
    monkeypatch.setattr(line_process, "_CLOSE_SECONDS", 0.1)
    stubborn = LineProcess(["sleep", "600"], clock=Clock(lockstep=False))

    stubborn.close()

    assert stubborn._process.returncode == -signal.SIGKILL


def test_what_a_wrapper_prints_is_no_answer() -> None:
    """Lines that are not the client's are passed over."""
    argv = ["sh", "-c", 'echo "Welcome"; echo 7; echo "[]"; exec "$@"', "sh", *ARGV]

    with PodTransport(argv) as transport, simulate(clock=Clock(lockstep=False)) as simulator:
        assert OpenAiClient(simulator.url, transport=transport).health().status == 200


def test_nothing_runs_after_closing() -> None:
    """Closing ends the process, and it can be used again."""
    with simulate(clock=Clock(lockstep=False)) as simulator, PodTransport(ARGV) as transport:
        client = OpenAiClient(simulator.url, transport=transport)
        client.health()
        first = process(transport)
        transport.close()

        assert not first.is_running()
        assert client.health().status == 200


def test_an_answer_without_end_is_left_in_the_pod(transport: PodTransport) -> None:
    """The client there stops at the limit, and asks on for the next request."""
    with hangups.serve([hangups.LARGE]) as endless, hangups.serve([hangups.FINE]) as server:
        large = OpenAiClient(endless.url, transport=transport).health()
        fine = OpenAiClient(server.url, transport=transport).health()

    assert large.failure is not None
    assert (large.failure.kind, large.body) == (FailureKind.TOO_LARGE, "x" * len(large.body))
    assert len(large.body) <= BODY_BYTES
    assert fine.body == "ok"


@pytest.mark.parametrize(
    "said",
    [
        "'[' * 90000",
        "json.dumps({'status': 'x', 'headers': {}})",
        "json.dumps({'status': 200, 'headers': 3})",
        "json.dumps({'end': 1, 'failure': ['NO SUCH', '']})",
        "json.dumps({'status': 200, 'headers': {}}) + chr(10) + json.dumps({'data': '!'})",
        "'x' * 3000000",
    ],
)
def test_what_a_hostile_python_tells_is_a_value(said: str) -> None:
    """The interpreter is the image's own, and may tell anything, without end too."""
    lies = f"import json,sys;print(json.dumps({{'ready': 1}}));print({said}, flush=True)"
    with PodTransport([sys.executable, "-c", lies]) as transport:
        reply = OpenAiClient("http://there", transport=transport, deadline_seconds=5.0).health()

    assert reply.failure is not None
    assert reply.failure.detail.startswith(WHO)


def test_a_client_that_tells_more_than_it_was_allowed_is_left() -> None:
    """What is counted in the pod is counted here once more."""
    data = base64.b64encode(b"x" * 60000).decode()
    lies = (
        "import json,sys;print(json.dumps({'ready': 1}));print(json.dumps({'status': 200, 'headers': {}}))\n"
        f"while True: print(json.dumps({{'at': 1.0, 'data': '{data}'}}))"
    )
    with PodTransport([sys.executable, "-c", lies]) as transport:
        reply = OpenAiClient("http://there", transport=transport).health()

    assert reply.failure is not None
    assert reply.failure.kind is FailureKind.TOO_LARGE
