"""Rules of what callers meet: fields, answers and metrics that change without an error. Pure.

A request field that a release does not know is ignored with HTTP 200 since 0.6, so its loss shows in the answers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vllm_qualify.catalogue import Release, UnknownFields, metric_names
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import write_flag
from vllm_qualify.core.rules import RuleResult, row
from vllm_qualify.preflight.phrases import listed
from vllm_qualify.preflight.question import Question

_FIELDS_INSTEAD = {
    "guided_choice": "structured_outputs",
    "guided_grammar": "structured_outputs",
    "guided_json": "response_format of type json_schema",
    "guided_regex": "structured_outputs",
    "reasoning_content": "reasoning",
}
_GENERATION = "--generation-config"
_PORTABLE = "json_schema"
_SHOW = "--show-hidden-metrics-for-version"


def fields(question: Question) -> Iterator[RuleResult]:
    """P23: the release understands the request fields, and answers with the fields, that callers know."""
    release = question.release
    if release is None:
        return
    ignored = release.unknown_fields is UnknownFields.IGNORED
    effect = "ignores them, with HTTP 200" if ignored else "refuses them with HTTP 400"
    lost = _lost(question, "request_fields", question.fields)
    if lost:
        yield _changed(question, f"v{release.version} {effect}: {listed(lost)}", lost, _field_instead, question.fields)
    gone = _lost(question, "message_fields", question.fields) - lost
    if gone:
        said = f"answers of v{release.version} lack {listed(gone)}"
        yield _changed(question, said, gone, _field_instead, question.fields)
    if _PORTABLE not in release.response_formats:
        said = (
            f"v{release.version} has no response_format of type {_PORTABLE}, so there is no portable way to "
            "request a schema"
        )
        yield RuleResult(actual=said, path="response_format")


def metrics(question: Question) -> Iterator[RuleResult]:
    """P24: the release has the metrics that alerts and dashboards know; one that is gone never fires again."""
    release = question.release
    if release is None:
        return
    lost = _lost(question, "metrics", question.metrics)
    hidden = lost & release.hidden_metrics
    if lost:
        said = f"v{release.version} does not export {listed(lost)}"
        if hidden:
            said += f"; with {_SHOW} still {listed(hidden)}"
        yield _changed(question, said, lost, metric_names.instead, question.metrics)


def defaults(question: Question) -> Iterator[RuleResult]:
    """P25: requests that name no temperature are sampled as before; since 0.8 the model's own defaults count."""
    release, old, command = question.release, question.baseline, question.command
    if release is None or old is None or command is None or command.gaps or command.given(_GENERATION):
        return
    if not (_by_model(release) and not _by_model(old)):
        return
    remedy = write_flag(_GENERATION, "vllm")
    said = f"sampling defaults come from the model's generation_config.json; in v{old.version} they were vLLM's own"
    yield RuleResult(actual=said, path=_GENERATION, remedies=(remedy,))


def _by_model(release: Release) -> bool:
    known = release.flags.get(_GENERATION)
    return known is not None and "auto" in known.flag.default


def _lost(question: Question, subject: str, used: frozenset[str]) -> frozenset[str]:
    """What is used, or was there before the upgrade, and is not there any more."""
    before: frozenset[str] = getattr(question.baseline, subject) if question.baseline else frozenset()
    now: frozenset[str] = getattr(question.release, subject)
    return (used & before if used and before else used or before) - now


def _field_instead(name: str) -> str:
    return _FIELDS_INSTEAD.get(name, "")


def _changed(
    question: Question, said: str, lost: frozenset[str], instead: Callable[[str], str], used: frozenset[str]
) -> RuleResult:
    advice = [f"{name}: use {now}" for name in sorted(lost) if (now := instead(name))]
    known = "callers use them" if used else f"v{question.baseline.version} has them" if question.baseline else ""
    return RuleResult(
        certainty=Certainty.CERTAIN if used else Certainty.POSSIBLE,
        actual=f"{said} ({known})",
        remedy="; ".join(advice) or "check whether a caller or an alert uses one of them",
        source="the release's protocol and metrics modules",
    )


RULES = (
    row("P23", "request fields", "request fields keep their meaning", fields, severity=Severity.WARN),
    row("P24", "metric names", "the metrics keep their names", metrics, severity=Severity.WARN),
    row("P25", "sampling defaults", "the sampling defaults stay the same", defaults, severity=Severity.WARN),
)
