"""Events come out of a stream the same however the network cut its bytes."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.client.failures import TooLarge
from vllm_qualify.client.sse import LINE_BYTES, ServerSentEvent, Splitter


def split(*reads: bytes) -> list[ServerSentEvent]:
    """All events of the reads, the end of the stream included."""
    splitter = Splitter()
    return [event for read in reads for event in splitter.feed(read)] + list(splitter.end())


def data(*reads: bytes) -> list[str]:
    """The data of those events."""
    return [event.data for event in split(*reads)]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_of_the_standard(newline: bytes) -> None:
    """LF, CRLF and CR end lines alike."""
    assert data(b"data: one\n\ndata: two\n\n".replace(b"\n", newline)) == ["one", "two"]


def test_several_events_in_one_read() -> None:
    """One read may complete several events."""
    assert Splitter().feed(b"data: a\n\ndata: b\n\n") == (ServerSentEvent(data="a"), ServerSentEvent(data="b"))


def test_comments_are_no_events() -> None:
    """Lines that begin with a colon, as keep-alives do, say nothing."""
    assert data(b": ping\n\n:\n\ndata: a\n: in between\n\n") == ["a"]


def test_data_lines_are_joined() -> None:
    """Several data lines make one event; one blank after the colon is no data, a second one is."""
    assert data(b"data:a\ndata:  b\ndata\n\n") == ["a\n b\n"]


def test_event_name_is_kept_for_its_event_only() -> None:
    """A name belongs to the event it stands in, and an event without data is none."""
    assert split(b"event: error\ndata: x\n\ndata: y\n\nevent: none\n\ndata: z\n\n") == [
        ServerSentEvent(data="x", name="error"),
        ServerSentEvent(data="y"),
        ServerSentEvent(data="z"),
    ]


def test_end_without_newline() -> None:
    """A last event without its blank line counts."""
    assert data(b"data: a\n\ndata: [DONE]") == ["a", "[DONE]"]


def test_byte_order_mark_is_skipped_once() -> None:
    """A byte order mark at the very start is no part of the first field's name."""
    assert data(b"\xef\xbb", b"\xbfdata: a\n\n") == ["a"]


def test_line_end_cut_in_two() -> None:
    """CR and LF in two reads are one line end, not a blank line."""
    assert data(b"data: a\r", b"\ndata: b\r", b"", b"\n\r", b"\n") == ["a\nb"]


def test_event_is_out_before_the_next_read() -> None:
    """An event is given with the read that completes it, or its time stamp would be the next one's."""
    assert Splitter().feed(b"data: a\r\r") == (ServerSentEvent(data="a"),)


def cuts(whole: bytes, places: list[int]) -> list[bytes]:
    """The bytes cut at the places."""
    at = [0, *sorted(place % (len(whole) + 1) for place in places), len(whole)]
    return [whole[begin:end] for begin, end in pairwise(at)]


FRAGMENTS = st.sampled_from(
    [b"data: ", b"data:", b"\n", b"\r", b"\r\n", b"\n\n", b": c", b"event: e", "ö€😀".encode(), b"{}", b"\xef\xbb\xbf"]
)


@given(fragments=st.lists(FRAGMENTS, max_size=30), places=st.lists(st.integers(0, 500), max_size=40))
def test_any_chunking_gives_the_same_events(fragments: list[bytes], places: list[int]) -> None:
    """However the bytes are cut, in mid-character and mid-line-end too, the events are those of one read."""
    whole = b"".join(fragments)

    assert split(*cuts(whole, places)) == split(whole)


@given(texts=st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1)))
def test_round_trip(texts: list[str]) -> None:
    """What was sent as events comes back as it was."""
    assert data("".join(f"data: {text}\n\n" for text in texts).encode()) == texts


@given(whole=st.binary())
def test_no_bytes_break_it(whole: bytes) -> None:
    """Any bytes at all give events or none, byte by byte the same."""
    assert split(*(bytes([byte]) for byte in whole)) == split(whole)


def test_a_line_is_put_together_once() -> None:
    """However often it is cut, a line takes no longer than in proportion to its length."""
    splitter, piece = Splitter(), b"x" * 64
    began = time.thread_time()
    for _ in range(LINE_BYTES // len(piece) // 8):
        splitter.feed(piece)
    short = time.thread_time() - began
    for _ in range(LINE_BYTES // len(piece) // 8 * 6):
        splitter.feed(piece)

    assert time.thread_time() - began < 20 * short
    assert splitter.feed(b"\n\ndata: a\n\n") == (ServerSentEvent(data="a"),)


@pytest.mark.parametrize("read", [b"x" * 4096, b"data: a\n\n" * 500, b"x" * (LINE_BYTES + 1) + b"\n"])
def test_a_stream_without_end_is_refused(read: bytes) -> None:
    """A line beyond all bounds, and events beyond number, end the reading by an error of their own."""
    splitter = Splitter()

    with pytest.raises(TooLarge, match="more than"):
        all(splitter.feed(read) is not None for _ in range(1000))
