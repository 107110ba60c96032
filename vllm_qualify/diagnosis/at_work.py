"""Symptoms of an engine that died at work, and the wrappers that only repeat it. Sources: vLLM's source and issues."""

from __future__ import annotations

from vllm_qualify.diagnosis.symptom import symptom
from vllm_qualify.records import Certainty

_LOOK_UP = "The cause stands above this line, in a line of the engine core or a worker."

SYMPTOMS = (
    symptom(
        "E17",
        r"(?i)no space left on device",
        "the disk is full",
        "Free space for image and weights; if the path is /dev/shm, enlarge its emptyDir.",
    ),
    symptom(
        "E33",
        r"Bus error|Error while creating shared memory segment /dev/shm|NCCL error: unhandled system error",
        "shared memory is too small",
        "Mount an emptyDir with medium: Memory at /dev/shm.",
        certainty=Certainty.PROBABLE,
    ),
    symptom(
        "E47",
        r"cannot find -lcuda|cannot find -l:libcuda\.so\.1",
        "the linker finds no libcuda",
        "Set LIBRARY_PATH=/usr/local/nvidia/lib64.",
    ),
    symptom(
        "E48",
        r"nvcc: not found|Could not find nvcc|[Nn]inja build fail|ninja: build stopped|Failed to find C compiler"
        r"|InvalidCxxCompiler|No working C\+\+ compiler found",
        "a kernel had to be compiled and no compiler is there",
        "Install a compiler (apt install g++), use the full image, or set VLLM_USE_FLASHINFER_SAMPLER=0.",
    ),
    symptom(
        "E49",
        r"compile_grammar|Failed to convert the grammar|unsupported by xgrammar",
        "the engine could not compile the JSON Schema",
        "Simplify the schema, or take a newer image.",
        certainty=Certainty.PROBABLE,
    ),
    symptom(
        "E58",
        r"ValueError: logits must be of type float32",
        "constrained decoding does not work in this dtype: the grammar kernel of the CPU takes float32 logits only",
        "Run with --dtype float32; the GPU image uses another kernel and may differ.",
    ),
    symptom(
        "E02",
        r"Engine core initialization failed\. See root cause above",
        "the engine core died while starting",
        _LOOK_UP,
        wrapper=True,
    ),
    symptom(
        "E03",
        r"EngineCore failed to start|EngineCore encountered a fatal error|EngineCore hit an exception",
        "the engine core died",
        _LOOK_UP,
        wrapper=True,
    ),
    symptom(
        "E04",
        r"EngineDeadError|EngineCore encountered an issue\. See stack trace",
        "the engine core died at work",
        _LOOK_UP,
        wrapper=True,
    ),
    symptom(
        "E52",
        r"No available shared memory broadcast block found",
        "a worker no longer answers",
        "Look for the worker's last lines; compilation or NCCL may hang.",
        certainty=Certainty.PROBABLE,
    ),
)
