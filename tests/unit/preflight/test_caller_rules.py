"""The rules of what callers meet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.core.records import Certainty, Finding, Severity

Rulings = Callable[..., tuple[Finding, ...]]


@pytest.mark.parametrize(
    ("tag", "fields", "says"),
    [
        ("v0.11.0", {"guided_json"}, ""),
        ("v0.12.0", {"guided_json"}, "ignores them, with HTTP 200: guided_json"),
        ("v0.5.5", {"max_completion_tokens"}, "refuses them with HTTP 400: max_completion_tokens"),
        ("v0.12.0", {"max_tokens", "response_format"}, ""),
    ],
)
def test_request_fields(found: Rulings, tag: str, fields: set[str], says: str) -> None:
    """A field that callers use and the release does not know is told, with what becomes of it."""
    rulings = [one for one in found("P23", tag, fields=frozenset(fields)) if one.path != "response_format"]
    told = [one for one in rulings if "answers of" not in one.actual]

    assert [(one.severity, one.certainty) for one in told] == ([(Severity.WARN, Certainty.CERTAIN)] if says else [])
    assert all(says in one.actual for one in told)


def test_what_to_use_instead(found: Rulings) -> None:
    """The portable spelling of a schema is named; callers that nobody knows make it only possible."""
    (ruling, *_) = found("P23", "v0.12.0", baseline=catalogue.find(Version("0.10.2")))

    assert "guided_json: use response_format of type json_schema" in ruling.remedy
    assert (ruling.certainty, "v0.10.2 has them" in ruling.actual) == (Certainty.POSSIBLE, True)


def test_answers_lose_a_field(found: Rulings) -> None:
    """From v0.16.0 on the reasoning has one name only."""
    later = found("P23", "v0.16.0", baseline=catalogue.find(Version("0.12.0")))
    earlier = found("P23", "v0.12.0", baseline=catalogue.find(Version("0.11.0")))

    assert any("lack reasoning_content" in one.actual for one in later)
    assert not any("reasoning_content" in one.actual for one in earlier)


def test_a_schema_cannot_be_asked_for(found: Rulings) -> None:
    """v0.5.5 has no response_format for schemas, later releases have."""
    assert [one.path for one in found("P23", "v0.5.5")] == ["response_format"]
    assert not found("P23", "v0.8.5.post1")


@pytest.mark.parametrize(
    ("tag", "metric", "says"),
    [
        ("v0.10.2", "vllm:gpu_cache_usage_perc", ""),
        ("v0.12.0", "vllm:gpu_cache_usage_perc", "use vllm:kv_cache_usage_perc"),
        ("v0.16.0", "vllm:time_per_output_token_seconds", "use vllm:inter_token_latency_seconds"),
        ("v0.12.0", "vllm:time_per_output_token_seconds", "--show-hidden-metrics-for-version"),
        ("v0.12.0", "vllm:generation_tokens_total", ""),
    ],
)
def test_metrics(found: Rulings, tag: str, metric: str, says: str) -> None:
    """An alert on a metric that is gone never fires again, so its new name is told."""
    rulings = found("P24", tag, metrics=frozenset({metric}))

    assert [one.severity for one in rulings] == ([Severity.WARN] if says else [])
    assert all(says in f"{one.actual} {one.remedy}" for one in rulings)


@pytest.mark.parametrize(
    ("old", "args", "count"),
    [("0.7.3", ("x",), 1), ("0.8.5", ("x",), 0), ("0.7.3", ("x", "--generation-config", "vllm"), 0)],
)
def test_sampling_defaults(found: Rulings, old: str, args: tuple[str, ...], count: int) -> None:
    """Since 0.8 the model's own temperature counts where a request names none; an upgrade over that is warned of."""
    assert len(found("P25", "v0.12.0", args=args, baseline=catalogue.find(Version(old)))) == count
