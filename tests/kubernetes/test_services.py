from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest

from lab.kubectl import Refused

_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "vllm-api"},
    "spec": {"selector": {"app": "server"}, "ports": [{"name": "http", "port": 8000}]},
}


def test_a_service_is_reached_by_name_from_a_pod(here: Any) -> None:
    """Cluster DNS knows the Service, and its address leads to the server, streams included."""
    here.apply(dict(_SERVICE, metadata={"name": "vllm-api"}))
    here.pod("server", here.image(tokens_per_second=1000), container={"args": ["--model", "m"]})
    here.ready("server")
    url = f"http://vllm-api.{here.name}.svc:8000/v1/chat/completions"
    ask = json.dumps({"model": "m", "messages": [], "stream": True})
    here.until(endpoints, "endpointslices")

    said = here.say("exec", "server", "--", "probe", "post", url, ask)

    assert said.startswith("200")
    assert said.rstrip().endswith("data: [DONE]")


def test_a_name_that_is_nobodys_does_not_resolve(here: Any) -> None:
    """DNS says plainly that there is no such Service."""
    here.pod("server", here.image())
    here.ready("server")

    with pytest.raises(Refused, match="no such host"):
        here.say("exec", "server", "--", "probe", "resolve", "vllm-api.nowhere.svc")


def test_a_service_is_reached_from_the_host_while_something_is_ready(lab: Any, here: Any) -> None:
    """From the host a Service answers while a pod behind it is ready, and refuses connections afterwards."""
    del lab
    here.apply(dict(_SERVICE, metadata={"name": "vllm-api"}))
    here.pod("server", here.image())
    here.ready("server")
    here.until(endpoints, "endpointslices")
    address = here.get("service", "vllm-api")["spec"]["clusterIP"]
    with httpx.Client(trust_env=False, transport=httpx.HTTPTransport(retries=3)) as client:
        status = client.get(f"http://{address}:8000/health").status_code
    here.say("delete", "pod", "server")
    here.until(lambda slices: not endpoints(slices) and not listens(address), "endpointslices")

    assert status == 200
    with pytest.raises(ConnectionRefusedError), socket.create_connection((address, 8000), timeout=5):
        pass


def endpoints(slices: dict[str, Any]) -> list[str]:
    """Addresses of all ready endpoints."""
    found = [one for items in slices["items"] for one in items.get("endpoints") or []]
    return [one["addresses"][0] for one in found if one["conditions"].get("ready")]


def listens(address: str) -> bool:
    """Whether something takes connections there; the proxy learns of a change a moment after the API server."""
    try:
        with socket.create_connection((address, 8000), timeout=5):
            return True
    except ConnectionRefusedError:
        return False
