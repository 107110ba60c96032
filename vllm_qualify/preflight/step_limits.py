"""How many sequences and tokens one step has where the command line does not say; by release and GPU. Pure.

Source: ``vllm/engine/arg_utils.py`` of the releases, the defaults of the OpenAI server.
"""

from __future__ import annotations

from packaging.version import Version

from vllm_qualify.preflight.facts import NodeFacts

_LARGE_MIB, _LARGEST_MIB = 70 * 1024, 160 * 1024
_LEAST_TOKENS = 2048
# In V0 the tokens of a step were those of one whole sequence, up to the length from which chunked prefill set in.
_LONG_CONTEXT = 32768
_V1 = Version("0.8.0")
_BY_SIZE = Version("0.8.5")
_A100_APART = Version("0.9.0")
_LARGEST_APART = Version("0.28.0")
_GB10_APART = Version("0.33.0")
_GB10 = (12, 1)
_SMALL, _LARGE = 256, 1024


def sequences(version: Version | None, node: NodeFacts) -> int:
    """The default of ``--max-num-seqs``; in 0.8.0 to 0.8.3 it was the large one on every GPU."""
    if version is None or version >= Version("0.8.4"):
        return _LARGE if _large(version, node) else _SMALL
    return _LARGE if version >= _V1 else _SMALL


def tokens(version: Version | None, node: NodeFacts, *, length: int) -> int:
    """The default of ``--max-num-batched-tokens``.

    Args:
        version: of vLLM; ``None``: as the newest.
        node: with the GPU.
        length: of the longest sequence, in tokens.
    """
    if version is not None and version < _V1:
        return max(_LEAST_TOKENS, length) if length <= _LONG_CONTEXT else _LEAST_TOKENS
    if (version is None or version >= _LARGEST_APART) and (node.memory_mib or 0) >= _LARGEST_MIB:
        return 16384
    return 8192 if _large(version, node) else _LEAST_TOKENS


def _large(version: Version | None, node: NodeFacts) -> bool:
    """The GPU counts as a large one."""
    name = node.gpu.lower()
    if version is not None and version < _BY_SIZE:
        return "h100" in name or "h200" in name
    if "a100" in name and (version is None or version >= _A100_APART):
        return False
    if node.compute_capability == _GB10 and (version is None or version >= _GB10_APART):
        return False
    return (node.memory_mib or 0) >= _LARGE_MIB
