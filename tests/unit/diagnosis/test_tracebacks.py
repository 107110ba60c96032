"""Of a traceback the exception is kept whole: its type, all lines of its message, and the innermost frames."""

from __future__ import annotations

import pytest

from vllm_qualify.diagnosis import Scan, conclude, diagnose
from vllm_qualify.diagnosis.exceptions import Frame, RootException
from vllm_qualify.diagnosis.symptom import Symptom
from vllm_qualify.diagnosis.table import SYMPTOMS
from vllm_qualify.diagnosis.tracebacks import LONGEST_MESSAGE, MOST_LINES

BEGIN = "Traceback (most recent call last):"
FRAME = '  File "/usr/lib/python3/dist-packages/vllm/a.py", line 7, in run'
CORE = "(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] "


def exceptions(*lines: str, symptoms: tuple[Symptom, ...] = SYMPTOMS) -> list[RootException]:
    """What the tracebacks of a log name, in order."""
    scan = Scan(symptoms)
    scan.feed("\n".join(lines).encode())
    return [sign.exception for sign in scan.close().signs if sign.exception]


def title(*lines: str) -> str:
    """What is said of a log in a few words."""
    scan = Scan(SYMPTOMS)
    scan.feed("\n".join(lines).encode())
    return conclude(scan.close())[0].title


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            "pydantic_core._pydantic_core.ValidationError",
            "1 validation error for ModelConfig\n  Value error, no [type=x",
        ),
        ("triton.compiler.errors.CompilationError", "at 1:0:\ndef f(\n^\nValueError('no')"),
        ("ImportError", "\nlibnuma.so.1: no such file\nand more"),
        ("torch.OutOfMemoryError", "CUDA out of memory. Tried"),
        ("triton.runtime.errors.OutOfResources", "out of resource: shared memory"),
        ("xgrammar.exception.InvalidGrammar", "no"),
        ("AssertionError", ""),
        ("SystemExit", "1"),
        ("RuntimeWarning", "raised as an exception"),
        ("Exception", "of no kind"),
        ("queue.Empty", ""),
        ("socket.timeout", "timed out"),
        ("vllm.a.make.<locals>.Odd", "a class within a function"),
    ],
)
@pytest.mark.parametrize("dress", ["", CORE, "(APIServer pid=1) ", "[rank0]: ", "2026-11-23T14:40:40Z stderr F "])
def test_an_exception_of_any_name_is_kept_whole(kind: str, message: str, dress: str) -> None:
    """The first unindented line behind the frames is the exception, whatever its name, with all lines that follow."""
    said = f"{kind}: {message}" if message else kind
    lines = [f"{dress}{line}" for line in (BEGIN, FRAME, "    do(it)", "    ^^^^^^", *said.split("\n"))]

    (found,) = exceptions(*lines)

    assert (found.kind, found.message) == (kind, message.strip())
    assert found.frames == (
        Frame(file="/usr/lib/python3/dist-packages/vllm/a.py", line=7, function="run", code="do(it)"),
    )


@pytest.mark.parametrize(
    "next_line",
    [
        "Process EngineCore_DP0:",
        "Killed",
        "INFO 11-23 10:00:01 [a.py:1] calm",
        "(EngineCore_DP0 pid=88) ERROR 11-23 10:00:02 [core.py:9] another message",
        "/bin/run.sh: line 3:    12 Killed   vllm serve",
    ],
)
def test_a_message_ends_where_another_begins(next_line: str) -> None:
    """What another logger, another process or the shell says is no part of the message."""
    (found,) = exceptions(BEGIN, FRAME, "ValueError: one", "two", next_line, "three" if "INFO" in next_line else "")

    assert found.message.split("\n")[:2] == ["one", "two"]
    assert next_line not in found.message


def test_threads_that_log_at_once_are_told_apart() -> None:
    """A message of another place of the same process within a traceback is neither its frame nor its exception."""
    other = CORE.replace("core.py:700", "other.py:1")
    lines = [f"{CORE}{BEGIN}", f"{CORE}{FRAME}", f"{other}RuntimeError: of another", f"{CORE}ValueError: its own"]

    (found,) = exceptions(*lines)

    assert found.whole == "ValueError: its own"


