"""The same symptom calls for different remedies: the rest of the message, other events and the arguments decide."""

from __future__ import annotations

import pytest

from vllm_qualify.core.records import Certainty, Diagnosis
from vllm_qualify.diagnosis import diagnose

CORE = "(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] "
HEAD = (
    "Traceback (most recent call last):",
    '  File "/usr/lib/python3/dist-packages/vllm/a.py", line 7, in run',
    "    x",
)
ARGUMENTS = "(APIServer pid=1) INFO 11-23 10:00:00 [utils.py:261] non-default args: {'kv_cache_dtype': 'fp8_e4m3'}"
FP8E4NV = "ValueError: type fp8e4nv not supported in this architecture. The supported fp8 dtypes are ('fp8e5',)"


def died_of(*exception: str, before: tuple[str, ...] = ()) -> Diagnosis:
    """What an engine's exception comes to."""
    found = diagnose([*before, *(f"{CORE}{line}" for line in (*HEAD, *exception))])
    assert found is not None
    return found


def told(*events: str) -> Diagnosis:
    """What the events of a pod come to."""
    found = diagnose([], events=events)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("message", "cause", "says", "never"),
    [
        (
            "Ninja build failed. Ninja output:\na.c:1: fatal error: Python.h: No such file",
            "E48",
            "python3-dev",
            "SAMPLER",
        ),
        (
            "Ninja build failed. Ninja output:\nx.cu:3: fatal error: cublasLt.h: No such file",
            "E48",
            "cublasLt.h",
            "g++",
        ),
        (
            "Ninja build failed. Ninja output:\nc++: fatal error: Killed signal terminated program",
            "E48",
            "MAX_JOBS",
            "g++",
        ),
        ("Could not find nvcc and default cuda_home='/opt/cuda' doesn't exist", "E48", "/opt/cuda", "g++"),
        ("[Errno 2] No such file or directory: '/x/cuda/bin/nvcc'", "E48", "to /x/cuda,", "g++"),
        ("Ninja build failed. Ninja output:\nnvcc fatal   : Unknown option '-static-x'", "E48", "too old", "g++"),
        ("[Errno 2] No such file or directory: 'nvcc'", "E48", "set CUDA_HOME", "g++"),
        ("Failed to find C compiler. Please specify via CC environment variable.", "E48", "apt install g++", "SAMPLER"),
        ("nvcc fatal   : Unsupported gpu architecture 'compute_120a'", "E62", "built for this GPU", "g++"),
        (
            "[Errno 13] Permission denied: '/usr/local/lib/python3.12/dist-packages/flashinfer_cubin/x'",
            "E40",
            "FLASHINFER_CUBIN_DIR",
            "HF_HOME",
        ),
        ("[Errno 13] Permission denied: '/.cache'", "E40", "Set HOME", "fsGroup"),
        ("[Errno 13] Permission denied: '/home/u/.triton'", "E40", "Set HOME", "fsGroup"),
        ("[Errno 13] Permission denied: '/models/q/config.json'", "E40", "fsGroup", "Set HOME"),
        ("[Errno 13] Permission denied: '/dev/kfd'", "E40", "group (video, render)", "Set HOME"),
        ("[Errno 30] Read-only file system: '/tmp/x'", "E40", "emptyDir at /tmp", "Set HOME"),
        ("[Errno 30] Read-only file system: '/models/x'", "E40", "read-only", "Set HOME"),
        ("Reasoning parser 'qwen-3' not found.", "E19", "`_`", "plugin"),
        ("Tool parser 'own' not found.", "E19", "plugin", "`_`"),
        ("invalid tool call parser: deep-seek (chose from { a,b })", "E19", "deep-seek", "plugin"),
        (
            "Using V1 AsyncLLMEngine, but envs.VLLM_USE_V1=False. This should not happen.",
            "E21",
            "Unset VLLM_USE_V1",
            "option that the message",
        ),
        (
            "Tokenizer class Qwen9Tokenizer does not exist or is not currently imported.",
            "E34",
            "--trust-remote-code",
            "5.x",
        ),
        ("data did not match any variant of untagged enum ModelWrapper at line 1", "E34", "Git LFS", "5.x"),
        (
            "Detected some but not all shards of a.qkv_proj are quantized. All shards of",
            "E96",
            "a.qkv_proj",
            "--quantization",
        ),
        (
            "Found a different quantization schemes for ['a', 'b'] in c. vLLM requires",
            "E96",
            "use the same scheme",
            "--quantization",
        ),
        ("FlashAttention does not support fp8 kv-cache on this device.", "E97", "Drop --kv-cache-dtype", "e5m2"),
        (
            "fp8_e5m2 kv-cache is not supported with fp8 checkpoints.",
            "E97",
            "Set --kv-cache-dtype fp8 (e4m3)",
            "Drop",
        ),
        ("'_OpNamespace' '_C' object has no attribute 'rms_norm'", "E45", "installed torch", "torchvision"),
        ("operator torchvision::nms does not exist", "E45", "torchvision", "abi3"),
        ("[Errno 2] No such file or directory: '/c/torch_compile_cache/a/b.py'", "E93", "missing", "damaged"),
        ("/mnt/t/cache/x/cuda_utils.so: failed to map segment from shared object", "E93", "noexec", "Remove"),
        (
            "out of resource: shared memory, Required: 147456, Hardware limit: 101376. Reducing",
            "E94",
            "101376",
            "memory limit",
        ),
        (
            "Repo id must be in the form 'repo_name': '/models/q'. HFValidationError",
            "E83",
            "/models/q does not exist",
            "HF_TOKEN",
        ),
    ],
)
def test_the_message_chooses_the_remedy(message: str, cause: str, says: str, never: str) -> None:
    """What is missing, refused or wrong is named with what helps, and what would not help is left out."""
    found = died_of(*f"RuntimeError: {message}".split("\n"))

    said = f"{found.title} {found.remedy}"
    assert (found.cause, says in said, never in said) == (cause, True, False)


