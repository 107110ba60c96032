"""Symptoms of what is around an engine: model hub, network, files, users. Sources: vLLM's source and issues."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis.symptom import reading, symptom

_IN_THE_IMAGE = r"(?:site|dist)-packages/|(?:/usr|/opt|/app|/vllm-workspace)/"
_PATHS = (
    reading(
        rf"Permission denied: '([^']{{0,200}}(?:{_IN_THE_IMAGE})[^']{{0,200}})|Read-only file system: '([^']{{0,200}}"
        rf"(?:{_IN_THE_IMAGE})[^']{{0,200}})",
        "HOME does not move this path, which is inside the image: run as the user that the image was made for, mount"
        " an emptyDir there, or move it with its own variable (FLASHINFER_WORKSPACE_BASE, FLASHINFER_CUBIN_DIR,"
        " VLLM_CACHE_ROOT).",
        title="the container cannot write to {0}{1}, which is inside the image",
    ),
    reading(
        r"Permission denied: '(/dev/[^']{1,100})'",
        "Add the user to the device's group (video, render), or check that the device plugin provides it.",
        title="the container's user cannot use the device {2}",
    ),
    reading(
        r"(?:denied|system): '(/(?:var/)?tmp[^']{0,200})'",
        "Mount an emptyDir at /tmp, or point TMPDIR and VLLM_RPC_BASE_PATH to a writable folder.",
        title="the container may not write to {2}",
    ),
    reading(
        r"(?:denied|system): '((?:/root|/home/[\w.-]{1,60}|/nonexistent)?/\.[^']{1,300}|/(?:root"
        r"|nonexistent)[^']{0,300})'",
        "Set HOME to a folder that the container's user can write to, such as an emptyDir; HF_HOME, VLLM_CACHE_ROOT,"
        " TRITON_CACHE_DIR, XDG_CACHE_HOME and XDG_CONFIG_HOME follow it unless they are set.",
        title="the container cannot write to {2}, under its HOME",
    ),
    reading(
        r"Read-only file system: '([^']{1,300})'",
        "Mount the volume read-write, or an emptyDir at that path; readOnlyRootFilesystem makes all other paths"
        " read-only.",
        title="{2} is mounted read-only",
    ),
    reading(
        r"Permission denied: '([^']{1,300})'",
        "Make the container's user own the volume there (securityContext.fsGroup, or chown), or use another path:"
        " HF_HOME, --download-dir and VLLM_CACHE_ROOT move the caches; HOME does not move a path that is set"
        " explicitly.",
        title="the container cannot use {2}",
    ),
)

SYMPTOMS = (
    symptom(
        "E37",
        r"429 Client Error: Too Many Requests|Client error '429 Too Many Requests'",
        "the model hub refused further downloads for now",
        "Set HF_HUB_OFFLINE=1 if the model is cached, or set a token.",
        reference="vllm-project/vllm#24541",
    ),
    symptom(
        "E38",
        r"GatedRepoError|Cannot access gated repo|is restricted\. You must have access",
        "the model is gated and no authorized token was given",
        "Accept the licence on the model's page and set HF_TOKEN.",
        reference="vllm-project/vllm#9255",
    ),
    symptom(
        "E83",
        r"RepositoryNotFoundError|Repository Not Found for url|is not a valid model identifier listed on"
        r"|Invalid repository ID or local directory specified|RevisionNotFoundError|HFValidationError",
        "no model of that name is on the hub or on the disk, or its repository is private",
        "Check the model's name or path and the volume that should hold it; set HF_TOKEN for a private one.",
        reference="vllm-project/vllm#13510, vast-ai/base-image#128",
        readings=(
            reading(
                r"(?:Repo id must|HFValidationError).{0,300}'((?:/|\./)[^']{1,300})'",
                "Check the volume, where it is mounted, and the path as seen inside the container.",
                title="the model's path {0} does not exist in the container",
            ),
        ),
    ),
    symptom(
        "E84",
        r"Temporary failure in name resolution|Failed to resolve '|NameResolutionError|Name or service not known"
        r"|[Nn]etwork is unreachable|We couldn't connect to 'https?://",
        "the container cannot reach the network it needs, most often the model hub",
        "Check DNS and egress of the pod; if the model is cached, set HF_HUB_OFFLINE=1.",
        certainty=Certainty.PROBABLE,
        reference="vllm-project/vllm#3640",
    ),
    symptom(
        "E39",
        r"LocalEntryNotFoundError|OfflineModeIsEnabled|CacheNotFound|offline mode is enabled",
        "offline, and the model or its tokenizer is not in the cache",
        "Fetch both repositories into the cache first; a separate tokenizer is a second repository.",
        certainty=Certainty.PROBABLE,
        reference="HabanaAI/vllm-fork#1474, vllm-project/vllm#3719",
    ),
    symptom(
        "E85",
        r"Error while deserializing header|SafetensorError|Cannot find any model weights with"
        r"|PytorchStreamReader failed|MetadataIncompleteBuffer",
        "the model's weights are damaged, incomplete or missing",
        "Remove the model from the cache and fetch it again; check the disk's free space first.",
        reference="QwenLM/Qwen3-VL#264, gpustack/gpustack#815",
    ),
    symptom(
        "E40",
        r"Permission denied: '([^']{1,300})|Read-only file system: '([^']{1,300})",
        "the container cannot write to {0}{1}",
        "Give it a writable HOME, HF_HOME, TRITON_CACHE_DIR, XDG_CACHE_HOME and XDG_CONFIG_HOME.",
        reference="llm-d/llm-d#1430, ai-dynamo/dynamo#12770, vllm-project/vllm#28440",
        readings=_PATHS,
    ),
    symptom(
        "E41",
        r"getpwuid\(\): uid not found",
        "the container's user id has no name",
        "Set USER, HOME and TORCHINDUCTOR_CACHE_DIR; recent images have a user 2000.",
        reference="vllm-project/vllm#44548, vllm-project/vllm#46734",
    ),
    symptom(
        "E42",
        r"VLLM_PORT '[^']{0,200}' appears to be a URI|invalid literal for int\(\) with base 10: 'tcp://",
        "a Service named `vllm` injected VLLM_PORT into the pod",
        "Rename the Service, or set enableServiceLinks: false.",
        reference="vllm-project/vllm#34199, vllm-project/vllm#18209, vllm: envs.py",
    ),
    symptom(
        "E43",
        r"Address already in use|address already in use",
        "the port is in use",
        "Choose another port, or stop what listens there.",
        reference="vllm-project/vllm#7514, vllm-project/vllm#5867",
    ),
    symptom(
        "E56",
        r"version `(GLIBC(?:XX)?_[\d.]+)' not found",
        "the host's C++ runtime is older than the build needs ({0})",
        "Use a newer distribution, or the official image.",
        reference="seen with the CPU build of v0.12.0",
    ),
    symptom(
        "E57",
        r"libnuma\.so\.1: cannot open shared object",
        "libnuma is not installed",
        "Install it: apt install libnuma1, dnf install numactl-libs.",
        reference="seen with the CPU build of v0.8.5.post2",
    ),
    symptom(
        "E86",
        r"Illegal instruction|SIGILL",
        "the processor lacks instructions that the build uses",
        "On a CPU build: use one for AVX2, or a processor with AVX-512.",
        certainty=Certainty.PROBABLE,
        reference="vllm: docs/getting_started/installation/cpu.md",
    ),
)
