"""What is asked of a registry, and what is made of its answers, against registries in memory."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import registry as fake
from tests.registry import (
    AUTH,
    BASE,
    CONFIG,
    IMAGE,
    LOGIN,
    Internet,
    answer,
    closed,
    digest_of,
    facts,
    guarded,
    logins,
    refused,
)
from vllm_qualify.core.images import ImageRef
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.oci_image import ImageFacts
from vllm_qualify.registry.protocol import NoImageFacts, NoSuchImage


def test_facts_are_those_of_manifest_and_configuration() -> None:
    """An open registry is asked twice, and what it holds comes back as a record."""
    internet = Internet(fake.image(BASE, "v0.15.1", CONFIG, 7, 5))

    found = facts(internet)

    assert found == ImageFacts(
        digest=digest_of(fake.manifest(CONFIG, 7, 5)),
        env={"CUDA_VERSION": "12.9.1"},
        entrypoint=("vllm", "serve"),
        history=("ARG CUDA_VERSION=12.9.1", "RUN true"),
        size_bytes=12,
    )
    assert len(internet.requests) == 2


def test_an_index_leads_to_the_image_of_the_architecture() -> None:
    """Of an index the entry for linux/amd64 is taken, what only attests is not, and the index's digest pins."""
    attested = {"vnd.docker.reference.type": "attestation-manifest"}
    platform = {"os": "linux", "architecture": "amd64"}
    other = {"digest": digest_of("x"), "platform": platform, "annotations": attested}
    listed = fake.index(fake.manifest(CONFIG, 7), other)
    internet = Internet(fake.image(BASE, "v0.15.1", CONFIG, 7) | {f"{BASE}/manifests/v0.15.1": answer(listed)})

    found = facts(internet)

    assert (found.digest, found.size_bytes) == (digest_of(listed), 7)


def test_a_digest_is_asked_for_and_checked() -> None:
    """An image that is given by digest is asked for by it, whatever its tag; other content is refused."""
    digest = digest_of(fake.manifest(CONFIG, 7))
    pinned = ImageRef(repository="vllm/vllm-openai", tag="moved", digest=digest)
    internet = Internet(fake.image(BASE, "v0.15.1", CONFIG, 7))

    assert facts(internet, pinned).digest == digest

    internet.replies[f"{BASE}/manifests/{digest}"] = answer(fake.manifest(CONFIG, 8))
    assert "is not what the digest" in str(refused(internet, pinned))


def test_a_blob_is_checked() -> None:
    """A configuration that is not the one that the manifest names is refused."""
    internet = Internet(fake.image(BASE, "v0.15.1", CONFIG, 7))
    internet.replies[f"{BASE}/blobs/{digest_of(CONFIG)}"] = answer(fake.config(Cmd=["other"]))

    assert "is not what the digest" in str(refused(internet))


def test_a_missing_tag_is_told_from_trouble() -> None:
    """404 is the registry's word that there is no such image."""
    errors = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}

    error = refused(Internet({f"{BASE}/manifests/v0.15.1": answer(errors, 404)}))

    assert isinstance(error, NoSuchImage)
    assert "MANIFEST_UNKNOWN: manifest unknown" in str(error)


