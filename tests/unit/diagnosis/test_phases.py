"""How far a start had come is told by what the engine logged, where the frames do not tell."""

from __future__ import annotations

import pytest

from vllm_qualify.diagnosis import Scan, diagnose
from vllm_qualify.diagnosis.symptom import Symptom

CORE = "(EngineCore_DP0 pid=88) "
NONE: tuple[Symptom, ...] = ()
DEATH = (
    f"{CORE}Traceback (most recent call last):",
    f'{CORE}  File "/usr/lib/python3/dist-packages/unheard_of/a.py", line 7, in run',
    f"{CORE}ValueError: who knows",
)
LOADS = f"{CORE}INFO 11-23 10:00:00 [gpu_model_runner.py:1] Starting to load model m..."
LOADED = f"{CORE}INFO 11-23 10:00:00 [gpu_model_runner.py:1] Model loading took 5.7 GiB and 6.9 seconds"
SERVES = "(APIServer pid=1) INFO:     Application startup complete."


@pytest.mark.parametrize(
    ("logged", "phase"),
    [
        ([], ""),
        ([LOADS], ", while loading the model"),
        ([LOADS, LOADED], ", while measuring memory, compiling or warming up"),
        ([LOADS, LOADED, SERVES], ", while serving"),
        ([LOADS.replace("INFO", "ERROR")], ""),
    ],
)
def test_the_last_mark_before_the_death_counts(logged: list[str], phase: str) -> None:
    """What the engine logged last says what it was doing; only what is logged as information does."""
    found = diagnose([*logged, *DEATH])

    assert found is not None
    assert found.origin == f"raised in unheard_of/a.py, `run`{phase}"


def test_a_mark_in_a_large_log_is_read() -> None:
    """Marks beyond the first lines, where most lines are passed over, count as well."""
    scan = Scan(NONE)
    calm = "(APIServer pid=1) INFO 11-23 14:45:01 [loggers.py:236] nothing to see\n" * 1000

    scan.feed("\n".join([calm + LOADS, calm]).encode())

    assert scan.close().phase == "loading the model"