def test_message_and_frames_are_bounded() -> None:
    """Of a message without end so many lines and characters are kept, and of the frames the innermost."""
    frames = [FRAME.replace("line 7", f"line {number}") for number in range(100)]

    (found,) = exceptions(BEGIN, *frames, "ValueError: first", *["x" * 400] * 200)

    assert len(found.message) <= LONGEST_MESSAGE
    assert len(found.message.split("\n")) <= MOST_LINES
    assert [frame.line for frame in found.frames][-1] == 99
    assert len(found.frames) < 30


HEADLINES = {
    "ray": ("a.RayTaskError(ValueError): ray::f() (pid=1)", FRAME, "    x", "ValueError: cause"),
    "worker": ("RuntimeError: Caught one", f"Original {BEGIN}", FRAME, "    x", "ValueError: cause"),
    "group": (
        "ExceptionGroup: some",
        "  +-+------ 1 ------",
        f"    | {BEGIN}",
        f"    | {FRAME}",
        "    | ValueError: cause",
    ),
    "validator": ("ValueError: 1 validation error for C", "  cause [type=value_error, input_value=1"),
    "field": ("a.ValidationError: 1 validation error for C", "max_len", "  Input odd [type=i, input_value=1"),
    "announced": ("RuntimeError: Error(s) in loading:", "\tsize mismatch"),
    "compiler": ("RuntimeError: Ninja output:", "[1/2] nvcc", "a.h:1: fatal error: b.h: none", "stop"),
    "assert": ("AssertionError",),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ray", "ValueError: cause"),
        ("worker", "ValueError: cause"),
        ("group", "ValueError: cause"),
        ("validator", "ValueError: cause"),
        ("field", "a.ValidationError: max_len: Input odd"),
        ("announced", "RuntimeError: Error(s) in loading: size mismatch"),
        ("compiler", "RuntimeError: Ninja output: a.h:1: fatal error: b.h: none"),
        ("assert", "AssertionError: assert it"),
    ],
)
def test_the_headline_comes_to_the_point(name: str, expected: str) -> None:
    """What a first line only announces is told: the exception of another process, the field, the compiler's error."""
    assert title(BEGIN, FRAME, "    assert it", *HEADLINES[name]) == expected


def test_a_message_may_quote_how_a_traceback_begins() -> None:
    """An exception is found though its message holds the words that begin a traceback."""
    (found,) = exceptions(BEGIN, FRAME, f"ValueError: got {BEGIN}")

    assert found.message == f"got {BEGIN}"


def test_a_traceback_that_breaks_off_is_told() -> None:
    """A log that ends within a traceback is no silent one: where it ends is said, and that the rest is missing."""
    assert title(BEGIN, FRAME, "    do(it)") == "the log breaks off in the middle of a traceback in vllm/a.py, `run`"


@pytest.mark.parametrize("function", ["run_asgi", "run_endpoint_function"])
def test_what_ends_a_request_is_no_death(function: str) -> None:
    """A traceback from within the answer to a request, to the very end of the log, is no cause."""
    scan = Scan(SYMPTOMS)
    frame = f'  File "/x/site-packages/uvicorn/h.py", line 1, in {function}'
    for line in ("ERROR:    Exception in ASGI application", BEGIN, frame, FRAME, "ValueError: odd"):
        scan.feed(f"{line}\n".encode())

    assert conclude(scan.close()) == ()


@pytest.mark.parametrize(
    ("function", "request_ended"),
    [
        ("create_chat_completion", True),
        ("completion_stream_generator", True),
        ("apply_hf_chat_template", True),
        ("run_asgi", True),
        ("create_engine_config", False),
        ("create_chat_completion_router", False),
    ],
)
def test_what_only_ends_a_request(function: str, request_ended: bool) -> None:  # noqa: FBT001 - the expected value
    """Old releases log what ends a request from within their own handlers, far below the ASGI application."""
    lines = (BEGIN, f'  File "serving_chat.py", line 183, in {function}', "IndexError: list index out of range")

    assert (diagnose(lines) is None) is request_ended


def test_another_request_shows_that_the_one_before_was_survived() -> None:
    """A server without an access log that refuses two requests is told of the last one at most."""
    frame = '  File "serving_chat.py", line 183, in create_chat_completion'
    long = "ValueError: This model's maximum context length is 512 tokens. However, you requested 2028 tokens"

    first = diagnose((BEGIN, frame, long))
    both = diagnose((BEGIN, frame, long, BEGIN, frame, "IndexError: list index out of range"))

    assert first is not None
    assert (first.cause, both) == ("E53", None)
