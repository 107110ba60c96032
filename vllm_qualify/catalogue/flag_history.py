"""Which options of vLLM came and went, and what to write instead; read by the judge of the arguments.

Found by comparing the sources of 0.5.5, 0.7.3, 0.8.5.post1, 0.9.2, 0.10.2, 0.12.0, 0.15.1, 0.16.0 and 0.20.2, so a
release named here is the first of these in which an option was seen or missed. The parser decides; this only explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagChange:
    """One option that not every release has.

    Attributes:
        release: the release by which it was there or gone.
        advice: what to write instead; empty where dropping it is all there is to do.
    """

    release: str
    advice: str = ""

    def __str__(self) -> str:
        return self.advice or "drop it"


def _gone(release: str, advice: str, *names: str) -> dict[str, FlagChange]:
    return {name: FlagChange(release=release, advice=advice) for name in names}


ADDED: Mapping[str, FlagChange] = MappingProxyType(
    _gone("0.7.3", "", "--enable-auto-tool-choice", "--reasoning-parser", "--tool-call-parser")
    | _gone("0.7.3", "set the sampling parameters in the requests", "--generation-config")
    | _gone("0.8.5", "write the separate --speculative-... options of that release", "--speculative-config")
    | _gone(
        "0.10.2", "drop it; requests are logged there unless --disable-log-requests is given", "--enable-log-requests"
    )
    | _gone("0.10.2", "write --task", "--convert", "--runner")
    | _gone("0.10.2", "", "--async-scheduling", "--kv-cache-memory-bytes", "--logprobs-mode")
    | _gone("0.12", "write --guided-decoding-backend", "--structured-outputs-config")
    | _gone("0.12", "write --max-seq-len-to-capture", "--max-cudagraph-capture-size")
    | _gone("0.15", "set the environment variable VLLM_ATTENTION_BACKEND", "--attention-backend")
    | _gone("0.15", "send chat_template_kwargs with each request", "--default-chat-template-kwargs")
)

REMOVED: Mapping[str, FlagChange] = MappingProxyType(
    _gone("0.7.3", "write --distributed-executor-backend ray", "--engine-use-ray", "--worker-use-ray")
    | _gone(
        "0.7.3",
        "write --max-seq-len-to-capture, and --max-cudagraph-capture-size from 0.12",
        "--max-context-len-to-capture",
    )
    | _gone("0.7.3", "", "--quantization-param-path")
    | _gone(
        "0.8.5",
        "write --speculative-config with a JSON object",
        "--disable-logprobs-during-spec-decoding",
        "--ngram-prompt-lookup-max",
        "--ngram-prompt-lookup-min",
        "--num-speculative-tokens",
        "--spec-decoding-acceptance-method",
        "--speculative-disable-by-batch-size",
        "--speculative-disable-mqa-scorer",
        "--speculative-draft-tensor-parallel-size",
        "--speculative-max-model-len",
        "--speculative-model",
        "--speculative-model-quantization",
        "--typical-acceptance-sampler-posterior-alpha",
        "--typical-acceptance-sampler-posterior-threshold",
    )
    | _gone("0.10", "drop it; --reasoning-parser alone enables reasoning", "--enable-reasoning")
    | _gone("0.10", "drop it; the device is detected", "--device")
    | _gone(
        "0.10.2",
        "",
        "--enable-prompt-adapter",
        "--expand-tools-even-if-tool-choice-none",
        "--long-lora-scaling-factors",
        "--max-prompt-adapter-token",
        "--max-prompt-adapters",
        "--multi-step-stream-outputs",
        "--num-scheduler-steps",
        "--override-neuron-config",
        "--prompt-adapters",
        "--qlora-adapter-name-or-path",
        "--tokenizer-pool-extra-config",
        "--tokenizer-pool-size",
        "--tokenizer-pool-type",
        "--use-v2-block-manager",
    )
    | _gone(
        "0.12",
        """write --structured-outputs-config '{"backend": "..."}'""",
        "--guided-decoding-backend",
    )
    | _gone(
        "0.12",
        "write it as a key of --structured-outputs-config",
        "--guided-decoding-disable-additional-properties",
        "--guided-decoding-disable-any-whitespace",
        "--guided-decoding-disable-fallback",
    )
    | _gone("0.12", "write --max-cudagraph-capture-size", "--max-seq-len-to-capture")
    | _gone("0.12", """write --hf-overrides with a JSON object""", "--rope-scaling", "--rope-theta")
    | _gone("0.12", "write --pooler-config", "--override-pooler-config")
    | _gone(
        "0.12",
        "write it as a key of --eplb-config",
        "--eplb-log-balancedness",
        "--eplb-step-interval",
        "--eplb-window-size",
        "--num-redundant-experts",
    )
    | _gone(
        "0.12",
        "",
        "--disable-async-output-proc",
        "--enable-lora-bias",
        "--lora-extra-vocab-size",
        "--num-lookahead-slots",
        "--preemption-mode",
        "--scheduler-delay-factor",
    )
    | _gone("0.13", "drop it for a generating model, else write --runner and --convert", "--task")
    | _gone("0.15", "write --cudagraph-capture-sizes", "--cuda-graph-sizes")
    | _gone("0.15", "write --mm-processor-cache-gb 0", "--disable-mm-preprocessor-cache")
    | _gone("0.15", "write --mm-encoder-tp-mode data", "--enable-multimodal-encoder-data-parallel")
    | _gone("0.17", "drop it; requests are logged only with --enable-log-requests", "--disable-log-requests")
    | _gone("0.18", "", "--swap-space")
    | _gone("0.20", "", "--disable-frontend-multiprocessing", "--logits-processor-pattern")
)
