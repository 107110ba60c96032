"""The registry's client against registries in memory: what it asks, with which permission, and what it makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx
import pytest

from tests import registry as fake
from tests.registry import HUB, Internet, Pieces, Reply, answer, digest_of, guarded
from vllm_qualify import docker_config, images, registry_facts
from vllm_qualify.docker_config import DockerConfig
from vllm_qualify.edge.registry import Registry
from vllm_qualify.images import ImageRef
from vllm_qualify.registry_wire import BadImageFacts, NoImageFacts, NoSuchImage, RegistryUnavailable

AUTH = "https://auth.example/token"
BASE = f"{HUB}/v2/vllm/vllm-openai"
BEARER = f'Bearer realm="{AUTH}",service="registry",scope="repository:vllm/vllm-openai:pull"'
CONFIG = fake.config()
IMAGE = images.parse("vllm/vllm-openai:v0.15.1")
LOGIN = {"auths": {"https://index.docker.io/v1/": {"auth": "bWU6czNjcmV0LXdvcmQ="}}}
STORAGE = "https://storage.example/blob"


def facts(internet: Internet, image: ImageRef = IMAGE, **options: object) -> registry_facts.ImageFacts:
    """What a fresh client learns of an image."""
    with internet.client() as client:
        return Registry(client, **options).facts(image)  # type: ignore[arg-type]  # As the caller has them.


def refused(internet: Internet, image: ImageRef = IMAGE, **options: object) -> NoImageFacts:
    """What a fresh client says where there is nothing to learn: one line that names the image."""
    with pytest.raises(NoImageFacts) as caught:
        facts(internet, image, **options)
    assert str(caught.value).startswith(f"{image}: ")
    assert str(caught.value).isprintable()
    return caught.value


def closed(*permitted: str, challenge: str = BEARER, **more: Reply) -> Internet:
    """A registry that wants one of these permissions, with a token service that gives ``tkn`` to everybody."""
    held = fake.image(BASE, "v0.15.1", CONFIG, 7)
    replies = {address: guarded(reply, challenge, *permitted) for address, reply in held.items()}
    return Internet({**replies, AUTH: answer({"token": "tkn"}), **more})


def logins(document: Mapping[str, object] = LOGIN) -> DockerConfig:
    """The logins of a Docker configuration."""
    return docker_config.read(json.dumps(document), source="~/.docker/config.json")


def redirected(target: str, reply: Reply) -> Internet:
    """A registry that keeps its blobs elsewhere."""
    internet = closed("Bearer tkn")
    moved = answer(status=307, Location=target)
    internet.replies[f"{BASE}/blobs/{digest_of(CONFIG)}"] = guarded(moved, BEARER, "Bearer tkn")
    internet.replies[target.partition("?")[0]] = reply
    return internet


def test_facts_are_those_of_manifest_and_configuration() -> None:
    """An open registry is asked twice, and what it holds comes back as a record."""
    internet = Internet(fake.image(BASE, "v0.15.1", CONFIG, 7, 5))

    found = facts(internet)

    assert found == registry_facts.ImageFacts(
        digest=digest_of(fake.manifest(CONFIG, 7, 5)),
        manifest_digest=digest_of(fake.manifest(CONFIG, 7, 5)),
        env={"CUDA_VERSION": "12.9.1"},
        entrypoint=("vllm", "serve"),
        history=("ARG CUDA_VERSION=12.9.1", "RUN true"),
        size_bytes=12,
        created="2026-01-30T12:00:00Z",
        architecture="amd64",
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

    assert (found.digest, found.manifest_digest) == (digest_of(listed), digest_of(fake.manifest(CONFIG, 7)))


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

    assert isinstance(refused(internet), BadImageFacts)


def test_a_token_is_got_without_a_login_where_there_is_none() -> None:
    """The token service is asked for what the registry named, and its token is used for all requests."""
    internet = closed("Bearer tkn")

    facts(internet)

    (asked,) = (request for request in internet.requests if request.url.host == "auth.example")
    assert dict(asked.url.params) == {"service": "registry", "scope": "repository:vllm/vllm-openai:pull"}
    assert internet.permission(AUTH) == [""]
    assert internet.permission(f"{BASE}/manifests/v0.15.1") == ["", "Bearer tkn"]


def test_a_login_goes_to_the_token_service_alone() -> None:
    """User and password are shown to the token service; the registry gets the token."""
    internet = closed("Bearer tkn")

    facts(internet, logins=logins())

    assert internet.permission(AUTH) == ["Basic bWU6czNjcmV0LXdvcmQ="]
    assert {one.headers.get("Authorization", "") for one in internet.requests if one.url.host != "auth.example"} == {
        "",
        "Bearer tkn",
    }


def test_an_identity_token_is_exchanged() -> None:
    """An identity token is posted, never sent in an address, as OAuth 2.0 has it."""
    internet = closed("Bearer tkn")

    facts(internet, logins=logins({"auths": {"docker.io": {"identitytoken": "refresh-me"}}}))

    (asked,) = (request for request in internet.requests if request.url.host == "auth.example")
    assert (asked.method, asked.url.query) == ("POST", b"")
    assert b"refresh_token=refresh-me" in asked.content


@pytest.mark.parametrize(
    ("challenge", "permitted", "entry"),
    [
        ('Basic realm="here"', "Basic bWU6czNjcmV0LXdvcmQ=", {"username": "me", "password": "s3cret-word"}),
        (BEARER, "Bearer ready", {"registrytoken": "ready"}),
    ],
)
def test_other_logins_are_shown_as_they_are(challenge: str, permitted: str, entry: Mapping[str, str]) -> None:
    """Where the registry wants user and password itself, or a login is a token of its own, nobody else is asked."""
    internet = closed(permitted, challenge=challenge)

    facts(internet, logins=logins({"auths": {"registry-1.docker.io": entry}}))

    assert AUTH not in internet.asked


def test_a_token_is_used_again_and_renewed_once_it_is_stale() -> None:
    """The second image of a repository costs no token; a token that ran out is replaced by another."""
    internet = closed("Bearer tkn", "Bearer new")
    with internet.client() as client:
        registry = Registry(client)
        registry.facts(IMAGE)
        registry.facts(IMAGE)
        assert internet.asked.count(AUTH) == 1

        internet.replies |= closed("Bearer new", **{AUTH: answer({"access_token": "new"})}).replies
        registry.facts(IMAGE)

    assert internet.asked.count(AUTH) == 2


def test_a_redirect_is_followed_without_the_credential() -> None:
    """Storage elsewhere is asked with the signed address alone."""
    internet = redirected(f"{STORAGE}?signature=xyz", answer(CONFIG))

    assert facts(internet).size_bytes == 7
    assert internet.permission(STORAGE) == [""]


def test_a_redirect_within_the_registry_keeps_the_credential() -> None:
    """A registry that only renames its addresses is still asked as somebody who may."""
    internet = redirected(f"{HUB}/moved", guarded(answer(CONFIG), BEARER, "Bearer tkn"))

    assert facts(internet).size_bytes == 7


def test_storage_elsewhere_cannot_ask_for_the_login() -> None:
    """A challenge from where the registry redirects to is no challenge: its realm is never shown the login."""
    evil = answer(status=401, WWW_Authenticate='Bearer realm="https://evil.example/token"')
    internet = redirected(STORAGE, evil)

    refused(internet, logins=logins())

    assert not [address for address in internet.asked if "evil" in address]


def test_redirects_end() -> None:
    """A registry that sends in circles is given up."""
    internet = redirected(f"{HUB}/circle", answer(status=302, Location="/circle"))

    assert "redirects more than" in str(refused(internet))


@pytest.mark.parametrize("target", ["http://storage.example/blob", "ftp://storage.example/blob", "http://[", ""])
def test_what_came_over_tls_stays_there(target: str) -> None:
    """A redirect to plain HTTP, to another protocol or to nowhere is not followed."""
    assert isinstance(refused(redirected(target, answer(CONFIG))), BadImageFacts)


def test_a_token_service_in_plain_http_learns_nothing() -> None:
    """The login is not shown to a realm in plain HTTP, nor is it asked."""
    internet = closed(challenge='Bearer realm="http://auth.example/token"')

    error = refused(internet, logins=logins())

    assert "in plain HTTP" in str(error)
    assert not [request for request in internet.requests if request.url.host == "auth.example"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (LOGIN, "does not do: log in again"),
        ({}, "there is no login for it in ~/.docker/config.json"),
        ({"credsStore": "desktop"}, "leaves its login to docker-credential-desktop"),
        ({"credHelpers": {"docker.io": "hub"}}, "leaves its login to docker-credential-hub"),
        ([], "could not be read"),
    ],
)
def test_a_refusal_says_what_was_tried(document: Mapping[str, object], words: str) -> None:
    """Who is not let in reads which login was used, or why none was, and a helper is named but not run."""
    error = refused(closed("nobody"), logins=logins(document))

    assert words in str(error)
    assert isinstance(error, RegistryUnavailable)


def test_a_token_service_that_refuses_says_so() -> None:
    """A wrong password is told as the token service's refusal, with its reason and without the password."""
    wrong = answer({"details": "incorrect username or password s3cret-word"}, 401)

    message = str(refused(closed(**{AUTH: wrong}), logins=logins()))

    assert "auth.example gives no token" in message
    assert "incorrect username" in message


