"""Rules over the proxy's config map: does the alias lead to the candidate, as far as words can tell? Pure.

Called when the route is asked about, and by preflight. Each finding reads as a sentence: *subject: path is actual, but
title; remedy*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.rules import RuleResult, entry
from vllm_qualify.litellm import config as routing
from vllm_qualify.litellm.config import BadProxyConfig, ProxyConfig, ProxyModel
from vllm_qualify.litellm.evidence import Service

PROVIDERS = ("hosted_vllm", "openai")
"""What LiteLLM calls the protocol of vLLM."""
READABLE = entry("route/readable", "proxy's configuration not readable", "the proxy reads one list of models from it")
ALIAS = entry("route/alias", "no entry for the alias", "callers' alias has an entry in model_list")
MODEL = entry(
    "route/model",
    "entry of another model",
    "its model is openai/ or hosted_vllm/ and the name that the candidate serves",
)
API_BASE = entry(
    "route/api-base",
    "address of another server",
    "its api_base is the Service, with its namespace and port, and /v1; another host only warns",
)
FALLBACK = entry("route/fallback", "fallback to nothing", "each fallback is an entry of the list", Severity.WARN)
DRIFT = entry(
    "route/drift", "file and cluster differ", "file and cluster lead the alias to the same place", Severity.WARN
)
RULES = (READABLE, ALIAS, MODEL, API_BASE, FALLBACK, DRIFT)
"""By id; most titles are put in place of by what is wrong in the case."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTarget:
    """Where an alias must lead.

    Attributes:
        alias: the name that callers use.
        model: the name under which the candidate serves.
        service: where it answers.
    """

    alias: str
    model: str
    service: Service = field(default_factory=Service)


def said(finding: Finding) -> str:
    """A finding as one sentence."""
    return f"{finding.subject}: {finding.path} {finding.actual}, but {finding.title}; {finding.remedy}"


def findings(
    text: str, *, source: str, wanted: RouteTarget, live: Mapping[str, Any] | None = None
) -> tuple[Finding, ...]:
    """Hold the config map against what is wanted, and the one in the cluster as well.

    Args:
        text: the operator's file.
        source: its name, for the messages.
        wanted: where the alias must lead.
        live: the ConfigMap as the cluster holds it; ``None`` where that was not read.
    """
    try:
        file = routing.parse(text, source=source)
        running = None if live is None else routing.parse_live(live)
    except BadProxyConfig as error:
        return (_unreadable(str(error)),)
    if running is None:
        return check(file, wanted)
    drifted = tuple(_drift(file, running, wanted.alias))
    # What the proxy was started from comes first: it is what callers meet.
    return (*check(running, wanted), *drifted, *check(file, wanted)) if drifted else check(file, wanted)


def check(config: ProxyConfig, wanted: RouteTarget) -> tuple[Finding, ...]:
    """Everything in a configuration that leads the alias elsewhere."""
    models = config.named(wanted.alias)
    if not models:
        return (_no_alias(config, wanted),)
    found = [finding for model in models for finding in _entry(model, config, wanted)]
    return (*found, *_fallbacks(config, wanted.alias))


def _entry(model: ProxyModel, config: ProxyConfig, wanted: RouteTarget) -> Iterator[Finding]:
    wrong = _model(model, wanted)
    if wrong is not None:
        yield wrong
    if model.api_base_is_known:
        yield from _api_base(model, config, wanted.service)


def _unreadable(problem: str) -> Finding:
    subject, _, what = problem.partition(": ")
    return READABLE.finding(
        RuleResult(
            subject=subject,
            path="the configuration",
            actual=f"cannot be read ({what})",
            remedy="fix it, or set routing.config_map in qualify.toml to the right file",
        )
    )


def _no_alias(config: ProxyConfig, wanted: RouteTarget) -> Finding:
    names = ", ".join(dict.fromkeys(model.alias for model in config.models)) or "nothing"
    return ALIAS.finding(
        RuleResult(
            title=f"callers request {wanted.alias}",
            subject=config.place,
            path="model_list",
            expected=f"an entry with model_name: {wanted.alias}",
            actual=f"names {names}",
            remedy=f"add an entry with model_name: {wanted.alias} and model: openai/{wanted.model}",
        )
    )


def _model(model: ProxyModel, wanted: RouteTarget) -> Finding | None:
    """The model behind the alias; a name that the candidate does not serve is answered 404, then by the fallback."""
    right = f"{model.provider if model.provider in PROVIDERS else 'openai'}/{wanted.model}"
    if model.provider in PROVIDERS and model.served_name == wanted.model:
        return None
    if wanted.model in {model.served_name, model.model}:
        why = f"LiteLLM reaches vLLM through the provider {' or '.join(PROVIDERS)}"
    else:
        why = f"the candidate serves {wanted.model}"
    return MODEL.finding(
        RuleResult(
            title=why,
            subject=model.places["model"],
            path="model",
            expected=right,
            actual=f"is {model.model}" if model.model else "is missing",
            remedy=f"write {right}",
        )
    )


