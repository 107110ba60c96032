"""Symptoms of compiling, of an engine that died at work, and of requests that went wrong. Sources: vLLM, issues."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis.symptom import Weight, symptom

SYMPTOMS = (
    symptom(
        "E49",
        r"compile_grammar(?!\")|Failed to convert the grammar|unsupported by xgrammar",
        "the engine could not compile the JSON Schema",
        "Simplify the schema, or use a newer image.",
        certainty=Certainty.PROBABLE,
        reference="vllm-project/vllm#17623, vllm-project/vllm#43920, vllm-project/vllm#47312, vllm-project/vllm#30346",
    ),
    symptom(
        "E58",
        r"logits must be of type float32",
        "constrained decoding does not work in this dtype: the CPU's grammar kernel takes only float32 logits",
        "Run with --dtype float32; the GPU image uses another kernel and may differ.",
        reference="seen with the CPU build of v0.12.0 in bfloat16",
    ),
    symptom(
        "E88",
        r"NCCL error|ncclUnhandledCudaError|ncclInternalError|ncclRemoteError|Watchdog caught collective operation",
        "the GPUs could not communicate (NCCL)",
        "Set NCCL_DEBUG=INFO to see why; NCCL_P2P_DISABLE=1 and a larger /dev/shm help most often.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EFFECT,
        reference="vllm-project/vllm#6574, vllm: docs/usage/troubleshooting.md",
    ),
    symptom(
        "E52",
        r"No available shared memory broadcast block found|RPC call to \w{1,60} timed out"
        r"|Timed out waiting for engine",
        "a worker no longer answers",
        "Read the worker's last lines; compilation or NCCL may hang.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EFFECT,
        reference="vllm: distributed/device_communicators/shm_broadcast.py",
    ),
    symptom(
        "E89",
        r"Segmentation fault|SIGSEGV|double free or corruption",
        "the process crashed in compiled code",
        "Search the release's issues for the lines above; try --enforce-eager, or another image.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EFFECT,
        reference="signal 11, exit code 139",
    ),
    symptom(
        "E90",
        r"terminate called after throwing an instance of|Fatal Python error: Aborted|SIGABRT",
        "compiled code aborted the process",
        "Read the lines around this one; search the release's issues for them.",
        certainty=Certainty.POSSIBLE,
        weight=Weight.EFFECT,
        reference="signal 6, exit code 134",
    ),
    symptom(
        "E53",
        r"This model's maximum context length is",
        "a request was longer than the model's context",
        "Shorten the prompt or max_tokens, or raise --max-model-len.",
        weight=Weight.NOTE,
        reference="vllm: entrypoints/openai/serving_engine.py",
    ),
    symptom(
        "E54",
        r"were present in the request but ignored: (.{0,300}guided_.{0,300})",
        "the release ignored fields of a request, so its answers were not constrained: {0}",
        "Use response_format; guided_json and the like were removed in v0.12.0.",
        weight=Weight.NOTE,
        warns=True,
        reference="vllm-project/vllm#29326, vllm-project/vllm#53975",
    ),
)
