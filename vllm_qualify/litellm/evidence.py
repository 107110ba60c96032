"""What was seen of one request through the proxy; gathered by ``litellm.probe``, judged by ``check``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vllm_qualify.client.exchanges import ModelsReply, Usage
from vllm_qualify.client.failures import Failure
from vllm_qualify.core.records import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where vLLM answers: behind a Service of the cluster, or in a container.

    Attributes:
        namespace: of the Service; ``""`` for a container.
        others: further names under which a container is reached in its networks.
    """

    name: str = "vllm-api"
    namespace: str = "ml"
    port: int = 8000
    others: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The whole address of its API."""
        if not self.namespace:
            return f"http://{self.name}:{self.port}/v1"
        return f"http://{self.name}.{self.namespace}.svc.cluster.local:{self.port}/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyReply:
    """What the proxy answered.

    Attributes:
        status: of HTTP; 0 when no answer came.
        headers: those by which LiteLLM says who answered, names in lower case.
        model: the model named in the body.
        error: the type of the error in the body, and its text.
        body: the head of the body, the key taken out.
        key_given: a key was sent.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    usage: Usage | None = None
    error: str = ""
    body: str = ""
    key_given: bool = True
    failure: Failure | None = None

    @property
    def fallbacks(self) -> int | None:
        """How many fallbacks LiteLLM tried; ``None`` where it does not say."""
        said = self.headers.get("x-litellm-attempted-fallbacks", "")
        return int(said) if said.isdecimal() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterGrowth:
    """By how much the engine's own counters grew meanwhile; ``None`` where it has no such counter."""

    requests: float | None = None
    tokens: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEvidence:
    """All that was seen of one request through the proxy.

    Attributes:
        proxy: its address.
        alias: what was asked for.
        model: the name under which the candidate serves.
        fallback: the model that the proxy falls back to, as the operator names it; ``""`` where nobody said.
        service: where the candidate answers.
        key_env: the environment variable that the key was taken from.
        reply: the last answer.
        asked: how often the proxy was asked: it shuns for some seconds what failed before.
        growth: of the engine's counters over the last answer.
        direct: the models that the candidate lists when it is asked itself.
        findings: what the rules of the configuration found, see ``litellm.rules``.
    """

    proxy: str
    alias: str
    model: str
    fallback: str = ""
    service: Service = field(default_factory=Service)
    key_env: str = ""
    reply: ProxyReply = field(default_factory=ProxyReply)
    asked: int = 1
    growth: CounterGrowth = field(default_factory=CounterGrowth)
    direct: ModelsReply = field(default_factory=ModelsReply)
    findings: tuple[Finding, ...] = ()


def growth(before: Mapping[str, float], after: Mapping[str, float]) -> CounterGrowth:
    """What the counters of one engine grew by; one that went back was started anew, and says nothing.

    Args:
        before: the sums of ``/metrics`` by name.
        after: the same, later.
    """

    def grown(name: str) -> float | None:
        # Some releases show a counter only from its first event on.
        by = after[name] - before.get(name, 0.0) if name in after else None
        return by if by is not None and by >= 0 else None

    return CounterGrowth(requests=grown("vllm:request_success_total"), tokens=grown("vllm:generation_tokens_total"))


def fell_back(reply: ProxyReply, *, fallback: str = "") -> bool:
    """Tell whether the answer says of itself that a fallback gave it."""
    named = {reply.model, reply.headers.get("x-litellm-model-name", "")}
    return bool(reply.fallbacks) or (bool(fallback) and fallback in named)
