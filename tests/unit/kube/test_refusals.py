"""What kubectl's words mean. Those of kubectl v1.34 were recorded: from a real server, and from a broken one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import refusals
from vllm_qualify.kube.refusals import RefusalKind

TRANSIENT = RefusalKind.TRANSIENT

RECORDED = {
    'Error from server (NotFound): deployments.apps "none" not found': RefusalKind.MISSING,
    'Error from server (NotFound): namespaces "nope" not found': RefusalKind.MISSING,
    'Error from server (NotFound): leases.coordination.k8s.io "vllm-qualify" not found': RefusalKind.MISSING,
    'Error from server (AlreadyExists): deployments.apps "a" already exists': RefusalKind.EXISTS,
    'Error from server (Conflict): Operation cannot be fulfilled on deployments.apps "a": the object has been '
    "modified; please apply your changes to the latest version and try again": RefusalKind.CONFLICT,
    'Error from server (Conflict): Operation cannot be fulfilled on Deployment.apps "a": the UID in the precondition '
    "(11111111-2222-3333-4444-555555555555) does not match the UID in record (6ffa2ae1-f46c-4d4d-9c23-5f48a9fcb154). "
    "The object might have been deleted and then recreated": RefusalKind.CONFLICT,
    'The Deployment "a" is invalid: \n* spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not '
    'match template `labels`\n* spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable': (
        RefusalKind.INVALID
    ),
    'The leases "vllm-qualify" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an '
    "update": RefusalKind.INVALID,
    "Error from server (BadRequest): the object provided is unrecognized (must be of type Deployment): couldn't get "
    'version/kind; json parse error: unexpected end of JSON input ({"kind":)': RefusalKind.INVALID,
    "Error from server (MethodNotAllowed): the server does not allow this method on the requested resource": (
        RefusalKind.INVALID
    ),
    'Error from server (Forbidden): deployments.apps is forbidden: User "somebody" cannot list resource "deployments" '
    'in API group "apps" in the namespace "default"': RefusalKind.FORBIDDEN,
    "error: You must be logged in to the server (Unauthorized)": RefusalKind.UNAUTHORIZED,
    "error: You must be logged in to the server (the server has asked for the client to provide credentials)": (
        RefusalKind.UNAUTHORIZED
    ),
    "Error from server (Expired): The resourceVersion for the provided list is too old.": RefusalKind.GONE,
    "Error from server (Gone): gone": RefusalKind.GONE,
    "Error from server: resourceVersion should not be set on objects to be created": RefusalKind.OTHER,
    'error: context "nope" does not exist': RefusalKind.OTHER,
    "error: stat /root/none: no such file or directory": RefusalKind.OTHER,
    # What may be over the next moment.
    "Error from server (NotFound): the server could not find the requested resource": TRANSIENT,
    "Error from server (ServiceUnavailable): apiserver not ready": TRANSIENT,
    "Error from server (ServiceUnavailable): the server is currently unable to handle the request": TRANSIENT,
    "Error from server (Timeout): Timeout: request did not complete within the allotted timeout": TRANSIENT,
    "Error from server: etcdserver: request timed out": TRANSIENT,
    "Error from server: etcdserver: leader changed": TRANSIENT,
    "Error from server (InternalError): Internal error occurred: failed calling webhook": TRANSIENT,
    'Error from server (InternalError): an error on the server ("<html><body>502 Bad Gateway</body></html>") has '
    "prevented the request from succeeding": TRANSIENT,
    "Error from server (TooManyRequests): storage is (re)initializing": TRANSIENT,
    "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?": TRANSIENT,
    "Unable to connect to the server: dial tcp: lookup api.invalid on 10.0.0.53:53: no such host": TRANSIENT,
    "Unable to connect to the server: context deadline exceeded": TRANSIENT,
    "Unable to connect to the server: EOF": TRANSIENT,
    "Unable to connect to the server: net/http: TLS handshake timeout": TRANSIENT,
    "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)": (
        TRANSIENT
    ),
    "Unable to connect to the server: read tcp 127.0.0.1:34194->127.0.0.1:41021: read: connection reset by peer": (
        TRANSIENT
    ),
    "error: unexpected EOF": TRANSIENT,
}
# Texts in the sources of client-go, net/http and the API server that the broken one did not bring about.
KNOWN = {
    "Error from server (ServerTimeout): The get operation against pods could not be completed at this time, please "
    "try again.": TRANSIENT,
    "Error from server (Timeout): the server was unable to return a response in the time allotted, but may still be "
    "processing the request": TRANSIENT,
    "error: http2: client connection lost": TRANSIENT,
    "error: http2: server sent GOAWAY and closed the connection; LastStreamID=3, ErrCode=NO_ERROR": TRANSIENT,
    "error: dial tcp 10.0.0.1:6443: i/o timeout": TRANSIENT,
    "error: dial tcp 10.0.0.1:6443: connect: no route to host": TRANSIENT,
    "error: dial tcp 10.0.0.1:6443: connect: network is unreachable": TRANSIENT,
    "error: write tcp 10.0.0.2:1->10.0.0.1:6443: write: broken pipe": TRANSIENT,
    "error: http: server closed idle connection": TRANSIENT,
    "Error from server: error trying to reach service: dial tcp 10.0.0.9:443: connect: connection refused": (TRANSIENT),
    "Error from server (Teapot): short and stout": RefusalKind.OTHER,
    "": RefusalKind.OTHER,
}
WARNING = "Warning: policy/v1beta1 is deprecated"


@pytest.mark.parametrize(("said", "kind"), [*RECORDED.items(), *KNOWN.items()])
@pytest.mark.parametrize("before", ["", f"{WARNING}\n"], ids=["alone", "after-a-warning"])
def test_the_kind_of_a_refusal(said: str, kind: RefusalKind, before: str) -> None:
    """Decided by the server's reason where it gave one, else by what kubectl says of the way to it."""
    assert refusals.kind(f"{before}{said}\n") is kind


def test_the_words_of_a_refusal_are_kubectls() -> None:
    """On one line, the last ones of many; an object is invalid in several ways at once."""
    said = "\n".join(f"W{number}" for number in range(9)) + "\nThe Pod is bad\n* a: Required value\n* b: Too long\n"

    refused = refusals.refused(said)

    assert str(refused) == "W6 W7 W8 The Pod is bad * a: Required value * b: Too long"


def test_a_kubectl_that_says_nothing() -> None:
    """There is always something to be told."""
    assert str(refusals.refused(" \n")) == "kubectl failed without an error message"


@given(st.text())
def test_whatever_it_says_has_a_kind(said: str) -> None:
    """Words that nobody foresaw are no reason to give up the run with a traceback."""
    assert refusals.refused(said).kind is refusals.kind(said)
