"""The registry's client against a real registry, the lab's: images that the lab pulls are read without their layers."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from packaging.specifiers import SpecifierSet

from lab import images as scripted
from lab import oci, pushing
from lab.manager import LabManager
from vllm_qualify.core import images, tags
from vllm_qualify.core.images import ImageRef
from vllm_qualify.registry import oci_image
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.http import new_client
from vllm_qualify.registry.protocol import NoImageFacts, NoSuchImage

ENV = {"CUDA_VERSION": "12.9.1", "TORCH_CUDA_ARCH_LIST": "8.0 8.6"}
LAYERS = [oci.layer({"/a": b"a" * 1000}), oci.layer({"/b": b"b"})]


@pytest.fixture
def registry(lab: LabManager) -> Iterator[Registry]:
    """The client, which asks the lab's registry in the place of Docker's."""
    with new_client() as client:
        yield Registry(client, mirrors={"docker.io": f"http://{lab.lab.registry}"})


def put_index(lab: LabManager, reference: str, image: oci.Image) -> bytes:
    """Push an image below an index that also attests, as Docker's builder does; what was pushed."""
    pushing.push(lab.lab.registry, reference, image)
    name, tag = pushing.path_of(reference)
    own = {"mediaType": oci.MANIFEST, "digest": _digest(image.manifest), "size": len(image.manifest)}
    other = own | {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    entries = [
        other | {"platform": {"os": "unknown", "architecture": "unknown"}},
        own | {"platform": {"os": "linux", "architecture": "amd64"}},
    ]
    kind = oci_image.INDEXES[0]
    index = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()
    address = f"http://{lab.lab.registry}/v2/{name}/manifests/{tag}"
    httpx.put(address, content=index, headers={"Content-Type": kind}, trust_env=False).raise_for_status()
    return index


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_a_scripted_image_is_read_as_the_cluster_pulls_it(registry: Registry, here: Any) -> None:
    """Entrypoint and variables are those of the image, and the digest is the one that the kubelet reports."""
    name = here.image(style=scripted.Style.SERVE, version="0.15.1")
    here.pod("server", name, container={"command": ["/usr/local/bin/probe"]})
    status = here.until(_image_id, "pod", "server")

    found = registry.facts(images.parse(name))

    assert _image_id(status).endswith(f"@{found.digest}")
    assert found.entrypoint == ("vllm", "serve")
    assert (found.env or {})["SCRIPTED_VERSION"] == "0.15.1"


def _image_id(pod: Any) -> str:
    return str((pod["status"].get("containerStatuses") or [{}])[0].get("imageID") or "")


def test_an_index_is_followed(lab: LabManager, registry: Registry) -> None:
    """Behind an index the image for the node is found, sized, and pinned by the index's digest."""
    image = oci.image(LAYERS, entrypoint=["vllm", "serve"], env=ENV, labels={"l": "x"})
    index = put_index(lab, "facts/indexed:v0.15.1", image)

    found = registry.facts(images.parse("facts/indexed:v0.15.1"))

    assert found.digest == _digest(index)
    assert (found.env, found.labels) == (ENV, {"l": "x"})
    assert found.size_bytes == sum(layer.size for layer in LAYERS)


def test_a_pinned_image_outlives_its_tag(lab: LabManager, registry: Registry) -> None:
    """By its digest an image is still read after its tag went to another."""
    for env in ({"WHICH": "first"}, {"WHICH": "second"}):
        image = oci.image(LAYERS, entrypoint=["vllm"], env=env)
        pushing.push(lab.lab.registry, "facts/moved:v1", image)
        if env["WHICH"] == "first":
            digest = registry.facts(images.parse("facts/moved:v1")).digest

    pinned = ImageRef(repository="facts/moved", tag="v1", digest=digest)
    assert registry.facts(pinned).env == {"WHICH": "first"}
    assert registry.facts(images.parse("facts/moved:v1")).env == {"WHICH": "second"}


def test_the_newest_release_in_a_range_is_found(lab: LabManager, registry: Registry, monkeypatch: Any) -> None:
    """Tags come page by page from the real registry, and the range leaves the releases in it, newest first."""
    image = oci.image(LAYERS, entrypoint=["vllm"])
    for tag in ("latest", "v0.10.2", "v0.11.0rc1", "v0.8.5", "v0.8.5.post1", "v0.9.2", "v0.9.2-cu129"):
        pushing.push(lab.lab.registry, f"facts/many:{tag}", image)
    monkeypatch.setattr("vllm_qualify.registry.client._PAGE_TAGS", 2)

    listed = registry.tags("facts/many")

    chosen = tags.choose(listed, SpecifierSet(">=v0.8.5"))
    assert len(listed) == 7
    assert [tag.name for tag in chosen] == ["v0.10.2", "v0.9.2", "v0.8.5.post1", "v0.8.5"]


def test_what_is_not_there_is_said(lab: LabManager, registry: Registry) -> None:
    """A tag, a repository and a registry that are not there are three plain lines."""
    pushing.push(lab.lab.registry, "facts/one:v1", oci.image(LAYERS, entrypoint=["vllm"]))

    with pytest.raises(NoSuchImage, match=r"facts/one:v2: .* does not have it \(404 MANIFEST_UNKNOWN"):
        registry.facts(images.parse("facts/one:v2"))
    with pytest.raises(NoSuchImage, match=r"NAME_UNKNOWN"):
        registry.tags("facts/none")
    with new_client() as client, pytest.raises(NoImageFacts, match="configure it as insecure"):
        Registry(client).facts(ImageRef(repository=f"{lab.lab.registry}/facts/one", tag="v1"))


def test_a_registry_named_as_insecure_is_asked(lab: LabManager) -> None:
    """The address of the registry in the image, and its name in the list, are enough."""
    pushing.push(lab.lab.registry, "facts/named:v1", oci.image(LAYERS, entrypoint=["vllm"], env=ENV))

    with contextlib.closing(new_client()) as client:
        found = Registry(client, insecure=[lab.lab.registry]).facts(
            ImageRef(repository=f"{lab.lab.registry}/facts/named", tag="v1")
        )

    assert found.env == ENV
