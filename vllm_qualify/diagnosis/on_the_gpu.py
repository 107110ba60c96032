"""Symptoms of driver, GPU and kernels. Sources: vLLM's source and issues, NVIDIA's CUDA compatibility guide."""

from __future__ import annotations

from vllm_qualify.diagnosis.symptom import Weight, symptom
from vllm_qualify.records import Certainty

_HOST_DRIVER_FIRST = (
    "Put the host's driver first: LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:"
    "/usr/local/cuda/lib64 in the pod"
)

SYMPTOMS = (
    symptom(
        "E01",
        r"forward compatibility was attempted on non supported HW",
        "the image's CUDA compat library was loaded on a GPU that forward compatibility does not support (error 804)",
        f"{_HOST_DRIVER_FIRST}; or take an image whose CUDA is not newer than the driver's; or switch off the toolkit's"
        " hook (features.disable-cuda-compat-lib-hook); or upgrade the driver.",
        warns=True,
        reference="vllm-project/vllm#33992, vllm-project/vllm#5510, QuipNetwork/quip-miner#24",
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
        "Take a -cu129 tag of the release, or upgrade the driver to 580 or newer.",
        warns=True,
        reference="vllm-project/vllm#33992",
    ),
    symptom(
        "E07",
        r"CUDA driver version is insufficient for CUDA runtime version",
        "the driver is too old for this image's CUDA",
        "Take a -cu129 tag of the release, or upgrade the driver.",
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
        "the image holds no kernels for this GPU's compute capability",
        "Take an image that was built for this GPU: a newer one for a new GPU, an older one for an old GPU.",
        warns=True,
        reference="vllm-project/vllm#19906, vllm-project/vllm#16307, vllm-project/vllm#39878",
    ),
    symptom(
        "E10",
        r"provided PTX was compiled with an unsupported toolchain",
        "the driver cannot compile this image's PTX",
        "Upgrade the driver, or take an image with an older CUDA.",
        reference="vllm-project/vllm#28305, vllm-project/vllm#31700, vllm: docs/usage/troubleshooting.md",
    ),
    symptom(
        "E60",
        r"Driver/library version mismatch",
        "the driver was updated on the node, and its kernel module is still the old one",
        "Reboot the node, or reload the nvidia kernel modules.",
        warns=True,
        reference="NVIDIA/nvidia-docker#1256",
    ),
    symptom(
        "E61",
        r"GPU is lost|[Ff]allen off the bus|uncorrectable (?:NVLink|ECC) error"
        r"|Unable to determine the device handle for",
        "the GPU failed",
        "Look for Xid lines in the kernel's log of the node; reset the GPU, or reboot the node.",
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
        "the GPU knows no bfloat16",
        "Add --dtype half.",
        reference="vllm-project/vllm#1157, vllm: platforms/cuda.py",
    ),
    symptom(
        "E62",
        r"ptxas fatal|Unsupported gpu architecture|is not defined for option 'gpu-name'",
        "the image's compiler does not know this GPU's architecture",
        "Take an image that was built for this GPU; for a GPU that is newer than the image, a newer one.",
        reference="vllm-project/vllm#14452",
    ),
    symptom(
        "E63",
        r"FlashAttention only supports Ampere|Selected backend .{1,80} is not valid for this configuration"
        r"|No valid attention backend found",
        "no attention kernel fits this GPU and model",
        "Leave VLLM_ATTENTION_BACKEND and --attention-backend unset, or choose one that the release supports here.",
        reference="vllm: v1/attention, platforms/cuda.py",
    ),
    symptom(
        "E64",
        r"an illegal memory access was encountered|device-side assert triggered|CUDA error: unspecified launch failure"
        r"|CUDA error: misaligned address",
        "a GPU kernel crashed: a fault of this release with this model and GPU",
        "Search the release's issues for the line; try --enforce-eager, another attention backend, or a newer image.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EFFECT,
        reference="vllm-project/vllm#19483, vllm-project/vllm#6976",
    ),
    symptom(
        "E13",
        r"Failed to infer device type|No platform detected, vLLM is running on UnspecifiedPlatform"
        r"|No CUDA GPUs are available|libcuda\.so\.1: cannot open shared object|no CUDA-capable device is detected"
        r"|Found no NVIDIA driver on your system",
        "no GPU reached the container",
        "Check resources.limits nvidia.com/gpu, runtimeClassName and NVIDIA_VISIBLE_DEVICES.",
        weight=Weight.EFFECT,
        reference="vllm-project/vllm#13946, vllm: config/device.py, platforms/__init__.py",
    ),
    symptom(
        "E65",
        r"CUDA error: invalid device ordinal|is larger than the number of available GPUs"
        r"|must be divisible by tensor parallel size|must be divisible by tensor_parallel_size"
        r"|World size \(\d+\) is (?:larger|greater) than",
        "--tensor-parallel-size does not fit the number of GPUs, or the model",
        "Give it the number of GPUs in the pod; it has to divide the model's attention heads.",
        reference="vllm: config/parallel.py, config/model.py",
    ),
    symptom(
        "E45",
        r"undefined symbol.{0,300}(?:_C\.abi3\.so|flash_attn)|(?:_C\.abi3\.so|flash_attn).{0,300}undefined symbol",
        "vLLM's compiled part does not fit the installed torch",
        "Use the official image unchanged; something in it was replaced by pip.",
        reference="vllm-project/vllm#21226",
    ),
    symptom(
        "E46",
        r"libcudart\.so\.1[23]: cannot open shared object file",
        "CUDA 12 and CUDA 13 packages are mixed",
        "Use the official image unchanged.",
        reference="vllm-project/vllm#52300, vllm-project/vllm#36099",
    ),
)