BODIES = [
    b"",
    b"\x00\xff\x1f\x8b",
    b"<html>",
    b"[]",
    b"null",
    b"[" * 100_000,
    b'{"a":' + b"9" * 5000 + b"}",
    b'"\\ud800"',
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("place", ["manifests/v0.15.1", "blob", AUTH, "tags/list"])
def test_anything_malformed_is_one_line(body: bytes, place: str) -> None:
    """Whichever answer is no JSON object, one line says so."""
    internet = closed("Bearer tkn")
    base = BASE
    document = CONFIG
    if place == "blob":
        held = {f"{base}/manifests/v0.15.1": fake.manifest(document) | {"config": _named(body)}}
        internet = Internet({address: answer(one) for address, one in held.items()})
        internet.replies[f"{base}/blobs/{digest_of(body)}"] = answer(body)
    else:
        internet.replies[place if place == AUTH else f"{base}/{place}"] = answer(body)

    with internet.client() as client, pytest.raises(NoImageFacts, match="was returned"):
        Registry(client).tags(IMAGE.repository) if place == "tags/list" else Registry(client).facts(IMAGE)


def _named(body: bytes) -> dict[str, object]:
    return {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(body), "size": len(body)}


def test_a_mirror_is_asked_in_the_place_of_a_registry() -> None:
    """Public names can be asked of a registry nearby, which gets its own login and not the public one's."""
    base = "http://10.0.0.7:5000/hub/v2/vllm/vllm-openai"
    internet = Internet(fake.image(base, "v0.15.1", CONFIG, 3))

    basic = 'Basic realm="here"'
    internet.replies = {address: guarded(reply, basic, "Basic bzpvd24=") for address, reply in internet.replies.items()}
    nearby = {"10.0.0.7:5000": {"username": "o", "password": "own"}}
    held = logins({"auths": nearby | LOGIN["auths"]})

    assert facts(internet, mirrors={"docker.io": "http://10.0.0.7:5000/hub"}, logins=held).size_bytes == 3
    assert "nowhere is not the address of a registry" in str(refused(internet, mirrors={"docker.io": "nowhere"}))


def test_tags_are_read_page_by_page() -> None:
    """The query of each next page is asked of the registry itself, whatever host a proxy writes before it."""
    pages = {
        "n=1000": answer(
            {"tags": ["latest", "v0.8.5"]}, Link='<http://inside:80/v2/a/tags/list?n=2&last=b>; rel="next"'
        ),
        "n=2&last=b": answer({"tags": ["v0.9.0", "v0.8.5", "no tag!"]}, Link='</v2/x>; rel="prev"'),
    }
    internet = Internet({f"{BASE}/tags/list": lambda request: pages[request.url.query.decode()](request)})

    with internet.client() as client:
        found = Registry(client).tags("vllm/vllm-openai")

    assert found == ("latest", "v0.8.5", "v0.9.0")


def test_pages_without_end_are_given_up() -> None:
    """A registry whose pages lead in circles is asked so many times and no more."""
    internet = Internet({f"{BASE}/tags/list": answer({"tags": ["a"]}, Link="<?n=1>; rel=next")})

    with internet.client() as client, pytest.raises(NoImageFacts, match="more than 100 pages"):
        Registry(client).tags("vllm/vllm-openai")

    assert len(internet.requests) == 100


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(["text/html", "application/json", "\x7f"]),
        "Docker-Content-Digest": st.sampled_from(["sha256:", "sha512:x", "md5:0", digest_of(b"")]),
        "Link": st.text('<>;rel="next/?&[:', max_size=20),
        "Location": st.text("htps:/.@[]?#%a0", max_size=20),
        "Retry-After": st.text("0123456789-: GMT", max_size=12),
        "WWW-Authenticate": st.text('Bearer realm="https://[x.y],', max_size=40),
    },
)


@settings(max_examples=200, deadline=None)
@given(status=st.sampled_from([200, 302, 401, 404, 429, 500]), headers=HEADERS, body=st.binary(max_size=20))
def test_any_answer_is_facts_or_one_line(status: int, headers: dict[str, str], body: bytes) -> None:
    """Whatever a server answers to everything, each call ends with a result or one printable line."""

    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=fake.Pieces(body))

    with httpx.Client(transport=httpx.MockTransport(reply), trust_env=False) as client:
        registry = Registry(client, logins=logins())
        for call in (lambda: registry.facts(IMAGE), lambda: registry.tags(IMAGE.repository)):
            try:
                call()
            except NoImageFacts as error:
                assert str(error).isprintable()  # noqa: PT017 (either of the two is right)
