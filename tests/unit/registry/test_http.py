"""Redirects, limits, trouble on the way and addresses, against servers in memory."""

from __future__ import annotations

import httpx
import pytest

from tests import registry as fake
from tests.registry import (
    BASE,
    BEARER,
    CONFIG,
    HUB,
    IMAGE,
    STORAGE,
    Internet,
    Pieces,
    answer,
    digest_of,
    facts,
    guarded,
    redirected,
    refused,
)
from vllm_qualify.core.images import ImageRef
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.http import new_client
from vllm_qualify.registry.protocol import NoImageFacts


def test_a_redirect_is_followed_without_the_credential() -> None:
    """Storage elsewhere is asked with the signed address alone."""
    internet = redirected(f"{STORAGE}?signature=xyz", answer(CONFIG))

    assert facts(internet).size_bytes == 7
    assert internet.permission(STORAGE) == [""]


def test_a_redirect_within_the_registry_keeps_the_credential() -> None:
    """A registry that only renames its addresses is still asked as somebody who may."""
    internet = redirected(f"{HUB}/moved", guarded(answer(CONFIG), BEARER, "Bearer tkn"))

    assert facts(internet).size_bytes == 7


def test_redirects_end() -> None:
    """A registry that sends in circles is given up."""
    internet = redirected(f"{HUB}/circle", answer(status=302, Location="/circle"))

    assert "redirects more than" in str(refused(internet))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://storage.example/blob", "over plain HTTP; expected HTTPS"),
        ("ftp://storage.example/blob", "to an invalid address"),
        ("http://[", "over plain HTTP; expected HTTPS"),
        ("", "to an invalid address"),
    ],
)
def test_what_came_over_tls_stays_there(target: str, said: str) -> None:
    """A redirect to plain HTTP, to another protocol or to nowhere is not followed."""
    assert said in str(refused(redirected(target, answer(CONFIG))))


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
        (httpx.ConnectError("[Errno 111] Connection refused"), "cannot be reached: [Errno 111] Connection refused"),
        (httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER]"), "configure it as insecure"),
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


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1:99999", "not the address"),
        ("[::1]:0", "not the address"),
        ("a..b:5", "cannot be reached"),
        ("xn--.example", "cannot be reached"),
        ("[:::]:1", "not the address"),
    ],
)
def test_a_host_that_is_none_is_one_line(host: str, words: str) -> None:
    """A reference whose host no address can have is told as such, and no connection is tried."""
    with (
        httpx.Client(trust_env=False) as client,
        pytest.raises(NoImageFacts, match=words),
    ):
        Registry(client).facts(ImageRef(repository=f"{host}/a", tag="v1"))


@pytest.mark.parametrize("target", ["https://xn--/x", "https://a..b/x", "https://storage.example:x/"])
def test_a_redirect_to_no_address_is_one_line(target: str) -> None:
    """Whatever a registry writes as an address, nothing but one line comes of it."""
    internet = redirected(STORAGE, answer(CONFIG))
    internet.replies[f"{BASE}/blobs/{digest_of(CONFIG)}"] = answer(status=302, Location=target)
    internet.replies |= {"https://a..b/x": _no_host, "https://xn--/x": _no_host}

    refused(internet)


def _no_host(request: httpx.Request) -> httpx.Response:
    raise UnicodeError(f"label empty or too long: {request.url.raw_host!r}")


@pytest.mark.parametrize("status", [204, 304, 400, 418, 500, 503])
def test_other_answers_are_told_with_their_number(status: int) -> None:
    """Whatever else a registry says instead of an image is told with its status."""
    assert f"({status}" in str(refused(Internet({f"{BASE}/manifests/v0.15.1": answer(status=status)})))


def test_a_rate_limit_is_one_clear_line() -> None:
    """429 says who limits, why, and for how long, to people and to programs."""
    errors = {"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your\npull rate limit."}]}
    internet = Internet({f"{BASE}/manifests/v0.15.1": answer(errors, 429, Retry_After="60")})

    error = refused(internet)

    assert str(error) == (
        f"{IMAGE}: registry-1.docker.io limits requests (429 TOOMANYREQUESTS: You have reached your pull "
        "rate limit.); try again in 60 s, or log in: that raises the limit"
    )


@pytest.mark.parametrize("proxy", ["nonsense://x", "http://x:port", "http://u:s3cret/word@x"])
def test_a_proxy_that_cannot_be_used_is_one_line(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong variable in the environment is told as such, not as a traceback."""
    monkeypatch.setenv("ALL_PROXY", proxy)

    with pytest.raises(NoImageFacts, match="set in the environment cannot be used") as caught:
        new_client()

    assert "s3cret" not in str(caught.value)


def test_loopback_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy is for registries out there."""
    for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    with new_client() as client:
        direct = client._transport
        assert client._transport_for_url(client._merge_url("http://127.0.0.1:5000/v2/")) is direct
        assert client._transport_for_url(client._merge_url("http://registry.example/v2/")) is not direct
