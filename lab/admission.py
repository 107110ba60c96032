"""A real admission webhook, for a lab: served on the host with TLS, it stamps what is really written to Deployments.

Many webhooks leave dry runs alone (``sideEffects: NoneOnDryRun``), so what a dry run promises is not what a write
gives. This is one of them.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab import kubectl
from lab.places import Lab

STAMP = "lab.example/stamped"
_NAME = "stamps"

Object = dict[str, Any]


@contextlib.contextmanager
def webhook(lab: Lab, namespace: str, *, template: bool) -> Iterator[list[str]]:
    """Let every real write of a Deployment in a namespace be stamped, as long as the block lasts.

    Args:
        lab: whose API server asks.
        namespace: all others are left alone.
        template: stamp the pod template, always with the same words, so that pods are replaced once; otherwise the
            Deployment itself, each time with other words.

    Yields:
        The names of what was stamped, in the order in which it was.
    """
    stamped: list[str] = []
    with tempfile.TemporaryDirectory() as name, _served(lab, Path(name), stamped, template=template) as port:
        authority = (Path(name) / "ca.crt").read_bytes()
        configuration = _configuration(lab, namespace, port=port, authority=authority)
        kubectl.call(kubectl.argv(lab, "apply", "-f", "-"), stdin=json.dumps(configuration))
        try:
            yield stamped
        finally:
            kubectl.run(lab, "delete", "mutatingwebhookconfiguration", _NAME, "--ignore-not-found")


def answer(review: Object, *, template: bool) -> Object:
    """What the webhook says to an AdmissionReview: a patch for what is really written, nothing for a dry run."""
    request = review["request"]
    said: Object = {"uid": request["uid"], "allowed": True}
    if not request.get("dryRun"):
        patch = json.dumps(_patch(request["object"], request["uid"], template=template))
        said |= {"patchType": "JSONPatch", "patch": base64.b64encode(patch.encode()).decode()}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": said}


def _patch(obj: Object, uid: str, *, template: bool) -> list[Object]:
    metadata = (obj["spec"]["template"] if template else obj).get("metadata") or {}
    annotations = (metadata.get("annotations") or {}) | {STAMP: "by a webhook" if template else f"by request {uid}"}
    where = "/spec/template/metadata/annotations" if template else "/metadata/annotations"
    return [{"op": "add", "path": where, "value": annotations}]


def _configuration(lab: Lab, namespace: str, *, port: int, authority: bytes) -> Object:
    hook = {
        "name": "stamps.lab.example",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "url": f"https://{lab.host_ip}:{port}/",
            "caBundle": base64.b64encode(authority).decode(),
        },
        "failurePolicy": "Fail",
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "rules": [
            {
                "apiGroups": ["apps"],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["deployments"],
            }
        ],
        "sideEffects": "NoneOnDryRun",
        "timeoutSeconds": 5,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": _NAME},
        "webhooks": [hook],
    }


@contextlib.contextmanager
def _served(lab: Lab, folder: Path, stamped: list[str], *, template: bool) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = answer(review, template=template)
            body = json.dumps(said).encode()
            if "patch" in said["response"]:
                stamped.append(str(review["request"]["name"]))
            self.send_response(http.HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """What it did is in the list."""

    server = http.server.ThreadingHTTPServer((lab.host_ip, 0), Handler)
    with server:
        server.socket = _trust(lab, folder).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _trust(lab: Lab, folder: Path) -> ssl.SSLContext:
    """With a key and an authority of its own, which only this one configuration trusts."""
    argv = [str(lab.programs / "certificates"), str(folder), lab.host_ip, "webhook=stamps.lab.example"]
    subprocess.run(argv, check=True)
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trust.load_cert_chain(folder / "webhook.crt", folder / "webhook.key")
    return trust
