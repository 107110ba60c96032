"""The direct way: what of an answer is kept besides its body."""

from __future__ import annotations

import httpx
import pytest

from vllm_qualify.edge.openai import OpenAiClient
from vllm_qualify.edge.transport import HttpTransport
from vllm_qualify.samples import Failure, FailureKind


def test_headers_are_kept_by_lower_case_names() -> None:
    """A proxy says in its headers who answered, so they come back, whatever their spelling."""
    response = httpx.Response(200, headers={"X-LiteLLM-Model-Id": "abc"})
    transport = HttpTransport(httpx.Client(transport=httpx.MockTransport(lambda _: response)))

    end = transport.exchange("GET", "http://there/", lambda *_: None, headers={}, deadline_seconds=1.0)

    assert (end.status, end.headers["x-litellm-model-id"]) == (200, "abc")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (httpx.ConnectTimeout("slow"), Failure(kind=FailureKind.TIMEOUT, detail="limit 3 s")),
        (httpx.ConnectError("no route"), Failure(kind=FailureKind.UNREACHABLE, detail="no route")),
        (httpx.ReadError("reset"), Failure(kind=FailureKind.RESET, detail="reset")),
        (httpx.RemoteProtocolError("closed"), Failure(kind=FailureKind.CLOSED, detail="closed")),
        (httpx.DecodingError("zip"), Failure(kind=FailureKind.UNREADABLE, detail="zip")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_errors_are_values(error: httpx.RequestError, failure: Failure) -> None:
    """Each way to fail has its kind, and what httpx says stands in the detail."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    transport = HttpTransport(httpx.Client(transport=httpx.MockTransport(fail)))

    end = transport.exchange("GET", "http://there/", lambda *_: None, headers={}, deadline_seconds=3.0)

    assert (end.status, end.failure) == (0, failure)


def test_a_client_has_one_way_to_the_server() -> None:
    """Neither a client nor a transport, or both, is a mistake of the caller and says so."""
    http = httpx.Client()

    for ways in ({}, {"client": http, "transport": HttpTransport(http)}):
        with pytest.raises(TypeError, match="give it one of the two"):
            OpenAiClient("http://there", **ways)