def test_the_arguments_choose_between_two_causes() -> None:
    """Triton's refusal of fp8 may be about the KV cache or the weights; the engine's own arguments tell."""
    unsure, sure = died_of(FP8E4NV), died_of(FP8E4NV, before=(ARGUMENTS,))

    assert (unsure.certainty, sure.certainty) == (Certainty.PROBABLE, Certainty.CERTAIN)
    assert "quantized" in unsure.remedy
    assert "quantized" not in sure.remedy


SELECTOR = "No valid attention backend found for cuda with AttentionSelectorConfig(head_size=64, kv_cache_dtype={0}). "


@pytest.mark.parametrize(
    ("message", "certainty", "says"),
    [
        (
            SELECTOR.format("fp8") + "Reasons: {A: [kv_cache_dtype not supported], B: [c not supported]}.",
            "certain",
            "Drop",
        ),
        (SELECTOR.format("fp8") + "Reasons: {A: [kv_cache_dtype not supported, c]}.", "probable", "one of the reasons"),
        (SELECTOR.format("auto") + "Reasons: {A: [dtype not supported]}.", "certain", "another --dtype"),
        (SELECTOR.format("auto") + "Reasons: {A: [block_size not supported]}.", "certain", "--block-size"),
        (SELECTOR.format("auto") + "Reasons: {A: [x not supported, y]}.", "certain", "names the reason"),
        (
            "Selected backend X is not valid for this configuration. Reason: ['no']",
            "certain",
            "requested attention kernel (X)",
        ),
    ],
)
def test_the_reason_of_an_attention_backend(message: str, certainty: str, says: str) -> None:
    """Which reason was logged decides, and a backend that was asked for is told from one that was looked for."""
    found = died_of(f"ValueError: {message}")

    assert (found.cause, found.certainty.value) == ("E63", certainty)
    assert says in f"{found.title} {found.remedy}"


