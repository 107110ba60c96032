"""The client in a pod and the parser probe, by kubectl on a real cluster; the scripted image plays Python's part."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from vllm_qualify.arguments import probe as parser_probe
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import CONTROL, MADE_UP, ProbeReport, ProbeRequest, questions
from vllm_qualify.checks import prompt_files, prompts
from vllm_qualify.checks.answers import AnswerShape
from vllm_qualify.checks.prompts import Workload
from vllm_qualify.client import exec_transport
from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.client.exec_transport import WHO, PodTransport
from vllm_qualify.client.failures import FailureKind
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.config import Settings

WORK = prompt_files.load(Settings())
POD = f"serving-{os.getpid()}"
URL = "http://127.0.0.1:8000"
LONG = ChatRequest(model="m", prompt="go on", max_tokens=400, ignore_eos=True)


@pytest.fixture
def serving(here: Any) -> Any:
    """A namespace with a pod that serves."""
    image = here.image(answers="canary", gpu="NVIDIA GeForce RTX 3060, 570.195.03, 10820, 12288")
    probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1}
    here.pod(POD, image, container={"args": ["--model", "m"], "readinessProbe": probe})
    here.ready(POD)
    return here


@pytest.fixture
def transport(serving: Any) -> Iterator[PodTransport]:
    """The way through that pod."""
    argv = ["-n", serving.name, "exec", "-i", POD, "-c", "vllm", "--", *exec_transport.command()]
    with PodTransport(serving.cluster.kubectl_argv(*argv)) as running:
        yield running


@pytest.fixture
def client(transport: PodTransport) -> OpenAiClient:
    """Asks the server from its own container."""
    return OpenAiClient(URL, transport=transport)


def clients() -> int:
    """How many clients run in that pod; its processes are seen from the machine that holds the cluster."""
    found = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            ours = process.cmdline() == exec_transport.command() and process.environ().get("HOSTNAME") == POD
            found += ours
    return found


def test_the_rate_is_measured_in_the_pod(client: OpenAiClient) -> None:
    """The pace of the server comes out as it is, whatever lies between the pod and here."""
    request = dataclasses.replace(LONG, max_tokens=40)

    samples = [client.stream(request) for _ in range(2)]

    assert [sample.problems for sample in samples] == [(), ()]
    assert [sample.tokens for sample in samples] == [40, 40]
    assert all(abs((sample.decode_rate or 0.0) - 40.0) < 1.0 for sample in samples)


def test_the_scripted_candidate_answers_as_a_good_one(client: OpenAiClient) -> None:
    """Documents, controls and sums come back right, and what must be refused is refused."""
    few: Workload = WORK.head(5)

    for constrained in (False, True):
        answers = prompts.classify(client, few, model="m", constrained=constrained)
        assert {answer.shape for answer in answers} == {AnswerShape.VALID}
    free, bound = prompts.control(client, WORK, model="m")
    assert (free.shape, bound.shape) == (AnswerShape.NOT_JSON, AnswerShape.VALID)
    assert prompts.invalid_schema(client, WORK, model="m").status == 400
    assert prompts.unknown_model(client, name="no-such-model").status == 404


def test_a_pod_that_goes_away_ends_the_exchange(serving: Any, transport: PodTransport, client: OpenAiClient) -> None:
    """The failure says so, long before any limit of time, and the next request says that there is no pod any more."""
    reads = itertools.count()

    def go(*_: object) -> None:
        if next(reads) == 0:
            serving.say("delete", "pod", POD, "--wait=false", "--grace-period=0", "--force", "--ignore-not-found")

    body = {"model": "m", "stream": True, "ignore_eos": True, "max_tokens": 4000, "messages": []}
    ended = transport.exchange("POST", f"{URL}/v1/chat/completions", go, body=body, headers={}, deadline_seconds=120)

    assert ended.failure is not None
    assert ended.status == 200
    assert ended.failure.kind in {FailureKind.CLOSED, FailureKind.RESET}, ended.failure
    # The server may go a moment before the client beside it, which told of that end; a request in between is its last.
    assert until(lambda: transport._process is None or transport._process.ended(), seconds=60)
    failure = client.health().failure
    assert failure is not None
    assert failure.kind is FailureKind.UNREACHABLE
    assert failure.detail.startswith(f"{WHO} ended: ")


def test_nothing_stays_in_the_pod(transport: PodTransport, client: OpenAiClient) -> None:
    """Not after closing, and not when kubectl is killed in the middle of a request."""
    client.health()
    assert clients() == 1
    transport.close()
    assert until(lambda: clients() == 0)
    kill = functools.partial(end, transport)
    body = {"model": "m", "stream": True, "ignore_eos": True, "max_tokens": 4000}

    transport.exchange("POST", f"{URL}/v1/chat/completions", kill, body=body, headers={}, deadline_seconds=60)

    assert until(lambda: clients() == 0)


def end(transport: PodTransport, *_: object) -> None:
    """Kill kubectl, as whoever kills the harness does."""
    assert transport._process is not None
    transport._process._process.kill()


def until(holds: Any, *, seconds: float = 10.0) -> bool:
    """Whether something comes to hold in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def probe(here: Any, name: str, image: str, **argvs: tuple[str, ...]) -> ProbeReport:
    """What the parser in an image says, asked by a pod without a GPU."""
    request = ProbeRequest(entrypoint=Entrypoint.SERVE, argvs=questions(argvs))
    env = [{"name": key, "value": value} for key, value in parser_probe.pod_env(request).items()]
    here.pod(name, image, restartPolicy="Never", container={"command": parser_probe.pod_command(), "env": env})
    here.until(lambda pod: pod["status"]["phase"] in {"Succeeded", "Failed"}, "pod", name)
    return parser_probe.read(here.say("logs", name))


def test_a_pod_answers_for_parser_and_driver(here: Any) -> None:
    """Which flags are taken and what the driver says is known without a server and without a GPU."""
    image = here.image(rejects="--old-flag", cuinit=804, version="0.12.0")
    env = {"text": "$(HOME) $$x"}

    report = probe(
        here, "probe", image, ml=("m", "--seed", "7", "--chat", json.dumps(env)), r1=("m", "--old-flag", "3")
    )

    assert report.facts.version == "0.12.0"
    assert (report.parsed["ml"].accepted, report.parsed["ml"].values["seed"]) == (True, 7)
    assert json.loads(report.parsed["ml"].values["chat"]) == env
    assert report.parsed["r1"].error == "unrecognized arguments: --old-flag 3"
    assert report.parsed[CONTROL].error == f"unrecognized arguments: {MADE_UP}"
    assert (report.driver.init, Path(report.driver.library).parent.name) == (804, "compat")


def test_the_card_is_seen_through_nvidia_smi(serving: Any) -> None:
    """A container shows the card that its image was given."""
    fields = "--query-gpu=index,name,uuid,driver_version,memory.total,memory.used,compute_cap"

    row = serving.say("exec", POD, "--", "nvidia-smi", fields, "--format=csv,noheader,nounits").strip().split(", ")

    assert (row[:2], row[3:]) == (["0", "NVIDIA GeForce RTX 3060"], ["570.195.03", "12288", "10820", "8.6"])
