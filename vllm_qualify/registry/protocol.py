"""What container registries and their token services say on the wire, read into our words; used by the client. Pure.

Sources: the OCI distribution specification 1.1 (errors, tags, pages) and the distribution project's specification of
token authentication.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vllm_qualify.core.errors import UserError

_HUB = "registry-1.docker.io"
_HUB_NAMES = frozenset({"docker.io", "index.docker.io", _HUB})
_MOST_WORDS = 200
_PARAMETER = re.compile(r"[\s,]*(?P<name>[\w-]+)\s*=\s*(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\s,\"]*))")
_PAGE = re.compile(r"<(?P<target>[^<>]*)>(?P<about>[^<>]*)")
_SCHEME = re.compile(r"[\s,]*(?P<scheme>[\w-]+)(?=[\s,]|$)")
_SECONDS = re.compile(r"\d{1,10}", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
# What may stand in a header: the token68 of HTTP, and the dots of web tokens.
_TOKEN = re.compile(r"[!-~]{1,65536}", re.ASCII)
_YEAR = 366 * 86400


class NoImageFacts(UserError):
    """A registry told nothing of an image; the message is one line for people and holds no secret."""


class NoSuchImage(NoImageFacts):
    """The registry says that it does not have this image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """How a registry wants to be asked.

    Attributes:
        scheme: in lower case, such as ``bearer``.
        parameters: by name in lower case: ``realm``, ``service``, ``scope``.
    """

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def address(repository: str) -> tuple[str, str]:
    """Host of the registry and name in it.

    >>> address("vllm/vllm-openai")
    ('registry-1.docker.io', 'vllm/vllm-openai')
    >>> address("localhost:5000/vllm")
    ('localhost:5000', 'vllm')
    """
    host, slash, name = repository.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, name = _HUB, repository
    if host not in _HUB_NAMES:
        return host, name
    return _HUB, name if "/" in name else f"library/{name}"


def aliases(host: str) -> frozenset[str]:
    """All names of a registry: Docker's own has three."""
    return _HUB_NAMES if host in _HUB_NAMES else frozenset({host})


def challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Read ``WWW-Authenticate``; what cannot be read ends its header (RFC 9110, section 11.6.1)."""
    return tuple(challenge for header in headers for challenge in _challenges(header))


def _challenges(header: str) -> Iterable[Challenge]:
    place, scheme, parameters = 0, "", dict[str, str]()
    while True:
        match = _PARAMETER.match(header, place) if scheme else None
        if match:
            quoted = match["quoted"]
            value = match["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            parameters[match["name"].lower()] = value
        else:
            if scheme:
                yield Challenge(scheme=scheme, parameters=parameters)
            match = _SCHEME.match(header, place)
            if match is None:
                return
            scheme, parameters = match["scheme"].lower(), {}
        place = match.end()


def error_words(body: bytes) -> str:
    """What a registry or a token service gives as the reason, on one line; ``""`` where it gives none.

    Args:
        body: of an answer other than 200, whatever it is.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else said
    words = (first.get(key) for key in ("code", "message", "details"))
    return one_line(": ".join(word for word in words if isinstance(word, str) and word))


def json_object(body: bytes, *, what: str) -> dict[str, Any]:
    """The JSON object that an answer should be.

    Args:
        body: of the answer.
        what: it should be, for the message.

    Raises:
        NoImageFacts: it is none.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    held = "nothing" if not body.strip() else f"{len(body)} bytes that are not a JSON object"
    raise NoImageFacts(f"{held} was returned instead of {what}")


def next_page(header: str) -> str:
    """The target of a ``Link`` header's ``next``; ``""`` where this page is the last."""
    for match in _PAGE.finditer(header):
        if re.search(r";\s*rel\s*=\s*\"?next\b", match["about"], re.IGNORECASE):
            return match["target"]
    return ""


def one_line(words: object) -> str:
    """Foreign text as a part of a message: printable, and not long."""
    text = " ".join("".join(char if char.isprintable() else " " for char in str(words)).split())
    return text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]}..."


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """How long a server asks to be left alone (RFC 9110, section 10.2.3); ``None`` where it does not say.

    Args:
        headers: of the answer; names in any case if the mapping takes them so. A point in time counts from the
            server's own; Docker's registry writes one as seconds since 1970.
    """
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value) and int(value) < _YEAR:
        return float(value)
    until, now = _time(value), _time(headers.get("Date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _time(value: str) -> datetime | None:
    if _SECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(value), tz=UTC)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - loads sockets for what few answers have.

    try:
        read = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone is one in universal time.
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def tag_names(body: bytes) -> tuple[str, ...]:
    """The tags on one page; those that no image can have are left out.

    Raises:
        NoImageFacts: it is no page of tags.
    """
    listed = json_object(body, what="a list of tags").get("tags")
    if listed is None:  # What registries write for none.
        return ()
    if not isinstance(listed, list) or not all(isinstance(tag, str) for tag in listed):
        raise NoImageFacts("a JSON object without a list of tags was returned")
    return tuple(tag for tag in listed if _TAG.fullmatch(tag))


def token(body: bytes) -> str:
    """The token that a token service gives.

    Raises:
        NoImageFacts: it gives none that a header could hold.
    """
    said = json_object(body, what="a token")
    # The second is OAuth 2.0's name for it; services that know both send both.
    value = said.get("token") or said.get("access_token")
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise NoImageFacts("a JSON object without a token was returned")
    return value
