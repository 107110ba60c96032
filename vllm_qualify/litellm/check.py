"""Judge of the route through the proxy. For suite routing. Pure.

HTTP 200 proves nothing here: the fallback answers with it too. What proves an answer to be the candidate's is what
LiteLLM says of it in its headers, and the candidate's own counters.
"""

from __future__ import annotations

from enum import Enum

from vllm_qualify.client.exchanges import HTTP_OK, quote
from vllm_qualify.config.settings import Routing
from vllm_qualify.core.records import Finding, Judgement, Observation, Outcome, Severity
from vllm_qualify.litellm import rules
from vllm_qualify.litellm.evidence import RouteEvidence, fell_back

_NOT_FOUND = 404
_REFUSED = frozenset({401, 403})
# What LiteLLM says without a database when a key is not its master key, and with one.
_KEY_ERRORS = ("no_db_connection", "auth_error", "No connected db", "Authentication Error")
_UNKNOWN_ALIAS = ("Invalid model name passed", "no healthy deployments")


class Counter(Enum):
    """What the candidate's own counters say of who answered."""

    SILENT = "silent"
    STILL = "still"
    OURS = "ours"
    ONE = "one"
    MORE = "more"


def configured(routing: Routing | None, *, target: str) -> Judgement:
    """Say why the route is not shown: no proxy is named, or the target puts none before the candidate.

    Args:
        routing: the proxy of the settings, if any.
        target: what the candidate runs on.
    """
    if routing is None:
        said = "no proxy is configured: qualify.toml has no [routing]"
    else:
        said = f"on the {target} target there is no proxy in front of the candidate, so {routing.proxy} was not called"
    return Judgement(outcome=Outcome.NOT_APPLICABLE, message=said)


def reached(evidence: RouteEvidence) -> Judgement:
    """The alias must lead to the candidate: an answer passes only if it provably came from there."""
    outcome, message = _judged(evidence)
    return Judgement(outcome=outcome, message=message, observations=_observed(evidence))


def counted(evidence: RouteEvidence) -> Counter:
    """Read the counters: did the candidate answer once, more often, or not at all meanwhile?"""
    requests, tokens = evidence.growth.requests, evidence.growth.tokens
    if requests is None and tokens is None:
        return Counter.SILENT
    if not (tokens if requests is None else requests):
        return Counter.STILL
    usage = evidence.reply.usage
    exact = usage is not None and tokens == usage.completion
    if exact and requests in {None, 1}:
        return Counter.OURS
    return Counter.ONE if requests == 1 else Counter.MORE


def headers_prove(evidence: RouteEvidence) -> bool:
    """LiteLLM says that no fallback was tried and that the Service answered, under the right model name."""
    reply = evidence.reply
    base, name = reply.headers.get("x-litellm-model-api-base", ""), reply.headers.get("x-litellm-model-name", "")
    named = not name or name == evidence.model or name.endswith(f"/{evidence.model}")
    body = reply.model in {evidence.alias, evidence.model, name}
    return reply.fallbacks == 0 and named and body and rules.points_at(base, evidence.service)


def _judged(evidence: RouteEvidence) -> tuple[Outcome, str]:
    reply = evidence.reply
    if reply.failure is not None:
        return Outcome.BROKEN, f"the proxy at {evidence.proxy} does not answer: {reply.failure}; check that it runs"
    if _key_refused(evidence):
        return Outcome.BROKEN, _about_the_key(evidence)
    if reply.status != HTTP_OK:
        return _refused(evidence)
    if fell_back(reply, fallback=evidence.fallback):
        who = reply.headers.get("x-litellm-model-name") or reply.model
        return _missed(evidence, f"{who or 'another model'} answered with HTTP 200 instead of the candidate")
    return _answered(evidence)


def _answered(evidence: RouteEvidence) -> tuple[Outcome, str]:
    """HTTP 200, and nothing in the answer speaks of a fallback."""
    counter, proved = counted(evidence), headers_prove(evidence)
    base = evidence.reply.headers.get("x-litellm-model-api-base", "")
    if counter is Counter.STILL:
        at = f"from {base}, " if base else ""
        return _missed(evidence, f"the answer came {at}but the candidate's own counter of requests did not move")
    if counter is Counter.OURS or proved:
        return _passed(evidence, counter)
    seen = {
        Counter.SILENT: "the candidate has no counter of requests",
        Counter.ONE: "the candidate answered one request in that time, of another length",
    }.get(counter, f"the candidate answered {evidence.growth.requests or 'several'} requests in that time, not one")
    return Outcome.INCONCLUSIVE, (
        f"{evidence.alias} was answered, but it is not known by whom: {seen}, and the proxy's headers do not say "
        f"that {evidence.service.name} answered; stop other callers, or use a LiteLLM that names the Service"
    )


