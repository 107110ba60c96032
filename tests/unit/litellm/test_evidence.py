from __future__ import annotations

import pytest

from vllm_qualify.litellm import evidence
from vllm_qualify.litellm.evidence import CounterGrowth, ProxyReply, Service

REQUESTS, TOKENS = "vllm:request_success_total", "vllm:generation_tokens_total"


@pytest.mark.parametrize(
    ("before", "after", "grown"),
    [
        ({REQUESTS: 4.0, TOKENS: 9.0}, {REQUESTS: 5.0, TOKENS: 17.0}, CounterGrowth(requests=1.0, tokens=8.0)),
        ({}, {REQUESTS: 1.0}, CounterGrowth(requests=1.0)),
        ({REQUESTS: 4.0}, {}, CounterGrowth()),
        ({REQUESTS: 4.0}, {REQUESTS: 1.0}, CounterGrowth()),
    ],
)
def test_growth_is_told_only_where_it_is_known(
    before: dict[str, float], after: dict[str, float], grown: CounterGrowth
) -> None:
    """A counter that shows up late began at nothing; one that is missing or went back says nothing."""
    assert evidence.growth(before, after) == grown


@pytest.mark.parametrize(
    ("reply", "fell"),
    [
        (ProxyReply(headers={"x-litellm-attempted-fallbacks": "1"}), True),
        (ProxyReply(headers={"x-litellm-attempted-fallbacks": "0"}), False),
        (ProxyReply(headers={"x-litellm-model-name": "ollama/q"}), True),
        (ProxyReply(model="ollama/q"), True),
        (ProxyReply(model="vllm-qwen"), False),
        (ProxyReply(headers={"x-litellm-attempted-fallbacks": "?"}), False),
    ],
)
def test_a_fallback_shows_in_headers_or_body(reply: ProxyReply, *, fell: bool) -> None:
    """Releases of LiteLLM that do not count fallbacks still name the model."""
    assert evidence.fell_back(reply, fallback="ollama/q") is fell


def test_without_a_name_for_it_no_model_is_taken_for_the_fallback() -> None:
    """An answer that names no model is not the fallback's for that."""
    assert not evidence.fell_back(ProxyReply(), fallback="")


def test_a_service_has_one_whole_address() -> None:
    """It is the one that the example's config map holds."""
    assert Service().url == "http://vllm-api.ml.svc.cluster.local:8000/v1"
