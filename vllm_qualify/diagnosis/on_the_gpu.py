"""Symptoms of driver, GPU and GPU memory. Sources: vLLM's source and issues, NVIDIA's CUDA compatibility guide."""

from __future__ import annotations

from vllm_qualify.diagnosis.symptom import symptom
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
        f"{_HOST_DRIVER_FIRST}; or take an image whose CUDA is not newer than the driver's.",
    ),
    symptom(
        "E05",
        r"Error 803: system has unsupported display driver / cuda driver combination",
        "the CUDA driver library and the kernel's driver do not match (error 803)",
        f"{_HOST_DRIVER_FIRST}; after a driver update on the node, reboot it; v0.17 and newer avoid it.",
    ),
    symptom(
        "E06",
        r"NVIDIA driver on your system is too old \(found version (\d+)\)",
        "the driver is too old for this image's CUDA (found {0})",
        "Take a -cu129 tag of the release, or upgrade the driver to 580 or newer.",
    ),
    symptom(
        "E07",
        r"CUDA driver version is insufficient for CUDA runtime version",
        "the driver is too old for this image's CUDA",
        "Take a -cu129 tag of the release, or upgrade the driver.",
    ),
    symptom(
        "E08",
        r"Error 802: system not yet initialized",
        "NVSwitch is not initialised (error 802)",
        "Start nvidia-fabricmanager on the node.",
        certainty=Certainty.PROBABLE,
    ),
    symptom(
        "E09",
        r"no kernel image is available for execution on the device",
        "the image holds no kernels for this GPU's compute capability",
        "Take an image that was built for this GPU.",
    ),
    symptom(
        "E10",
        r"provided PTX was compiled with an unsupported toolchain",
        "the driver cannot compile this image's PTX",
        "Upgrade the driver, or take an image with an older CUDA.",
    ),
    symptom(
        "E13",
        r"Failed to infer device type|No platform detected, vLLM is running on UnspecifiedPlatform"
        r"|No CUDA GPUs are available|libcuda\.so\.1: cannot open shared object",
        "no GPU reached the container",
        "Check resources.limits nvidia.com/gpu, runtimeClassName and NVIDIA_VISIBLE_DEVICES.",
    ),
    symptom(
        "E24",
        r"quantization method (\S+) is not supported for the current GPU\. Minimum\s+capability: (\d+)",
        "the GPU is too old for quantization {0} (needs compute capability {1})",
        "Use another quantization, or another GPU.",
    ),
    symptom(
        "E27",
        r"Bfloat16 is only supported on GPUs with compute capability of at least 8\.0",
        "the GPU knows no bfloat16",
        "Add --dtype half.",
    ),
    symptom(
        "E28",
        r"Free memory on device .*is less than desired GPU memory utilization",
        "another process holds GPU memory that this one was to have",
        "Free the GPU (is an old pod still there?), or lower --gpu-memory-utilization.",
    ),
    symptom(
        "E29",
        r"No available memory for the cache blocks",
        "nothing was left for the KV cache",
        "Raise --gpu-memory-utilization, lower --max-model-len, keep --enforce-eager.",
    ),
    symptom(
        "E30",
        r"To serve at least one request with the models?'?s max seq len \((\d+)\)"
        r"|is larger than the maximum number of tokens that can be stored in KV cache \((\d+)\)",
        "the KV cache is too small for one request of full length ({0}{1} tokens)",
        "Lower --max-model-len; the message names the length that fits.",
    ),
    symptom(
        "E31",
        r"CUDA out of memory|OutOfMemoryError|out of memory occurred when warming up",
        "out of GPU memory",
        "Lower --gpu-memory-utilization, --max-num-seqs or --max-model-len; keep --enforce-eager.",
    ),
    symptom(
        "E45",
        r"undefined symbol.*(?:_C\.abi3\.so|flash_attn)|(?:_C\.abi3\.so|flash_attn).*undefined symbol",
        "vLLM's compiled part does not fit the installed torch",
        "Use the official image unchanged; something in it was replaced by pip.",
    ),
    symptom(
        "E46",
        r"libcudart\.so\.1[23]: cannot open shared object file",
        "CUDA 12 and CUDA 13 packages are mixed",
        "Use the official image unchanged.",
    ),
)
