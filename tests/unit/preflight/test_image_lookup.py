"""What a registry tells preflight, or why it tells nothing."""

from __future__ import annotations

import httpx
import pytest

from tests import registry as fake
from tests.registry import HUB, Internet
from vllm_qualify.core import images
from vllm_qualify.preflight import image_lookup
from vllm_qualify.registry.credentials import DockerConfig
from vllm_qualify.registry.protocol import NoImageFacts

BASE = f"{HUB}/v2/vllm/vllm-openai"
IMAGE = images.parse("vllm/vllm-openai:v0.15.1")
OTHER = images.parse("vllm/vllm-openai:v0.15.2")


def internet() -> Internet:
    """A registry that has one image and not the other."""
    held = fake.image(BASE, "v0.15.1", fake.config(), 7, 8)
    gone = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}
    return Internet({**held, f"{BASE}/manifests/v0.15.2": fake.answer(gone, 404)})


def test_what_the_image_itself_holds() -> None:
    """Variables, entrypoint, steps, digest and size come over as the registry told them."""
    told = image_lookup.ask([IMAGE], client=internet().client, logins=DockerConfig)[IMAGE]

    assert (told.problem, told.missing) == ("", False)
    assert told.facts.env == {"CUDA_VERSION": "12.9.1"}
    assert told.facts.entrypoint == ("vllm", "serve")
    assert told.facts.history == ("ARG CUDA_VERSION=12.9.1", "RUN true")
    assert told.facts.size_bytes == 15
    assert told.facts.digest.startswith("sha256:")


def test_one_that_is_missing_does_not_hide_the_other() -> None:
    """What the registry does not have is told as such, and the rest is asked all the same."""
    told = image_lookup.ask([OTHER, IMAGE], client=internet().client, logins=DockerConfig)

    assert told[OTHER].missing
    assert "does not have it" in told[OTHER].problem
    assert told[IMAGE].facts.digest


def test_no_network() -> None:
    """A registry that cannot be reached is a problem in one line, and no statement about the image."""

    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Name or service not known")

    told = image_lookup.ask(
        [IMAGE], client=lambda: httpx.Client(transport=httpx.MockTransport(down)), logins=DockerConfig
    )

    assert not told[IMAGE].missing
    assert not told[IMAGE].facts.digest
    assert "Name or service not known" in told[IMAGE].problem


def test_a_proxy_that_cannot_be_used() -> None:
    """Where not even a client can be made, that is every image's problem."""

    def broken() -> httpx.Client:
        raise NoImageFacts("the proxy set in the environment")

    told = image_lookup.ask([IMAGE, OTHER], client=broken, logins=DockerConfig)

    assert {one.problem for one in told.values()} == {"the proxy set in the environment"}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b"<html>"])
def test_what_is_no_registry(body: bytes) -> None:
    """An answer of any other form is a problem in one line."""
    net = Internet({f"{BASE}/manifests/v0.15.1": fake.answer(body)})

    told = image_lookup.ask([IMAGE], client=net.client, logins=DockerConfig)

    assert told[IMAGE].problem.isprintable()
    assert not told[IMAGE].missing
