"""Why the API server, or the way to it, said no: from kubectl's words to a kind that callers decide by. Pure."""

from __future__ import annotations

import re
from enum import Enum

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_UNDECIDED


class RefusalKind(Enum):
    """What a refusal means for whoever asked."""

    CONFLICT = "conflict"
    EXISTS = "exists"
    FORBIDDEN = "forbidden"
    GONE = "gone"
    INVALID = "invalid"
    MISSING = "missing"
    NO_KUBECTL = "no kubectl"
    OTHER = "other"
    TRANSIENT = "transient"
    UNAUTHORIZED = "unauthorized"


class Refused(UserError):
    """A request was refused or never answered; the message is what kubectl said."""

    exit_code = EXIT_UNDECIDED

    def __init__(self, message: str, *, kind: RefusalKind) -> None:
        super().__init__(message)
        self.kind = kind


# kubectl prints `Error from server (Reason): message`; what never reached a server, it words in its own way.
_REASONS = {
    "AlreadyExists": RefusalKind.EXISTS,
    "BadRequest": RefusalKind.INVALID,
    "Conflict": RefusalKind.CONFLICT,
    "Expired": RefusalKind.GONE,
    "Forbidden": RefusalKind.FORBIDDEN,
    "Gone": RefusalKind.GONE,
    "InternalError": RefusalKind.TRANSIENT,
    "Invalid": RefusalKind.INVALID,
    "MethodNotAllowed": RefusalKind.INVALID,
    "NotFound": RefusalKind.MISSING,
    "ServerTimeout": RefusalKind.TRANSIENT,
    "ServiceUnavailable": RefusalKind.TRANSIENT,
    "Timeout": RefusalKind.TRANSIENT,
    "TooManyRequests": RefusalKind.TRANSIENT,
    "Unauthorized": RefusalKind.UNAUTHORIZED,
}
_REASON = re.compile(r"Error from server(?: \((?P<reason>\w+)\))?: (?P<said>.*)", re.DOTALL)
_INVALID = re.compile(r"The \w+ \"[^\"]*\" is invalid")
# A missing object is named in the refusal. A path that nobody serves is a proxy's word, or that of a server which is
# not up yet, and says nothing of any object.
_NO_PATH = "the server could not find the requested resource"
_UNAUTHORIZED = re.compile(r"You must be logged in to the server|the server has asked for the client to provide cred")
_TRANSIENT = re.compile(
    r"Unable to connect to the server|connection refused|connection reset|unexpected EOF|: EOF\b|i/o timeout"
    r"|TLS handshake timeout|Client\.Timeout|context deadline exceeded|http2: |server closed idle connection"
    r"|broken pipe|no route to host|network is unreachable|did not answer within|was refused - did you specify"
    r"|etcdserver: |the server is currently unable|error trying to reach service|leader changed"
)


_SAID_LINES = 6
"""An object that is invalid is so in several ways, a line each."""


def kind(stderr: str) -> RefusalKind:
    """What kubectl's words mean."""
    match = _REASON.search(stderr)
    if _NO_PATH in stderr:
        return RefusalKind.TRANSIENT
    if match is not None and (known := _REASONS.get(match["reason"] or "")):
        return known
    if _UNAUTHORIZED.search(stderr):
        return RefusalKind.UNAUTHORIZED
    if _INVALID.search(stderr):
        return RefusalKind.INVALID
    return RefusalKind.TRANSIENT if _TRANSIENT.search(stderr) else RefusalKind.OTHER


def refused(stderr: str) -> Refused:
    """The refusal that kubectl tells of."""
    said = " ".join(line.strip() for line in stderr.strip().splitlines()[-_SAID_LINES:])
    return Refused(said or "kubectl failed without an error message", kind=kind(stderr))
