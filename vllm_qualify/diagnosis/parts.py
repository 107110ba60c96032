"""The parts of an engine by their files, and what feeds or chooses each of them. Read by the judgement of frames.

The first part that a file belongs to counts, so the more specific one stands first. Sources: the layout of vLLM's
packages from 0.6 to 0.32, and of the libraries below it.
"""

from __future__ import annotations

from dataclasses import dataclass

MODEL_CODE = "transformers_modules/"
"""Where code that came with a model is kept, below the cache of Hugging Face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginePart:
    """A part of an engine.

    Attributes:
        name: what it does, so that "the part is ..." reads well.
        paths: beginnings of the paths of its files, from the folder of installed packages on.
        advice: what to look at when it fails: the options that choose or feed it.
        functions: of files elsewhere that belong to it as well.
    """

    name: str
    paths: tuple[str, ...]
    advice: str
    functions: frozenset[str] = frozenset()


_KERNELS = (
    "It compiles a kernel when one is first needed: compare the last lines of the message with what the container has"
    " (a C++ compiler, ninja, nvcc and CUDA's headers of the release that torch was built for, a writable cache"
    " folder). An --attention-backend or a --moe-backend with precompiled kernels avoids it."
)
PARTS = (
    EnginePart(
        name="compiling kernels just in time",
        paths=(
            "flashinfer/jit/",
            "torch/utils/cpp_extension",
            "triton/",
            "tilelang/",
            "deep_gemm/",
            "tvm/",
            "cutlass/",
        ),
        advice=_KERNELS,
    ),
    EnginePart(
        name="torch.compile",
        paths=("torch/_inductor/", "torch/_dynamo/", "torch/_functorch/", "torch/_higher_order_ops/", "depyf/"),
        advice="Start once with --enforce-eager: if that works, torch.compile is what fails here; empty"
        " VLLM_CACHE_ROOT/torch_compile_cache (~/.cache/vllm by default) before the next try without it.",
    ),
    EnginePart(
        name="capturing CUDA graphs",
        paths=("vllm/compilation/cuda_graph", "torch/cuda/graphs"),
        advice="--enforce-eager disables CUDA graphs; --max-num-seqs and --compilation-config decide how many are"
        " captured.",
        functions=frozenset({"capture_model"}),
    ),
    EnginePart(
        name="vLLM's part of torch.compile",
        paths=("vllm/compilation/",),
        advice="Start once with --enforce-eager; empty VLLM_CACHE_ROOT/torch_compile_cache (~/.cache/vllm by default);"
        " undo what --compilation-config changes.",
    ),
    EnginePart(
        name="transferring the KV cache to other engines",
        paths=("vllm/distributed/kv_transfer/", "vllm/distributed/kv_events", "lmcache/", "nixl", "mooncake/"),
        advice="--kv-transfer-config selects it; start without that option, then compare the connector's version with"
        " what the release needs.",
    ),
    EnginePart(
        name="sampling",
        paths=("vllm/v1/sample/", "flashinfer/sampling", "vllm/model_executor/layers/sampler"),
        advice="VLLM_USE_FLASHINFER_SAMPLER=0 and --logits-processors change how tokens are sampled.",
    ),
    EnginePart(
        name="the attention backend",
        paths=(
            "vllm/attention/",
            "vllm/v1/attention/",
            "vllm/vllm_flash_attn/",
            "flash_attn",
            "xformers/",
            "flashinfer/",
        ),
        advice="--attention-backend (VLLM_ATTENTION_BACKEND in releases before 0.14) selects it, and --kv-cache-dtype,"
        " --dtype and --block-size decide whether it fits: leave them unset first.",
        functions=frozenset({"get_attn_backend_cls", "get_attn_backend"}),
    ),
    EnginePart(
        name="quantization",
        paths=(
            "vllm/model_executor/layers/quantization/",
            "compressed_tensors/",
            "bitsandbytes/",
            "auto_round/",
            "gptqmodel/",
        ),
        advice="The checkpoint's quantization and --quantization select it: leave --quantization out, and try a"
        " quantization of the model that the release's documentation lists for this GPU.",
    ),
    EnginePart(
        name="the experts of a mixture-of-experts model",
        paths=("vllm/model_executor/layers/fused_moe/",),
        advice="--enable-expert-parallel, --moe-backend and the VLLM_..._MOE_... variables select its kernels: leave"
        " them unset first; a checkpoint that is not quantized takes another path.",
    ),
    EnginePart(
        name="loading the weights",
        paths=("vllm/model_executor/model_loader/", "safetensors/", "runai_model_streamer/", "tensorizer/"),
        advice="Check that all files of the model are there and complete, and check --load-format, --quantization and"
        " --tensor-parallel-size.",
        functions=frozenset({"load_weights", "weight_loader"}),
    ),
    EnginePart(
        name="LoRA",
        paths=("vllm/lora/",),
        advice="--enable-lora, --lora-modules, --max-lora-rank and --max-loras set it up; start without adapters.",
    ),
    EnginePart(
        name="speculative decoding",
        paths=("vllm/v1/spec_decode/", "vllm/spec_decode/"),
        advice="--speculative-config selects it; start without that option.",
    ),
    EnginePart(
        name="structured output",
        paths=("vllm/v1/structured_output/", "xgrammar/", "llguidance/", "outlines", "lmformatenforcer/"),
        advice="A request's schema or grammar is its input; --structured-outputs-config (--guided-decoding-backend"
        " before 0.12) selects the backend.",
    ),
    EnginePart(
        name="the parsers of tool calls and reasoning",
        paths=("vllm/tool_parsers/", "vllm/entrypoints/openai/tool_parsers/", "vllm/reasoning/"),
        advice="--tool-call-parser, --reasoning-parser and their plugins select it; compare the names with what this"
        " release has.",
    ),
    EnginePart(
        name="images, audio and video",
        paths=(
            "vllm/multimodal/",
            "vllm/transformers_utils/processor",
            "PIL/",
            "transformers/image",
            "transformers/video",
        ),
        advice="--limit-mm-per-prompt and --mm-processor-kwargs set it up; --limit-mm-per-prompt with 0 of each kind"
        " starts the engine for text only.",
    ),
    EnginePart(
        name="the tokenizer",
        paths=(
            "vllm/tokenizers/",
            "vllm/transformers_utils/tokenizer",
            "transformers/tokenization",
            "transformers/models/auto/tokenization_auto",
            "tokenizers/",
            "sentencepiece/",
            "tiktoken/",
            "mistral_common/",
        ),
        advice="--tokenizer, --tokenizer-mode and --tokenizer-revision select it; check that the model's tokenizer"
        " files are all there, and that the image's transformers is as new as the model needs.",
    ),
    EnginePart(
        name="the model's own code",
        paths=(MODEL_CODE,),
        advice="It ships with the model, and --trust-remote-code lets it run: pin --code-revision to one that was made"
        " for the image's transformers, or leave --trust-remote-code out if vLLM has the architecture.",
    ),
    EnginePart(
        name="fetching files of the model",
        paths=("huggingface_hub/", "modelscope/", "hf_xet", "hf_transfer"),
        advice="Check the model's name, the token (HF_TOKEN), the network and the cache (HF_HOME); if the model is in"
        " the cache, HF_HUB_OFFLINE=1 avoids the network.",
    ),
    EnginePart(
        name="the model's configuration",
        paths=(
            "vllm/transformers_utils/",
            "transformers/configuration_utils",
            "transformers/models/auto/",
            "transformers/modeling_rope_utils",
            "vllm/config/model",
        ),
        advice="It reads the model's config.json, with --hf-overrides, --revision, --config-format and"
        " --trust-remote-code; check that the image's transformers is as new as the model needs.",
    ),
    EnginePart(
        name="communication between GPUs",
        paths=("vllm/distributed/", "torch/distributed/", "nccl"),
        advice="--tensor-parallel-size, --pipeline-parallel-size and --data-parallel-size shape it; NCCL_DEBUG=INFO"
        " logs more, and a larger /dev/shm, NCCL_P2P_DISABLE=1 or NCCL_IB_DISABLE=1 narrow down the cause.",
    ),
    EnginePart(
        name="the KV cache",
        paths=("vllm/v1/core/kv_cache", "vllm/v1/core/block_pool", "vllm/worker/cache_engine", "vllm/core/block"),
        advice="--gpu-memory-utilization, --max-model-len, --max-num-seqs, --block-size and --kv-cache-dtype set its"
        " size and shape.",
        functions=frozenset({"determine_available_memory", "initialize_kv_cache", "get_kv_cache_config"}),
    ),
    EnginePart(
        name="binding the workers to processors",
        paths=("vllm/utils/ompmultiprocessing", "vllm/utils/cpu_resource_utils"),
        functions=frozenset({"init_cpu_threads_env"}),
        advice="VLLM_CPU_OMP_THREADS_BIND sets it: auto, nobind, or a list such as 0-7 for each worker, separated by"
        " |; --tensor-parallel-size sets the number of workers.",
    ),
    EnginePart(
        name="starting the workers",
        paths=("vllm/v1/executor/", "vllm/executor/", "ray/", "vllm/ray/"),
        advice="--distributed-executor-backend, --tensor-parallel-size and the other parallel sizes select it; read"
        " what the workers logged above.",
    ),
    EnginePart(
        name="detecting the platform and the GPU",
        paths=("vllm/platforms/", "torch/cuda/", "pynvml", "vllm/third_party/pynvml"),
        advice="Check that nvidia-smi works in the container, and check NVIDIA_VISIBLE_DEVICES, CUDA_VISIBLE_DEVICES"
        " and LD_LIBRARY_PATH.",
        functions=frozenset({"init_device"}),
    ),
    EnginePart(
        name="compiled code of the image",
        paths=("vllm/_custom_ops", "vllm/_ipex_ops", "torch/_ops", "torch/library", "vllm/kernels/"),
        advice="Use the official image unchanged, in a release that was built for this GPU: its compiled code and torch"
        " belong together.",
    ),
    EnginePart(
        name="the command line",
        paths=("argparse", "vllm/utils/argparse_utils", "vllm/entrypoints/cli/", "vllm/entrypoints/openai/cli_args"),
        advice="Compare the arguments with what `vllm serve --help` of this release lists.",
        functions=frozenset({"validate_api_server_args", "validate_parsed_serve_args", "parse_args", "from_cli_args"}),
    ),
    EnginePart(
        name="checking the configuration",
        paths=("vllm/config", "vllm/engine/arg_utils", "vllm/envs", "pydantic", "vllm/usage/"),
        advice="The options and variables that the message names set it: undo them one by one, the newest first.",
    ),
    EnginePart(
        name="the code of the model's architecture",
        paths=("vllm/model_executor/", "vllm/models/", "transformers/models/", "transformers/"),
        advice="Check that this release lists the model's architecture as supported, and which options its"
        " documentation names for this model; a newer release may support more of it.",
    ),
    EnginePart(
        name="the server",
        paths=("uvicorn/", "uvloop/", "fastapi/", "starlette/", "vllm/entrypoints/"),
        advice="--host, --port, --uds, --middleware and the --ssl-... options set it up.",
    ),
    EnginePart(
        name="a plugin",
        paths=("vllm/plugins/",),
        advice="VLLM_PLUGINS names what is loaded; an empty value loads nothing.",
    ),
    EnginePart(
        name="running the model",
        paths=("vllm/v1/worker/", "vllm/worker/"),
        advice="Start once with --enforce-eager and without options for performance; if that works, add them back to"
        " find the one at fault.",
    ),
)
