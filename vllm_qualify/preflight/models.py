"""What a model's ``config.json`` says of its needs, and the size of its weights. Pure; nothing malformed raises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from vllm_qualify.core.records import Certainty

_LARGEST = 10**9
_BITS_OF_DTYPE = {"bfloat16": 16, "float16": 16, "float32": 32, "half": 16}
_BITS_OF_METHOD = {"awq": 4, "bitsandbytes": 4, "fp8": 8, "fbgemm_fp8": 8, "gptq": 4, "modelopt": 8, "mxfp4": 4}
# Each group of weights has a scale of 16 bits and a zero point of as many bits as a weight.
_SCALE_BITS = 16
# Keys of configurations whose layers do not all keep keys and values of every token.
_CACHE_VARIES = frozenset({
    "attn_layer_indices", "full_attention_interval", "hybrid_override_pattern", "kv_lora_rank", "layers_block_type",
    "linear_num_value_heads", "mamba_d_state", "ssm_state_size", "state_size",
})  # fmt: skip
_METHODS_IN_GROUPS = frozenset({"awq", "compressed-tensors", "gptq", "mxfp4"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What is known of a model; ``0`` and ``""`` where its configuration does not tell.

    Attributes:
        name: as it is served.
        architectures: class names, such as ``Qwen3ForCausalLM``.
        model_type: transformers' name of its kind.
        layers: number of them.
        heads: of attention.
        kv_heads: of keys and values.
        head_dim: size of one head.
        hidden: width of the model.
        intermediate: width of its feed-forward part.
        experts: of a mixture; 0 for none.
        vocab: size of the vocabulary.
        tied: input and output embeddings are one matrix.
        latent: attention keeps one compressed vector a token in place of keys and values (MLA).
        cache_varies: not every layer keeps keys and values of every token, so that the cache may need far less.
        dtype: of what is not quantized.
        quantization: the method, such as ``awq``.
        bits: of a quantized weight.
        group: weights that share a scale.
        max_length: the longest sequence that the configuration allows, in tokens.
        transformers: the version of the library that wrote the configuration.
        weights_bytes: size of the files with the weights, where somebody looked.
        certainty: how far all of this may be trusted.
        source: where it was read.
    """

    name: str = ""
    architectures: tuple[str, ...] = ()
    model_type: str = ""
    layers: int = 0
    heads: int = 0
    kv_heads: int = 0
    head_dim: int = 0
    hidden: int = 0
    intermediate: int = 0
    experts: int = 0
    vocab: int = 0
    tied: bool = False
    latent: bool = False
    cache_varies: bool = False
    dtype: str = ""
    quantization: str = ""
    bits: int = 0
    group: int = 0
    max_length: int = 0
    transformers: str = ""
    weights_bytes: int = 0
    certainty: Certainty = Certainty.CERTAIN
    source: str = ""

    @property
    def weights(self) -> float | None:
        """Size of the weights in bytes; ``None`` where the configuration does not tell enough."""
        if self.weights_bytes:
            return float(self.weights_bytes)
        if not (self.layers and self.heads and self.kv_heads and self.head_dim and self.hidden and self.intermediate):
            return None
        attention = self.hidden * self.head_dim * 2 * (self.heads + self.kv_heads)
        forward = 3 * self.hidden * self.intermediate * max(self.experts, 1)
        embeddings = self.vocab * self.hidden * (1 if self.tied else 2)
        return (self.layers * (attention + forward) * self.bits_a_weight + embeddings * self.dtype_bits) / 8

    @property
    def dtype_bits(self) -> int:
        """Bits of a number that is not quantized; 16 where the configuration does not tell."""
        return _BITS_OF_DTYPE.get(self.dtype, 16)

    @property
    def bits_a_weight(self) -> float:
        """Bits of a weight, scales and zero points included."""
        if not self.bits:
            return float(self.dtype_bits)
        return self.bits + ((_SCALE_BITS + self.bits) / self.group if self.group else 0.0)

    def kv_bytes_a_token(self, *, bits: int = 0) -> int | None:
        """Bytes that one token takes in the KV cache.

        Args:
            bits: of a number in the cache; 0: as the model's own.
        """
        if not (self.layers and self.kv_heads and self.head_dim):
            return None
        return 2 * self.layers * self.kv_heads * self.head_dim * (bits or self.dtype_bits) // 8


