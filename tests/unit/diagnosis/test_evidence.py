"""Log, events and exit code together: what outranks what, and what a server survived."""

from __future__ import annotations

import pytest

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis import SYMPTOMS, Scan, conclude, diagnose

CORE = "(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] "
API = "(APIServer pid=1) ERROR 11-23 10:00:02 [serving_chat.py:200] "
STARTS = "(APIServer pid=1) INFO 11-23 10:00:00 [api_server.py:1] vLLM API server version 0.15.1"
READY = "(APIServer pid=1) INFO:     Application startup complete."
SERVED = '(APIServer pid=1) INFO:     127.0.0.1:1 - "POST /v1/chat/completions HTTP/1.1" 200 OK'
WRAPPER = "RuntimeError: Engine core initialization failed. See root cause above."
FULL = "torch.OutOfMemoryError: CUDA out of memory."
PROBE = "  Warning  Unhealthy  9s  kubelet  Container vllm failed startup probe, will be restarted"
OOM = "      Reason:       OOMKilled"
EVICTED = "  Warning  Evicted  2s  kubelet  The node was low on resource: memory. Threshold quantity: 100Mi"
UNSCHEDULED = (
    "  Warning  FailedScheduling  3s  default-scheduler  0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
)


def traceback(who: str, *exceptions: str) -> list[str]:
    """A traceback of one process, with what stands in its place."""
    return [
        f"{who}{line}" for line in ("Traceback (most recent call last):", '  File "a.py", line 1, in f', *exceptions)
    ]


def cause(*lines: str, events: tuple[str, ...] = (), exit_code: int | None = None) -> str:
    """The id of the first cause, ``""`` for none."""
    found = diagnose(lines, events=events, exit_code=exit_code)
    return found.cause if found else ""


@pytest.mark.parametrize("life", [READY, SERVED])
def test_what_a_server_survives_is_no_cause(life: str) -> None:
    """An error that is followed by a sign of life killed nothing."""
    assert cause(STARTS, *traceback(API, FULL), life) == ""


def test_what_comes_after_a_sign_of_life_is_a_cause() -> None:
    """The same error may be survived once and kill later."""
    assert cause(*traceback(API, FULL), SERVED, *traceback(API, FULL)) == "E31"


def test_an_engine_that_is_said_to_have_died_did_not_survive() -> None:
    """An answer that is logged after the death of the engine, a late one, does not undo it."""
    assert cause(*traceback(CORE, FULL), f"{CORE}EngineCore encountered a fatal error.", SERVED) == "E31"


def test_what_is_announced_as_a_death_is_one() -> None:
    """The line before the traceback says that the engine died; a late answer within does not undo it."""
    assert cause(f"{CORE}EngineCore failed to start.", *traceback(CORE, FULL), SERVED) == "E31"


def test_a_new_start_leaves_the_death_before_it() -> None:
    """In the log of a container that was started again, the first death stays, though the second start succeeds."""
    assert cause(STARTS, *traceback(API, FULL), STARTS, READY, SERVED) == "E31"


def test_interleaved_processes_are_told_apart() -> None:
    """Lines of two tracebacks that alternate end up in their own."""
    core = traceback(CORE, "RuntimeError: who knows")
    api = traceback("(APIServer pid=1) ", WRAPPER)

    assert cause(*(line for pair in zip(core, api, strict=True) for line in pair)) == "E00"


def test_the_engine_outranks_the_server() -> None:
    """What the engine says counts before what the server said earlier."""
    assert cause(*traceback(API, "ValueError: odd"), *traceback(CORE, FULL)) == "E31"


def test_a_worker_that_knows_outranks_one_that_only_felt_it() -> None:
    """A worker whose connection broke says less than the one that ran out of memory."""
    felt = traceback(
        "(Worker_TP0 pid=1) ERROR 11-23 10:00:01 [a.py:1] ", "RuntimeError: NCCL error: remote process exited"
    )
    knew = traceback("(Worker_TP1 pid=2) ERROR 11-23 10:00:01 [a.py:1] ", FULL)

    assert cause(*felt, *knew) == "E31"


def test_a_chain_is_one_traceback() -> None:
    """What was raised while a KeyError was handled is the cause, not the KeyError."""
    chain = ["KeyError: 'mllama'", "", "During handling of the above exception, another exception occurred:", ""]
    last = "ValueError: The checkpoint you are trying to load has model type `mllama` "
    last += "but Transformers does not recognize this architecture"

    assert cause(*traceback("", *chain), *traceback("", last)) == "E34"


