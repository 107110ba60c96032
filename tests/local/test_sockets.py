"""A real engine, and every socket on which one of its processes listens."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import psutil
import pytest

from vllm_qualify.client.openai import new_http_client
from vllm_qualify.config import Settings
from vllm_qualify.core import images
from vllm_qualify.system import caches
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.local import loopback
from vllm_qualify.targets.local.target import LocalTarget


@pytest.fixture(params=["v0.20.2"])
def sockets(request: pytest.FixtureRequest) -> Iterator[set[tuple[str, int]]]:
    """Where the processes of an engine listen that serves."""
    me = psutil.Process()
    with new_http_client() as http:
        target = LocalTarget(settings=Settings(), cache=caches.default(), http=http, say=print)
        with target.deploy(images.parse(f"vllm/vllm-openai:{request.param}")) as candidate:
            start = candidate.start(Mode.ML)
            assert start.ready, start.reason
            yield {place for child in me.children(recursive=True) for place in loopback.listening(child.pid)}


def test_nobody_else_reaches_an_engine(sockets: set[tuple[str, int]]) -> None:
    """Neither its server nor its queues nor torch's store, of which there is at least the first."""
    assert sockets
    assert [place for place in sockets if not ipaddress.ip_address(place[0]).is_loopback] == []
