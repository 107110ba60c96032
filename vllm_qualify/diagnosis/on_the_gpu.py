"""Symptoms of driver, GPU and kernels. Sources: vLLM's source and issues, NVIDIA's CUDA compatibility guide."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty
from vllm_qualify.core.remedies import ChangeKind, one_change
from vllm_qualify.diagnosis.symptom import Weight, reading, symptom

_PATHS = "/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"
_HOST_DRIVER_FIRST = f"Put the host's driver first: LD_LIBRARY_PATH={_PATHS} in the container"
_OVERRIDE = one_change(ChangeKind.ENVIRONMENT, f"set LD_LIBRARY_PATH={_PATHS}", name="LD_LIBRARY_PATH", value=_PATHS)
_ATTENTION = (
    reading(
        r"Selected backend (.{1,80}?) is not valid for this configuration\.?(?: Reason: )?(.{0,200})",
        "Leave --attention-backend and VLLM_ATTENTION_BACKEND unset, or choose one that the release supports here.",
        title="the requested attention kernel ({0}) does not fit this GPU and model: {1}",
    ),
    reading(
        r"kv_cache_dtype=(?!auto)(\w{1,40}).{0,4000}: \[kv_cache_dtype not supported\]",
        "Drop --kv-cache-dtype {0}: for at least one kernel it is the only reason. No variable selects one.",
        title="no attention kernel takes --kv-cache-dtype {0} with this model on this GPU",
    ),
    reading(
        r"kv_cache_dtype=(?!auto)(\w{1,40}).{0,4000}kv_cache_dtype not supported",
        "Drop --kv-cache-dtype {0} first; every kernel has another reason as well, which the message lists.",
        title="no attention kernel fits; --kv-cache-dtype {0} is one of the reasons",
        certainty=Certainty.PROBABLE,
    ),
    reading(
        r": \[dtype not supported\]",
        "Set another --dtype (bfloat16 or half): for at least one kernel it is the only reason.",
        title="no attention kernel takes this dtype with this model on this GPU",
    ),
    reading(
        r": \[block_size not supported\]",
        "Leave --block-size out: for at least one kernel it is the only reason.",
        title="no attention kernel takes this --block-size",
    ),
    reading(
        r": \[(?:attention )?sinks? not supported\]",
        "Use a release or a GPU with a kernel for attention sinks: for at least one kernel they are the only reason.",
        title="this release has no attention kernel for the model's attention sinks on this GPU",
    ),
    reading(
        r"FlashAttention only supports Ampere",
        "Leave --attention-backend and VLLM_ATTENTION_BACKEND unset, or choose one for this GPU (TRITON_ATTN).",
        title="FlashAttention was requested, but this GPU is older than Ampere",
    ),
)

SYMPTOMS = (
    symptom(
        "E01",
        r"forward compatibility was attempted on non supported HW",
        "the image's CUDA compat library was loaded on a GPU that forward compatibility does not support (error 804)",
        f"{_HOST_DRIVER_FIRST}; or use an image whose CUDA is not newer than the driver's; or switch off the toolkit's"
        " hook (features.disable-cuda-compat-lib-hook); or upgrade the driver.",
        warns=True,
        reference="vllm-project/vllm#33992, vllm-project/vllm#5510, QuipNetwork/quip-miner#24",
        remedies=(_OVERRIDE,),
    ),
    symptom(
        "E05",
        r"system has unsupported display driver / cuda driver combination",
        "the CUDA driver library and the kernel's driver do not match (error 803)",
        f"{_HOST_DRIVER_FIRST}; after a driver update on the node, reboot it; v0.17 and newer avoid it.",
        warns=True,
        reference="vllm-project/vllm#32373, vllm-project/vllm#34821, gpustack/gpustack#4678, llm-d/llm-d#706",
    ),
    symptom(
        "E06",
        r"NVIDIA driver on your system is too old \(found version (\d+)\)",
        "the driver is too old for this image's CUDA (found {0})",
        "Use a -cu129 tag of the release, or upgrade the driver to 580 or newer.",
        warns=True,
        reference="vllm-project/vllm#33992",
    ),
    symptom(
        "E07",
        r"CUDA driver version is insufficient for CUDA runtime version",
        "the driver is too old for this image's CUDA",
        "Use a -cu129 tag of the release, or upgrade the driver.",
        certainty=Certainty.PROBABLE,
        warns=True,
        reference="CUDA runtime API: cudaErrorInsufficientDriver",
    ),
    symptom(
        "E08",
        r"Error 802: system not yet initialized",
        "NVSwitch is not initialised (error 802)",
        "Start nvidia-fabricmanager on the node.",
        certainty=Certainty.PROBABLE,
        warns=True,
        reference="gpustack/gpustack#1254",
    ),
    symptom(
        "E09",
        r"no kernel image is available for execution on the device"
        r"|is not compatible with the current PyTorch installation"
        r"|GPUs with compute capability below [\d.]+ are not supported",
        "the image has no kernels for this GPU's compute capability",
        "Use an image that was built for this GPU: a newer one for a new GPU, an older one for an old GPU.",
        warns=True,
        reference="vllm-project/vllm#19906, vllm-project/vllm#16307, vllm-project/vllm#39878",
    ),
    symptom(
        "E10",
        r"provided PTX was compiled with an unsupported toolchain",
        "the driver cannot compile this image's PTX",
        "Upgrade the driver, or use an image with an older CUDA.",
        reference="vllm-project/vllm#28305, vllm-project/vllm#31700, vllm: docs/usage/troubleshooting.md",
    ),
    symptom(
        "E60",
        r"Driver/library version mismatch",
        "the driver was updated on the node, but its kernel module is still the old one",
        "Reboot the node, or reload the nvidia kernel modules.",
        warns=True,
        reference="NVIDIA/nvidia-docker#1256",
    ),
    symptom(
        "E61",
        r"GPU is lost|[Ff]allen off the bus|uncorrectable (?:NVLink|ECC) error"
        r"|Unable to determine the device handle for",
        "the GPU failed",
        "Look for Xid lines in the node's kernel log; reset the GPU, or reboot the node.",
        certainty=Certainty.PROBABLE,
        reference="NVIDIA: Xid errors",
    ),
    symptom(
        "E24",
        r"quantization method (\S+) is not supported for the current GPU\. Minimum\s+capability: (\d+)"
        r"|Quantization scheme is not supported for [', ]{0,5}the current GPU\. Min capability: (\d+)",
        "the GPU is too old for the quantization {0} (needs compute capability {1}{2})",
        "Use another quantization, or another GPU.",
        reference="vllm-project/vllm#14154, vllm-project/vllm#14040, vllm: config/vllm.py",
    ),
    symptom(
        "E27",
        r"Bfloat16 is only supported on GPUs with compute capability of at least",
        "the GPU lacks bfloat16",
        "Add --dtype half.",
        reference="vllm-project/vllm#1157, vllm: platforms/cuda.py",
    ),
    symptom(
        "E63",
        r"FlashAttention only supports Ampere|Selected backend .{1,80} is not valid for this configuration"
        r"|No valid attention backend found",
        "no attention kernel fits this GPU and model",
        "The message names the reason for each kernel; try another --dtype, --kv-cache-dtype, GPU or release.",
        reference="vllm-project/vllm#32732, vllm: v1/attention, platforms/cuda.py",
        readings=_ATTENTION,
    ),
    symptom(
        "E64",
        r"an illegal memory access was encountered|device-side assert triggered|CUDA error: unspecified launch failure"
        r"|CUDA error: misaligned address",
        "a GPU kernel crashed: a bug in this release with this model and GPU",
        "Search the release's issues for the line; try --enforce-eager, another attention backend, or a newer image.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EFFECT,
        reference="vllm-project/vllm#19483, vllm-project/vllm#6976",
    ),
    symptom(
        "E13",
        r"Failed to infer device type|No platform detected, vLLM is running on UnspecifiedPlatform"
        r"|No CUDA GPUs are available|libcuda\.so\.1: cannot open shared object|no CUDA-capable device is detected"
        r"|Found no NVIDIA driver on your system|NVML Shared Library Not Found|NVMLError_LibraryNotFound",
        "no GPU reached the container",
        "Check resources.limits nvidia.com/gpu, runtimeClassName and NVIDIA_VISIBLE_DEVICES.",
        weight=Weight.EFFECT,
        reference="vllm-project/vllm#13946, vllm: config/device.py, platforms/__init__.py",
    ),
    symptom(
        "E104",
        r"Failed to initialize NVML: Unknown Error|NVMLError_Unknown",
        "the container has lost its GPU",
        "Restart it; the GPU was lost when systemd reloaded its units: use cgroupfs or CDI in the container runtime.",
        certainty=Certainty.PROBABLE,
        reference="NVIDIA container toolkit: troubleshooting",
    ),
    symptom(
        "E105",
        r"CUDA unknown error - this may be due to an incorrectly set up environment",
        "CUDA cannot be set up on the node",
        "Check that nvidia-smi works there; load nvidia_uvm (modprobe nvidia_uvm), and reboot after a suspend or a"
        " driver update.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EFFECT,
        warns=True,
        reference="torch: cuda initialization",
    ),
    symptom(
        "E65",
        r"CUDA error: invalid device ordinal|is larger than the number of available GPUs"
        r"|must be divisible by tensor parallel size|must be divisible by tensor_parallel_size"
        r"|World size \(\d+\) is (?:larger|greater) than",
        "--tensor-parallel-size does not fit the number of GPUs, or the model",
        "Set it to the number of GPUs in the pod; it must divide the model's attention heads.",
        reference="vllm: config/parallel.py, config/model.py",
    ),
)
