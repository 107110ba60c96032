"""The way to the server in a container: by its published port, by its address, or from inside it. For the target."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from vllm_qualify.client import exec_transport
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.client.transport import HttpTransport, Transport
from vllm_qualify.container.inspection import Container
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.targets import served_names
from vllm_qualify.targets.container.host import ContainerHost

ANSWER_SECONDS = 180.0
_CONNECT_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerAccess:
    """How servers in containers are asked.

    Attributes:
        host: where they are.
        http: the run's HTTP client.
        exits: closes what is opened here.
        hide: takes an API key before anything is asked with it.
    """

    host: ContainerHost
    http: httpx.Client
    exits: contextlib.ExitStack
    hide: Callable[[frozenset[str]], None] = lambda _keys: None

    def client(self, container: Container, manifest: ServingManifest) -> OpenAiClient:
        """A client of the server in a container.

        Args:
            container: as it stands now, running.
            manifest: says on which port it listens, and which API key it asks for.

        Raises:
            BadManifest: its port is not known.
        """
        key = manifest.flag("--api-key") or manifest.env.get("VLLM_API_KEY") or ""
        if key:
            self.hide(frozenset({key}))
        port = manifest.port
        if place := self._place(container, port):
            return OpenAiClient(f"http://{place}", client=self.http, deadline_seconds=ANSWER_SECONDS, api_key=key)
        url, transport = f"http://127.0.0.1:{port}", self.inside(container)
        return OpenAiClient(url, transport=transport, deadline_seconds=ANSWER_SECONDS, api_key=key)

    def to(self, url: str, container: Container | None) -> Transport:
        """The way to any address that callers use: directly where somebody answers, else from inside a container."""
        parts = httpx.URL(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if container is None or self._answers(parts.host, port):
            return HttpTransport(self.http)
        return self.inside(container)

    def inside(self, container: Container) -> Transport:
        """A client that runs in the container itself."""
        argv = self.host.engine.execute_argv(container.id, exec_transport.command())
        return self.exits.enter_context(exec_transport.PodTransport(argv))

    def problem(self, container: Container, manifest: ServingManifest, served: tuple[str, ...]) -> str:
        """Why production does not serve as it did, in one sentence; ``""`` when it does."""
        return served_names.problem(self.client(container, manifest), served)

    def _place(self, container: Container, port: int) -> str:
        """Where this machine finds a server, now or once it listens; ``""`` for nowhere."""
        if self.host.engine.remote:
            return ""
        published = next((one for one in container.spec.ports if one.container_port == port), None)
        if published is not None and port in container.listening:
            return f"{published.host_address or '127.0.0.1'}:{container.listening[port]}"
        if container.spec.network_mode == "host":
            return f"127.0.0.1:{port}"
        # Whether a network of the engine can be entered from here depends on how it runs.
        near = (address for address in container.addresses.values() if self._answers(address, port))
        return next((f"{address}:{port}" for address in near), "")

    def _answers(self, address: str, port: int) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=_CONNECT_SECONDS):
            return True
        return False
