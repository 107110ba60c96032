"""What preflight estimates for the card that was seen."""

from __future__ import annotations

import pytest

from vllm_qualify.config import Settings
from vllm_qualify.core import images
from vllm_qualify.gpu.reading import NOT_USED, Gpu, GpuReading
from vllm_qualify.targets import memory_estimate

IMAGE = images.parse("vllm/vllm-openai:v0.20.2")
MODE = Settings().modes.ml


def look(total_mib: int | None) -> GpuReading:
    """A card of so much memory."""
    card = Gpu(index=0, name="NVIDIA GeForce RTX 3060", memory_total_mib=total_mib, memory_used_mib=10_820)
    return GpuReading(gpus=(card,), source="nvml")


def test_the_card_that_was_seen_counts() -> None:
    """A share of twice the memory is about twice the use, whatever the name of the card promises."""
    small, large = (
        memory_estimate.expected(IMAGE, [look(total)], mode=MODE, environment={}) for total in (12_288, 24_576)
    )

    assert small is not None
    assert large is not None
    assert small.used_mib.low < small.used_mib.nominal < small.used_mib.high <= 12_288
    assert large.used_mib.nominal > 1.7 * small.used_mib.nominal
    assert large.cache_tokens.nominal > small.cache_tokens.nominal > 0


@pytest.mark.parametrize("reading", [GpuReading(problem=NOT_USED), look(None)])
def test_nothing_is_estimated_for_a_card_that_nobody_saw(reading: GpuReading) -> None:
    """A CPU build uses none, and some drivers do not tell the memory."""
    assert memory_estimate.expected(IMAGE, [reading], mode=MODE, environment={}) is None
