"""The first cause is named, not its last echo."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis import diagnose
from vllm_qualify.diagnosis.table import SYMPTOMS

LOGS = Path(__file__).parents[1] / "data" / "logs"

WRAPPED_804 = """\
(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] EngineCore failed to start.
(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] Traceback (most recent call last):
(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700]   File "core.py", line 1, in run
(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] RuntimeError: Unexpected error from cudaGetDeviceCount(). \
Error 804: forward compatibility was attempted on non supported HW
(APIServer pid=1) Traceback (most recent call last):
(APIServer pid=1)   File "utils.py", line 1, in wait
(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}
"""


def test_an_engine_that_died_on_a_schema() -> None:
    """The real log of v0.12.0 in bfloat16 names the kernel's complaint, not the EngineDeadError that follows."""
    log = (LOGS / "v0.12.0-bfloat16-dies-on-schema.log").read_text()

    found = diagnose(log.splitlines())

    assert found is not None
    assert (found.cause, found.certainty) == ("E58", Certainty.CERTAIN)
    assert found.lines[0].text == "ValueError: logits must be of type float32"
    assert "logits must be of type" in log.splitlines()[found.lines[0].number - 1]


def test_a_healthy_log_has_no_cause() -> None:
    """The real log of a healthy v0.15.1 holds frightening warnings and yields nothing."""
    assert diagnose((LOGS / "v0.15.1-healthy.log").read_text().splitlines()) is None


def test_a_wrapper_never_hides_the_cause() -> None:
    """Behind 'Engine core initialization failed' the driver's error 804 is found."""
    found = diagnose(WRAPPED_804.splitlines(), exit_code=1)

    assert found is not None
    assert (found.cause, found.lines[0].number) == ("E01", 4)


def test_a_wrapper_alone_is_said_to_be_one() -> None:
    """When nothing but the wrapper is there, it is reported with the advice to look above."""
    found = diagnose(["RuntimeError: Engine core initialization failed. See root cause above."])

    assert found is not None
    assert (found.cause, "above" in found.remedy) == ("E02", True)


def test_an_unknown_exception_is_quoted() -> None:
    """The first traceback of the engine is quoted when no symptom fits."""
    log = WRAPPED_804.replace("Error 804: forward compatibility was attempted on non supported HW", "who knows")

    found = diagnose(log.splitlines())

    assert found is not None
    assert (found.cause, found.title) == ("E00", "RuntimeError: Unexpected error from cudaGetDeviceCount(). who knows")


def test_a_later_known_symptom_does_not_outrank_the_first_traceback() -> None:
    """What went wrong in the aftermath is not the cause."""
    log = WRAPPED_804.replace("Error 804: forward compatibility was attempted on non supported HW", "who knows")
    aftermath = [*log.splitlines(), *[""] * 10, "OSError: [Errno 98] Address already in use"]

    found = diagnose(aftermath)

    assert found is not None
    assert found.cause == "E00"


def test_what_looks_like_an_exception_behind_a_traceback_is_none() -> None:
    """Only the line that ends a traceback is its exception, not every line of that shape after it."""
    lines = [
        "Traceback (most recent call last):",
        '  File "a.py", line 1',
        "ValueError: the cause",
        "KeyError: what a user's own log line looks like",
    ]

    found = diagnose(lines)

    assert found is not None
    assert found.title == "ValueError: the cause"


def test_sigkill_without_a_word() -> None:
    """Exit code 137 and a silent log point to the OOM killer."""
    found = diagnose(["INFO 11-23 10:00:01 [a.py:1] all is well"], exit_code=137)

    assert found is not None
    assert (found.cause, found.certainty) == ("E51", Certainty.PROBABLE)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("api_server.py: error: unrecognized arguments: --enable-reasoning", "E18"),
        ("api_server.py: error: argument --quantization/-q: invalid choice: 'x' (choose from 'awq')", "E19"),
        ("ValueError: Free memory on device (1/12 GiB) on startup is less than desired GPU memory utilization", "E28"),
        ("OSError: [Errno 98] error while attempting to bind on address: address already in use", "E43"),
        ("ImportError: /lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by _C.abi3.so)", "E56"),
    ],
    ids=["unknown-argument", "invalid-choice", "gpu-taken", "port-taken", "old-libstdc++"],
)
def test_known_lines(line: str, cause: str) -> None:
    """Each known line gives its cause, with the groups filled into title and remedy."""
    found = diagnose(["INFO 11-23 10:00:01 [a.py:1] starting", line])

    assert found is not None
    assert (found.cause, "{" in found.title + found.remedy) == (cause, False)


def test_a_warning_is_no_cause() -> None:
    """The same words in a WARNING are not taken for a death."""
    assert diagnose(["WARNING 11-23 10:00:01 [a.py:1] No CUDA GPUs are available"]) is None


def test_ids_are_unique() -> None:
    """No two symptoms share an id."""
    ids = [symptom.id for symptom in SYMPTOMS]

    assert sorted(set(ids)) == sorted(ids)


UVA = """\
(APIServer pid=1) INFO 08-11 07:13:52 [utils.py:299] vLLM API server version 0.24.0
(EngineCore pid=97) Process EngineCore:
(EngineCore pid=97) Traceback (most recent call last):
(EngineCore pid=97)   File "/usr/lib/python3.12/site-packages/vllm/v1/worker/gpu/buffer_utils.py", line 24, in __init__
(EngineCore pid=97)     raise RuntimeError("UVA is not available")
(EngineCore pid=97) RuntimeError: UVA is not available
"""


def test_an_unknown_exception_is_looked_up_in_the_sources() -> None:
    """With the release that the log names, and production's beside it; the remedy says what to do."""
    found = diagnose(UVA.splitlines(), symptoms=(), release="0.8.5", production="0.8.5")

    assert found is not None
    assert found.origin.startswith("raised by vllm/v1/worker/gpu/buffer_utils.py, `UvaBuffer.__init__` in ")
    assert "production's v0.8.5 does not have this check" in found.origin
    assert "Releases without this check: v0." in found.remedy
