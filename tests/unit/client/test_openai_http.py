"""The HTTP of the client: its headers, the key, proxies, and answers that are no stream of events."""

from __future__ import annotations

import httpx
import pytest

from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.client.openai import OpenAiClient

ASK = ChatRequest(model="canary", prompt="Say hello.")


def answered(response: httpx.Response) -> tuple[list[httpx.Request], OpenAiClient]:
    """A client that always gets this response, and the requests that it makes."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return response

    http = httpx.Client(transport=httpx.MockTransport(handle))
    return seen, OpenAiClient("http://there/", client=http, api_key="secret-key", deadline_seconds=7.0)


def test_key_is_sent_and_not_shown() -> None:
    """An API key travels as bearer token and stays out of the client's representation."""
    seen, client = answered(httpx.Response(200))
    client.health()

    assert str(seen[0].url) == "http://there/health"
    assert seen[0].headers["Authorization"] == "Bearer secret-key"
    assert "secret-key" not in repr(client)


@pytest.mark.parametrize(
    ("key", "sent"), [("one\n", "Bearer one"), ("two\nlines", None), ("schlüssel", None), ("", None), (" ", None)]
)
def test_key_that_no_header_can_hold_is_not_sent(key: str, sent: str | None) -> None:
    """A Secret may end with a line feed; any other such key would be quoted in an error, so the 401 is let speak."""

    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, text=str(request.headers.get("Authorization")))

    with httpx.Client(transport=httpx.MockTransport(refuse)) as http:
        reply = OpenAiClient("http://there", client=http, api_key=key).health()

    assert (reply.status, reply.body) == (401, str(sent))


def test_pieces_are_not_held_back_by_compression_and_silence_has_its_limit() -> None:
    """A stream asks for plain bytes, and the limit of the client is the limit of a single read."""
    seen, client = answered(httpx.Response(200))
    client.stream(ASK)

    assert seen[0].headers["Accept-Encoding"] == "identity"
    assert seen[0].extensions["timeout"]["read"] == 7.0


def test_stream_that_ends_without_a_blank_line_is_done() -> None:
    """[DONE] counts as the last bytes of a stream too."""
    _, client = answered(httpx.Response(200, content=b"data: [DONE]"))

    assert client.stream(ASK).done


def test_events_behind_an_http_error_are_no_answer() -> None:
    """Tokens under a status that is no 200 are not counted, and the body is kept for the message."""
    _, client = answered(httpx.Response(502, content=b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'))
    sample = client.stream(ASK)

    assert (sample.status, sample.chunks) == (502, ())
    assert sample.body.startswith("data:")
