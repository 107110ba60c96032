"""A log is read the same in whatever pieces it comes, however large it is."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vllm_qualify.core.records import Diagnosis
from vllm_qualify.diagnosis import SYMPTOMS, Scan, conclude
from vllm_qualify.diagnosis.logs import Line

DATA = Path(__file__).parents[1] / "data" / "logs"
DIED = (DATA / "v0.12.0-bfloat16-dies-on-schema.log").read_bytes()
CALM = b"(APIServer pid=1) INFO 11-23 14:45:01 [loggers.py:236] Engine 000: Avg prompt throughput: %d.1 tokens/s\n"
FATAL = (
    b"(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] RuntimeError: Error 804: forward compatibility was "
    b"attempted on non supported HW"
)


def diagnosed(*blocks: bytes) -> tuple[Diagnosis, ...]:
    """What the blocks of a log come to."""
    scan = Scan(SYMPTOMS)
    for block in blocks:
        scan.feed(block)
    return conclude(scan.close())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(DIED)), max_size=6).map(sorted))
def test_where_a_block_ends_does_not_matter(cuts: list[int]) -> None:
    """Cut anywhere, within a line or a character, a log gives the same cause at the same line."""
    blocks = [DIED[start:end] for start, end in zip([0, *cuts], [*cuts, len(DIED)], strict=True)]

    assert diagnosed(*blocks) == diagnosed(DIED)


@pytest.mark.parametrize("lines", [10, 40_000], ids=["small", "large"])
def test_line_numbers(lines: int) -> None:
    """The line is counted right, below and above the size from which on lines are passed over."""
    log = b"".join(CALM % number for number in range(lines)) + FATAL

    (found,) = diagnosed(log)

    assert (found.cause, found.lines[0].number) == ("E01", lines + 1)


@pytest.mark.parametrize("before", [10_000, 300_000, 3_000_000])
@pytest.mark.parametrize("behind", [b"", b" " + b"x" * 600_000 + b"\nend\n"], ids=["at-end", "within"])
def test_a_line_of_any_length(before: int, behind: bytes) -> None:
    """The cause is found within a line that is longer than what is read at once, and its number is right."""
    (found,) = diagnosed(b"first\n" + b"y" * before + b" No available memory for the cache blocks" + behind)

    assert (found.cause, found.lines[0].number) == ("E29", 2)


@pytest.mark.parametrize("before", range(0, 20, 4))
def test_words_across_the_cut_of_a_long_line(before: int) -> None:
    """Where a line without an end is cut to keep memory bounded, no word is lost."""
    log = b"y" * (3 * 256 * 1024 - 2 * before) + b" No available memory for the cache blocks " + b"z" * 600_000

    assert [found.cause for found in diagnosed(log)] == ["E29"]


def test_memory_is_bounded() -> None:
    """What is kept of a log does not grow with it: 8 MB of errors that never end take less than 3 MB."""
    error = b"(APIServer pid=1) ERROR 11-23 14:45:01 [serving_chat.py:200] CUDA out of memory, %d\n"
    scan = Scan(SYMPTOMS)
    tracemalloc.start()
    for _ in range(80):
        scan.feed(b"".join(error % number for number in range(1200)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert conclude(scan.close())[0].cause == "E31"
    assert peak < 3 * 1024 * 1024


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=200) | st.sampled_from(DIED.splitlines()), max_size=60))
def test_anything_is_read(lines: list[bytes]) -> None:
    """No bytes make it fail, whatever stands between the lines of a real death."""
    for found in diagnosed(b"\n".join(lines)):
        assert found.lines[0].number <= sum(line.count(b"\n") + 1 for line in lines)


def test_what_was_survived_may_kill_later() -> None:
    """An error that is passed over because it was seen before is seen again when the server lived on in between."""
    error = b"(APIServer pid=1) ERROR 11-23 14:45:01 [serving_chat.py:200] CUDA out of memory\n"
    lives = CALM % 1
    before = (error + lives.replace(b"Avg", b"")) * 60

    (found,) = diagnosed(before + error, error * 3 + lives + lives * 200 + error)

    assert (found.cause, found.lines[0].number) == ("E31", 326)


def test_nothing_more_is_read_when_the_cause_is_known() -> None:
    """What follows the death of an engine that named its cause cannot change it, and is not read."""
    scan = Scan(SYMPTOMS)
    scan.feed(FATAL[:63] + b"EngineCore failed to start.\n" + FATAL[:63] + b"Traceback (most recent call last):\n")
    scan.feed(FATAL + b"\n" + CALM % 1 * 200 + FATAL[:63] + b"Traceback (most recent call last):\n")

    assert scan.close().settled


def read(lines: list[bytes]) -> tuple[int, str]:
    """How many lines of a log were read one by one, and the id of its first cause."""
    scan, taken = Scan(SYMPTOMS), 0
    take = scan._reader.take

    def counted(line: Line, words: Sequence[bytes]) -> None:
        nonlocal taken
        taken += 1
        take(line, words)

    scan._reader.take = counted  # type: ignore[method-assign]
    scan.feed(b"\n".join(lines))
    found = conclude(scan.close())
    return taken, found[0].cause if found else ""


CORE, API = FATAL[:63], b"(APIServer pid=1) ERROR 11-23 14:45:01 [serving_chat.py:200] "
SERVED = b'(APIServer pid=1) INFO:     127.0.0.1:1 - "POST /v1/chat/completions HTTP/1.1" 200 OK'
FULL, TOO_OLD = b"CUDA out of memory", b"system has unsupported display driver / cuda driver combination"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([CORE.replace(b"ERROR", b"WARNING") + TOO_OLD], ""),
        ([CORE.replace(b"ERROR", b"WARNING") + b"fields were present in the request but ignored: {}"], ""),
        ([CORE + FULL], "E31"),
        ([API + FULL], "E31"),
        ([API + FULL, SERVED], ""),
        ([CORE + FULL, SERVED], ""),
        ([FULL], "E31"),
        ([b'{"level": "info", "message": "' + FULL + b'"}'], ""),
        ([b'{"level": "ERROR", "message": "' + FULL + b'"}'], "E31"),
        ([CORE + b"Traceback (most recent call last):", CORE + b"ValueError: odd"], "E00"),
        ([API + b"EngineCore failed to start."], "E03"),
        ([API + b"This model's maximum context length is 5", SERVED], ""),
    ],
    ids=range(12),
)
def test_what_is_said_over_and_over_is_not_read_over_and_over(lines: list[bytes], expected: str) -> None:
    """However a log repeats itself, a bounded number of its lines is read, and the cause is the one of its first."""
    taken, cause = read([line.replace(b":01 ", b":%02d " % (at % 60)) for at in range(25_000) for line in lines])

    assert cause == expected
    assert taken < 10_000


def test_repetition_hides_nothing() -> None:
    """An engine's death behind a hundred thousand lines about something else is found, and by its own words."""
    before = [API + b"This model's maximum context length is 5", SERVED, API + FULL] * 30_000

    assert read([*before, FATAL])[1] == "E01"


def test_errors_of_the_server_do_not_hide_its_engine() -> None:
    """Where no sign of life is logged, more errors of requests than are kept leave room for what the engine says."""
    handled = [API + b"Traceback (most recent call last):", API + b"ValueError: odd"] * 280

    assert read([*handled, CORE + b"Traceback (most recent call last):", FATAL])[1] == "E01"


def test_what_an_engine_repeats_does_not_hide_what_it_says_later() -> None:
    """An engine that complains for long and then names the reason died of the reason."""
    complaint = CORE + b"No available shared memory broadcast block found"

    assert (
        read(
            [complaint] * 9000
            + [CORE + b"EngineCore failed to start.", CORE + b"Traceback (most recent call last):", FATAL]
        )[1]
        == "E01"
    )
