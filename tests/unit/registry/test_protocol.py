"""Challenges, pages, waits and reasons as registries write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.registry import protocol
from vllm_qualify.registry.protocol import Challenge, NoImageFacts

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("vllm/vllm-openai", ("registry-1.docker.io", "vllm/vllm-openai")),
        ("busybox", ("registry-1.docker.io", "library/busybox")),
        ("docker.io/busybox", ("registry-1.docker.io", "library/busybox")),
        ("index.docker.io/vllm/vllm-openai", ("registry-1.docker.io", "vllm/vllm-openai")),
        ("localhost/a", ("localhost", "a")),
        ("[::1]:5000/a/b", ("[::1]:5000", "a/b")),
        ("registry.example:5000/a/b/c", ("registry.example:5000", "a/b/c")),
    ],
)
def test_an_address_is_as_docker_understands_it(repository: str, address: tuple[str, str]) -> None:
    """A first part with a dot, a port or the name localhost is a host; everything else is Docker's own registry."""
    assert protocol.address(repository) == address


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="https://a/t",service="s"', [("bearer", {"realm": "https://a/t", "service": "s"})]),
        ("Bearer realm=https://a/t , Service=s", [("bearer", {"realm": "https://a/t", "service": "s"})]),
        (r'BASIC realm="a \"b\", c"', [("basic", {"realm": 'a "b", c'})]),
        (
            'Negotiate, Basic realm="x", Bearer realm="y"',
            [("negotiate", {}), ("basic", {"realm": "x"}), ("bearer", {"realm": "y"})],
        ),
        ('Bearer scope="repository:a/b:pull,push"', [("bearer", {"scope": "repository:a/b:pull,push"})]),
        ("", []),
        ("=,=", []),
        ('Bearer realm="unclosed', [("bearer", {"realm": ""})]),
    ],
)
def test_challenges_are_read(header: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    """Several schemes in one header, quoted commas and odd spacing are read as HTTP has them."""
    assert protocol.challenges([header]) == tuple(Challenge(scheme=one, parameters=of) for one, of in expected)


@given(header=st.text('Bearer ,="\\ax', max_size=200))
def test_any_challenge_is_read_to_its_end(header: str) -> None:
    """No header keeps the reader from ending, and every scheme that it finds stands in the header."""
    assert all(one.scheme in header.lower() for one in protocol.challenges([header]))


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('</v2/a/tags/list?n=2&last=b>; rel="next"', "/v2/a/tags/list?n=2&last=b"),
        ('<x>; rel="prev", <y>; title=t; REL=next', "y"),
        ("", ""),
        ('<x>; rel="nextish"', ""),
        ("x; rel=next", ""),
    ],
)
def test_the_next_page_is_found(header: str, target: str) -> None:
    """Of all links the one to the next page counts."""
    assert protocol.next_page(header) == target


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60.0),
        ("Wed, 21 Oct 2026 07:30:00 GMT", 120.0),
        ("Wed, 21 Oct 2026 07:30:00 -0000", 120.0),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0.0),
        ("1792567690", 10.0),
        ("soon", None),
        ("", None),
        ("-1", None),
        ("9" * 40, None),
    ],
)
def test_a_wait_is_read_in_every_spelling(value: str, seconds: float | None) -> None:
    """Seconds, a date, and the seconds since 1970 that Docker's registry writes, count from the server's clock."""
    assert protocol.retry_after_seconds({"Retry-After": value, "Date": DATE}) == seconds


def test_a_point_in_time_needs_the_servers_clock() -> None:
    """Where the server does not tell its time, a date says nothing."""
    assert protocol.retry_after_seconds({"Retry-After": DATE}) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"errors":[{"code":"DENIED","message":"no\\u001b[31m\\nway","detail":{}}]}', "DENIED: no [31m way"),
        (b'{"details":"incorrect username"}', "incorrect username"),
        (b'{"errors":[]}', ""),
        (b'{"errors":[1],"message":"m"}', "m"),
        (b"<html>", ""),
        (b"[" * 100_000, ""),
        (b'["x"]', ""),
    ],
)
def test_a_reason_is_one_printable_line(body: bytes, words: str) -> None:
    """What stands in an error is told without what would move a terminal's cursor."""
    assert protocol.error_words(body) == words


def test_a_reason_is_not_long() -> None:
    """A registry cannot fill the screen."""
    assert len(protocol.error_words(b'{"message":"%s"}' % (b"x" * 9999))) < 300


@pytest.mark.parametrize(
    "body", [b"{}", b'{"token":1}', b'{"token":"a\\nb"}', b'{"token":"\\u00e9"}', b'{"token":" "}']
)
def test_a_token_fits_into_a_header(body: bytes) -> None:
    """What no header can hold is no token, and is not shown."""
    with pytest.raises(NoImageFacts, match="without a token"):
        protocol.token(body)


@pytest.mark.parametrize(
    ("body", "tags"), [(b'{"tags":null}', ()), (b"{}", ()), (b'{"tags":["a","-","b.c"]}', ("a", "b.c"))]
)
def test_tags_are_those_that_an_image_can_have(body: bytes, tags: tuple[str, ...]) -> None:
    """An empty list is written in several ways, and what is no tag cannot be asked for."""
    assert protocol.tag_names(body) == tags


@pytest.mark.parametrize("body", [b'{"tags":"a"}', b'{"tags":[1]}', b'{"tags":{}}'])
def test_a_list_of_tags_that_is_none_is_refused(body: bytes) -> None:
    """Tags of another type are not guessed at."""
    with pytest.raises(NoImageFacts, match="without a list of tags"):
        protocol.tag_names(body)
