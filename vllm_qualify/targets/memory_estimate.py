"""What preflight would say of a candidate's memory on the card that it was seen on; called by suite deploy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vllm_qualify import preflight
from vllm_qualify.checks.vram import Expected
from vllm_qualify.config import ModeSettings
from vllm_qualify.core.images import ImageRef
from vllm_qualify.gpu.reading import GpuReading
from vllm_qualify.preflight import launch_specs, settings_subject


def expected(
    image: ImageRef, looks: Sequence[GpuReading], *, mode: ModeSettings, environment: Mapping[str, str]
) -> Expected | None:
    """Estimate from facts alone, but for the card, which was seen.

    Args:
        image: the candidate.
        looks: at the GPUs while it served.
        mode: how it was started.
        environment: variables that were set for the run.

    Returns:
        ``None`` where no card was seen, or the model's dimensions are not known.
    """
    card = next((one for look in looks for one in look.gpus if one.memory_total_mib), None)
    if card is None:
        return None
    node = preflight.node(gpu=card.name, driver=card.driver, memory_mib=card.memory_total_mib)
    (start,) = launch_specs.with_env([launch_specs.of(settings_subject.serving(mode))], environment)
    asked = preflight.about(image, node=node, manifest=start.manifest, model=start.model)
    found = preflight.memory_estimate(asked)
    if found is None:
        return None
    return Expected(used_mib=found.used, cache_tokens=found.cache_tokens)