def _passed(evidence: RouteEvidence, counter: Counter) -> tuple[Outcome, str]:
    proof = "the proxy's headers name its Service and no fallback"
    if counter is Counter.OURS:
        proof = "its own counters grew by this one answer"
    elif counter in {Counter.ONE, Counter.MORE}:
        proof = f"{proof}, and its counter of requests moved"
    message = f"{evidence.alias} reached the candidate: {proof}"
    standing = [finding for finding in evidence.findings if not finding.waived]
    message += "".join(f"; {one.id} is waived: {one.waived}" for one in evidence.findings if one.waived)
    doubts = [rules.said(finding) for finding in standing if finding.severity is not Severity.NOTE]
    if evidence.asked > 1:
        doubts.insert(0, f"only the proxy's answer number {evidence.asked} came from there")
    return (Outcome.WARNED, f"{message}; {'; '.join(doubts)}") if doubts else (Outcome.PASSED, message)


def _missed(evidence: RouteEvidence, what: str) -> tuple[Outcome, str]:
    """Not the candidate: say which line is wrong, or what else there is to look at."""
    said = f"{evidence.alias} did not reach the candidate: {what}"
    if cause := _cause(evidence.findings):
        return Outcome.FAILED, f"{said}. {cause}"
    if evidence.direct.problems:
        direct = "; ".join(evidence.direct.problems)
        return Outcome.INCONCLUSIVE, f"{said}. Asked directly, the candidate does not list its models either: {direct}"
    return Outcome.FAILED, (
        f"{said}. The configuration names {evidence.model} at {evidence.service.name}, so check what the proxy "
        "really runs with (it reads its configuration only at start) and which pods that Service selects"
    )


def _refused(evidence: RouteEvidence) -> tuple[Outcome, str]:
    """Any other status, from the proxy itself or handed on by it."""
    reply = evidence.reply
    what = f"the proxy answered HTTP {reply.status}: {quote(reply.error or reply.body, limit=200)}"
    if _alias_is_unknown(evidence) or reply.status == _NOT_FOUND or _cause(evidence.findings):
        return _missed(evidence, what)
    return Outcome.INCONCLUSIVE, f"{what}; nothing in its configuration explains that, so check its log"


def _cause(findings: tuple[Finding, ...]) -> str:
    """What in the configuration explains a miss; the difference between file and cluster outranks either."""
    findings = tuple(finding for finding in findings if not finding.waived)
    ranked = [finding for finding in findings if finding.id == rules.DRIFT.id]
    ranked += [finding for finding in findings if finding.id != rules.DRIFT.id and finding.blocks]
    # An address of another kind is no fault by itself, but now it is the best that there is.
    ranked += [finding for finding in findings if finding.id == rules.API_BASE.id and not finding.blocks]
    return "; ".join(rules.said(finding) for finding in ranked[:2])


def _key_refused(evidence: RouteEvidence) -> bool:
    reply = evidence.reply
    # A provider that refuses the key of the configuration is another matter: then LiteLLM hands on its headers.
    if reply.status == HTTP_OK or any(name.startswith("llm_provider-") for name in reply.headers):
        return False
    named = any(words in reply.error for words in _KEY_ERRORS) or reply.status in _REFUSED
    # Without any key, releases answer as they please, HTTP 500 among the rest.
    return named or not (reply.key_given or _alias_is_unknown(evidence))


def _alias_is_unknown(evidence: RouteEvidence) -> bool:
    return any(words in evidence.reply.error for words in _UNKNOWN_ALIAS)


def _about_the_key(evidence: RouteEvidence) -> str:
    reply, name = evidence.reply, evidence.key_env
    said = f"HTTP {reply.status}, {quote(reply.error or reply.body, limit=120)}"
    if reply.key_given:
        return f"the proxy refused the key in {name} ({said}); set it to a key that it knows, such as its master key"
    return f"the proxy refused a request without a key ({said}), and {name} is not set; set it to its master key"


def _observed(evidence: RouteEvidence) -> tuple[Observation, ...]:
    reply, growth = evidence.reply, evidence.growth
    seen: dict[str, float | str | None] = {
        "status": reply.status,
        "answered-by": reply.headers.get("x-litellm-model-api-base") or None,
        "model": reply.headers.get("x-litellm-model-name") or reply.model or None,
        "fallbacks": reply.fallbacks,
        "requests-counted": growth.requests,
        "tokens-counted": growth.tokens,
    }
    return tuple(Observation(name=name, value=value) for name, value in seen.items() if value is not None)
