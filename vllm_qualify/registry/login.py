"""Gets the permission that a registry asks for, once for each repository; called by `client`.

Source: the distribution project's specification of token authentication, and its OAuth 2.0 form for identity tokens.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import httpx

from vllm_qualify.registry import credentials, protocol
from vllm_qualify.registry.credentials import DockerConfig, Login
from vllm_qualify.registry.http import HttpClient, HttpRequest, HttpResponse, host_of, refusal, said
from vllm_qualify.registry.protocol import Challenge, NoImageFacts
from vllm_qualify.system import text_files

_CLIENT = "vllm-qualify"
_LARGEST_CONFIG = 1 << 20
_REFUSED = frozenset({httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})
_TOKEN_BYTES = 1 << 20


def docker_logins(environ: Mapping[str, str] | None = None) -> DockerConfig:
    """The logins of this user's Docker configuration: ``config.json`` in ``$DOCKER_CONFIG``, else in ``~/.docker``.

    Args:
        environ: variables; by default those of this process.

    Returns:
        What it holds; nothing where there is none, and a ``problem`` where it cannot be read: most images are public.
    """
    variables = os.environ if environ is None else environ
    path = Path(variables.get("DOCKER_CONFIG") or Path(variables.get("HOME", "")) / ".docker") / "config.json"
    try:
        with text_files.opened(path) as file:
            held = file.read(_LARGEST_CONFIG + 1)
    except FileNotFoundError:
        return DockerConfig(source=str(path))
    except OSError as error:
        return DockerConfig(source=str(path), problem=error.strerror or type(error).__name__)
    if len(held) > _LARGEST_CONFIG:
        return DockerConfig(source=str(path), problem=f"it is larger than {_LARGEST_CONFIG} bytes")
    return credentials.read(held.decode(errors="replace"), source=str(path))


class Logins:
    """Holds what registries gave permission with; mutable, since it is asked for only once they want it.

    Args:
        web: asks token services.
        config: holds the logins.
    """

    def __init__(self, web: HttpClient, config: DockerConfig) -> None:
        self._web = web
        self._config = config
        self._given: dict[tuple[str, str], str] = {}
        self.secrets = {secret for login in config.logins.values() for secret in login.secrets}
        """What must be in no message."""

    def headers(self, host: str, name: str) -> dict[str, str]:
        """The headers that the registry takes as permission for a repository; none before it asked for them."""
        given = self._given.get((host, name))
        return {"Authorization": given} if given else {}

    def obtain(self, answer: HttpResponse, host: str, name: str, *, until: float) -> bool:
        """Get what the registry asks for.

        Args:
            answer: the registry's own 401.
            host: of the registry.
            name: of the repository.
            until: the clock's time at which it comes too late.

        Returns:
            Whether there is something new to ask with.

        Raises:
            NoImageFacts: what is asked is no token service, or gives no token.
        """
        offered = protocol.challenges(answer.headers.get_list("WWW-Authenticate"))
        schemes = {challenge.scheme: challenge for challenge in reversed(offered)}
        login = self._config.login(host, name) or Login()
        if login.registry_token:
            given = f"Bearer {login.registry_token}"
        elif "bearer" in schemes:
            given = f"Bearer {self._token(schemes['bearer'], answer, login, host=host, name=name, until=until)}"
        else:
            given = login.basic if "basic" in schemes else ""
        fresh = given not in {"", self._given.get((host, name))}
        self._given[host, name] = given
        return fresh

    def advice(self, host: str, name: str) -> str:
        """What somebody can do whom a registry refuses; says which login was tried."""
        source = self._config.source or "a Docker configuration"
        if self._config.login(host, name):
            return f"the login for it in {source} was rejected: log in again with `docker login {host}`"
        if self._config.problem:
            return f"{source} could not be read ({self._config.problem}), so no login was tried"
        helper = self._config.helper(host)
        if helper:
            return (
                f"{source} leaves its login to {helper}, and such programs are not run here: use a "
                "configuration with the login itself"
            )
        return f"there is no login for it in {source}: log in with `docker login {host}`, or check the name"

    def _token(
        self, challenge: Challenge, answer: HttpResponse, login: Login, *, host: str, name: str, until: float
    ) -> str:
        asked = {"scope": challenge.parameters.get("scope") or f"repository:{name}:pull"}
        if challenge.parameters.get("service"):
            asked["service"] = challenge.parameters["service"]
        realm = self._web.target(answer, challenge.parameters.get("realm", ""))
        reply = self._web.ask(_question(realm, asked, login), until=until)
        if reply.status in _REFUSED:
            raise NoImageFacts(
                f"{host_of(reply.url)} gave no token for {name} ({said(reply)}); {self.advice(host, name)}"
            )
        if reply.status != httpx.codes.OK:
            raise refusal(reply)
        token = protocol.token(reply.body)
        self.secrets.add(token)
        return token


def _question(realm: httpx.URL, asked: Mapping[str, str], login: Login) -> HttpRequest:
    if login.identity_token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": login.identity_token,
            "client_id": _CLIENT,
            **asked,
        }
        return HttpRequest(url=realm, form=form, limit_bytes=_TOKEN_BYTES)
    headers = {"Authorization": login.basic} if login.basic else {}
    return HttpRequest(url=realm.copy_merge_params(asked), headers=headers, limit_bytes=_TOKEN_BYTES)
