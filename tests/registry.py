"""A container registry in memory, strict: what nobody laid down is a failure, and every request is remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest

from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.registry import credentials, oci_image
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.credentials import DockerConfig
from vllm_qualify.registry.protocol import NoImageFacts

HUB = "https://registry-1.docker.io"
Reply = Callable[[httpx.Request], httpx.Response]


class Pieces(httpx.SyncByteStream):
    """A body that is sent in these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


def answer(body: bytes | Any = b"", status: int = 200, **headers: str) -> Reply:
    """Always this answer; what is not bytes is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, headers=named, stream=Pieces(content))


def digest_of(document: bytes | Any) -> str:
    """Under which a registry keeps something."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Internet:
    """Servers by address, query left out; the addresses of everything that was asked are in ``asked``."""

    def __init__(self, replies: Mapping[str, Reply] | None = None) -> None:
        self.replies = dict(replies or {})
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.replies[_bare(request)](request)

    @property
    def asked(self) -> list[str]:
        """The addresses of all requests, query left out."""
        return [_bare(request) for request in self.requests]

    def permission(self, address: str) -> list[str]:
        """The ``Authorization`` of every request to an address; ``""`` where there was none."""
        sent = (one for one in self.requests if _bare(one) == address)
        return [one.headers.get("Authorization", "") for one in sent]

    def client(self) -> httpx.Client:
        """A client that reaches these servers and nothing else."""
        return httpx.Client(transport=httpx.MockTransport(self), trust_env=False)


def _bare(request: httpx.Request) -> str:
    return str(request.url.copy_with(query=None))


def guarded(reply: Reply, challenge: str, *permitted: str) -> Reply:
    """The reply for those with one of these permissions, the challenge for all others."""

    def guard(request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization", "") in permitted:
            return reply(request)
        errors = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
        return answer(errors, 401, WWW_Authenticate=challenge)(request)

    return guard


def config(**settings: Any) -> dict[str, Any]:
    """The configuration of an image."""
    return {
        "architecture": "amd64",
        "created": "2026-01-30T12:00:00Z",
        "config": {"Env": ["CUDA_VERSION=12.9.1"], "Entrypoint": ["vllm", "serve"], **settings},
        "history": [{"created_by": "ARG CUDA_VERSION=12.9.1"}, {"created_by": "RUN true", "empty_layer": True}],
    }


def manifest(document: Any, *sizes: int) -> dict[str, Any]:
    """The manifest of an image with this configuration and layers of these sizes."""
    return {
        "schemaVersion": 2,
        "mediaType": oci_image.MANIFESTS[0],
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest_of(document),
            "size": 1,
        },
        "layers": [{"digest": digest_of(str(size)), "size": size} for size in sizes],
    }


def index(document: Any, *others: Mapping[str, Any]) -> dict[str, Any]:
    """An index whose entry for linux/amd64 is this manifest, after others."""
    own = {"digest": digest_of(document), "platform": {"os": "linux", "architecture": "amd64"}}
    return {"schemaVersion": 2, "mediaType": oci_image.INDEXES[0], "manifests": [*others, own]}


def image(base: str, tag: str, document: Any, *sizes: int) -> dict[str, Reply]:
    """The replies of a registry that holds one image.

    Args:
        base: address of the repository, such as ``https://host/v2/name``.
        tag: its tag.
        document: its configuration.
        sizes: of its layers.
    """
    held = manifest(document, *sizes)
    return {
        f"{base}/manifests/{tag}": answer(held, Content_Type=oci_image.MANIFESTS[0]),
        f"{base}/manifests/{digest_of(held)}": answer(held, Content_Type=oci_image.MANIFESTS[0]),
        f"{base}/blobs/{digest_of(document)}": answer(document),
    }


AUTH = "https://auth.example/token"
BASE = f"{HUB}/v2/vllm/vllm-openai"
BEARER = f'Bearer realm="{AUTH}",service="registry",scope="repository:hub/vllm-openai:pull"'
CONFIG = config()
IMAGE = images.parse("vllm/vllm-openai:v0.15.1")
LOGIN = {"auths": {"https://index.docker.io/v1/": {"auth": "bWU6czNjcmV0LXdvcmQ="}}}
"""Of ``me`` and ``s3cret-word``."""
STORAGE = "https://storage.example/blob"


def facts(internet: Internet, wanted: ImageRef = IMAGE, **options: object) -> oci_image.ImageFacts:
    """What a fresh client learns of an image."""
    with internet.client() as client:
        return Registry(client, **options).facts(wanted)  # type: ignore[arg-type]  # As the caller has them.


def refused(internet: Internet, wanted: ImageRef = IMAGE, **options: object) -> NoImageFacts:
    """What a fresh client says where there is nothing to learn: one line that names the image."""
    with pytest.raises(NoImageFacts) as caught:
        facts(internet, wanted, **options)
    assert str(caught.value).startswith(f"{wanted}: ")
    assert str(caught.value).isprintable()
    return caught.value


def closed(*permitted: str, challenge: str = BEARER, **more: Reply) -> Internet:
    """A registry that wants one of these permissions, with a token service that gives ``tkn`` to everybody."""
    held = image(BASE, "v0.15.1", CONFIG, 7)
    replies = {address: guarded(reply, challenge, *permitted) for address, reply in held.items()}
    return Internet({**replies, AUTH: answer({"token": "tkn"}), **more})


def logins(document: Mapping[str, object] = LOGIN) -> DockerConfig:
    """The logins of a Docker configuration."""
    return credentials.read(json.dumps(document), source="~/.docker/config.json")


def redirected(target: str, reply: Reply) -> Internet:
    """A registry that keeps its blobs elsewhere."""
    internet = closed("Bearer tkn")
    moved = answer(status=307, Location=target)
    internet.replies[f"{BASE}/blobs/{digest_of(CONFIG)}"] = guarded(moved, BEARER, "Bearer tkn")
    internet.replies[target.partition("?")[0]] = reply
    return internet
