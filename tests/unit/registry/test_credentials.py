"""Logins as Docker, podman and Kubernetes write them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.registry import credentials
from vllm_qualify.registry.credentials import DockerConfig, Login

ME = {"auth": "bWU6c2VjcmV0OndpdGg6Y29sb25z"}
"""Of ``me`` and ``secret:with:colons``."""


def read(document: Any) -> DockerConfig:
    """A configuration."""
    return credentials.read(json.dumps(document), source="config.json")


@pytest.mark.parametrize(
    ("key", "host", "name"),
    [
        ("https://index.docker.io/v1/", "registry-1.docker.io", "a/b"),
        ("docker.io", "registry-1.docker.io", "a/b"),
        ("registry.example", "registry.example", "a/b"),
        ("http://registry.example:5000", "registry.example:5000", "a/b"),
        ("https://registry.example/v2/", "registry.example", "a/b"),
        ("registry.example/a", "registry.example", "a/b"),
        ("registry.example/a/b", "registry.example", "a/b"),
        ("*.example", "registry.example", "a/b"),
    ],
)
def test_a_login_is_found_in_every_spelling(key: str, host: str, name: str) -> None:
    """Hosts with and without protocol, paths and wildcards lead to the login."""
    assert read({"auths": {key: ME}}).login(host, name) == Login(user="me", password="secret:with:colons")  # noqa: S106


@pytest.mark.parametrize(
    "key",
    [
        "registry.example:5000",
        "registry.example/ab/cd",
        "registry.example/a",
        "registry.example/ab/",
        "*",
        "*.registry.example",
        "example",
    ],
)
def test_a_login_for_another_registry_is_never_used(key: str) -> None:
    """Another port, another path, and a wildcard for more than one part do not fit."""
    assert read({"auths": {key: ME}}).login("registry.example", "abc/c") is None


def test_the_longest_path_wins() -> None:
    """The login that says most about where it belongs is taken, as the kubelet does."""
    auths = {path: {"username": path, "password": "p"} for path in ("r.io", "r.io/a", "r.io/a/b", "r.io/b")}

    login = read({"auths": auths}).login("r.io", "a/b/c")

    assert login is not None
    assert login.user == "r.io/a/b"


@pytest.mark.parametrize("entry", [{}, {"auth": ""}, {"auth": "%%%"}, {"auth": "/w=="}, {"auth": 1}, None, "x"])
def test_an_entry_that_holds_nothing_is_no_login(entry: Any) -> None:
    """Empty entries, which a helper leaves, and those that cannot be read are passed over."""
    assert read({"auths": {"r.io": entry}}).login("r.io") is None


def test_helpers_are_named() -> None:
    """The helper of a registry goes before that of all others."""
    config = read({"credsStore": "desktop", "credHelpers": {"r.io": "ecr-login", "docker.io": "hub"}})

    assert config.helper("r.io") == "docker-credential-ecr-login"
    assert config.helper("registry-1.docker.io") == "docker-credential-hub"
    assert config.helper("other.io") == "docker-credential-desktop"
    assert read({}).helper("other.io") == ""


def test_no_secret_is_in_a_repr() -> None:
    """Neither a login nor a configuration shows what it holds."""
    config = read({"auths": {"r.io": ME | {"identitytoken": "refresh-me", "registrytoken": "ready-made"}}})

    shown = repr(config)

    assert not [secret for login in config.logins.values() for secret in login.secrets if secret in shown]
    assert len(config.logins["r.io"].secrets) == 4


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\x00"])
def test_a_configuration_that_cannot_be_read_says_so(text: str) -> None:
    """Public images need no login, so it is not an error but a problem to tell once one is needed."""
    assert credentials.read(text, source="config.json").problem


@given(
    document=st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["auths", "credHelpers", "credsStore", "r.io", "auth", "username"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_any_configuration_is_read(document: Any) -> None:
    """Whatever stands in it, logins and helpers can be asked for."""
    config = read(document)

    assert isinstance(config.helper("r.io"), str)
    assert config.login("r.io", "a") is None or config.login("r.io", "a") in config.logins.values()


def test_a_login_that_is_not_in_base64_is_a_problem() -> None:
    """The others hold."""
    text = '{"auths": {"a.example": {"auth": "%%%"}, "b.example": {"auth": "dTpw"}}}'

    found = credentials.read(text, source="config.json")

    assert found.problem == "its login for a.example is not in base64"
    assert found.login("b.example") is not None
