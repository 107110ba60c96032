"""What a config.json says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.preflight import models

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "architectures",
    "head_dim",
    "hidden_size",
    "intermediate_size",
    "max_position_embeddings",
    "model_type",
    "num_attention_heads",
    "num_experts",
    "num_hidden_layers",
    "num_key_value_heads",
    "quantization_config",
    "text_config",
    "torch_dtype",
    "vocab_size",
)
configs = st.dictionaries(st.sampled_from(KEYS), json, max_size=len(KEYS)) | json
SMALL: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "torch_dtype": "float16",
    "vocab_size": 10,
}


@given(configs)
def test_any_document_is_read(document: object) -> None:
    """Whatever the JSON is, it gives facts, and their sums do not fail."""
    found = models.from_config(document)

    assert found.weights is None or found.weights >= 0
    assert found.kv_bytes_a_token() is None or found.kv_bytes_a_token()


def test_weights_are_counted() -> None:
    """Attention, feed-forward and both embeddings, in two bytes each; heads and their size are derived if absent."""
    found = models.from_config(SMALL)
    attention, forward, embeddings = 4 * 8 * 8, 3 * 8 * 16, 2 * 10 * 8

    assert (found.head_dim, found.kv_heads) == (2, 4)
    assert found.weights == 2 * (2 * (attention + forward) + embeddings)
    assert models.from_config(SMALL | {"tie_word_embeddings": True}).weights == found.weights - 2 * embeddings / 2


def test_files_outrank_the_count() -> None:
    """The size of the files, where somebody looked, is the size of the weights."""
    assert models.from_config(SMALL, weights_bytes=123).weights == 123


@pytest.mark.parametrize(
    ("document", "method", "bits"),
    [
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, "awq", 4.15625),
        ({"quant_method": "awq", "w_bit": 4, "q_group_size": 64}, "awq", 4.3125),
        ({"quant_method": "gptq", "bits": 8, "group_size": -1}, "gptq", 8),
        ({"quant_method": "fp8"}, "fp8", 8),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "bitsandbytes", 8),
        (
            {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8}}}},
            "compressed-tensors",
            8,
        ),
        ({"quant_method": "new-one"}, "new-one", 16),
        ("awq", "", 16),
    ],
)
def test_quantization(document: object, method: str, bits: float) -> None:
    """Method and bits a weight are read in the spellings that checkpoints have, scales of the groups included."""
    found = models.from_config(SMALL | {"quantization_config": document})

    assert (found.quantization, found.bits_a_weight) == (method, bits)


def test_the_part_that_generates_counts() -> None:
    """A model for pictures and text keeps its dimensions in text_config, its architecture outside."""
    found = models.from_config({"architectures": ["Gemma3ForConditionalGeneration"], "text_config": SMALL})

    assert (found.architectures, found.layers) == (("Gemma3ForConditionalGeneration",), 2)


@pytest.mark.parametrize(
    "name", ["Qwen/Qwen3-8B-AWQ", "casperhansen/deepseek-r1-distill-qwen-7b-awq", "Qwen/Qwen2.5-7B-Instruct-AWQ"]
)
def test_the_storys_models_are_known(name: str) -> None:
    """The models of the example need no download to be judged, and nothing else is made up."""
    found = models.known(name)

    assert found is not None
    assert found.weights
    assert models.known(f"{name}-x") is None
