"""The level of a line is where the log's format puts it; the same words in a message mean nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vllm_qualify.diagnosis import SYMPTOMS, Scan, conclude, diagnose
from vllm_qualify.diagnosis.reader import ALIVE, STARTED
from vllm_qualify.diagnosis.tracebacks import BEGIN

FRAME = '  File "/usr/lib/python3/dist-packages/vllm/a.py", line 7, in run'
LEVELS = (
    "DEBUG",
    "INFO",
    "WARNING",
    "WARN",
    "ERROR",
    "NCCL_DEBUG=INFO",
    "LEVEL=DEBUG",
    "UserWarning",
    "INFO:",
    "[INFO]",
)
WORDS = st.sampled_from((*LEVELS, *ALIVE, STARTED, BEGIN, *(one.literals[0] for one in SYMPTOMS)))
TEXT = st.lists(WORDS | st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12), max_size=12)
DRESS = st.sampled_from(
    (
        "",
        "[rank0]: ",
        "(EngineCore_DP0 pid=88) ",
        "(APIServer pid=1) ",
        "(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] ",
        "2026-11-23T14:40:40.852480Z stderr F ",
        "vllm-1  | ",
    )
)
KINDS = st.sampled_from(
    ("RuntimeError", "a.b.Odd", "UserWarning", "AssertionError", "SystemExit", "torch.OutOfMemoryError")
)
BEFORE = st.lists(
    st.sampled_from(
        (
            "(APIServer pid=1) INFO 11-23 10:00:00 [api_server.py:1] vLLM API server version 0.15.1",
            "(EngineCore_DP0 pid=88) WARNING 11-23 10:00:00 [core.py:93] careful",
            "(APIServer pid=1) INFO:     Application startup complete.",
        )
    ),
    max_size=130,
)


def traceback(dress: str, kind: str, words: list[str]) -> list[str]:
    """A traceback whose exception has a message of these words."""
    message = " ".join(words)
    return [f"{dress}{line}" for line in (f"{BEGIN}:", FRAME, "    do(it)", f"{kind}: {message}" if words else kind)]


@settings(deadline=None, max_examples=100)
@given(before=BEFORE, dress=DRESS, kind=KINDS, words=TEXT)
def test_a_log_that_ends_in_a_traceback_has_a_cause(before: list[str], dress: str, kind: str, words: list[str]) -> None:
    """Whatever words its message holds, those of levels, of signs of life and of symptoms among them."""
    assert diagnose([*before, *traceback(dress, kind, words)]) is not None


@settings(deadline=None)
@given(words=TEXT, level=st.sampled_from(("info", "INFO", "error")))
def test_a_collector_that_calls_everything_an_info(words: list[str], level: str) -> None:
    """A traceback in JSON has a cause, a line or all of it in one object, though a collector calls it an INFO."""
    lines = traceback("", "RuntimeError", words)

    assert diagnose(json.dumps({"level": level, "message": line}) for line in lines) is not None
    assert diagnose([json.dumps({"severity": level, "message": "\n".join(lines)})]) is not None


@pytest.mark.parametrize(
    "line",
    [
        "2025-11-23 10:00:00,123 - vllm.engine - INFO - {}",
        "2025-11-23T10:00:00.123456Z  INFO dynamo: {}",
        "[2025-11-23 10:00:00] INFO a.py:12: {}",
        "[11/23/25 10:00:00] INFO     {}",
        "10:00:00 INFO {}",
        "[INFO] {}",
        "[INFO|modeling_utils.py:3905] 2025-11-23 10:00:00,123 >> {}",
        "2025-11-23 10:00:00.123 | WARNING  | vllm:main:12 - {}",
        "node-1:123:456 [0] NCCL INFO {}",
        "WARNING:root:{}",
        "\x1b[33mWARNING\x1b[0m 11-23 10:00:00 [a.py:1] {}",
        "(APIServer pid=1) INFO:     {}",
    ],
)
def test_levels_of_many_formats(line: str) -> None:
    """An INFO or a WARNING is no cause, in whatever format a logger puts the level; behind the message it is none."""
    assert diagnose([line.format("CUDA out of memory")]) is None
    assert diagnose([f"CUDA out of memory {line.format('')}"]) is not None


def test_levels_beyond_the_first_lines_of_a_large_log() -> None:
    """Where lines are passed over unread, the words of a level in the message of an exception hide it no more."""
    calm = "(APIServer pid=1) INFO 11-23 14:45:01 [loggers.py:236] nothing to see\n" * 40_000
    scan = Scan(SYMPTOMS)

    scan.feed(calm.encode())
    scan.feed("\n".join(traceback("", "RuntimeError", ["NCCL error: (run with NCCL_DEBUG=INFO)"])).encode())

    assert [one.cause for one in conclude(scan.close())] == ["E88"]


def test_a_long_traceback_in_one_object_ends_with_it() -> None:
    """A traceback in one line of JSON, longer than a line that is looked at, swallows nothing that comes after it."""
    lines = traceback("", "ValueError", ["odd"])
    frames = [FRAME.replace("line 7", f"line {number}") for number in range(200)]
    logged = json.dumps({"level": "error", "message": "\n".join([lines[0], *frames, *lines[1:]])})
    lived = json.dumps({"level": "info", "message": '127.0.0.1:1 - "POST /v1/chat/completions HTTP/1.1" 200'})

    found = diagnose([logged])

    assert found is not None
    assert found.title == "ValueError: odd"
    assert diagnose([logged, lived]) is None
