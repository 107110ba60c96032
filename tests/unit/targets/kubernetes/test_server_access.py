"""The way to servers in the cluster: directly, or from inside a pod, never through a port-forward."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import httpx
import pytest

from tests.unit.targets.home import Home
from vllm_qualify.client.exec_transport import PodTransport
from vllm_qualify.client.transport import HttpTransport
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.kubernetes.server_access import KeyUnknown, ServerAccess, Unreachable

Object = dict[str, Any]
POD: Object = {"metadata": {"name": "vllm-0"}, "status": {"podIP": "10.198.0.9"}}
Client = Literal["auto", "direct", "pod"]


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this machine at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def reach(home: Home, client: Client) -> ServerAccess:
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
    assert words[4:12] == ["exec", "-i", "-n", "ml", "vllm-0", "-c", "vllm", "--"]
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


def with_env(**variable: Any) -> Object:
    """A pod whose container has this variable."""
    env = [{"name": "VLLM_API_KEY", **variable}]
    return POD | {"spec": {"containers": [{"name": "vllm", "env": env}]}}


@pytest.mark.parametrize("client", ["direct", "pod"])
def test_the_key_that_the_server_asks_for_is_sent(home: Home, client: Client) -> None:
    """By either way, to the pod and to the Service; without a pod nobody knows it."""
    way, pod = reach(home, client), with_env(value="the-key")

    for asking in (way.pod(pod, container="vllm", port=8000), way.service(pod, container="vllm")):
        assert asking._headers["Authorization"] == "Bearer the-key"
    assert "Authorization" not in way.pod(pod, container="vllm", port=8000, keyed=False)._headers
    assert "Authorization" not in reach(home, "direct").service(None, container="vllm")._headers


def test_with_its_key_production_is_found_to_serve(home: Home) -> None:
    """Without, it would be taken for one that serves nothing, and nobody would prove that it serves again."""
    home.key = "the-key"

    assert home.reach.models(pod=with_env(value="the-key"), container="vllm") == ("qwen",)
    assert home.reach.problem(("qwen",), pod=with_env(value="the-key"), container="vllm") == ""
    assert "401" in home.reach.problem(("qwen",), pod=POD, container="vllm")


def test_a_key_from_a_secret_is_asked_for_in_the_container(home: Home) -> None:
    """There it is a variable, and nobody needs the right to read Secrets."""
    home.key, asked = "from-a-secret", list[list[str]]()

    def executes(argv: list[str], _: str) -> CompletedProcess:
        asked.append(argv)
        return CompletedProcess(exit_code=0, stdout="from-a-secret\n")

    home.api.executes = executes
    pod = with_env(valueFrom={"secretKeyRef": {"name": "vllm", "key": "key"}})

    assert reach(home, "direct").service(pod, container="vllm").models().ids == ("qwen",)
    assert asked[0][-1] == "VLLM_API_KEY"
    assert "from-a-secret" not in " ".join(asked[0])


@pytest.mark.parametrize(("key", "hidden"), [("from-a-secret", [{"from-a-secret"}]), ("a", []), ("two words", [])])
def test_a_key_that_was_read_is_hidden_from_then_on(home: Home, key: str, hidden: list[set[str]]) -> None:
    """Before anything is asked with it; what is no key is not searched for in every line."""
    hid: list[frozenset[str]] = []
    home.api.executes = lambda *_: CompletedProcess(exit_code=0, stdout=f"{key}\n")
    pod = with_env(valueFrom={"secretKeyRef": {"name": "vllm", "key": "key"}})

    replace(reach(home, "direct"), hide=hid.append).service(pod, container="vllm")

    assert hid == hidden


def test_a_key_that_cannot_be_found_out_is_told(home: Home) -> None:
    """A 401 for want of it would look like the image's fault."""
    home.api.executes = lambda *_: CompletedProcess(exit_code=1, stderr="container not found\n")
    pod = with_env(valueFrom={"secretKeyRef": {"name": "vllm", "key": "key"}})

    with pytest.raises(KeyUnknown, match="VLLM_API_KEY of pod vllm-0 could not be read: container not found"):
        reach(home, "direct").service(pod, container="vllm")
    assert reach(home, "direct").pod(pod, container="vllm", port=8000, keyed=False).health().status == 200


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


def test_one_request_that_fails_does_not_hide_what_production_serves(home: Home) -> None:
    """Without its names nobody could prove that it is back; one that never answers is given up."""
    failures = iter([True, False])

    def models() -> list[str]:
        if next(failures, True):
            raise httpx.ReadError("reset")
        return ["qwen"]

    home.models = models

    assert home.reach.models(pod=None, container="vllm") == ("qwen",)
    assert home.reach.models(pod=None, container="vllm") == ()


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