def test_no_secret_is_in_a_message() -> None:
    """What a registry echoes of password, whole login and token is marked out."""
    echo = "bWU6czNjcmV0LXdvcmQ= s3cret-word tkn-1234"
    internet = closed(**{AUTH: answer({"token": "tkn-1234"})})
    internet.replies[f"{BASE}/manifests/v0.15.1"] = guarded(
        answer({"errors": [{"message": echo}]}, 403), BEARER, "Bearer tkn-1234"
    )

    message = str(refused(internet, logins=logins()))

    assert "403" in message
    assert not [secret for secret in echo.split() if secret in message]


def test_a_missing_tag_is_told_from_trouble() -> None:
    """404 is the registry's word that there is no such image."""
    errors = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}

    error = refused(Internet({f"{BASE}/manifests/v0.15.1": answer(errors, 404)}))

    assert isinstance(error, NoSuchImage)
    assert "MANIFEST_UNKNOWN: manifest unknown" in str(error)


def test_a_rate_limit_is_one_clear_line() -> None:
    """429 says who limits, why, and for how long, to people and to programs."""
    errors = {"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your\npull rate limit."}]}
    internet = Internet({f"{BASE}/manifests/v0.15.1": answer(errors, 429, Retry_After="60")})

    error = refused(internet)

    assert isinstance(error, RegistryUnavailable)
    assert error.retry_after_seconds == 60
    assert str(error) == (
        f"{IMAGE}: registry-1.docker.io limits how often it is asked (429 TOOMANYREQUESTS: You have reached your pull "
        "rate limit.); ask again in 60 s, or log in: that raises the limit"
    )


