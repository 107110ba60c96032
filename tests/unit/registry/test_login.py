"""Logins: where they are looked for, who is shown them, and what is said of those that do not do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.registry import (
    AUTH,
    BASE,
    BEARER,
    IMAGE,
    LOGIN,
    STORAGE,
    answer,
    closed,
    facts,
    guarded,
    logins,
    redirected,
    refused,
)
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.login import docker_logins
from vllm_qualify.registry.protocol import NoImageFacts

HELD = json.dumps({"auths": {"r.io": {"username": "me", "password": "p"}}})


@pytest.mark.parametrize(
    "variables", [{"HOME": "home"}, {"DOCKER_CONFIG": "home/.docker"}, {"HOME": "x", "DOCKER_CONFIG": "home/.docker"}]
)
def test_logins_are_where_docker_keeps_them(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``$DOCKER_CONFIG`` goes before ``~/.docker``, and the source is named."""
    folder = tmp_path / "home" / ".docker"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(HELD)
    monkeypatch.chdir(tmp_path)

    found = docker_logins(variables)

    assert found.login("r.io") is not None
    assert found.source == str(Path("home/.docker/config.json"))


def test_without_a_configuration_there_are_no_logins(tmp_path: Path) -> None:
    """A machine without Docker is the usual case, and no problem."""
    found = docker_logins({"HOME": str(tmp_path)})

    assert (found.logins, found.problem) == ({}, "")


@pytest.mark.parametrize(
    "content", [b"\xff\xfe{", b"[]", b" " * (1 << 21), None], ids=["binary", "list", "huge", "folder"]
)
def test_a_configuration_that_cannot_be_used_is_a_problem(content: bytes | None, tmp_path: Path) -> None:
    """Binary, wrong, huge or no file at all: it is told when a login is needed, and stops nobody before."""
    path = tmp_path / "config.json"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    assert docker_logins({"DOCKER_CONFIG": str(tmp_path)}).problem


def test_a_token_is_got_without_a_login_where_there_is_none() -> None:
    """The token service is asked for what the registry named, and its token is used for all requests."""
    internet = closed("Bearer tkn")

    facts(internet)

    assert {request.headers["Accept-Encoding"] for request in internet.requests} == {"identity"}
    (asked,) = (request for request in internet.requests if request.url.host == "auth.example")
    assert dict(asked.url.params) == {"service": "registry", "scope": "repository:hub/vllm-openai:pull"}
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


def test_a_login_that_does_not_do_is_not_repeated() -> None:
    """What a registry refused is not shown to it twice in one call: too many wrong tries lock an account."""
    internet = closed("nobody", challenge='Basic realm="here"')
    with internet.client() as client:
        registry = Registry(client, logins=logins())
        for _ in range(2):
            with pytest.raises(NoImageFacts, match="log in again"):
                registry.facts(IMAGE)

    basic = "Basic bWU6czNjcmV0LXdvcmQ="
    assert internet.permission(f"{BASE}/manifests/v0.15.1") == ["", basic, basic]


def test_storage_elsewhere_cannot_ask_for_the_login() -> None:
    """A challenge from where the registry redirects to is no challenge: its realm is never shown the login."""
    evil = answer(status=401, WWW_Authenticate='Bearer realm="https://evil.example/token"')
    internet = redirected(STORAGE, evil)

    refused(internet, logins=logins())

    assert not [address for address in internet.asked if "evil" in address]


def test_a_token_service_in_plain_http_learns_nothing() -> None:
    """The login is not shown to a realm in plain HTTP, nor is it asked."""
    internet = closed(challenge='Bearer realm="http://auth.example/token"')

    error = refused(internet, logins=logins())

    assert "over plain HTTP" in str(error)
    assert not [request for request in internet.requests if request.url.host == "auth.example"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (LOGIN, "was rejected: log in again"),
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


def test_a_token_service_that_refuses_says_so() -> None:
    """A wrong password is told as the token service's refusal, with its reason and without the password."""
    wrong = answer({"details": "incorrect username or password s3cret-word"}, 401)

    message = str(refused(closed(**{AUTH: wrong}), logins=logins()))

    assert "auth.example gave no token" in message
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
