"""One HTTP answer, read by read: the same body and the same end, however the network cut it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.client._http_answer import MOST_HEADERS, Flood, HttpAnswer, Unreadable

HEAD = b"HTTP/1.1 200 OK\r\nX-One: a\r\nx-one:b\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def read(raw: bytes, cuts: list[int]) -> tuple[HttpAnswer, bytes]:
    """The answer after all reads, cut at these places, and its body."""
    places = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    answer = HttpAnswer()
    body = b"".join(answer.feed(raw[start:end]) for start, end in itertools.pairwise(places))
    return answer, body


@given(pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=6), cuts=st.lists(st.integers(0, 400)))
def test_chunks_are_put_together_however_they_were_cut(pieces: list[bytes], cuts: list[int]) -> None:
    """Sizes, extensions and trailers of the chunked coding are no part of the body, wherever a read ends."""
    framed = b"".join(f"{len(piece):X};x=1\r\n".encode() + piece + b"\r\n" for piece in pieces)

    answer, body = read(CHUNKED + framed + b"0\r\nTrailer: t\r\n\r\n", cuts)

    assert (body, answer.done, answer.kept) == (b"".join(pieces), True, True)
    assert (answer.status, answer.headers["x-one"]) == (200, "a, b")


@given(body=st.binary(max_size=60), cuts=st.lists(st.integers(0, 150)))
def test_a_body_of_known_length_ends_with_it(body: bytes, cuts: list[int]) -> None:
    """It is done at its last byte, and not before."""
    raw = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body

    answer, taken = read(raw, cuts)

    assert (taken, answer.done, answer.kept) == (body, True, True)
    assert body == b"" or not read(raw[:-1], cuts)[0].done


@given(body=st.binary(max_size=60), cuts=st.lists(st.integers(0, 150)))
def test_a_body_without_length_ends_with_the_connection(body: bytes, cuts: list[int]) -> None:
    """Until the server hangs up it is not done; after that it is, and nothing is missing."""
    answer, taken = read(HEAD + b"Connection: close\r\n\r\n" + body, cuts)
    before, missing = answer.done, answer.hung_up()

    assert (taken, before, missing, answer.done, answer.kept) == (body, False, "", True, False)


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 20", CHUNKED + b"5\r\nab", HEAD + b"Content-Length: 3\r\n\r\nab"])
def test_a_close_in_the_middle_is_told(raw: bytes) -> None:
    """Whatever came before it, the answer is not whole."""
    answer, _ = read(raw, [])

    assert "the server hung up" in answer.hung_up()
    assert not answer.done


def test_an_interim_answer_is_passed_over() -> None:
    """After 100 Continue comes the answer itself."""
    answer, body = read(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 1\r\n\r\nx", [])

    assert (answer.status, body, answer.done) == (200, b"x", True)


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore than was announced", False),
        (CHUNKED + b"0\r\n\r\nmore than was announced", False),
    ],
)
def test_whether_the_connection_may_be_used_again(head: bytes, *, kept: bool) -> None:
    """By version and header, and never with bytes on it that nobody asked for."""
    answer, _ = read(head, [])

    assert (answer.done, answer.kept) == (True, kept)


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 xyz\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"-5\r\n",
    ],
)
def test_what_is_no_http_is_refused(raw: bytes) -> None:
    """The message quotes what came instead."""
    with pytest.raises(Unreadable):
        read(raw, [])


@pytest.mark.parametrize("start", [HEAD, CHUNKED])
def test_a_head_without_end_is_not_kept(start: bytes) -> None:
    """Neither of the answer nor of a chunk."""
    with pytest.raises(Flood, match="more than"):
        read(start + b"x" * (2 * MOST_HEADERS), [])
