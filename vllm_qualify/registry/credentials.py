"""Logins for registries, as a Docker configuration or a Kubernetes pull secret holds them. Pure.

Credential helpers are programs; they are named, never run.
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vllm_qualify.core import foreign
from vllm_qualify.registry import protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who asks a registry.

    Attributes:
        user: the name.
        password: or an access token in its place.
        identity_token: with which a token service gives tokens, in the place of user and password.
        registry_token: that the registry takes as it is.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header with user and password; ``""`` without them."""
        if not self.user:
            return ""
        return f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode(errors='replace')).decode()}"

    @property
    def secrets(self) -> frozenset[str]:
        """What must be in no message."""
        whole = self.basic.removeprefix("Basic ")
        return frozenset({self.password, self.identity_token, self.registry_token, whole} - {""})


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerConfig:
    """The logins of one configuration.

    Attributes:
        source: the file, for messages; ``""`` where there is none.
        logins: by what the configuration names them: a host, with a path or wildcards if it likes.
        helpers: names of credential helpers by host.
        store: name of the credential helper for all others; ``""`` for none.
        problem: why it could not be read; ``""`` when it could.
    """

    source: str = ""
    logins: Mapping[str, Login] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    problem: str = ""

    def helper(self, host: str) -> str:
        """The program that holds the login for a registry; ``""`` where the configuration names none."""
        names = protocol.aliases(host)
        name = next((held for key, held in self.helpers.items() if _host_and_path(key)[0] in names), self.store)
        return f"docker-credential-{name}" if name else ""

    def login(self, host: str, name: str = "") -> Login | None:
        """The login for a repository; the one whose path says most, as the kubelet chooses.

        Args:
            host: of the registry.
            name: of the repository in it.
        """
        fitting = [(len(_host_and_path(key)[1]), key) for key in self.logins if _fits(key, host, name)]
        return self.logins[max(fitting)[1]] if fitting else None


def read(text: str, *, source: str) -> DockerConfig:
    """Read ``config.json`` or the ``.dockerconfigjson`` of a Secret; one that cannot be read holds a ``problem``.

    Args:
        text: what it holds.
        source: where it lies, for messages.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return DockerConfig(source=source, problem="it is not a JSON object")
    helpers = {
        key: protocol.one_line(value) for key, value in foreign.mapping(document.get("credHelpers")).items() if value
    }
    store = document.get("credsStore")
    entries = {key: entry for key, entry in foreign.mapping(document.get("auths")).items() if isinstance(entry, dict)}
    logins = {key: _login(entry) for key, entry in entries.items()}
    damaged = (key for key, entry in entries.items() if entry.get("auth") and logins[key] is None)
    return DockerConfig(
        source=source,
        logins={key: login for key, login in logins.items() if login is not None},
        helpers=helpers,
        store=protocol.one_line(store) if isinstance(store, str) else "",
        problem="; ".join(f"its login for {protocol.one_line(key)} is not in base64" for key in damaged),
    )


def _login(entry: Mapping[str, Any]) -> Login | None:
    user, password = foreign.text(entry.get("username")), foreign.text(entry.get("password"))
    if not user:
        user, _, password = _decoded(foreign.text(entry.get("auth"))).partition(":")
    identity, registry = foreign.text(entry.get("identitytoken")), foreign.text(entry.get("registrytoken"))
    if not (user or identity or registry):
        return None  # So an entry looks whose login a helper holds.
    return Login(user=user, password=password, identity_token=identity, registry_token=registry)


def _decoded(auth: str) -> str:
    try:
        # Docker itself ends some of them with a zero byte.
        return base64.b64decode(auth, validate=True).decode().rstrip("\0")
    except (binascii.Error, ValueError):
        return ""


def _fits(key: str, host: str, name: str) -> bool:
    pattern, path = _host_and_path(key)
    known = any(_same_host(pattern, one) for one in protocol.aliases(host))
    return known and (not path or f"{name}/".startswith(f"{path}/"))


def _same_host(pattern: str, host: str) -> bool:
    # A wildcard stands for one part of a name, never for several; so Kubernetes has it.
    wanted, given = pattern.split("."), host.split(".")
    return len(wanted) == len(given) and all(
        fnmatch.fnmatchcase(part, form) for part, form in zip(given, wanted, strict=True)
    )


def _host_and_path(key: str) -> tuple[str, str]:
    """Docker writes ``https://index.docker.io/v1/``, others a host, Kubernetes a path behind it if one likes."""
    host, _, path = key.removeprefix("https://").removeprefix("http://").partition("/")
    path = path.strip("/")
    return host, "" if path in {"v1", "v2"} else path