PULL = '  Warning  Failed  2s  kubelet  Failed to pull image "vllm/vllm-openai:v9": '
UNRESOLVED = 'failed to resolve reference "d.io/vllm/x:v9"'
BACK_OFF = "  Warning  Failed  1s  kubelet  Error: ImagePullBackOff"
PROBED = "  Warning  Unhealthy  9s  kubelet  Startup probe failed: "
RESTARTED = "  Normal  Killing  1s  kubelet  Container vllm failed startup probe, will be restarted"


@pytest.mark.parametrize(
    ("events", "cause", "certainty", "says"),
    [
        (
            [
                BACK_OFF,
                f"{PULL}rpc error: code = NotFound desc = {UNRESOLVED}: d.io/vllm/x:v9: not found",
            ],
            "E15",
            "certain",
            "d.io/vllm/x:v9",
        ),
        ([f"{PULL}reading manifest v9 in d.io/vllm/x: manifest unknown", BACK_OFF], "E15", "certain", "does not exist"),
        (
            ["Error response from daemon: manifest for vllm/x:v9 not found: manifest unknown: manifest unknown"],
            "E15",
            "certain",
            "vllm/x:v9",
        ),
        ([BACK_OFF], "E15", "probable", "cannot be pulled"),
        ([BACK_OFF, f"{PULL}toomanyrequests: You have reached your pull rate limit"], "E16", "certain", "too many"),
        (
            [f"{PULL}{UNRESOLVED}: failed to do request: dial tcp: lookup d: no such host"],
            "E107",
            "probable",
            "cannot reach",
        ),
        ([f"{PROBED}HTTP probe failed with statuscode: 404", RESTARTED], "E50", "certain", "/health"),
        ([f"{PROBED}HTTP probe failed with statuscode: 401", RESTARTED], "E50", "certain", "needs no key"),
        (
            [f"{PROBED}Get http://x: dial tcp 10.0.0.1:8000: connect: connection refused", RESTARTED],
            "E50",
            "probable",
            "failureThreshold",
        ),
        (
            ["  Warning  Unhealthy  9s  kubelet  Liveness probe failed: HTTP probe failed with statuscode: 503"],
            "E50",
            "probable",
            "engine is dead",
        ),
        (
            ['  Warning  Evicted  2s  kubelet  Usage of EmptyDir volume "shm" exceeds the limit "2Gi".'],
            "E17",
            "certain",
            "sizeLimit (2Gi)",
        ),
        (
            ['  Warning  Evicted  2s  kubelet  Container vllm exceeded its local ephemeral storage limit "5Gi".'],
            "E17",
            "certain",
            "(5Gi)",
        ),
        (
            ["  Warning  Evicted  2s  kubelet  The node was low on resource: ephemeral-storage. Threshold"],
            "E17",
            "certain",
            "node's disk",
        ),
        (
            ["  Warning  FailedCreate  2s  rs  Error creating: pods is forbidden: exceeded quota: gpu, requested: 1"],
            "E108",
            "certain",
            "gpu",
        ),
    ],
)
def test_events_choose_the_remedy(events: list[str], cause: str, certainty: str, says: str) -> None:
    """Each container runtime has words of its own for a tag that is not there, and each probe an answer."""
    found = told(*events)

    assert (found.cause, found.certainty.value, says in f"{found.title} {found.remedy}") == (cause, certainty, True)


def test_a_pod_that_was_scheduled_at_last_waits_for_something_else() -> None:
    """That no node could take it is over once one did."""
    unscheduled = "  Warning  FailedScheduling  9m  default-scheduler  0/1 nodes are available: 1 Insufficient cpu."
    assigned = "  Normal  Scheduled  5m  default-scheduler  Successfully assigned ml/vllm to gpu-01"

    assert told(unscheduled, assigned, BACK_OFF).cause == "E15"
    assert told(unscheduled, BACK_OFF).cause == "E14"


def test_a_limit_in_a_description_is_no_full_disk() -> None:
    """`kubectl describe pod` lists requests and limits of ephemeral storage of every sound pod."""
    assert diagnose([], events=["    Limits:", "      ephemeral-storage:  20Gi", "  DiskPressure   False"]) is None
