"""Symptoms of kernels that are compiled on the spot, and of compiled code that does not fit. Sources: issues."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis.symptom import Weight, reading, symptom

_FULL_IMAGE = "or use the full image, which has it"
_SAMPLER = " If the sampler needs the kernel (the message names `sampling`), VLLM_USE_FLASHINFER_SAMPLER=0 avoids it."

SYMPTOMS = (
    symptom(
        "E47",
        r"cannot find -lcuda|cannot find -l:libcuda\.so\.1",
        "the linker cannot find libcuda",
        "Set LIBRARY_PATH=/usr/local/nvidia/lib64.",
        reference="vllm-project/vllm#12505, vllm-project/vllm#16984, llm-d/llm-d#1063",
    ),
    symptom(
        "E62",
        r"ptxas fatal|Unsupported gpu architecture|is not defined for option 'gpu-name'",
        "the image's compiler does not support this GPU's architecture",
        "Use an image that was built for this GPU; if the GPU is newer than the image, use a newer one.",
        reference="vllm-project/vllm#14452",
    ),
    symptom(
        "E48",
        r"nvcc: not found|Could not find nvcc|Failed to find nvcc"
        r"|No such file or directory: '(?:[^']{0,200}/)?(?:nvcc|ninja)'"
        r"|inja build fail|ninja: build stopped|Failed to find C compiler|InvalidCxxCompiler"
        r"|No working C\+\+ compiler found|CUDA_HOME environment variable is not set"
        r"|Ninja is required to load C\+\+|nvcc fatal {1,4}: Unknown option",
        "a kernel had to be compiled, but the build tools are missing",
        f"Install a compiler (apt install g++) and the CUDA toolkit of the image's CUDA, {_FULL_IMAGE}.{_SAMPLER}",
        reference="vllm-project/vllm#21960, vllm-project/vllm#36077, vllm-project/vllm#49497,"
        " flashinfer-ai/flashinfer#1532",
        readings=(
            reading(
                r"fatal error: Python\.h: No such file",
                "Install Python's headers (apt install python3-dev, of the version that runs), or use the full image.",
                title="a kernel had to be compiled, but Python's headers are missing",
            ),
            reading(
                r"fatal error: ([\w./-]{1,200}\.(?:h|hpp|cuh)): No such file",
                "Install the headers of the CUDA toolkit in the image's CUDA version (cuda-toolkit has all of them;"
                f" curand_kernel.h is in libcurand-dev), {_FULL_IMAGE}; another --attention-backend or --moe-backend"
                " may not need the kernel. A compiler is present: installing one does not help.",
                title="a kernel had to be compiled, but the header {0} is missing",
            ),
            reading(
                r"Killed signal terminated program|cc1plus: out of memory|virtual memory exhausted",
                "Raise the memory limit of the container, or run fewer compilers at once: MAX_JOBS=2.",
                title="the compiler of a kernel was killed for lack of host memory",
            ),
            reading(
                r"cuda_home='([^']{1,200})' doesn't exist|directory: '([^']{1,200})/bin/nvcc'",
                "Point CUDA_HOME to a folder that has bin/nvcc and include, or unset it if nvcc is in PATH; if no"
                f" toolkit is installed, install the one for the image's CUDA, {_FULL_IMAGE}.{_SAMPLER}",
                title="a kernel had to be compiled, but CUDA_HOME points to {0}{1}, without a toolkit",
            ),
            reading(
                r"nvcc fatal {1,4}: Unknown option '([^']{1,100})'",
                "An older toolkit was found in PATH or /usr/local/cuda: point CUDA_HOME to the one for the image's"
                " CUDA.",
                title="the nvcc that was found is too old to compile the kernel",
            ),
            reading(
                r"No such file or directory: '(?:[^']{0,200}/)?ninja'|Ninja is required",
                f"Put ninja into PATH (pip install ninja, and the environment's bin folder in PATH), {_FULL_IMAGE}."
                f"{_SAMPLER}",
                title="a kernel had to be compiled, but ninja is missing",
            ),
            reading(
                r"nvcc: not found|find nvcc|directory: 'nvcc'|CUDA_HOME environment variable is not set",
                f"Install the CUDA toolkit in the image's CUDA version and set CUDA_HOME, {_FULL_IMAGE}.{_SAMPLER}",
                title="a kernel had to be compiled, but nvcc is missing",
            ),
            reading(
                r"Failed to find C compiler|InvalidCxxCompiler|No working C\+\+ compiler",
                f"Install a compiler (apt install g++) and set CC and CXX to it, {_FULL_IMAGE}; --enforce-eager avoids"
                " torch.compile.",
                title="a kernel had to be compiled, but there is no compiler",
            ),
            reading(
                r"error: (.{1,200})",
                "Read the error in the message: the compiler rejected the source. Empty ~/.cache/flashinfer, and check"
                f" that CUDA_HOME is the image's own toolkit.{_SAMPLER}",
                title="a kernel did not compile: {0}",
                certainty=Certainty.PROBABLE,
            ),
        ),
    ),
    symptom(
        "E92",
        r"UVA is not available",
        "the engine needs memory that host and GPU share (UVA), but pinned memory is not available here",
        "On WSL2 set VLLM_WSL2_ENABLE_PIN_MEMORY=1, or VLLM_USE_V2_MODEL_RUNNER=0 for the older model runner if the"
        " release has it; elsewhere leave --cpu-offload-gb out.",
        reference="vllm-project/vllm#47292, vllm-project/vllm#47387, vllm: v1/worker/gpu/buffer_utils.py",
    ),
    symptom(
        "E93",
        r"to a corrupted compilation artifact|No such file or directory: '([^']{0,300}(?:torch_compile_cache"
        r"|torch_aot_compile"
        r"|torchinductor_|inductor_cache|\.triton/cache|triton_cache)[^']{0,300})'"
        r"|failed to map segment from shared object",
        "the cache of compiled code is damaged",
        "Remove ~/.cache/vllm/torch_compile_cache (VLLM_CACHE_ROOT if that is set) and start again: the next start"
        " recompiles and shows any remaining error. Give each release its own cache.",
        reference="vllm-project/vllm#18851, vllm: compilation/compiler_interface.py",
        readings=(
            reading(
                r"(/[^\s']{1,300}): failed to map segment from shared object",
                "Point TRITON_CACHE_DIR, TORCHINDUCTOR_CACHE_DIR and TMPDIR to a folder from which code can run.",
                title="compiled code cannot run from {1}: the folder is mounted noexec",
                certainty=Certainty.PROBABLE,
            ),
            reading(
                r"No such file or directory: '",
                "Remove the cache and start again; do not share it between engines or empty it while they run.",
                title="a file is missing from the cache of compiled code: {0}",
                certainty=Certainty.PROBABLE,
            ),
        ),
    ),
    symptom(
        "E45",
        r"undefined symbol.{0,300}(?:_C\.abi3\.so|flash_attn)|(?:_C\.abi3\.so|flash_attn).{0,300}undefined symbol"
        r"|_OpNamespace' '(_\w{0,40}C\w{0,40})' object has no attribute '(\w{1,80})'|No module named 'vllm\._\w{0,40}C'"
        r"|operator torchvision::nms does not exist",
        "vLLM's compiled code does not match the installed torch or vLLM",
        "Use the official image unchanged; pip replaced something in it, or a vLLM source folder hides the installed"
        " package. Warnings above (`Failed to import from vllm._C`) say why the compiled code was not loaded.",
        reference="vllm-project/vllm#21226, vllm-project/recipes#105",
        readings=(
            reading(
                r"torchvision::nms",
                "Install the torchvision built for the installed torch, or use the official image unchanged.",
                title="torchvision does not match the installed torch",
            ),
        ),
    ),
    symptom(
        "E46",
        r"libcudart\.so\.1[23]: cannot open shared object file",
        "CUDA 12 and CUDA 13 packages are mixed",
        "Use the official image unchanged.",
        reference="vllm-project/vllm#52300, vllm-project/vllm#36099",
    ),
    symptom(
        "E94",
        r"out of resource: ([\w ]{1,40}), Required: (\d{1,12}), Hardware limit: (\d{1,12})",
        "a Triton kernel needs more {0} ({1}) than this GPU has ({2})",
        "Use a newer release or another --attention-backend; if the model is quantized, try another quantization with"
        " smaller kernels.",
        reference="triton: runtime/errors.py",
    ),
    symptom(
        "E95",
        r"Cannot re-initialize CUDA in forked subprocess",
        "something used CUDA before the workers were forked",
        "Set VLLM_WORKER_MULTIPROC_METHOD=spawn; in a script, start vLLM before anything touches the GPU.",
        reference="vllm: docs/usage/troubleshooting.md",
    ),
    symptom(
        "E87",
        r"torch\._inductor\.exc\.|torch\._dynamo\.exc\.|BackendCompilerFailed",
        "torch.compile failed on this model",
        "Add --enforce-eager; search the release's issues for the line.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EFFECT,
        reference="vllm-project/vllm#16984",
    ),
)
