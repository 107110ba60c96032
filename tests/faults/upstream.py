"""The way from the proxy to the real API server, and kubeconfigs for the way to the proxy."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A server to pass requests on to.

    Attributes:
        host: name and port, as its clients write them.
        connect: opens a connection; raises ``OSError``.
    """

    host: str
    connect: Callable[[], socket.socket]


def plain(host: str, port: int) -> Upstream:
    """A server without TLS."""
    return Upstream(host=f"{host}:{port}", connect=lambda: socket.create_connection((host, port), _CONNECT_SECONDS))


def cluster(kubeconfig: Path, keys: Path) -> Upstream:
    """The API server of a kubeconfig's current context, asked with the client certificate in it.

    Args:
        kubeconfig: complete in itself, with certificates as data.
        keys: a folder of our own that gets certificate and key, since TLS takes them from files alone.
    """
    settings: dict[str, Any] = yaml.safe_load(kubeconfig.read_text("utf-8"))
    context = _named(settings["contexts"], settings["current-context"])["context"]
    server = _named(settings["clusters"], context["cluster"])["cluster"]
    user = _named(settings["users"], context["user"])["user"]
    trust = ssl.create_default_context(cadata=_text(server["certificate-authority-data"]))
    for name in ("client-certificate", "client-key"):
        path = keys / name
        path.touch(mode=0o600)
        path.write_text(_text(user[f"{name}-data"]))
    trust.load_cert_chain(keys / "client-certificate", keys / "client-key")
    address = urlsplit(server["server"])
    host, port = str(address.hostname), address.port or 443

    def connect() -> socket.socket:
        inner = socket.create_connection((host, port), _CONNECT_SECONDS)
        try:
            return trust.wrap_socket(inner, server_hostname=host)
        except BaseException:
            inner.close()
            raise

    return Upstream(host=f"{host}:{port}", connect=connect)


def kubeconfig(url: str, *, context: str) -> str:
    """A kubeconfig that leads to the proxy, which has the credentials."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": context, "cluster": {"server": url}}],
            "users": [{"name": context, "user": {}}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
            "current-context": context,
        }
    )


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in items if each["name"] == name)


def _text(data: str) -> str:
    return base64.b64decode(data).decode()
