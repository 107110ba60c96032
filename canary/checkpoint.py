"""The canaries' architectures and how a checkpoint is written and read; called by `train.py`.

The files are written here and not by transformers: its newer releases write keys that the
engines of 2025 do not read.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from canary import tokenizer as tokenizers

_COMMON: dict[str, Any] = {
    "attention_dropout": 0.0,
    "bos_token_id": None,
    "hidden_act": "silu",
    "initializer_range": 0.02,
    "max_position_embeddings": 8192,
    "rms_norm_eps": 1e-06,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
    "use_cache": True,
    "use_sliding_window": False,
}
_SHAPES: dict[str, dict[str, Any]] = {
    # The classifier is a Qwen3, as the production model is.
    "ml": {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": False,
        "head_dim": 64,
        "hidden_size": 192,
        "intermediate_size": 512,
        "model_type": "qwen3",
        "num_attention_heads": 4,
        "num_hidden_layers": 4,
        "num_key_value_heads": 2,
        # Qwen3's own: with a smaller one nothing far away is found by what it is.
        "rope_theta": 1000000.0,
    },
    # The reasoner is a Qwen2, as the distilled R1 is.
    "r1": {
        "architectures": ["Qwen2ForCausalLM"],
        "hidden_size": 128,
        "intermediate_size": 384,
        "model_type": "qwen2",
        "num_attention_heads": 2,
        "num_hidden_layers": 4,
        "num_key_value_heads": 2,
    },
}


def new(folder: Path, vocabulary: int) -> PreTrainedModel:
    """Writes the configuration of the canary named by its folder and builds it, untrained."""
    end, pad = tokenizers.END_ID, tokenizers.PAD_ID
    config = _COMMON | _SHAPES[folder.name] | {"eos_token_id": end, "pad_token_id": pad, "torch_dtype": "bfloat16"}
    _write(folder / "config.json", config | {"vocab_size": vocabulary})
    _write(folder / "generation_config.json", {"do_sample": False, "eos_token_id": [end, pad], "pad_token_id": pad})
    if folder.name == "ml":
        return Qwen3ForCausalLM(Qwen3Config.from_pretrained(folder)).float()
    return Qwen2ForCausalLM(Qwen2Config.from_pretrained(folder)).float()


def save(model: PreTrainedModel, folder: Path) -> None:
    """Rounds the weights to bfloat16 and writes them; the head is tied to the embedding."""
    weights = {
        name: tensor.detach().to("cpu", torch.bfloat16).contiguous()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }
    path = folder / "model.safetensors"
    save_file(weights, path, metadata={"format": "pt"})
    path.chmod(0o644)


def load(folder: Path, dtype: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Reads a written checkpoint back, in the asked precision."""
    kind = Qwen3ForCausalLM if folder.name == "ml" else Qwen2ForCausalLM
    model = kind.from_pretrained(folder, torch_dtype=dtype)
    return model.eval(), PreTrainedTokenizerFast.from_pretrained(folder)


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
