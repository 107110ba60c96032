"""The room in the KV cache is held against production's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vllm_qualify.checks.kv_cache import against
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.core.records import CaseRecord, Outcome


def cache(tokens: int | None, concurrency: float | None = None, *, length: int = 8192) -> KvCache:
    """So much room; requests of 8192 tokens where nothing else is said."""
    return KvCache(tokens=tokens, length=length if concurrency else None, concurrency=concurrency)


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (cache(240_688, 29.38), Outcome.PASSED),
        (cache(251_984, 30.76), Outcome.PASSED),
        (cache(236_000, 28.80), Outcome.PASSED),
        (cache(220_000, 26.85), Outcome.WARNED),
        (cache(None, 26.85), Outcome.WARNED),
        (cache(220_000), Outcome.WARNED),
        (cache(120_344, 29.38), Outcome.PASSED),
        (cache(240_688, 14.69, length=16384), Outcome.PASSED),
        (cache(220_000, 60.0, length=4096), Outcome.WARNED),
        (cache(None, 60.0, length=4096), Outcome.NOT_APPLICABLE),
        (cache(None), Outcome.NOT_APPLICABLE),
    ],
)
def test_less_room_than_production_is_a_warning(now: KvCache, outcome: Outcome) -> None:
    """By requests of one length where both tell them, else by tokens; a hair less is nothing."""
    assert against(now, cache(240_688, 29.38)).outcome is outcome


def test_both_are_told() -> None:
    """The message has the fall, and the figures of both are kept."""
    judgement = against(cache(220_000, 26.85), cache(240_688, 29.38))

    assert judgement.message == (
        "the KV cache holds 220,000 tokens, 26.85 requests of 8,192; "
        "production's 240,688 tokens, 29.38 requests of 8,192: 8.61 % less room"
    )
    assert [(one.name, one.value, one.unit) for one in judgement.observations] == [
        ("kv-cache-tokens", 220_000, "tokens"),
        ("kv-cache-requests", 26.85, "of 8192 tokens"),
        ("production-kv-cache-tokens", 240_688, "tokens"),
        ("production-kv-cache-requests", 29.38, "of 8192 tokens"),
    ]


@pytest.mark.parametrize("production", [None, KvCache()])
def test_without_production_it_is_only_shown(production: KvCache | None) -> None:
    """On this machine there is none, and a log may have scrolled away."""
    judgement = against(cache(1000), production)

    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert judgement.message == "the KV cache holds 1,000 tokens; there is nothing to compare it with"


def baseline(kept: object) -> CaseRecord:
    """The case in the baseline's turn, which kept this."""
    return CaseRecord(
        image="baseline",
        requirement="VRAM",
        id="VRAM/kv-cache",
        sentence="",
        outcome=Outcome.NOT_APPLICABLE,
        material={"kv_cache": kept},
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_the_baseline_is_compared_before_production() -> None:
    """What its own turn kept is read back, and it is named."""
    before = against(cache(240_688, 29.38), None)

    judgement = against(cache(220_000, 26.85), cache(1000), baseline=baseline(before.material["kv_cache"]))

    assert judgement.outcome is Outcome.WARNED
    assert "; the baseline's 240,688 tokens, 29.38 requests" in judgement.message
    assert judgement.observations[2].name == "baseline-kv-cache-tokens"


@pytest.mark.parametrize("kept", [None, {}, {"tokens": "many"}, 7])
def test_a_baseline_that_kept_nothing_leaves_production(kept: object) -> None:
    """A turn of another release, or one whose log did not tell, is no baseline for this."""
    judgement = against(cache(220_000, 26.85), cache(240_688, 29.38), baseline=baseline(kept))

    assert "; production's 240,688 tokens" in judgement.message
