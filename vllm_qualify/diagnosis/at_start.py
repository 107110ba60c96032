"""Symptoms of the command line, the model and the container's surroundings. Sources: vLLM's source and issues."""

from __future__ import annotations

from vllm_qualify.diagnosis.symptom import symptom
from vllm_qualify.records import Certainty

SYMPTOMS = (
    symptom(
        "E18",
        r"error: unrecognized arguments: (.+)",
        "this release does not know the argument: {0}",
        "Remove or rename it; the ARGS row says what took its place.",
    ),
    symptom(
        "E19",
        r"error: argument (\S+): invalid choice: '?(.+?)'? \(choose",
        "this release does not know the value {1!r} of {0}",
        "Choose one of the values that the message lists.",
    ),
    symptom(
        "E20",
        r"With .vllm serve., you should provide the model as a",
        "the model must be the positional argument of `vllm serve`",
        "Write the model behind `serve` in place of --model.",
    ),
    symptom(
        "E22",
        r"Quantization method specified in the model config \((\S+)\) does not match",
        "--quantization contradicts the model, which is {0}",
        "Leave --quantization out, or write {0}.",
    ),
    symptom(
        "E23",
        r"(?:Unknown|Invalid) quantization method",
        "this release does not know the quantization method",
        "Choose one of the methods that the message lists.",
    ),
    symptom(
        "E25",
        r"is deprecated and will be removed in future versions of vLLM\. To bypass",
        "the quantization method is deprecated and refused",
        "Add --allow-deprecated-quantization, or move to another method.",
    ),
    symptom(
        "E26",
        r"is not supported for quantization method .* Supported dtypes",
        "the quantization method does not work in this dtype",
        "Add --dtype float16.",
    ),
    symptom(
        "E32",
        r"User-specified max_model_len .* is greater than the derived",
        "--max-model-len is longer than the model allows",
        "Lower --max-model-len to what the message names.",
    ),
    symptom(
        "E34",
        r"model type .(\S+?). but Transformers does not recognize this architecture",
        "the image's transformers is too old for model type {0}",
        "Take a newer image.",
    ),
    symptom(
        "E35",
        r"Model architectures (\[.*?\]) are not supported",
        "this release cannot serve the architecture {0}",
        "Take a newer image; Qwen3 needs v0.8.5 or newer.",
    ),
    symptom(
        "E36",
        r"failed to be inspected\. Please check the logs",
        "importing the model's code failed",
        "The cause stands above this line.",
        certainty=Certainty.POSSIBLE,
        wrapper=True,
    ),
    symptom(
        "E37",
        r"429 Client Error: Too Many Requests",
        "the model hub refused further downloads for now",
        "Set HF_HUB_OFFLINE=1 when the model is cached, or a token.",
    ),
    symptom(
        "E38",
        r"GatedRepoError|Cannot access gated repo|is restricted\. You must have access",
        "the model is gated and no permitted token was given",
        "Accept the licence on the model's page and set HF_TOKEN.",
    ),
    symptom(
        "E39",
        r"LocalEntryNotFoundError|OfflineModeIsEnabled|CacheNotFound",
        "offline, and the model or its tokenizer is not in the cache",
        "Fetch both repositories into the cache first; a separate tokenizer is a second repository.",
        certainty=Certainty.PROBABLE,
    ),
    symptom(
        "E40",
        r"PermissionError: .*Permission denied: '(/\.\w+|/root/.*)'",
        "the container may not write to {0}",
        "Give it a writable HOME, HF_HOME and XDG_CACHE_HOME.",
    ),
    symptom(
        "E41",
        r"getpwuid\(\): uid not found",
        "the container's user id has no name",
        "Set USER, HOME and TORCHINDUCTOR_CACHE_DIR.",
    ),
    symptom(
        "E42",
        r"VLLM_PORT '.*' appears to be a URI|invalid literal for int\(\) with base 10: 'tcp://",
        "a Service named `vllm` injected VLLM_PORT into the pod",
        "Rename the Service, or set enableServiceLinks: false.",
    ),
    symptom(
        "E43",
        r"(?i)address already in use",
        "the port is taken",
        "Choose another port, or end what listens there.",
    ),
    symptom(
        "E44",
        r"As of transformers v4\.44, default chat template is no longer",
        "the tokenizer has no chat template",
        "Give --chat-template, or the right --tokenizer.",
    ),
    symptom(
        "E56",
        r"version `(GLIBC(?:XX)?_[\d.]+)' not found",
        "the host's C++ runtime is older than the build needs ({0})",
        "Use a newer distribution, or the official image.",
    ),
    symptom(
        "E57",
        r"libnuma\.so\.1: cannot open shared object",
        "libnuma is not installed",
        "Install it: apt install libnuma1, dnf install numactl-libs.",
    ),
)