def _api_base(model: ProxyModel, config: ProxyConfig, service: Service) -> Iterator[Finding]:
    severity, why = _leads(model, config, service)
    if why:
        yield API_BASE.finding(
            RuleResult(
                severity=severity,
                title=why,
                subject=model.places["api_base"],
                path="api_base",
                expected=service.url,
                actual=f"is {_shown(model.api_base)}" if model.api_base else "is missing",
                remedy=f"write {service.url}",
            )
        )


def _leads(model: ProxyModel, config: ProxyConfig, service: Service) -> tuple[Severity, str]:
    """How an address misses the Service; ``""`` when it does not."""
    if not model.api_base:
        return Severity.BLOCK, "without it, LiteLLM calls the provider's own servers"
    url = _split(model.api_base)
    if url is None:
        return Severity.BLOCK, "that is not an address"
    if not _names(url.hostname or "", service, namespace=config.namespace):
        ours = bool(service.namespace) and (url.hostname or "").partition(".")[0] == service.name
        what = "Service" if service.namespace else "container"
        why = f"vLLM answers in the namespace {service.namespace}" if ours else f"the {what} is {service.name}"
        # A name of another kind, such as the ingress's, may lead to the same server all the same.
        return Severity.BLOCK if ours else Severity.WARN, why
    if url.scheme != "http" or (url.port or _PORTS.get(url.scheme)) != service.port:
        return Severity.BLOCK, f"vLLM answers on port {service.port} by http"
    if url.path.rstrip("/") != "/v1":
        # The one provider adds nothing to the address; what the other adds depends on its release.
        return Severity.BLOCK if model.provider == "openai" else Severity.WARN, "the API is under /v1"
    return Severity.NOTE, ""


def points_at(api_base: str, service: Service) -> bool:
    """Tell whether an address is the Service's, by whichever of its names, whatever lies below it."""
    url = _split(api_base)
    if url is None or not _names(url.hostname or "", service, namespace=""):
        return False
    return (url.port or _PORTS.get(url.scheme)) == service.port


def _names(host: str, service: Service, *, namespace: str) -> bool:
    """The bare name works from within the namespace alone; where the proxy's is unknown it gets the benefit."""
    if not service.namespace:
        return host in {service.name, *service.others}
    bare = host == service.name and namespace in ("", service.namespace)
    whole = f"{service.name}.{service.namespace}"
    return bare or host in {whole, f"{whole}.svc"} or host.startswith(f"{whole}.svc.")


def _split(address: str) -> SplitResult | None:
    try:
        url = urlsplit(address)
        _ = url.port
    except ValueError:
        return None
    return url if url.scheme in _PORTS and url.hostname else None


def _shown(address: str) -> str:
    """An address without the user and password that may stand in it."""
    url = _split(address)
    if url is None or "@" not in url.netloc:
        return address
    return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()


def _fallbacks(config: ProxyConfig, alias: str) -> Iterator[Finding]:
    """A fallback is the operator's wish; one that nobody serves is a slip."""
    known = {model.alias for model in config.models} | set(config.groups)
    for name in config.fallbacks.get(alias, ()):
        if name not in known:
            yield FALLBACK.finding(
                RuleResult(
                    title="no entry of model_list has that name",
                    subject=config.place,
                    path=f"the fallback of {alias}",
                    expected="the model_name of an entry",
                    actual=f"is {name}",
                    remedy=f"add such an entry, or name one of {', '.join(sorted(known)) or 'those to come'}",
                )
            )


def _drift(file: ProxyConfig, running: ProxyConfig, alias: str) -> Iterator[Finding]:
    """Where the file and the cluster's copy lead the alias to different places."""
    theirs = running.named(alias)
    for ours, live in zip(file.named(alias), theirs, strict=False):
        for key in ("model", "api_base"):
            is_now, will_be = str(getattr(live, key)), str(getattr(ours, key))
            if is_now != will_be:
                yield _drifted(
                    live.places[key], key, f"is {_shown(is_now)}", f"{ours.places[key]} says {_shown(will_be)}"
                )
    if len(theirs) != len(file.named(alias)):
        known = f"has {len(theirs)} entries for {alias}"
        yield _drifted(running.place, "model_list", known, f"{file.place} has {len(file.named(alias))}")


def _drifted(subject: str, path: str, actual: str, why: str) -> Finding:
    return DRIFT.finding(
        RuleResult(
            title=why,
            subject=subject,
            path=path,
            expected=why,
            actual=actual,
            remedy="apply the file and restart the proxy, which reads its configuration only at start",
        )
    )