@pytest.mark.parametrize("status", [204, 304, 400, 418, 500, 503])
def test_other_answers_are_told_with_their_number(status: int) -> None:
    """Whatever else a registry says instead of an image is told with its status."""
    assert f"({status}" in str(refused(Internet({f"{BASE}/manifests/v0.15.1": answer(status=status)})))


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

    with internet.client() as client, pytest.raises(BadImageFacts, match="came in the place of"):
        Registry(client).tags(IMAGE.repository) if place == "tags/list" else Registry(client).facts(IMAGE)


def _named(body: bytes) -> dict[str, object]:
    return {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(body), "size": len(body)}


def test_an_endless_answer_is_cut_off() -> None:
    """A manifest beyond the limit is refused while it is read."""
    endless = Pieces(*[b" " * (1 << 20)] * 64)
    internet = Internet({f"{BASE}/manifests/v0.15.1": lambda _: httpx.Response(200, stream=endless)})

    assert "sent more than the" in str(refused(internet))


def test_a_dribbling_registry_is_cut_off() -> None:
    """A call ends at its deadline, however busily pieces still come."""
    ticks = iter(range(100))
    dribble = Pieces(*[b" "] * 50)
    internet = Internet({f"{BASE}/manifests/v0.15.1": lambda _: httpx.Response(200, stream=dribble)})

    error = refused(internet, clock=lambda: float(next(ticks)), deadline_seconds=10.0)

    assert "did not answer in time" in str(error)
    assert next(ticks) < 15


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "cannot be asked: [Errno 111] Connection refused"),
        (httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER]"), "name it as insecure"),
        (httpx.ReadTimeout("slow"), "did not answer in time"),
        (httpx.RemoteProtocolError("peer closed\nconnection"), "peer closed connection"),
        (httpx.LocalProtocolError("Illegal header value b'Bearer s3cret'"), "LocalProtocolError"),
    ],
)
def test_trouble_on_the_way_is_one_line(error: httpx.RequestError, words: str) -> None:
    """A registry that cannot be reached is told with the reason, never with what was sent."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    message = str(refused(Internet({f"{BASE}/manifests/v0.15.1": fail})))

    assert words in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    ("repository", "address", "insecure"),
    [
        ("localhost:5000/a/b", "http://localhost:5000/v2/a/b", ()),
        ("127.0.0.2:5000/a/b", "http://127.0.0.2:5000/v2/a/b", ()),
        ("[::1]:5000/a/b", "http://[::1]:5000/v2/a/b", ()),
        ("10.0.0.7:5000/a/b", "https://10.0.0.7:5000/v2/a/b", ()),
        ("10.0.0.7:5000/a/b", "http://10.0.0.7:5000/v2/a/b", ("10.0.0.7:5000",)),
        ("10.0.0.7:5000/a/b", "http://10.0.0.7:5000/v2/a/b", ("10.0.0.7",)),
        ("10.0.0.7:5001/a/b", "https://10.0.0.7:5001/v2/a/b", ("10.0.0.7:5000",)),
        ("registry.example/a/b", "https://registry.example/v2/a/b", ()),
        ("busybox", f"{HUB}/v2/library/busybox", ()),
        ("docker.io/a/b", f"{HUB}/v2/a/b", ()),
    ],
)
def test_plain_http_is_for_loopback_and_what_was_named(repository: str, address: str, insecure: tuple[str]) -> None:
    """All other registries are asked over TLS, and Docker's own under the name that it answers to."""
    internet = Internet(fake.image(address, "v1", CONFIG, 3))

    assert facts(internet, ImageRef(repository=repository, tag="v1"), insecure=insecure).size_bytes == 3


