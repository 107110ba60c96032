"""The rules of variables and probes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.remedies import ChangeKind
from vllm_qualify.kube.serving import Probe

Rulings = Callable[..., tuple[Finding, ...]]
HASTY = Probe(period_seconds=5, failure_threshold=6)


@pytest.mark.parametrize(
    ("tag", "env", "says"),
    [
        ("v0.10.2", {"VLLM_USE_V1": "0"}, ""),
        ("v0.12.0", {"VLLM_USE_V1": "0"}, "does not read VLLM_USE_V1"),
        ("v0.16.0", {"VLLM_ATTENTION_BACKEND": None}, "does not read VLLM_ATTENTION_BACKEND"),
        ("v0.12.0", {"VLLM_TYPO": "1"}, "(no release does)"),
        ("v0.12.0", {"HF_HOME": "/cache"}, ""),
    ],
)
def test_variables_that_are_ignored(found: Rulings, tag: str, env: dict[str, str | None], says: str) -> None:
    """A variable that the release does not read is a warning, because nothing else tells that it has no effect."""
    rulings = found("P21", tag, env=env)

    assert [one.severity for one in rulings] == ([Severity.WARN] if says else [])
    assert all(says in one.actual for one in rulings)


def test_a_variable_may_be_fatal(found: Rulings) -> None:
    """Where the command line asks for it, an unknown variable stops the start."""
    args = ("x", "--fail-on-environ-validation")

    assert [one.severity for one in found("P21", "v0.20.0", env={"VLLM_TYPO": "1"}, args=args)] == [Severity.BLOCK]


def test_a_service_named_vllm(found: Rulings) -> None:
    """The variable that Kubernetes makes of a Service named vllm stops the start (E42)."""
    (ruling,) = found("P21", "v0.12.0", env={"VLLM_PORT": "tcp://10.43.0.7:8000"})

    assert (ruling.severity, "enableServiceLinks" in ruling.remedy) == (Severity.BLOCK, True)


def test_values_of_variables_are_not_shown(found: Rulings) -> None:
    """Values may be tokens, so no finding repeats one."""
    rulings = found("P21", "v0.12.0", env={"VLLM_API_KEY": "hidden-one", "VLLM_OTHER_KEY": "hidden-two"})

    assert rulings
    assert not any("hidden" in repr(one) for one in rulings)


@pytest.mark.parametrize(
    ("probes", "severity", "needed"),
    [
        ({"startup": Probe(period_seconds=5, failure_threshold=60)}, None, ""),
        ({"startup": Probe(period_seconds=5, failure_threshold=20)}, Severity.WARN, "24"),
        ({"startup": HASTY, "liveness": Probe(failure_threshold=99)}, Severity.BLOCK, "24"),
        ({"liveness": Probe(initial_delay_seconds=60)}, Severity.WARN, "6"),
        ({"liveness": Probe(initial_delay_seconds=120)}, None, ""),
        ({"readiness": Probe()}, None, ""),
        ({}, None, ""),
    ],
)
def test_probes(found: Rulings, probes: dict[str, Probe], severity: Severity | None, needed: str) -> None:
    """A container is given the load budget of 120 s before a probe kills it; the threshold that does is told."""
    rulings = found("P22", "v0.12.0", probes=probes, load_seconds=120.0)

    assert [one.severity for one in rulings] == ([severity] if severity else [])
    assert all(
        (one.remedies[0].changes[0].kind, one.remedies[0].changes[0].value) == (ChangeKind.PROBE, needed)
        for one in rulings
    )
    assert not found("P22", "v0.12.0", probes=probes)
