"""The judge of GPU memory takes the peak of the right card and holds it against card and budget."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks import vram
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Observation, Outcome
from vllm_qualify.core.stats import Bounds
from vllm_qualify.gpu import reading
from vllm_qualify.gpu.reading import Gpu, GpuReading

ELSEWHERE = " while the candidate served, so it is not the memory that the candidate used"
LOST = GpuReading(source="nvml", problem="the GPU is lost")
UNKNOWN = GpuReading(gpus=(Gpu(index=0, name="GB10"),))


def look(*used: int, total: int = 12288) -> GpuReading:
    """A look at cards with so much in use."""
    gpus = (
        Gpu(index=index, name=f"card {index}", memory_total_mib=total, memory_used_mib=one)
        for index, one in enumerate(used)
    )
    return GpuReading(gpus=tuple(gpus), source="nvml")


def test_the_peak_is_told_beside_what_was_used_before() -> None:
    """The figures of the story: 10,820 of 12,288 MiB, and what the idle card used."""
    judgement = vram.vram([look(10500), look(10820), look(10700)], limit_mib=12288, before=look(310))

    assert (judgement.outcome, judgement.message) == (Outcome.PASSED, "10,820 of 12,288 MiB used (88 %)")
    assert judgement.observations == (
        Observation(name="peak-memory", value=10820, unit="MiB", limit=Limit(high=12288)),
        Observation(name="idle-memory", value=310, unit="MiB"),
    )


@pytest.mark.parametrize(
    ("used", "limit", "outcome", "message"),
    [
        (0, 12288, Outcome.INCONCLUSIVE, f"0 of 12,288 MiB used (0 %){ELSEWHERE}"),
        (255, 200, Outcome.INCONCLUSIVE, f"255 of 200 MiB used (128 %){ELSEWHERE}"),
        (256, 12288, Outcome.PASSED, "256 of 12,288 MiB used (2 %)"),
        (11919, 12288, Outcome.PASSED, "11,919 of 12,288 MiB used (97 %)"),
        (11920, 12288, Outcome.WARNED, "11,920 of 12,288 MiB used (97 %), 368 MiB are left"),
        (12288, 99999, Outcome.WARNED, "12,288 of 12,288 MiB used (100 %), 0 MiB are left"),
        (11919, None, Outcome.PASSED, "11,919 of 12,288 MiB used (97 %)"),
        (12288, None, Outcome.WARNED, "12,288 of 12,288 MiB used (100 %), 0 MiB are left"),
        (
            10820,
            10000,
            Outcome.FAILED,
            "10,820 of 10,000 MiB used (108 %), 820 MiB over the budget; the card has 12,288 MiB",
        ),
    ],
)
def test_card_and_budget_both_limit(used: int, limit: float | None, outcome: Outcome, message: str) -> None:
    """The smaller of the two counts, and its last 3 % are a warning; next to nothing is another GPU's use."""
    judgement = vram.vram([look(used)], limit_mib=limit)

    assert (judgement.outcome, judgement.message) == (outcome, message)


@pytest.mark.parametrize(
    ("samples", "outcome", "message"),
    [
        ([], Outcome.INCONCLUSIVE, "GPU memory was never read while the candidate served"),
        ([LOST], Outcome.NOT_APPLICABLE, "the GPU is lost"),
        ([UNKNOWN], Outcome.NOT_APPLICABLE, reading.NO_MEMORY),
        (
            [look(10820), LOST],
            Outcome.PASSED,
            "10,820 of 12,288 MiB used (88 %); 1 of 2 readings failed: the GPU is lost",
        ),
    ],
)
def test_what_could_not_be_read_is_said(samples: Sequence[GpuReading], outcome: Outcome, message: str) -> None:
    """Nobody looked, nothing could be read, and a look that failed beside one that did not."""
    judgement = vram.vram(samples, limit_mib=12288)

    assert (judgement.outcome, judgement.message) == (outcome, message)


@pytest.mark.parametrize(
    ("before", "now", "index"),
    [
        (look(11900, 300), look(11900, 10820), 1),
        (look(300, 11900), look(10820, 11900), 0),
        (look(11900, 300), look(12000, 300), 0),
        (look(11900, 300), look(11900, 500), 0),
        (None, look(10820, 11900), 1),
        (LOST, look(10820, 11900), 1),
    ],
)
def test_of_several_gpus_the_one_that_filled_is_judged(before: GpuReading | None, now: GpuReading, index: int) -> None:
    """The card whose use grew, not a fuller neighbour's; without growth the fullest; it is named."""
    judgement = vram.vram([now], limit_mib=12288, before=before)

    used = now.gpus[index].memory_used_mib
    assert judgement.message.endswith(f" on GPU {index} (card {index})")
    assert judgement.observations[0].value == used


@given(st.lists(st.integers(256, 12288), min_size=1), st.integers(1, 20000))
def test_one_look_over_the_limit_is_enough_to_fail(used: Sequence[int], limit: int) -> None:
    """It fails exactly when some look saw more than the budget."""
    judgement = vram.vram([look(one) for one in used], limit_mib=limit)

    assert (judgement.outcome is Outcome.FAILED) == (max(used) > limit)


ESTIMATE = vram.Expected(
    used_mib=Bounds(low=10600, nominal=11100, high=12288),
    cache_tokens=Bounds(low=15000, nominal=18000, high=26000),
)


@pytest.mark.parametrize(
    ("used", "outcome", "said"),
    [
        (10820, Outcome.PASSED, "; preflight's estimate is 11,100 (10,600 to 12,288) MiB"),
        (9000, Outcome.PASSED, "; preflight's estimate is 11,100 (10,600 to 12,288) MiB, which does not hold here"),
    ],
)
def test_the_estimate_stands_beside_what_was_measured(used: int, outcome: Outcome, said: str) -> None:
    """It decides nothing; where it does not hold, that is said."""
    judgement = vram.vram(
        [look(used)], limit_mib=12288, expected=ESTIMATE, cache=KvCache(tokens=18352, length=8192, concurrency=2.24)
    )

    assert judgement.outcome is outcome
    assert judgement.message.endswith(said)
    assert [(one.name, one.value) for one in judgement.observations] == [
        ("peak-memory", used),
        ("estimated-memory", "11100 (10600 to 12288)"),
        ("kv-cache-tokens", 18352),
        ("estimated-kv-cache-tokens", "18000 (15000 to 26000)"),
    ]