def test_a_mirror_is_asked_in_the_place_of_a_registry() -> None:
    """Public names can be asked of a registry nearby, which gets its own login and not the public one's."""
    base = "http://10.0.0.7:5000/hub/v2/vllm/vllm-openai"
    internet = Internet(fake.image(base, "v0.15.1", CONFIG, 3))

    found = facts(internet, mirrors={"docker.io": "http://10.0.0.7:5000/hub"}, logins=logins())

    assert found.size_bytes == 3
    assert "nowhere is no address of a registry" in str(refused(internet, mirrors={"docker.io": "nowhere"}))


@pytest.mark.parametrize("host", ["127.0.0.1:99999", "[::1]:0", "a..b:5", "xn--.example", "[:::]:1"])
def test_a_host_that_is_none_is_one_line(host: str) -> None:
    """A reference whose host no address can have is told as such, and no connection is tried."""
    with (
        httpx.Client(trust_env=False) as client,
        pytest.raises(RegistryUnavailable, match=r"no address|cannot be asked"),
    ):
        Registry(client).facts(ImageRef(repository=f"{host}/a", tag="v1"))


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

    with internet.client() as client, pytest.raises(BadImageFacts, match="more than 100 pages"):
        Registry(client).tags("vllm/vllm-openai")

    assert len(internet.requests) == 100


@pytest.mark.parametrize("target", ["https://xn--/x", "https://a..b/x", "https://storage.example:x/"])
def test_a_redirect_to_no_address_is_one_line(target: str) -> None:
    """Whatever a registry writes as an address, nothing but one line comes of it."""
    internet = redirected(STORAGE, answer(CONFIG))
    internet.replies[f"{BASE}/blobs/{digest_of(CONFIG)}"] = answer(status=302, Location=target)
    internet.replies |= {"https://a..b/x": _no_host, "https://xn--/x": _no_host}

    refused(internet)


def _no_host(request: httpx.Request) -> httpx.Response:
    raise UnicodeError(f"label empty or too long: {request.url.raw_host!r}")
