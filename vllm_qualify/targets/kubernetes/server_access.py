"""The way to servers in the cluster: directly where this machine is part of its network, else from inside a pod.

Never through a port-forward, which drops and stalls under load.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import httpx

from vllm_qualify.client import exec_transport
from vllm_qualify.client.exchanges import ModelsReply
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.client.transport import HttpTransport, Transport
from vllm_qualify.core.errors import UserError
from vllm_qualify.kube import api_keys
from vllm_qualify.kube.api_keys import ApiKey
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.targets import served_names
from vllm_qualify.targets.kubernetes.namespace import Namespace

ANSWER_SECONDS = 180.0
_CONNECT_SECONDS = 1.0
_KEY_SECONDS = 15.0
_ROUTED_SECONDS = 30.0
"""A Service routes to a pod only some moments after that became ready."""
_ANSWERED_SECONDS = 15.0
"""How long a server that runs may fail to answer what it serves; without its names nobody can prove its return."""
_SHORTEST_KEY = 6


class Unreachable(UserError):
    """Nobody answers at the address from here; the message says what was tried."""


class KeyUnknown(Unreachable):
    """The server asks for an API key that comes from a Secret, and the container could not be asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccess:
    """How servers are asked.

    Attributes:
        site: where they are.
        http: the run's HTTP client.
        exits: closes what is opened here.
        client: ``direct``, ``pod``, or ``auto`` for direct where that works.
        hide: takes an API key that was read in a container, before anything is asked with it.
    """

    site: Namespace
    http: httpx.Client
    exits: contextlib.ExitStack
    client: Literal["auto", "direct", "pod"] = "auto"
    hide: Callable[[frozenset[str]], None] = lambda _keys: None

    def pod(self, pod: Object, *, container: str, port: int, keyed: bool = True) -> OpenAiClient:
        """A client of one pod.

        Args:
            pod: which.
            container: the one of that pod that serves.
            port: on which it listens.
            keyed: with the API key, where the server asks for one; it does not for its health.

        Raises:
            KeyUnknown: what the server asks for could not be found out.
            Unreachable: the pod has no address yet.
        """
        address = str(pod.get("status", {}).get("podIP") or "")
        if not address:
            raise Unreachable(f"pod {pod['metadata']['name']} has no address yet")
        key = self._key(pod, container) if keyed else ""
        if self._directly(address, port):
            return self._from_here(address, port, key)
        return self._from(pod, container, f"http://127.0.0.1:{port}", key)

    def service(self, pod: Object | None, *, container: str) -> OpenAiClient:
        """A client of the Service in front of vLLM.

        Args:
            pod: behind it; says which API key is asked for, and asks itself where that cannot be done from here.
            container: of that pod.

        Raises:
            KeyUnknown: what the server asks for could not be found out.
            Unreachable: there is no such Service, or no way to it.
        """
        address, port = self.service_address()
        key = self._key(pod, container)
        if self._directly(address, port):
            return self._from_here(address, port, key)
        if pod is None:
            raise Unreachable(
                f"Service {self.site.service} does not answer at {address}:{port}, and no pod can reach it"
            )
        return self._from(pod, container, f"http://{self.site.service}.{self.site.namespace}.svc:{port}", key)

    def to(self, url: str, pod: Object | None, *, container: str) -> Transport:
        """The way to any address: directly where somebody answers there, else from inside a pod.

        Args:
            url: where somebody should listen.
            pod: from where it is asked when it cannot be asked from here.
            container: of that pod.
        """
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if pod is None or self._directly(parts.hostname or "", port):
            return HttpTransport(self.http)
        return self._transport(pod, container)

    def service_address(self) -> tuple[str, int]:
        """Cluster address and port of the Service.

        Raises:
            Unreachable: there is no such Service.
        """
        service = self.site.find("Service", self.site.service)
        if service is None:
            raise Unreachable(f"there is no Service {self.site.service} in namespace {self.site.namespace}")
        return str(service["spec"].get("clusterIP", "")), int(service["spec"]["ports"][0]["port"])

    def problem(self, served: Sequence[str], *, pod: Object | None, container: str) -> str:
        """Why production does not serve as it did, in one sentence; ``""`` when it does.

        Args:
            served: the model names that it served before.
            pod: one of its pods.
            container: the one of that pod that serves.
        """
        said: list[str] = []

        def serves() -> bool:
            said[:] = [self._try(served, pod, container)]
            return not said[0]

        self.site.until(serves, seconds=_ROUTED_SECONDS)
        return said[0]

    def models(self, *, pod: Object | None, container: str) -> tuple[str, ...]:
        """The model names that the Service serves; empty when it does not answer, however often it is asked."""
        listed = [ModelsReply()]

        def answered() -> bool:
            listed[:] = [self.service(pod, container=container).models()]
            return listed[0].failure is None

        with contextlib.suppress(Unreachable):
            self.site.until(answered, seconds=_ANSWERED_SECONDS)
        return listed[0].ids

    def _try(self, served: Sequence[str], pod: Object | None, container: str) -> str:
        try:
            client = self.service(pod, container=container)
        except Unreachable as error:
            return str(error)
        return served_names.problem(client, served)

    def _directly(self, address: str, port: int) -> bool:
        if self.client == "pod":
            return False
        if self.client == "direct":
            return True
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=_CONNECT_SECONDS):
            return True
        return False

    def _from_here(self, address: str, port: int, key: str) -> OpenAiClient:
        url = f"http://{address}:{port}"
        return OpenAiClient(url, client=self.http, deadline_seconds=ANSWER_SECONDS, api_key=key)

    def _from(self, pod: Object, container: str, url: str, key: str) -> OpenAiClient:
        transport = self._transport(pod, container)
        return OpenAiClient(url, transport=transport, deadline_seconds=ANSWER_SECONDS, api_key=key)

    def _key(self, pod: Object | None, container: str) -> str:
        """The API key that the server in the container asks for; ``""`` for none."""
        wanted = api_keys.of(pod, container) if pod is not None else ApiKey()
        if pod is None or not wanted.variable:
            return wanted.value
        name, command = str(pod["metadata"]["name"]), exec_transport.variable(wanted.variable)
        try:
            ended = self.site.kubectl.execute(self.site.namespace, name, container, command, seconds=_KEY_SECONDS)
        except (Refused, TimeoutError) as error:
            raise KeyUnknown(f"{wanted.variable} of pod {name} could not be read: {error}") from error
        if ended.exit_code:
            said = ended.stderr.strip() or f"exit code {ended.exit_code}"
            raise KeyUnknown(f"{wanted.variable} of pod {name} could not be read: {said}")
        # What is shorter, or no single word, would be found in every second line; no key is that.
        if len(key := ended.stdout.strip()) >= _SHORTEST_KEY and len(key.split()) == 1:
            self.hide(frozenset({key}))
        return ended.stdout

    def _transport(self, pod: Object, container: str) -> exec_transport.PodTransport:
        name = str(pod["metadata"]["name"])
        argv = self.site.kubectl.execute_argv(self.site.namespace, name, container, exec_transport.command())
        return self.exits.enter_context(exec_transport.PodTransport(argv))
