"""Rules of what surrounds the server in its pod: environment variables and probes. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

from vllm_qualify import catalogue
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, one_change
from vllm_qualify.core.rules import RuleResult, row
from vllm_qualify.preflight.question import Question

_FATAL = "--fail-on-environ-validation"
_INSTEAD = {
    "VLLM_ATTENTION_BACKEND": "write --attention-backend",
    "VLLM_USE_V1": "drop it; only the engine V1 is left",
}
# A probe that gives up within half of the budget kills starts that are well.
_HOPELESS = 0.5


def variables(question: Question) -> Iterator[RuleResult]:
    """P21: the release reads every VLLM_ variable that is set; what it does not read, it ignores without a word."""
    release = question.release
    port = question.manifest.env.get("VLLM_PORT") or ""
    if "://" in port:
        said = "VLLM_PORT is a Service's address, which Kubernetes sets for a Service named vllm (E42)"
        text = "set enableServiceLinks: false, or rename the Service"
        remedy = one_change(ChangeKind.ENVIRONMENT, text, name="VLLM_PORT")
        yield RuleResult(actual=said, path="VLLM_PORT", remedies=(remedy,))
    if release is None:
        return
    fatal = question.command is not None and question.command.given(_FATAL)
    for name in sorted(question.manifest.env):
        if not name.startswith("VLLM_") or name in release.environment:
            continue
        text = _INSTEAD.get(name, f"drop the variable {name}")
        drop = one_change(ChangeKind.ENVIRONMENT, f"{name}: {text}", name=name)
        effect = f"{_FATAL} makes that fatal" if fatal else "it is ignored"
        yield RuleResult(
            severity=Severity.BLOCK if fatal else Severity.WARN,
            actual=f"v{release.version} does not read {name}{_read_by(name)}: {effect}",
            path=name,
            source="vllm/envs.py",
            remedies=(drop,),
        )


def probes(question: Question) -> Iterator[RuleResult]:
    """P22: no probe kills the container before the load budget is over (E50)."""
    budget = question.load_seconds
    startup, liveness = (question.manifest.probes.get(kind) for kind in ("startup", "liveness"))
    probe, kind = (startup, "startupProbe") if startup else (liveness, "livenessProbe")
    if not budget or probe is None or probe.patience_seconds >= budget:
        return
    patience = probe.patience_seconds
    said = f"the {kind} kills a container that does not answer after {patience} s"
    needed = math.ceil((budget - probe.initial_delay_seconds) / max(probe.period_seconds, 1))
    name = f"{kind}.failureThreshold"
    remedy = one_change(ChangeKind.PROBE, f"set {name} to {needed}", name=name, value=str(needed))
    yield RuleResult(
        severity=Severity.BLOCK if patience < budget * _HOPELESS else Severity.WARN,
        certainty=Certainty.PROBABLE,
        actual=f"{said}; the load budget is {budget:g} s (E50)",
        path=name,
        remedies=(remedy,),
    )


@cache
def _read_by(name: str) -> str:
    """Which releases do read a variable."""
    having = [one.version for one in catalogue.releases() if name in one.environment]
    return f" (v{having[0]} to v{having[-1]} do)" if having else " (no release does)"


RULES = (
    row("P21", "variable not read", "the release reads every variable", variables),
    row("P22", "probe too fast", "no probe fails before the load budget ends", probes),
)
