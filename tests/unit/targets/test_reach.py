"""The way to servers in the cluster: directly, or from inside a pod, never through a port-forward."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest

from tests.unit.targets.home import Home
from vllm_qualify.edge.in_pod import PodTransport
from vllm_qualify.edge.transport import HttpTransport
from vllm_qualify.targets.reach import Reach, Unreachable

Object = dict[str, Any]
POD: Object = {"metadata": {"name": "vllm-0"}, "status": {"podIP": "10.198.0.9"}}
Client = Literal["auto", "direct", "pod"]


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this machine at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def reach(home: Home, client: Client) -> Reach:
    """The way that was chosen."""
    return replace(home.reach, client=client)


def argv(transport: object) -> list[str]:
    """How the client in a pod is started."""
    assert isinstance(transport, PodTransport)
    return transport._argv


def test_a_service_that_answers_here_is_asked_from_here(home: Home) -> None:
    """By its cluster address."""
    client = reach(home, "direct").service(None, container="vllm")

    assert client._base == "http://10.199.0.5:8000"
    assert client.models().ids == ("qwen",)


def test_else_it_is_asked_from_inside_a_pod(home: Home) -> None:
    """By the name that others in the cluster use, through kubectl's exec."""
    client = reach(home, "pod").service(POD, container="vllm")

    assert client._base == "http://vllm-api.ml.svc:8000"
    words = argv(client._transport)
    assert words[3:11] == ["exec", "-i", "-n", "ml", "vllm-0", "-c", "vllm", "--"]
    assert "port-forward" not in words


def test_without_a_service_or_a_pod_there_is_no_way(home: Home) -> None:
    """It is said which is missing."""
    with pytest.raises(Unreachable, match=r"Service vllm-api does not answer at 10\.199\.0\.5:8000, and no pod"):
        reach(home, "pod").service(None, container="vllm")

    del home.api.store["Service", "ml", "vllm-api"]
    with pytest.raises(Unreachable, match="there is no Service vllm-api in namespace ml"):
        reach(home, "direct").service(None, container="vllm")
    assert reach(home, "direct").models(pod=None, container="vllm") == ()


@pytest.mark.parametrize(("client", "base"), [("direct", "http://10.198.0.9:9000"), ("pod", "http://127.0.0.1:9000")])
def test_a_pod_is_asked_at_its_own_address(home: Home, client: Client, base: str) -> None:
    """From here by that of the network, from inside itself by its own."""
    assert reach(home, client).pod(POD, container="vllm", port=9000)._base == base


def test_a_pod_without_an_address_cannot_be_asked(home: Home) -> None:
    """It has just been made."""
    with pytest.raises(Unreachable, match="pod vllm-0 has no address yet"):
        reach(home, "direct").pod(POD | {"status": {}}, container="vllm", port=8000)


def test_whether_an_address_is_ours_is_tried(home: Home, listening: int) -> None:
    """Where somebody listens it is asked from here, elsewhere from the pod."""
    auto = reach(home, "auto")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = nobody.getsockname()[1]

        assert isinstance(auto.to(f"http://127.0.0.1:{listening}/v1", POD, container="vllm"), HttpTransport)
        assert argv(auto.to(f"http://127.0.0.1:{closed}/v1", POD, container="vllm"))
        assert isinstance(auto.to(f"http://127.0.0.1:{closed}/v1", None, container="vllm"), HttpTransport)


def test_production_that_serves_has_no_problem(home: Home) -> None:
    """Its models are those from before, and it completes."""
    assert home.reach.problem(("qwen",), pod=None, container="vllm") == ""


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["other"], "/v1/models names other; it named qwen before"),
        (["qwen", "other"], "/v1/models names qwen, other; it named qwen before"),
        ([], "/v1/models names nothing; it named qwen before"),
    ],
    ids=["another", "one-more", "none"],
)
def test_production_that_serves_otherwise_has_one(home: Home, models: list[str], said: str) -> None:
    """It is given some time: a Service may still lead to what served before."""
    began = home.api.clock.now
    home.models = lambda: models

    assert home.reach.problem(("qwen",), pod=None, container="vllm") == said
    assert home.api.clock.now - began >= 30


def test_a_service_that_leads_to_its_pod_a_moment_later(home: Home) -> None:
    """It is asked again until it does."""
    ready_at = home.api.clock.now + 10
    home.models = lambda: ["qwen"] if home.api.clock.now >= ready_at else ["other"]

    assert home.reach.problem(("qwen",), pod=None, container="vllm") == ""


def test_production_that_does_not_answer_at_all(home: Home) -> None:
    """What the client says of it is said."""
    for key in [key for key in home.api.store if key[0] == "Pod"]:
        del home.api.store[key]
    home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(replicas=0))

    assert home.reach.problem(("qwen",), pod=None, container="vllm").startswith("/v1/models: ")
