"""The figures of a stream follow from its pieces by the formulas of docs/design.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vllm_qualify.client.exchanges import Chunk, HttpReply, StreamSample, Usage, quote
from vllm_qualify.client.failures import Failure, FailureKind

PROPER = StreamSample(
    status=200,
    chunks=(
        Chunk(at=0.1, tokens=0),
        Chunk(at=0.5, tokens=3, content="a b c"),
        Chunk(at=0.6, tokens=4),
        Chunk(at=1.5, tokens=13, content="d"),
        Chunk(at=1.7, tokens=13, last=True),
    ),
    finish_reason="stop",
    usage=Usage(prompt=5, completion=13),
    done=True,
    seconds=2.0,
)


def test_rate_runs_from_first_token_to_last() -> None:
    """(13 - 3) tokens in (1.5 - 0.5) s: neither the role before nor the empty end after counts."""
    assert PROPER.decode_rate == 10.0
    assert PROPER.first_token_seconds == 0.5
    assert PROPER.end_to_end_rate == 6.5


def test_end_token_without_text_counts() -> None:
    """Where the server does not count as it goes, the finishing piece brought the end token."""
    chunks = (Chunk(at=0.1), Chunk(at=1.0, content="a"), Chunk(at=2.0, content="b"), Chunk(at=3.0, last=True))
    sample = replace(PROPER, chunks=chunks, usage=Usage(prompt=5, completion=3))

    assert sample.decode_rate == (3 - 1) / (3.0 - 1.0)


@pytest.mark.parametrize(
    "change",
    [
        {"usage": None},
        {"chunks": ()},
        {"chunks": (Chunk(at=0.5, tokens=13, content="all at once"),)},
        {"chunks": (Chunk(at=0.5, tokens=1, content="a"), Chunk(at=0.5, tokens=13, content="b"))},
    ],
)
def test_rate_that_says_nothing_is_none(change: dict[str, object]) -> None:
    """Without usage, without tokens, or with all of them at one time there is no rate rather than a wrong one."""
    assert replace(PROPER, **change).decode_rate is None


def test_silence_has_no_times() -> None:
    """A stream without pieces has no first token and no rates."""
    empty = StreamSample(status=200)

    assert (empty.first_token_seconds, empty.end_to_end_rate) == (None, None)
    assert empty.problems == ("no token arrived", "no finish_reason", "no usage", "no [DONE] at the end")


def test_server_that_counts_no_token_brought_none() -> None:
    """Text that the server counts as no token at all is no success."""
    sample = replace(PROPER, chunks=(Chunk(at=0.5, content="?"),), usage=Usage(prompt=5, completion=0))

    assert sample.problems == ("no token arrived",)


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_given_up_is_not_finished(reason: str) -> None:
    """A server that ends a stream in good form by giving up has not answered, streamed or whole."""
    sample = replace(PROPER, finish_reason=reason)

    assert sample.problems == sample.reply.problems == (f"finish_reason {reason!r}: the server gave up",)


def test_reply_of_a_stream_is_the_same_answer() -> None:
    """What readers of answers see of a stream is all but its times."""
    reply = replace(PROPER, failure=Failure(kind=FailureKind.RESET, detail="x")).reply

    assert (reply.content, reply.finish_reason, reply.usage) == ("a b cd", "stop", PROPER.usage)
    assert reply.problems == ("connection reset (x)",)


def test_http_error_is_the_only_problem_of_its_stream() -> None:
    """An HTTP error is not told a second time as missing tokens."""
    assert StreamSample(status=503, body="gone").problems == HttpReply(status=503, body="gone").problems
    assert HttpReply(status=503, body="gone").problems == ("HTTP 503: 'gone'",)


def test_quote_is_safe_to_print() -> None:
    """Foreign text is cut, and no control character or half surrogate of it reaches a terminal or a file."""
    assert quote("ö" * 9, limit=3) == "'ööö…'"
    assert quote("\x1b[2J\n\ud800") == r"'\x1b[2J\n\ud800'"
