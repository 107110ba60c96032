"""The way from the suite of the route to a target that has a proxy before its candidates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from vllm_qualify.client.transport import Transport
from vllm_qualify.config import Routing
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.core.rules import waived
from vllm_qualify.litellm import check, probe, rules
from vllm_qualify.litellm.evidence import RouteEvidence, Service
from vllm_qualify.litellm.rules import RouteTarget
from vllm_qualify.system import text_files
from vllm_qualify.system.text_files import UnreadableText
from vllm_qualify.targets.base import Client, Mode, Target, Unavailable
from vllm_qualify.targets.candidate import Candidate


@runtime_checkable
class BehindProxy(Protocol):
    """A target whose candidates stand behind a proxy."""

    def route(self, engine: Client, *, model: str) -> RouteEvidence | str:
        """Ask the proxy, or say why it does not stand before this candidate.

        Args:
            engine: asks the candidate itself.
            model: the name under which it serves.
        """


def judged(candidate: Candidate, target: Target, settings: Routing | None) -> Judgement:
    """Ask through the proxy, where there is one, and judge what came back."""
    if settings is None or not isinstance(target, BehindProxy):
        return check.configured(settings, target=target.name)
    found = target.route(candidate.serving(Mode.ML), model=candidate.model)
    if isinstance(found, str):
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=found)
    return check.reached(found)


def ask(
    settings: Routing,
    *,
    engine: probe.Engine,
    model: str,
    transport: Transport,
    service: Service,
    live: Mapping[str, Any] | None = None,
    waivers: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> RouteEvidence:
    """Gather the evidence; what a target's ``route`` calls.

    Args:
        settings: the proxy.
        engine: asks the candidate itself.
        model: the name under which it serves.
        transport: the way to the proxy.
        service: where the candidate answers.
        live: the ConfigMap as the cluster holds it; ``None`` where it has none or it was not read.
        waivers: reasons by the ids of rules that do not matter.
        environ: holds the key.

    Raises:
        Unavailable: the file of the config map cannot be read any more.
    """
    wanted = RouteTarget(alias=settings.alias, model=model, service=service)
    found = rules.findings(_config_map(settings), source=str(settings.config_map), wanted=wanted, live=live)
    key = environ.get(settings.api_key_env, "")
    proxy = probe.Proxy(settings.proxy, alias=settings.alias, key=key, transport=transport)
    about = RouteEvidence(
        proxy=settings.proxy,
        alias=settings.alias,
        model=model,
        fallback=settings.fallback,
        service=service,
        key_env=settings.api_key_env,
        findings=waived(found, waivers or {}),
    )
    return probe.gather(proxy, engine, about=about)


def _config_map(settings: Routing) -> str:
    try:
        return text_files.read(settings.config_map)
    except UnreadableText as error:
        raise Unavailable(f"{settings.config_map} {error}; it was readable when the run began") from error
