"""Symptoms of memory: the GPU's, the host's, shared memory, and the disk. Sources: vLLM's source and issues."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis.symptom import Weight, reading, symptom

SYMPTOMS = (
    symptom(
        "E28",
        r"Free memory on device .{0,120}is less than desired GPU memory utilization",
        "another process holds GPU memory that this one needs",
        "Free the GPU (is an old pod still there?), or lower --gpu-memory-utilization.",
        reference="vllm-project/vllm#20305, vllm: v1/worker",
    ),
    symptom(
        "E106",
        r"Error in memory profiling",
        "another process freed or took GPU memory while the engine measured what is free",
        "Start engines on one GPU one at a time: wait until the old one has ended, then start this one again.",
        reference="vllm: v1/worker/gpu_worker.py",
    ),
    symptom(
        "E29",
        r"No available memory for the cache blocks",
        "nothing was left for the KV cache",
        "Raise --gpu-memory-utilization, lower --max-model-len, keep --enforce-eager.",
        reference="vllm-project/vllm#10439, vllm: v1/core/kv_cache_utils.py",
    ),
    symptom(
        "E30",
        r"To serve at least one request with the models?'?s max seq len \((\d+)\)"
        r"|is larger than the maximum number of tokens that can be stored in KV cache \((\d+)\)",
        "the KV cache is too small for one full-length request ({0}{1} tokens)",
        "Lower --max-model-len; the message names the length that fits.",
        reference="vllm-project/vllm#34076, vllm: worker/worker.py, v1/core/kv_cache_utils.py",
    ),
    symptom(
        "E31",
        r"CUDA out of memory|OutOfMemoryError|out of memory occurred when warming up|CUDA error: out of memory"
        r"|CUBLAS_STATUS_ALLOC_FAILED",
        "out of GPU memory",
        "Lower --gpu-memory-utilization, --max-num-seqs or --max-model-len; keep --enforce-eager.",
        reference="vllm-project/vllm#15598, vllm: v1/worker/gpu_model_runner.py",
    ),
    symptom(
        "E33",
        r"Bus error|Error while creating shared memory segment|NCCL error.{0,200}unhandled system error",
        "shared memory is too small",
        "Mount an emptyDir with medium: Memory at /dev/shm.",
        certainty=Certainty.PROBABLE,
        reference="vllm-project/production-stack#276, vllm-project/vllm#1710, vllm: docs/usage/troubleshooting.md",
    ),
    symptom(
        "E17",
        r"[Nn]o space left on device|Disk quota exceeded|low on resource: ephemeral-storage|condition: \[DiskPressure\]"
        r"|ephemeral local storage usage exceeds the total limit of containers (\w{1,40})"
        r"|exceeded its local ephemeral storage"
        r" limit \W{0,3}([\w.]{1,40})"
        r"|Usage of EmptyDir volume \\?\"([\w.-]{1,253})\\?\" exceeds the limit \W{0,3}([\w.]{1,40})",
        "the disk is full",
        "Free space for image and weights; if the path is /dev/shm, enlarge its emptyDir.",
        reference="vllm-project/vllm#17163, substratusai/runbooks#92, Kubernetes: local ephemeral storage",
        readings=(
            reading(
                r"Usage of EmptyDir volume",
                "Raise sizeLimit of that emptyDir, or put the caches and the model on their own volume.",
                title="the emptyDir {2} exceeds its sizeLimit ({3})",
            ),
            reading(
                r"ephemeral (?:local )?storage (?:usage|limit)",
                "Raise limits.ephemeral-storage of the container, or put the model and the caches (HF_HOME) on a"
                " volume: writes to the container and to an emptyDir count.",
                title="the container exceeded its limit of ephemeral storage ({0}{1})",
            ),
            reading(
                r"low on resource: ephemeral-storage|DiskPressure",
                "Free the node's disk of unused images and containers, or use a larger disk.",
                title="the node's disk is full, and it evicted the pod",
            ),
            reading(
                r"Disk quota exceeded",
                "Raise the quota of that file system, or move HF_HOME to another one.",
                title="the quota of the file system is used up",
            ),
        ),
    ),
    symptom(
        "E51",
        r"OOMKilled|[Oo]ut of memory: Killed process|oom-kill:constraint|^\s{0,40}Killed\s{0,40}$"
        r"|: line \d{1,9}: {1,9}\d{1,9} Killed |node running low on memory|OOM killer",
        "killed for lack of host memory",
        "Raise the memory limit of the container, or lower --swap-space and --max-parallel-loading-workers.",
        certainty=Certainty.PROBABLE,
        reference="vllm-project/vllm#28923",
    ),
    symptom(
        "E66",
        r"DefaultCPUAllocator: can't allocate memory|Cannot allocate memory|std::bad_alloc|Too large swap space"
        r"|DefaultCPUAllocator: not enough memory",
        "out of host memory",
        "Raise the memory limit of the container; lower --swap-space and --cpu-offload-gb, on a CPU build"
        " VLLM_CPU_KVCACHE_SPACE.",
        reference="vllm: config/cache.py",
    ),
    symptom(
        "E67",
        r"can't start new thread|Too many open files|pthread_create failed|Resource temporarily unavailable",
        "a limit of the container or the node on threads, processes, open files or memory was reached",
        "Raise ulimit -n, -u and -v, and the pids limit of the kubelet or the container runtime.",
        weight=Weight.EFFECT,
        reference="vllm: utils/system_utils.py",
    ),
    symptom(
        "E68",
        r"The node was low on resource: (?:memory|pids|inodes)|The node had condition: \[(?:Memory|PID)Pressure\]",
        "the node ran out of memory or process ids and evicted the pod",
        "Give the pod a memory request that covers its use, and move other pods off the node.",
        weight=Weight.EFFECT,
        reference="Kubernetes: node-pressure eviction",
    ),
)