def test_an_unknown_chain_is_named_by_its_root() -> None:
    """Of exceptions that follow from each other the first is quoted."""
    chain = ["KeyError: 'root'", "", "The above exception was the direct cause of the following exception:", ""]

    found = diagnose([*traceback("", *chain), *traceback("", "RuntimeError: follows")])

    assert found is not None
    assert (found.cause, found.title) == ("E00", "KeyError: 'root'")


def test_the_message_of_a_validation_error_is_read() -> None:
    """The cause may stand in the lines below the exception."""
    error = "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig"

    assert cause(*traceback("", error, "  Value error, Model architectures ['A'] are not supported for now.")) == "E35"


def test_a_warning_explains_what_the_engine_only_felt() -> None:
    """No GPU is there because the driver is too old, which only a warning says."""
    warning = "/x/torch/cuda/__init__.py:1: UserWarning: CUDA initialization: "
    warning += "The NVIDIA driver on your system is too old (found version 12080)."

    found = diagnose([warning, *traceback("", "RuntimeError: Failed to infer device type")])

    assert found is not None
    assert (found.cause, found.certainty) == ("E06", Certainty.PROBABLE)


def test_a_compiler_error_explains_the_traceback_behind_it() -> None:
    """What a child process printed just before is the cause of an exception that nothing is known of."""
    assert cause("/bin/sh: 1: nvcc: not found", *traceback(CORE, "RuntimeError: who knows")) == "E48"


def test_the_words_of_a_frame_are_the_last_resort() -> None:
    """Source code in a traceback holds words of a symptom; they count where the exception is unknown, and less."""
    frame = '  File "backend_xgrammar.py", line 82, in compile_grammar'
    found = diagnose([*traceback(CORE)[:1], f"{CORE}{frame}", f"{CORE}RuntimeError: who knows"])

    assert found is not None
    assert (found.cause, found.certainty) == ("E49", Certainty.PROBABLE)


@pytest.mark.parametrize(
    ("lines", "events", "exit_code", "expected"),
    [
        ([], [UNSCHEDULED], None, "E14"),
        ([STARTS], [UNSCHEDULED], None, ""),
        ([STARTS], [PROBE], 137, "E50"),
        ([STARTS], [EVICTED], 137, "E68"),
        ([], [EVICTED], None, "E68"),
        ([STARTS], [OOM], 137, "E51"),
        ([STARTS, *traceback(CORE, FULL)], [OOM], 137, "E31"),
        ([STARTS, *traceback(CORE, "RuntimeError: who knows")], [OOM], 137, "E51"),
        ([STARTS, *traceback(CORE, "RuntimeError: who knows")], [PROBE], 143, "E00"),
        ([STARTS, "KeyboardInterrupt: terminated"], [], 143, "E50"),
        ([STARTS, WRAPPER], [], 137, "E51"),
        ([STARTS, f"{WRAPPER} Failed core proc(s): {{'EngineCore_DP0': -9}}"], [], 1, "E51"),
        ([STARTS, WRAPPER], [], 1, "E02"),
        ([STARTS], ["      Exit Code:    139"], None, "E89"),
        ([STARTS], [], 143, "E51"),
        ([STARTS], [], -11, "E89"),
        ([STARTS], [], -7, "E33"),
        ([STARTS], [], 2, "E91"),
        ([STARTS], [], 1, ""),
        ([STARTS], [], 0, ""),
        ([], [], 127, "E75"),
    ],
)
def test_evidence_is_ranked(lines: list[str], events: list[str], exit_code: int | None, expected: str) -> None:
    """A known cause in the log first, then events, then an unknown exception, a probe, the exit code, a repetition."""
    assert cause(*lines, events=tuple(events), exit_code=exit_code) == expected


def test_ignored_fields_are_told_of_a_living_server() -> None:
    """A warning that guided fields were ignored is named where nothing worse is, since answers are wrong."""
    ignored = (
        "WARNING 11-23 10:00:01 [protocol.py:1] The following fields were present in the request but ignored: {'%s'}"
    )

    assert cause(STARTS, READY, ignored % "guided_json", SERVED) == "E54"
    assert cause(STARTS, READY, ignored % "chat_template_kwargs", SERVED) == ""


def test_what_came_later_is_listed_behind_an_unknown_cause() -> None:
    """Behind an exception that nothing is known of, a known symptom follows as possible."""
    scan = Scan(SYMPTOMS)
    scan.feed("\n".join([*traceback(CORE, "RuntimeError: who knows"), "", FULL]).encode())

    assert [(one.cause, one.certainty) for one in conclude(scan.close())] == [
        ("E00", Certainty.PROBABLE),
        ("E31", Certainty.POSSIBLE),
    ]
