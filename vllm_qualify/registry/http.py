"""Careful HTTP towards container registries: bounded in size and time, and no credential leaves for another origin.

Called by `client`. Everything that goes wrong is ``NoImageFacts`` with one line.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import httpx

from vllm_qualify.registry.protocol import (
    NoImageFacts,
    error_words,
    one_line,
    retry_after_seconds,
)
from vllm_qualify.system import clock as clocks

CONNECT_SECONDS = 10.0
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def new_client() -> httpx.Client:
    """An HTTP client for registries; its owner closes it.

    Unlike a candidate, a registry is out there: the environment's proxies and certificates are used.

    Raises:
        NoImageFacts: the environment names a proxy that cannot be used.
    """
    loopback = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))
    try:
        return httpx.Client(mounts=loopback)
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        # A proxy's address may hold a password, and the text of an error about it too.
        why = one_line(error) if isinstance(error, ImportError | OSError) else "it has no readable address"
        raise NoImageFacts(
            f"the proxy or the certificates set in the environment cannot be used: {why}; check HTTP_PROXY, "
            "HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A whole answer.

    Attributes:
        status: of HTTP.
        headers: names in any case.
        url: of the server that gave it, behind all redirects.
        body: whole, as it was sent.
    """

    status: int
    headers: httpx.Headers = field(repr=False)
    url: httpx.URL = field(repr=False)  # It may be signed.
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What to ask.

    Attributes:
        url: where.
        headers: to send; ``Authorization`` stays behind when the answer lies elsewhere.
        form: to post; ``None`` to get.
        limit_bytes: of the body.
    """

    url: httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    limit_bytes: int


class HttpClient:
    """Asks servers.

    Args:
        client: shared, and not closed here.
        insecure: hosts, with their port if they have one, that may be asked in plain HTTP; loopback may always.
        clock: seconds, as ``system.clock`` counts them.
    """

    def __init__(
        self, client: httpx.Client, *, insecure: Collection[str] = (), clock: Callable[[], float] = clocks.seconds
    ) -> None:
        self._client = client
        self._insecure = frozenset(insecure)
        self.clock = clock

    def ask(self, question: HttpRequest, *, until: float) -> HttpResponse:
        """Ask, and follow redirects.

        Args:
            question: what.
            until: the clock's time at which an answer comes too late.

        Raises:
            NoImageFacts: no whole answer came in time, it is too large, or it leads to where nothing can be fetched.
        """
        url, headers = question.url, {"Accept-Encoding": "identity", **question.headers}
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._once(question, url, headers, until)
            if answer.status not in _REDIRECTS or question.form is not None:
                return answer
            target = self.target(answer, answer.headers.get("Location", ""))
            if not same_origin(target, url):
                # Storage elsewhere takes its permission from the signed address, and must not learn of the registry's.
                headers.pop("Authorization", None)
            url = target
        raise NoImageFacts(f"{host_of(question.url)} redirects more than {_MOST_REDIRECTS} times")

    def plain(self, host: str) -> bool:
        """A host may be asked in plain HTTP."""
        return host in self._insecure or host.rpartition(":")[0] in self._insecure or _loopback(host)

    def target(self, answer: HttpResponse, address: str) -> httpx.URL:
        """The address that an answer leads to.

        Raises:
            NoImageFacts: it is none, or one in plain HTTP where the answer itself came over TLS.
        """
        url = joined(answer, address)
        if url.scheme == "http" and answer.url.scheme == "https" and not self.plain(host_of(url)):
            raise NoImageFacts(
                f"{host_of(answer.url)} refers to {host_of(url)} over plain HTTP; expected HTTPS, or a "
                "registry configured as insecure"
            )
        return url

    def _once(self, question: HttpRequest, url: httpx.URL, headers: Mapping[str, str], until: float) -> HttpResponse:
        host = host_of(url)
        left = until - self.clock()
        if left <= 0:
            raise _late(host)
        method = "GET" if question.form is None else "POST"
        timeout = httpx.Timeout(left, connect=min(left, CONNECT_SECONDS))
        try:
            with self._client.stream(
                method, url, headers=headers, data=question.form, timeout=timeout, follow_redirects=False
            ) as response:
                body = self._body(response, host, question.limit_bytes, until)
                return HttpResponse(status=response.status_code, headers=response.headers, url=url, body=body)
        except httpx.TimeoutException as error:
            raise _late(host) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise NoImageFacts(f"{host} cannot be reached: {_reason(error, url)}") from error

    def _body(self, response: httpx.Response, host: str, limit_bytes: int, until: float) -> bytes:
        read = bytearray()
        for data in response.iter_raw():
            read += data
            if len(read) > limit_bytes:
                raise NoImageFacts(f"{host} sent more than the {limit_bytes} bytes that such an answer may have")
            if self.clock() > until:
                raise _late(host)
        return bytes(read)


def host_of(url: httpx.URL) -> str:
    """Host and port for messages; the rest of an address may be signed."""
    return url.netloc.decode("ascii", errors="replace")


def joined(answer: HttpResponse, address: str) -> httpx.URL:
    """The whole of an address that an answer names, which may be a part of one.

    Raises:
        NoImageFacts: it is none.
    """
    try:
        url = answer.url.join(address)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    if address and url.scheme in {"http", "https"} and url.raw_host:
        return url
    raise NoImageFacts(f"{host_of(answer.url)} redirects to an invalid address")


def refusal(answer: HttpResponse) -> NoImageFacts:
    """What an answer means that neither answers nor asks for a login."""
    host = host_of(answer.url)
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        seconds = retry_after_seconds(answer.headers)
        when = "later" if seconds is None else f"in {seconds:.0f} s"
        return NoImageFacts(
            f"{host} limits requests ({said(answer)}); try again {when}, or log in: that raises the limit"
        )
    if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return NoImageFacts(f"{host} has a problem ({said(answer)}); try again later")
    return NoImageFacts(f"{host} did not answer ({said(answer)}); check that it is a container registry")


def said(answer: HttpResponse) -> str:
    """Status and reason of an answer, for messages."""
    return f"{answer.status} {error_words(answer.body)}".strip()


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Two addresses are of one server, as browsers see it."""
    return (one.scheme, one.raw_host, _port(one)) == (other.scheme, other.raw_host, _port(other))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)


def _loopback(host: str) -> bool:
    name = httpx.URL(f"http://{host}").raw_host.decode()
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _late(host: str) -> NoImageFacts:
    return NoImageFacts(f"{host} did not answer in time; try again, or check that it can be reached from here")


def _reason(error: Exception, url: httpx.URL) -> str:
    if isinstance(error, httpx.LocalProtocolError):
        return type(error).__name__  # Its text shows the header that it does not like.
    hint = "; if it uses plain HTTP, configure it as insecure" if url.scheme == "https" and "SSL" in str(error) else ""
    return f"{one_line(error) or type(error).__name__}{hint}"
