"""Symptoms of what a model brings: weights, quantization, tokenizer, adapters. Sources: vLLM's source and issues."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis.symptom import Weight, reading, symptom

_OLD_TRANSFORMERS = "Use a newer image whose transformers is as new as the one that saved the model."

SYMPTOMS = (
    symptom(
        "E34",
        r"model type [`']?([\w.-]+)[`']? but Transformers does not recognize this architecture"
        r"|Tokenizer class (\w{1,100}) does not exist or is not currently imported"
        r"|did not match any variant of untagged enum",
        "the image's transformers is too old for model type {0}",
        "Use a newer image.",
        reference="vllm-project/vllm#19793, vllm-project/vllm#36217, gpustack/gpustack#5096",
        readings=(
            reading(
                r"Tokenizer class TokenizersBackend",
                f"{_OLD_TRANSFORMERS} If you cannot, set a class that older ones have (such as PreTrainedTokenizerFast)"
                " in tokenizer_config.json.",
                title="the image's transformers (4.x) is too old for the model's tokenizer, saved by 5.x",
            ),
            reading(
                r"Tokenizer class (\w{1,100}) does not exist",
                f"{_OLD_TRANSFORMERS} A tokenizer that the model ships as code needs --trust-remote-code.",
                title="the image's transformers does not have the tokenizer's class {1}",
                certainty=Certainty.PROBABLE,
            ),
            reading(
                r"untagged enum",
                f"{_OLD_TRANSFORMERS} A truncated tokenizer.json or a Git LFS pointer fails the same way: check its"
                " size.",
                title="the image's tokenizers library cannot read the model's tokenizer.json",
                certainty=Certainty.PROBABLE,
            ),
        ),
    ),
    symptom(
        "E82",
        r"has no attribute '?all_special_tokens_extended|cannot import name '\w+' from 'transformers"
        r"|transformers>?=?.{0,40} is required for a normal functioning of this module"
        r"|is already used by a Transformers config, pick another name",
        "the installed transformers does not fit this release",
        "Use the official image unchanged; it has the transformers that the release was made for.",
        reference="QwenLM/Qwen3-VL#2058, vllm-project/vllm#29686",
    ),
    symptom(
        "E96",
        r"Fused module '([^']{1,200})' requires consistent quant config|Detected some but not all shards of (\S{1,200})"
        r"|Found (?:a )?different quantization schemes for",
        "the checkpoint is quantized in a way that this release cannot fuse: parts of {0}{1} are quantized differently",
        "Use another quantization of the model, in which the layers that vLLM fuses (q, k and v; gate and up) use the"
        " same scheme, or a release that the checkpoint's authors name.",
        reference="intel/auto-round#1726, vllm: model_executor/layers/quantization",
    ),
    symptom(
        "E97",
        r"[Ff][Pp]8 (?:KV) cache not yet supported|[Ff][Pp]8 (?:KV) cache is not (?:yet )?supported by"
        r"|[Ff][Pp]8 (?:KV|kv)[ -]cache is not (?:yet )?supported with|type fp8e4nv not supported in this architecture"
        r"|FP8 [\w ]{0,40}MLA not yet supported|does not support fp8 kv-cache on this device"
        r"|fp8_e5m2 kv-cache is not supported with fp8 checkpoints|not support fp8 kvcache"
        r"|Quantized (?:KV) cache not supported",
        "an fp8 KV cache does not work with this GPU, model or attention kernel",
        "Drop --kv-cache-dtype (auto), or choose an --attention-backend that supports fp8 on this GPU.",
        reference="vllm-project/vllm#26431, vllm-project/vllm#35577, vllm: v1/attention/backends",
        readings=(
            reading(
                r"(?s)fp8e4nv(?:(?!fp8e4nv).){0,20000}kv_cache_dtype'?[=:] ?'?fp8",
                "Drop --kv-cache-dtype fp8, or set --kv-cache-dtype fp8_e5m2: Triton's fp8_e4m3 kernels need compute"
                " capability 8.9 or higher.",
                title="this GPU does not support the fp8 (e4m3) of --kv-cache-dtype fp8",
            ),
            reading(
                r"fp8e4nv",
                "If --kv-cache-dtype is fp8, drop it or set fp8_e5m2; if the model is quantized to fp8, use another"
                " quantization: Triton's fp8_e4m3 kernels need compute capability 8.9 or higher.",
                title="this GPU does not support fp8 (e4m3), which the KV cache or the model's weights use",
                certainty=Certainty.PROBABLE,
            ),
            reading(
                r"fp8_e5m2 kv-cache is not supported",
                "Set --kv-cache-dtype fp8 (e4m3), or drop it.",
                title="an fp8 checkpoint does not work with --kv-cache-dtype fp8_e5m2",
            ),
        ),
    ),
    symptom(
        "E98",
        r"max_num_seqs \((\d{1,9})\) exceeds available Mamba cache blocks \((\d{1,9})\)",
        "--max-num-seqs ({0}) exceeds the Mamba cache's blocks ({1})",
        "Set --max-num-seqs {1} or lower, or raise --gpu-memory-utilization.",
        reference="vllm-project/recipes#551, vllm: config/compilation.py",
    ),
    symptom(
        "E99",
        r"There is no module or parameter named '?([^' ]{1,200})'? in (\w{1,100})|Attempted to load weight \(",
        "the checkpoint does not fit the architecture in this release: {0}",
        "Use a release that the model card names, or another repository of the model: tools that fine-tune or quantize"
        " may name the weights differently.",
        certainty=Certainty.PROBABLE,
        reference="vllm-project/vllm#21176, vllm-project/vllm#28517, vllm: model_executor/models/utils.py",
    ),
    symptom(
        "E100",
        r"does not appear to have a file named ([\w./-]{1,100})|Can't load tokenizer for '([^']{1,200})|Can't load the"
        r" configuration of '([^']{1,200})|instantiate the backend tokenizer from one of"
        r"|Unrecognized model in (\S{1,200})\. Should have a|No tokenizer file found in directory",
        "a file of the model is missing or invalid: {0}{1}{2}{3}",
        "Check that the model's folder or repository has config.json and the tokenizer's files; a GGUF or a LoRA"
        " repository needs --tokenizer or the base model. A volume mounted one level too high looks the same.",
        certainty=Certainty.PROBABLE,
        reference="transformers: utils/hub.py, models/auto/configuration_auto.py",
    ),
    symptom(
        "E101",
        r"LoRA rank (\d{1,6}) is greater than max_lora_rank",
        "the LoRA adapter's rank ({0}) is greater than --max-lora-rank",
        "Set --max-lora-rank {0} or the next value that the release allows.",
        reference="vllm: lora/peft_helper.py",
    ),
    symptom(
        "E102",
        r"ModuleNotFoundError: No module named '([\w.]{1,200})'|HF_HUB_ENABLE_HF_TRANSFER=1\) but '(\w{1,60})' package",
        "the Python package {0}{1} is not in the image",
        "The model or an option needs it: use an image that has it, add it in an image of your own, or leave the"
        " option out.",
        certainty=Certainty.PROBABLE,
        reference="Python: import system",
        readings=(
            reading(
                r"HF_HUB_ENABLE_HF_TRANSFER",
                "Unset HF_HUB_ENABLE_HF_TRANSFER, or add the package hf_transfer.",
                title="HF_HUB_ENABLE_HF_TRANSFER=1 needs the package {1}, which is not in the image",
                certainty=Certainty.CERTAIN,
            ),
        ),
    ),
    symptom(
        "E103",
        r"401 Client Error|Invalid user token|Invalid credentials in Authorization header",
        "the model hub rejected or requires a token",
        "Set HF_TOKEN to a valid one; an expired token is rejected for public models too, so unset it there.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EFFECT,
        reference="huggingface_hub: errors.py",
    ),
)
