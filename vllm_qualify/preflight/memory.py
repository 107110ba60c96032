"""How much GPU memory a model takes, and how long a sequence fits: an estimate with its bounds. Pure arithmetic.

vLLM takes ``--gpu-memory-utilization`` of the memory that it sees, loads the weights, measures what one full step takes
beside them, and makes the rest its KV cache. So the use that nvidia-smi shows is the share itself, whatever the model.
"""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.gpu import MIB
from vllm_qualify.preflight.models import ModelFacts

# The driver keeps a part of the card for itself: torch sees 96 to 99 % of what nvidia-smi calls the total.
_VISIBLE = (0.965, 0.98, 0.99)
# The CUDA context, libraries and workspaces.
_FIXED_MIB = (600.0, 350.0, 200.0)
# CUDA graphs, where they are made.
_GRAPHS_MIB = (1024.0, 400.0, 0.0)
# The estimate of the activations is made of the largest tensors; how many of them live at once is vLLM's to say.
_ACTIVATIONS = (1.5, 1.0, 0.5)
_WEIGHTS = (1.03, 1.0, 0.98)
# Logits, probabilities and sorted values in float32, and the order in int64: the first step tries all of them.
_SAMPLER_BYTES = 20
_BLOCK = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line asks for.

    Attributes:
        utilization: share of the memory.
        max_num_seqs: sequences in one step.
        batched_tokens: tokens in one step.
        parallel: GPUs that share the weights.
        kv_bits: of a number in the KV cache; 0: as the model's own.
        eager: no CUDA graphs.
    """

    utilization: float = 0.9
    max_num_seqs: int = 256
    batched_tokens: int = 2048
    parallel: int = 1
    kv_bits: int = 0
    eager: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one GPU holds, in MiB; ``low`` and ``high`` bound the KV cache.

    Attributes:
        used: what nvidia-smi will show.
        weights: of the model.
        activations: of one full step, with all that is neither weight nor cache.
        cache: the KV cache, nominal.
        cache_low: at worst; negative where not even the weights fit.
        cache_high: at best.
        kv_bytes: of one token in the cache.
    """

    used: float
    weights: float
    activations: float
    cache: float
    cache_low: float
    cache_high: float
    kv_bytes: float

    def tokens(self, cache: float) -> int:
        """How many tokens a cache of so many MiB holds, in whole blocks."""
        return max(int(cache * MIB / self.kv_bytes) // _BLOCK * _BLOCK, 0)


def estimate(model: ModelFacts, *, memory_mib: int, wish: Wish) -> Estimate | None:
    """Estimate what a model takes on one GPU.

    Args:
        model: with its dimensions.
        memory_mib: of the GPU, as nvidia-smi tells it.
        wish: what the command line asks for.

    Returns:
        ``None`` where the model's configuration does not tell enough.
    """
    weights, kv_bytes = model.weights, model.kv_bytes_a_token(bits=wish.kv_bits)
    if weights is None or not kv_bytes:
        return None
    weights_mib = weights / MIB / wish.parallel
    step = _step(model, wish) / MIB
    caches, others = [], []
    for place, visible in enumerate(_VISIBLE):
        graphs = 0.0 if wish.eager else _GRAPHS_MIB[place]
        other = _FIXED_MIB[place] + graphs + step * _ACTIVATIONS[place]
        others.append(other)
        caches.append(visible * memory_mib * wish.utilization - weights_mib * _WEIGHTS[place] - other)
    return Estimate(
        used=_VISIBLE[1] * memory_mib * wish.utilization,
        weights=weights_mib,
        activations=others[1],
        cache=caches[1],
        cache_low=caches[0],
        cache_high=caches[2],
        kv_bytes=kv_bytes / min(wish.parallel, max(model.kv_heads, 1)),
    )


def _step(model: ModelFacts, wish: Wish) -> float:
    """Bytes of the largest tensors of one full step: the feed-forward part, the hidden states, the sampler."""
    forward = wish.batched_tokens * (3 * model.intermediate / wish.parallel + 4 * model.hidden) * 2
    return forward + wish.max_num_seqs * model.vocab * _SAMPLER_BYTES
