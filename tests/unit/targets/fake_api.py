"""A strict stand-in for an API server behind kubectl, with a small controller; for tests of the transaction.

It answers as kubectl v1.34 was seen to answer for a real one, knows only what the harness asks for, and takes anything
else for a failed test. What it stores is never changed in place, so what it gave away stays what it was.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.unit.targets import controller
from tests.unit.targets.fake_clock import Clock
from tests.unit.targets.fake_request import COMMITTED, Fault, Request, labelled, parsed, with_field
from vllm_qualify.system.process_runner import CompletedProcess

Object = dict[str, Any]
Key = tuple[str, str, str]
_GROUPS = {"Deployment": "deployments.apps", "Lease": "leases.coordination.k8s.io"}


class Status(Exception):
    """What the server answers in the place of an object."""


@dataclass
class FakeApi:
    """The server.

    Attributes:
        store: what there is.
        requests: what was asked, in its order; the first has number 1.
        faults: by number.
        before: by number, what happens just before a request is taken in.
        after: by number, what happens when a request was carried out and nobody knows yet.
        outage_until: nobody answers before that time.
        outage_says: what kubectl prints until then.
        denied: verb and kind (of reviews: resource) of what the account may not do.
        logs: by pod; of the container before, where one ran, by its name and ``before``.
        executes: answers a command in a pod.
        groups: of the API; kinds of others are not installed.
        complaints: what should not have been asked; a test that passes has none.
    """

    clock: Clock = field(default_factory=Clock)
    store: dict[Key, Object] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    faults: dict[int, Fault] = field(default_factory=dict)
    before: dict[int, Callable[[], None]] = field(default_factory=dict)
    after: dict[int, Callable[[], None]] = field(default_factory=dict)
    outage_until: float = 0.0
    outage_says: str = Fault.REFUSED.value
    denied: set[tuple[str, str]] = field(default_factory=set)
    logs: dict[str, str] = field(default_factory=dict)
    executes: Callable[[list[str], str], CompletedProcess] | None = None
    complaints: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    groups: set[str] = field(default_factory=lambda: {"apps", "autoscaling", "coordination.k8s.io"})
    injected: int = 0

    def __post_init__(self) -> None:
        self._past: dict[Key, Object] = {}
        self._numbers = 100
        self._busy = threading.RLock()
        self.controller = controller.Controller(self)
        self.clock.on_tick.append(self.controller.tick)

    def run(
        self, argv: list[str], *, env: Mapping[str, str], cwd: Path, stdin: str, deadline_seconds: float
    ) -> CompletedProcess:
        """Take the place of a process of kubectl."""
        assert env is not None
        assert cwd == Path("/")
        with self._busy:
            if "exec" in argv:
                assert self.executes is not None, f"nobody answers {argv}"
                return self.executes(argv, stdin)
            if argv[-1] == "/version":
                return CompletedProcess(exit_code=0, stdout='{"major": "1"}')
            request = self._parsed(argv, stdin)
            self.requests.append(request)
            number = len(self.requests)
            self.before.get(number, _nothing)()
            if self.clock.now < self.outage_until:
                self.injected += 1
                return CompletedProcess(exit_code=1, stderr=f"{self.outage_says}\n")
            fault = self.faults.get(number)
            if fault is None or not fault.fits(request.verb):
                answer = self._answered(request)
                self.after.get(number, _nothing)()
                return answer
            self.injected += 1
            return self._failed(request, fault, deadline_seconds)

    def again(self) -> FakeApi:
        """Another server with the same objects; what it stores is never changed in place, so it can be shared."""
        made = FakeApi(clock=Clock(now=self.clock.now), store=dict(self.store))
        made._numbers = self._numbers
        made.controller.take_over(self.controller)
        return made

    def put(self, obj: Object, *, manager: str = "kubectl-edit") -> Object:
        """Let somebody else create or replace an object."""
        key = (obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        live = self.store.get(key)
        return self._stored(key, _versionless(obj), live, manager)

    def edit(self, kind: str, name: str, change: Callable[[Object], None], *, namespace: str = "ml") -> None:
        """Let somebody else change an object."""
        changed = copy.deepcopy(self.store[kind, namespace, name])
        change(changed)
        self.put(changed)

    def set_status(self, key: Key, status: Object, annotations: dict[str, str] | None = None) -> None:
        """What controllers and kubelets do: another resourceVersion, the same generation."""
        live = self.store[key]
        metadata = live["metadata"]
        if annotations:
            metadata = metadata | {"annotations": (metadata.get("annotations") or {}) | annotations}
        changed = live | {"status": status, "metadata": metadata}
        if changed != live:
            self.store[key] = changed | {"metadata": metadata | {"resourceVersion": self.number()}}

    def find(self, kind: str, name: str, namespace: str = "ml") -> Object | None:
        """Look without asking."""
        return self.store.get((kind, namespace, name))

    def number(self) -> str:
        """The next resourceVersion."""
        self._numbers += 1
        return str(self._numbers)

    def _failed(self, request: Request, fault: Fault, deadline_seconds: float) -> CompletedProcess:
        if fault is Fault.STALE:
            return self._answered(request, self._past or self.store)
        answer = self._answered(request) if fault in COMMITTED else None
        if fault in {Fault.HANG, Fault.HANG_COMMITTED}:
            self.clock.sleep(deadline_seconds)
            raise TimeoutError
        if fault is Fault.HTML:
            return CompletedProcess(exit_code=0, stdout=fault.value)
        said = answer.stdout[:20] if answer and fault is Fault.CUT else ""
        return CompletedProcess(exit_code=1, stdout=said, stderr=f"{fault.value}\n")

    def _answered(self, request: Request, store: dict[Key, Object] | None = None) -> CompletedProcess:
        try:
            return CompletedProcess(exit_code=0, stdout=self._served(request, self.store if store is None else store))
        except Status as status:
            return CompletedProcess(exit_code=1, stderr=f"{status}\n")

    def _served(self, request: Request, store: dict[Key, Object]) -> str:
        if (request.verb, request.kind) in self.denied:
            raise Status(f'Error from server (Forbidden): {_named(request)} is forbidden: User "x" cannot')
        if request.kind == "SelfSubjectRulesReview":
            # An answer that proves nothing, as that of an API server with a webhook: each need is asked for by itself.
            return json.dumps({"status": {"resourceRules": [], "incomplete": True}})
        if request.kind == "SelfSubjectAccessReview":
            return json.dumps(self._reviewed(request.body or {}))
        if request.kind == "APIGroupList":
            return json.dumps({"kind": "APIGroupList", "groups": [{"name": name} for name in sorted(self.groups)]})
        if request.sub == "log":
            before = request.query.get("previous") == "true" and self.logs.get(f"{request.name} before")
            return before or self.logs.get(request.name, "")
        if request.verb == "get":
            return json.dumps(self._got(request, store))
        return json.dumps(self._changed(request))

    def _got(self, request: Request, store: dict[Key, Object]) -> Object:
        if request.name:
            if request.key not in store:
                raise Status(f'Error from server (NotFound): {_named(request)} "{request.name}" not found')
            return store[request.key]
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        within = [obj for key, obj in store.items() if key[0] == request.kind and request.namespace in {"", key[1]}]
        chosen = [obj for obj in within if labelled(obj, labels) and with_field(obj, fields)]
        # Items of a list name neither kind nor version.
        bare = [{key: value for key, value in obj.items() if key not in {"kind", "apiVersion"}} for obj in chosen]
        return {"kind": f"{request.kind}List", "apiVersion": "v1", "items": bare}

    def _changed(self, request: Request) -> Object:
        body, live = request.body or {}, self.store.get(request.key)
        if request.verb == "create" and live is not None:
            raise Status(f'Error from server (AlreadyExists): {_named(request)} "{request.name}" already exists')
        if request.verb == "create" and "resourceVersion" in body["metadata"]:
            raise Status("Error from server: resourceVersion should not be set on objects to be created")
        # A Lease is the one kind here that a PUT creates, even one that names the version of an earlier Lease.
        if live is None and request.verb != "create" and (request.kind, request.verb) != ("Lease", "replace"):
            raise Status(f'Error from server (NotFound): {_named(request)} "{request.name}" not found')
        uid = body.get("metadata", {}).get("uid")
        if uid not in {None, live["metadata"]["uid"] if live else ""}:
            # Of a Lease that was deleted too: the uid of what a PUT would make anew is not known yet.
            raise Status(f"Error from server (Conflict): Precondition failed: UID in precondition: {uid}")
        self._past = dict(self.store)
        if request.verb == "delete":
            return self._deleted(request, live or {})
        self._refuse(request, live)
        if request.query.get("dryRun") == "All":
            return self._made(request.key, body, live, request.query["fieldManager"])
        return self._stored(request.key, body, live, request.query["fieldManager"])

    def _refuse(self, request: Request, live: Object | None) -> None:
        body = request.body or {}
        version = body["metadata"].get("resourceVersion")
        if live is None:
            return
        if request.kind == "Lease" and version is None:
            raise Status('The leases "x" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified')
        if version not in {None, live["metadata"]["resourceVersion"]}:
            raise Status(
                f'Error from server (Conflict): Operation cannot be fulfilled on {_named(request)} "{request.name}": '
                "the object has been modified; please apply your changes to the latest version and try again"
            )
        if request.kind == "Deployment" and body["spec"]["selector"] != live["spec"]["selector"]:
            raise Status(f'The Deployment "{request.name}" is invalid: spec.selector: field is immutable')

    def _deleted(self, request: Request, live: Object) -> Object:
        for key, wanted in ((request.body or {}).get("preconditions") or {}).items():
            if wanted != live["metadata"][key]:
                what = key[0].upper() + key[1:] if key != "uid" else "UID"
                raise Status(f"Error from server (Conflict): the {what} in the precondition does not match the {what}")
        del self.store[request.key]
        self.written.append(f"delete {request.kind} {request.name}")
        return {"kind": "Status", "status": "Success"}

    def _stored(self, key: Key, body: Object, live: Object | None, manager: str) -> Object:
        made = self._made(key, body, live, manager)
        if live is None or made != live:
            made = made | {"metadata": made["metadata"] | {"resourceVersion": self.number()}}
        self.store[key] = made
        size = f" {made['spec']['replicas']}" if key[0] == "Deployment" else ""
        if manager != "kubectl-edit":
            self.written.append(f"{'create' if live is None else 'replace'} {key[0]} {key[2]}{size}")
        return made

    def _made(self, key: Key, body: Object, live: Object | None, manager: str) -> Object:
        made = controller.with_defaults(copy.deepcopy(body))
        old: Object = (
            live["metadata"] if live else {"uid": f"uid-{self.number()}", "generation": 1, "resourceVersion": "0"}
        )
        kept = {name: old[name] for name in ("uid", "generation", "resourceVersion")}
        stamp = old.get("creationTimestamp") or self.controller.stamp()
        entry = {"manager": manager, "operation": "Update", "time": self.controller.stamp()}
        # What an update brings along stands, as far as it changes nothing else.
        owners = body["metadata"].get("managedFields") or old.get("managedFields", [])
        managed = [one for one in owners if one["manager"] != manager]
        changed = live is None or _content(made) != _content(live)
        managed = [*managed, entry] if changed else owners
        made["metadata"] |= kept | {"creationTimestamp": stamp, "managedFields": managed}
        if live is not None and key[0] == "Deployment" and _counted(made) != _counted(live):
            made["metadata"]["generation"] += 1
        return made | ({"status": live["status"]} if live and "status" in live else {})

    def _reviewed(self, body: Object) -> Object:
        asked = body["spec"]["resourceAttributes"]
        resource = "/".join(filter(None, (asked["resource"], asked.get("subresource", ""))))
        return body | {"status": {"allowed": (asked["verb"], resource) not in self.denied}}

    def _parsed(self, argv: list[str], stdin: str) -> Request:
        try:
            return parsed(argv, stdin)
        except (AssertionError, KeyError) as error:
            self.complaints.append(f"{argv}: {error!r}")
            raise


def _named(request: Request) -> str:
    return _GROUPS.get(request.kind, f"{request.kind.lower()}s")


def _content(obj: Object) -> Object:
    metadata = obj["metadata"]
    kept = {key: metadata.get(key) for key in ("labels", "finalizers", "ownerReferences")}
    # Who merely leaves out what a controller adds owns nothing by that.
    notes = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != controller.REVISION}
    kept["annotations"] = notes
    return {key: value for key, value in obj.items() if key not in {"metadata", "status"}} | {"metadata": kept}


def _counted(obj: Object) -> tuple[Any, Any]:
    """What a change of which counts as a new generation of a Deployment; its annotations do."""
    return obj["spec"], obj["metadata"].get("annotations")


def _versionless(obj: Object) -> Object:
    return obj | {"metadata": {key: value for key, value in obj["metadata"].items() if key != "resourceVersion"}}


def _nothing() -> None:
    pass
