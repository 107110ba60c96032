"""How much GPU memory a model takes, and how long a sequence fits: an estimate with its bounds. Pure arithmetic.

vLLM takes ``--gpu-memory-utilization`` of the memory that it sees, loads the weights, measures what one full step takes
beside them, and makes the rest its KV cache. What nvidia-smi shows is that share and what the release takes beside it,
see `accounting`: on an H200 v0.20.2 went 1.3 GiB over its share, v0.25.1 3.2 GiB.
"""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from vllm_qualify.core.records import Certainty
from vllm_qualify.core.stats import Bounds
from vllm_qualify.gpu.reading import MIB
from vllm_qualify.preflight.accounting import Account, account
from vllm_qualify.preflight.models import ModelFacts

# What the driver keeps for itself, in MiB and as a part of the card: torch's messages name 5.79 GiB of an RTX 2060,
# 9.78 of an RTX 3080 (zai-org/CogVideo#34), 23.70 of an RTX 3090 (GaoLii/DSP#10) and 23.64 of an RTX 4090; the share
# of the H200 tells 143,156 MiB.
_KEPT_MIB = Bounds(low=100, nominal=200, high=320)
_KEPT_PART = Bounds(low=0.002, nominal=0.003, high=0.008)
# The estimate of the activations is made of the largest tensors; how many of them live at once is vLLM's to say.
_ACTIVATIONS = Bounds(low=0.5, nominal=1.0, high=1.5)
_WEIGHTS = Bounds(low=0.98, nominal=1.0, high=1.03)
# Buffers of NCCL and of its all-reduce where GPUs work together.
_TOGETHER_MIB = Bounds(low=0, nominal=300, high=1500)
# What one step of the sampler takes for each sequence and word of the vocabulary, whether it is counted or not.
_SAMPLER_BYTES = 16
_BLOCK = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRequest:
    """What the command line asks for.

    Attributes:
        utilization: share of the memory.
        max_num_seqs: sequences in one step.
        batched_tokens: tokens in one step.
        parallel: GPUs that share each layer.
        stages: GPUs that share the layers, one part after the other.
        kv_bits: of a number in the KV cache; 0: as the model's own.
        eager: no CUDA graphs.
    """

    utilization: float = 0.9
    max_num_seqs: int = 256
    batched_tokens: int = 2048
    parallel: int = 1
    stages: int = 1
    kv_bits: int = 0
    eager: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one GPU holds, in MiB.

    Attributes:
        memory: of the whole GPU, as nvidia-smi tells it.
        wanted: the share and what is taken beside it; more than the GPU has where the start or a request may fail.
        beside: how far that lies over the share, which is of the memory that the driver leaves.
        weights: of the model.
        activations: of one full step, with all that is neither weight nor cache.
        cache: the KV cache; negative where not even the weights fit.
        kv_bytes: of one token in the cache.
        certainty: of the bounds: how the release shares out the memory was measured, read or supposed.
        source: where that comes from.
    """

    memory: int
    wanted: Bounds
    beside: Bounds
    weights: float
    activations: float
    cache: Bounds
    kv_bytes: float
    certainty: Certainty
    source: str

    @property
    def used(self) -> Bounds:
        """What nvidia-smi will show at work, in MiB; this is what a measurement is held against."""
        low, nominal, high = (min(one, float(self.memory)) for one in self.wanted)
        return Bounds(low=low, nominal=nominal, high=high)

    @property
    def cache_tokens(self) -> Bounds:
        """How many tokens the KV cache holds."""
        return Bounds(
            low=self.tokens(self.cache.low), nominal=self.tokens(self.cache.nominal), high=self.tokens(self.cache.high)
        )

    def tokens(self, cache: float) -> int:
        """How many tokens a cache of so many MiB holds, in whole blocks."""
        return max(int(cache * MIB / self.kv_bytes) // _BLOCK * _BLOCK, 0)


def estimate(
    model: ModelFacts, *, memory_mib: int, wish: MemoryRequest, version: Version | None = None
) -> Estimate | None:
    """Estimate what a model takes on one GPU.

    Args:
        model: with its dimensions.
        memory_mib: of the GPU, as nvidia-smi tells it.
        wish: what the command line asks for.
        version: of vLLM; ``None``: as the newest release that is known.

    Returns:
        ``None`` where the model's configuration does not tell enough.
    """
    weights, kv_bytes = model.weights, model.kv_bytes_a_token(bits=wish.kv_bits)
    if weights is None or not kv_bytes:
        return None
    way = account(version)
    weights_mib = weights / MIB / wish.parallel / wish.stages
    share, counted, beside = _share(memory_mib, wish), _counted(model, wish, way), _beside(model, wish, way)
    return Estimate(
        memory=memory_mib,
        wanted=Bounds(
            low=share.low + beside.low, nominal=share.nominal + beside.nominal, high=share.high + beside.high
        ),
        beside=beside,
        weights=weights_mib,
        activations=counted.nominal,
        cache=Bounds(
            low=share.low - weights_mib * _WEIGHTS.high - counted.high,
            nominal=share.nominal - weights_mib * _WEIGHTS.nominal - counted.nominal,
            high=share.high - weights_mib * _WEIGHTS.low - counted.low,
        ),
        kv_bytes=kv_bytes / min(wish.parallel, max(model.kv_heads, 1)) / wish.stages,
        certainty=way.certainty,
        source=way.source,
    )


def _share(memory_mib: int, wish: MemoryRequest) -> Bounds:
    """The share that is asked for, of what the driver leaves."""

    def left(place: str) -> float:
        kept = getattr(_KEPT_MIB, place) + getattr(_KEPT_PART, place) * memory_mib
        return max(memory_mib - float(kept), 0.0) * wish.utilization

    return Bounds(low=left("high"), nominal=left("nominal"), high=left("low"))


def _counted(model: ModelFacts, wish: MemoryRequest, way: Account) -> Bounds:
    """What is subtracted from the share beside the weights before the rest becomes the KV cache."""

    def at(place: str) -> float:
        # The feed-forward part and the sampler follow each other, so that the larger one decides.
        sampler = getattr(way.sampler_bytes, place) * wish.max_num_seqs * model.vocab / MIB
        step = max(_forward(model, wish) * getattr(_ACTIVATIONS, place), sampler)
        graphs = 0.0 if wish.eager else getattr(way.captured, place)
        return float(step + getattr(way.fixed, place) + graphs + _together(wish, place))

    return Bounds(low=at("low"), nominal=at("nominal"), high=at("high"))


def _beside(model: ModelFacts, wish: MemoryRequest, way: Account) -> Bounds:
    """What is taken beside the share."""
    base, part = (way.eager, way.eager_step) if wish.eager else (way.graphs, way.graphs_step)
    step = max(_forward(model, wish), _SAMPLER_BYTES * wish.max_num_seqs * model.vocab / MIB)

    def at(place: str) -> float:
        return float(getattr(base, place) + getattr(part, place) * step + _together(wish, place))

    return Bounds(low=at("low"), nominal=at("nominal"), high=at("high"))


def _forward(model: ModelFacts, wish: MemoryRequest) -> float:
    """MiB of the largest tensors of one full step: the feed-forward part and the hidden states."""
    return wish.batched_tokens * (3 * model.intermediate / wish.parallel + 4 * model.hidden) * 2 / MIB


def _together(wish: MemoryRequest, place: str) -> float:
    return float(getattr(_TOGETHER_MIB, place)) if wish.parallel > 1 else 0.0