def from_config(document: object, *, name: str = "", weights_bytes: int = 0, source: str = "config.json") -> ModelFacts:
    """Read a ``config.json``; what it lacks, or has in another form than a model's, is not known then.

    Args:
        document: the parsed JSON, whatever it is.
        name: of the model.
        weights_bytes: size of the files with the weights, where somebody looked.
        source: where the document was found.
    """
    whole = _mapping(document)
    # Models for text and pictures keep the part that generates in a configuration of its own.
    text = whole | _mapping(whole.get("text_config"))
    quantized = _mapping(whole.get("quantization_config") or text.get("quantization_config"))
    heads, hidden = _int(text, "num_attention_heads", "n_head"), _int(text, "hidden_size", "n_embd")
    return ModelFacts(
        name=name,
        architectures=_names(whole.get("architectures")),
        model_type=_str(whole, "model_type"),
        layers=_int(text, "num_hidden_layers", "n_layer"),
        heads=heads,
        kv_heads=_int(text, "num_key_value_heads") or heads,
        head_dim=_int(text, "head_dim") or (hidden // heads if heads else 0),
        hidden=hidden,
        intermediate=_int(text, "moe_intermediate_size", "intermediate_size"),
        experts=_int(text, "num_experts", "num_local_experts", "n_routed_experts"),
        vocab=_int(text, "vocab_size"),
        tied=text.get("tie_word_embeddings") is True,
        latent=_int(text, "kv_lora_rank") > 0,
        cache_varies=_cache_varies(text),
        dtype=_str(text, "torch_dtype", "dtype"),
        max_length=_int(text, "max_position_embeddings", "n_positions"),
        transformers=_str(whole, "transformers_version"),
        weights_bytes=weights_bytes,
        source=source,
        **_quantization(quantized),
    )


def known(name: str) -> ModelFacts | None:
    """A model whose configuration is in this package, so that it need not be fetched; ``None`` for all others."""
    return _known().get(name.casefold())


@cache
def _known() -> Mapping[str, ModelFacts]:
    text = (Path(__file__).with_name("data") / "models.json").read_text(encoding="utf-8")
    document = json.loads(text)
    models = (from_config(config, name=name, source=document["source"]) for name, config in document["models"].items())
    return {one.name.casefold(): replace(one, certainty=Certainty.PROBABLE) for one in models}


def _cache_varies(text: Mapping[str, Any]) -> bool:
    """Latent attention, linear attention, state spaces or a sliding window."""
    window = text.get("sliding_window") and text.get("use_sliding_window") is not False
    kinds = text.get("layer_types")
    layers = {kind for kind in kinds if isinstance(kind, str)} if isinstance(kinds, list) else set()
    return bool(
        window or layers - {"full_attention"} or _CACHE_VARIES & {name for name, value in text.items() if value}
    )


def _quantization(document: Mapping[str, Any]) -> dict[str, Any]:
    method = _str(document, "quant_method").lower()
    weights = next((_mapping(one.get("weights")) for one in _groups(document)), {})
    bits = _int(document, "bits", "w_bit") or _int(weights, "num_bits") or _BITS_OF_METHOD.get(method, 0)
    if document.get("load_in_8bit") is True:
        bits = 8
    group = _int(document, "group_size", "q_group_size") or _int(weights, "group_size")
    return {"quantization": method, "bits": bits, "group": group if method in _METHODS_IN_GROUPS else 0}


def _groups(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The groups of a ``compressed-tensors`` configuration."""
    return [_mapping(one) for one in _mapping(document.get("config_groups")).values()]


def _mapping(value: object) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}


def _int(document: Mapping[str, Any], *names: str) -> int:
    """The first of the values that is a number of something; 0 where none is."""
    values = (document.get(name) for name in names)
    return next((one for one in values if type(one) is int and 0 < one < _LARGEST), 0)


def _str(document: Mapping[str, Any], *names: str) -> str:
    values = (document.get(name) for name in names)
    return next((one for one in values if isinstance(one, str)), "")


def _names(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
