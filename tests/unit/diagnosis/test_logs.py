"""A line says the same in whatever dress."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.diagnosis import logs

SAID = "RuntimeError: it broke"


@pytest.mark.parametrize(
    "dress",
    [
        "",
        "2026-11-23T14:40:40.852480Z ",
        "2026-11-23T14:40:40.852480+00:00 ",
        "2026-11-23T14:40:40.852480Z stderr F ",
        "[2025-03-10T15:07:20Z] ",
        "vllm-1  | ",
        "[pod/vllm-server-5b9/vllm] ",
        "Nov 23 14:40:40 node vllm[12]: ",
        "[rank0]: ",
        "\x1b[1;36m(EngineCore_DP0 pid=88)\x1b[0;0m ",
        "(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] ",
        "(APIServer pid=1) (EngineCore_DP0 pid=68) ERROR 02-06 16:34:06 [core.py:936] ",
        "(Worker pid=13) (Worker_TP1 pid=13) ERROR 03-05 09:56:09 [multiproc_executor.py:880] ",
        "(VllmWorker rank=0 pid=63590) ERROR 06-20 12:27:37 [multiproc_executor.py:527] ",
        "(RayWorkerWrapper pid=206994, ip=192.0.2.25) ERROR 03-27 10:29:13 [worker_base.py:620] ",
        "ERROR 02-19 07:03:11 engine.py:389] ",
        "2026-11-23 14:40:40,123 | ERROR | stderr | ",
        "2026-11-23T14:40:40Z vllm-1 | \x1b[31m(EngineCore pid=3) ERROR 11-23 10:00:01 [v1/engine/core.py:700] ",
        "  | ",
        "loading 10 %\rloading 90 %\r",
    ],
)
def test_dress_is_taken_off(dress: str) -> None:
    """What containers, compose, journald, Ray, torchrun and vLLM write before a line is no part of it."""
    (line,) = logs.read(1, f"{dress}{SAID}\r\n")

    assert (line.number, line.text, line.calm) == (1, SAID, False)


@pytest.mark.parametrize(
    ("dressed", "engine"),
    [
        ("(EngineCore_DP0 pid=88) x", True),
        ("(APIServer pid=1) (Worker_TP0 pid=9) x", True),
        ("(pid=643, ip=192.0.2.1) x", True),
        ("ERROR 02-19 07:03:11 engine.py:389] x", True),
        ("ERROR 02-19 07:03:11 [core.py:389] x", True),
        ("(APIServer pid=1) ERROR 02-19 07:03:11 [core.py:389] x", False),
        ("ERROR 02-19 07:03:11 [serving_chat.py:1] x", False),
        ("x", False),
    ],
)
def test_who_wrote_it(dressed: str, engine: bool) -> None:  # noqa: FBT001 - the expected value of a case
    """The innermost process wrote a line; old releases name only the file of the logging call."""
    (line,) = logs.read(1, dressed)

    assert (line.engine, line.text) == (engine, "x")


@pytest.mark.parametrize(
    "line",
    [
        "INFO 11-23 10:00:01 [a.py:1] Error 804",
        "WARNING 11-23 10:00:01 [a.py:1] Error 804",
        "INFO:     127.0.0.1:1 - Error 804",
        "/x/torch/cuda/__init__.py:118: UserWarning: CUDA initialization: Error 804",
        "[W1123 14:41:14.429667198 utils.cpp:103] Error 804",
        '{"level": "info", "msg": "Error 804"}',
        '{"log":"WARNING 11-23 10:00:01 [a.py:1] Error 804\\n","stream":"stderr"}',
    ],
)
def test_calm_lines(line: str) -> None:
    """What the engine, Python or C++ call information or a warning is calm, in JSON as well."""
    assert [read.calm for read in logs.read(1, line)] == [True]


def test_indentation_of_frames_stays() -> None:
    """A frame of a traceback is known by its indentation, which no prefix takes with it."""
    (line,) = logs.read(1, '(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700]   File "a.py", line 1, in f')

    assert line.text.startswith('  File "a.py"')


def test_a_message_in_json_may_hold_lines() -> None:
    """A traceback in one message of JSON is read line by line, all with the number of its line."""
    line = json.dumps({"severity": "ERROR", "message": "Traceback (most recent call last):\n  File\nValueError: x"})

    read = list(logs.read(2, line))

    assert [(one.number, one.text) for one in read][::2] == [
        (2, "Traceback (most recent call last):"),
        (2, "ValueError: x"),
    ]


@given(st.text())
def test_any_line_is_read(line: str) -> None:
    """Nothing that may stand in a file makes the reading of a line fail."""
    assert all(read.number == 1 for read in logs.read(1, line))
