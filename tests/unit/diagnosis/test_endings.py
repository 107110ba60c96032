"""What goes wrong in a server that was asked to end is not why it ended; what went wrong before is."""

from __future__ import annotations

import pytest

from vllm_qualify.diagnosis import diagnose

SERVER = "(APIServer pid=1) INFO 11-26 13:30:42 [launcher.py:137] "
ENGINE = "(EngineCore pid=2) "
ASKED = pytest.mark.parametrize(
    "asked",
    [
        f"{SERVER}Shutting down FastAPI HTTP server.",
        f"{SERVER}[shutdown] API server: shutdown triggered",
        f"{ENGINE}INFO 11-26 13:30:42 [core.py:1238] Shutdown initiated (timeout=0)",
        f"{ENGINE}INFO 11-26 13:30:42 [core.py:1454] [shutdown] EngineCore: trigger received signal=SIGTERM",
        '{"level": "info", "name": "vllm.entrypoints.launcher", "message": "Shutting down FastAPI HTTP server."}',
    ],
    ids=["until-0.20", "since-0.25", "engine-until-0.20", "engine-since-0.25", "json"],
)


def traceback(writer: str, exception: str = "RuntimeError: Found no NVIDIA driver on your system.") -> list[str]:
    """A traceback as a process writes it."""
    said = ("Traceback (most recent call last):", '  File "a.py", line 1, in shutdown', exception)
    return [f"{writer}{line}" for line in said]


@ASKED
def test_an_engine_that_fails_while_it_ends(asked: str) -> None:
    """Its worker's traceback comes after the end was asked for."""
    assert diagnose([asked, *traceback("(Worker pid=3) ")]) is None


@ASKED
def test_an_engine_that_failed_before(asked: str) -> None:
    """A pod that is deleted after its engine died has died of that."""
    found = diagnose([*traceback("(Worker pid=3) "), asked])

    assert found is not None
    assert found.cause == "E13"


def test_a_server_that_fails_ends_its_engine_first() -> None:
    """What the server says after its engine was told to end is what it failed of."""
    told = f"{ENGINE}INFO 11-26 13:30:42 [core.py:1454] [shutdown] EngineCore: trigger received signal=SIGTERM"

    found = diagnose([told, *traceback("(APIServer pid=1) ", "OSError: [Errno 98] Address already in use")])

    assert found is not None
    assert found.cause == "E43"


def test_a_server_that_began_again_may_fail_again() -> None:
    """Logs of several containers in one file: the end of the first says nothing of the second."""
    again = f"{SERVER}vLLM API server version 0.20.2"
    asked = f"{SERVER}Shutting down FastAPI HTTP server."

    found = diagnose([asked, *traceback("(Worker pid=3) "), again, *traceback("(EngineCore pid=4) ")])

    assert found is not None
    assert (found.cause, found.lines[0].number) == ("E13", 8)


def test_a_prompt_asks_for_nothing() -> None:
    """A request that is logged holds words of somebody who asks no server to end."""
    prompt = f"{SERVER}Received request chatcmpl-1: prompt: 'Shutting down FastAPI HTTP server.', params: none"

    found = diagnose([prompt, *traceback("(Worker pid=3) ")])

    assert found is not None
    assert found.cause == "E13"


def test_a_traceback_that_was_under_way_is_read_to_its_end() -> None:
    """Two processes write at once; the death of the one began before the other was asked to end."""
    first, *rest = traceback("(Worker pid=3) ")

    found = diagnose([first, f"{SERVER}Shutting down FastAPI HTTP server.", *rest])

    assert found is not None
    assert found.cause == "E13"


def test_a_request_that_was_refused_at_last_is_not_why_it_ended() -> None:
    """A server that was asked to end had lived until then."""
    refused = (
        "Traceback (most recent call last):",
        '  File "serving_chat.py", line 183, in create_chat_completion',
        "ValueError: This model's maximum context length is 512 tokens. However, you requested 2028 tokens",
    )

    assert diagnose(refused) is not None
    assert diagnose([*refused, f"{SERVER}Shutting down FastAPI HTTP server."]) is None
