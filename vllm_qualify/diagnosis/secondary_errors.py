"""Lines that only repeat that something died; named when nothing else is there. Sources: vLLM's source and issues."""

from __future__ import annotations

from vllm_qualify.diagnosis.symptom import Weight, symptom

_LOOK_UP = (
    "Read what the engine core and the workers logged above this line; if nothing is there, the log was cut: get all"
    " of it with kubectl logs --previous and without --tail."
)

SYMPTOMS = (
    symptom(
        "E02",
        r"Engine core initialization failed\. See root cause above(?:\. Failed core proc\(s\): (\{[^}]{0,300}\}))?",
        "the engine core died while starting",
        _LOOK_UP,
        weight=Weight.WRAPPER,
        reference="vllm-project/vllm#19002, vllm-project/vllm#21882, vllm-project/vllm#17618",
    ),
    symptom(
        "E03",
        r"EngineCore failed to start|EngineCore encountered a fatal error|EngineCore hit an exception",
        "the engine core died",
        _LOOK_UP,
        weight=Weight.WRAPPER,
        reference="vllm: v1/engine/core.py",
    ),
    symptom(
        "E04",
        r"EngineDeadError|EngineCore encountered an issue\. See stack trace",
        "the engine core died while running",
        _LOOK_UP,
        weight=Weight.WRAPPER,
        reference="vllm: v1/engine/exceptions.py",
    ),
    symptom(
        "E59",
        r"Engine process failed to start|WorkerProc initialization failed|Engine loop is not running"
        r"|Engine loop has died|Background loop (?:is stopped|has errored already)|Error executing method"
        r"|check the stack trace above for the root cause|(?:Worker|core) proc \S+ died unexpectedly",
        "a worker or the engine died",
        _LOOK_UP,
        weight=Weight.WRAPPER,
        reference="gpustack/gpustack#1540, vllm-project/vllm#15039, vllm: v1/executor/multiproc_executor.py",
    ),
)
