"""The one way to a cluster: kubectl with REST paths, argument lists and deadlines; JSON in, JSON out. For the targets.

kubectl brings the operator's own credentials, plugins and proxies along. Paths are written out (``--raw``), so nothing
but an exec discovers, guesses or caches anything first; what changes the cluster is PUT, POST or DELETE of whole
objects, never a patch. Nothing is watched, since a watch that ends says nothing: callers poll.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from vllm_qualify.kube import paths, refusals
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.kube.retries import RetryPolicy
from vllm_qualify.system import clock as clocks
from vllm_qualify.system import process_runner
from vllm_qualify.system.process_runner import CompletedProcess, RunProcess

MANAGER = "vllm-qualify"
"""Under which name the cluster remembers who wrote a field."""
IN_CLUSTER = "in-cluster"
"""The context of a run that is itself a pod: its service account, which has no name in any kubeconfig."""
REQUEST_SECONDS = 5
_LOG_SECONDS = 30
_LOG_BYTES = 64 * 1024 * 1024
"""Kubelets begin a new file after 10 MiB; this holds where one does not."""
_PAUSE_SECONDS = 0.5
_SOON_SECONDS = 60.0
_LONG_PAUSE_SECONDS = 5.0
# kubectl has its own limit for a request; this one is for a kubectl that hangs before or after it.
_PROCESS_SECONDS = 5.0
_ANSWERED_LATER = frozenset({RefusalKind.TRANSIENT, RefusalKind.GONE})

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """kubectl on one context of one kubeconfig.

    Attributes:
        context: always named, so that nobody's current context is used by accident.
        kubeconfig: the file; ``None`` leaves it to kubectl's own rules. It is read and never written.
        program: the binary.
        patience_seconds: how long a request is repeated while the server does not answer as it should.
        insistence: on the way back, for how long and of what a refusal is no answer; ``None`` before that.
        on_change: gets the command line and the object of whatever is about to change the cluster.
        guard: is asked right before a change, by verb and kind; what it raises keeps the change from being made.
        run: starts a process, see ``system.process_runner``.
        clock: seconds, as ``system.clock`` counts them.
        sleep: lets seconds pass.
    """

    context: str
    kubeconfig: Path | None = None
    program: str = "kubectl"
    patience_seconds: float = 60.0
    insistence: RetryPolicy | None = None
    on_change: Callable[[Sequence[str], Object | None], None] = field(default=lambda _argv, _object: None)
    guard: Callable[[str, str], None] = lambda _verb, _kind: None
    run: RunProcess = process_runner.run
    clock: Callable[[], float] = clocks.seconds
    sleep: Callable[[float], None] = time.sleep

    def patient(self, seconds: float) -> Kubectl:
        """The same with another patience."""
        return replace(self, patience_seconds=seconds)

    def asks_again(self, refusal: Refused, *, since: float) -> bool:
        """Whether a request that was refused is made again.

        Args:
            refusal: of the request.
            since: when it was made for the first time, by the clock.
        """
        if self.insistence is not None and self.insistence.again(refusal):
            return True
        return refusal.kind in _ANSWERED_LATER and self.clock() <= since + self.patience_seconds

    def pause(self, *, since: float) -> None:
        """Let a moment pass before a request is made again; a longer one where it was refused for a minute."""
        self.sleep(_PAUSE_SECONDS if self.clock() < since + _SOON_SECONDS else _LONG_PAUSE_SECONDS)

    def get(self, path: str) -> Object | None:
        """An object or a list; ``None`` where there is none.

        Raises:
            Refused: it may not be read, or the server did not answer in time.
        """
        try:
            return self._again(lambda: self._json(self._call("get", "--raw", path)))
        except Refused as refusal:
            if refusal.kind is RefusalKind.MISSING:
                return None
            raise

    def items(self, path: str) -> tuple[Object, ...]:
        """The objects of a list.

        Raises:
            Refused: as ``get``.
        """
        return tuple((self.get(path) or {}).get("items") or ())

    def review(self, question: Object) -> Object:
        """Put a question to the API that is worded as an object and kept nowhere, such as whether we may do something.

        Raises:
            Refused: it was not answered.
        """
        argv = self.argv("create", "--raw", paths.path(question["kind"]), "-f", "-")
        return self._again(lambda: self._json(self._said(argv, stdin=json.dumps(question))))

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Create an object; what is returned is what the server made of it.

        Raises:
            Refused: among others ``EXISTS``; a request that got no answer may have been carried out.
        """
        return self._write("create", paths.place(obj), obj, dry_run=dry_run)

    def replace(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Put an object in the place of the one with its name.

        Raises:
            Refused: among others ``CONFLICT`` when its resourceVersion is no longer the newest.
        """
        return self._write("replace", paths.of(obj), obj, dry_run=dry_run)

    def delete(
        self,
        kind: str,
        namespace: str,
        name: str,
        *,
        uid: str = "",
        version: str = "",
        grace_seconds: int | None = None,
    ) -> None:
        """Delete an object; one that is not there is fine.

        Args:
            kind: as manifests write it.
            namespace: where it is.
            name: how it is called.
            uid: delete only this very one.
            version: delete it only as it was read, by its resourceVersion.
            grace_seconds: what its pods get to end; ``None`` leaves it to them.

        Raises:
            Refused: it may not be deleted, or another one has its name.
        """
        path = paths.path(kind, namespace, name)
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        only = {key: value for key, value in (("uid", uid), ("resourceVersion", version)) if value}
        options |= {"preconditions": only} if only else {}
        options |= {} if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}
        argv = self.argv("delete", "--raw", path, "-f", "-")
        self.on_change(argv, options)

        def ask() -> Object:
            self.guard("delete", kind)
            return self._json(self._said(argv, stdin=json.dumps(options)))

        try:
            self._again(ask)
        except Refused as refusal:
            if refusal.kind is not RefusalKind.MISSING:
                raise

    def log(self, namespace: str, pod: str, container: str, *, previous: bool = False, stamped: bool = True) -> str:
        """What a container printed; ``""`` while there is nothing to be read.

        Args:
            namespace: of the pod.
            pod: its name.
            container: one of its containers.
            previous: of the container's last life.
            stamped: each line begins with its time.
        """
        query = {"timestamps": "true" if stamped else "", "previous": "true" if previous else ""}
        query |= {"limitBytes": str(_LOG_BYTES)}
        path = paths.path("Pod", namespace, pod, sub="log", container=container, **query)
        try:
            said = self._again(lambda: self._call("get", "--raw", path, seconds=_LOG_SECONDS))
        except Refused:
            return ""
        return "" if said.startswith("unable to retrieve container logs for ") else said  # A kubelet's, with HTTP 200.

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, stdin: str = "", seconds: float
    ) -> CompletedProcess:
        """Run a command in a container; a command that fails is a value.

        Raises:
            TimeoutError: it did not end in time.
        """
        return self._run(self.execute_argv(namespace, pod, container, command), stdin=stdin, seconds=seconds)

    def execute_argv(self, namespace: str, pod: str, container: str, command: Sequence[str]) -> list[str]:
        """The command line of ``execute``, for callers that keep the process."""
        # An exec is the one command that finds out first what the API has; what it finds is kept below the user's home
        # unless it is told another place. As an option, because callers that keep the process have its environment.
        within = ["exec", "-i", "-n", namespace, pod, "-c", container, "--", *command]
        return [*self.argv(f"--cache-dir={_memory()}", seconds=0), *within]

    def argv(self, *arguments: str, seconds: float = REQUEST_SECONDS) -> list[str]:
        """A whole command line."""
        kubeconfig = [f"--kubeconfig={self.kubeconfig}"] if self.kubeconfig else []
        context = [] if self.context == IN_CLUSTER else [f"--context={self.context}"]
        return [self.program, *kubeconfig, *context, f"--request-timeout={seconds:g}s", *arguments]

    def writing_argv(self, verb: str, path: str, *, dry_run: bool = False) -> list[str]:
        """The command line of ``create`` and ``replace``; the object comes on standard input."""
        query = f"fieldManager={MANAGER}" + ("&dryRun=All" if dry_run else "")
        return self.argv(verb, "--raw", f"{path}?{query}", "-f", "-")

    def _write(self, verb: str, path: str, obj: Object, *, dry_run: bool) -> Object:
        argv = self.writing_argv(verb, path, dry_run=dry_run)
        if not dry_run:
            self.on_change(argv, obj)
            self.guard(verb, str(obj["kind"]))
        return self._json(self._said(argv, stdin=json.dumps(obj)))

    def _call(self, *arguments: str, seconds: float = REQUEST_SECONDS) -> str:
        return self._said(self.argv(*arguments, seconds=seconds), seconds=seconds)

    def _said(self, argv: list[str], *, stdin: str = "", seconds: float = REQUEST_SECONDS) -> str:
        limit = seconds + _PROCESS_SECONDS
        try:
            ended = self._run(argv, stdin=stdin, seconds=limit)
        except TimeoutError as error:
            raise Refused(f"kubectl did not answer within {limit:g} s", kind=RefusalKind.TRANSIENT) from error
        if ended.exit_code < 0:
            # Ctrl-C goes to every process of a terminal, and meets a kubectl that has not yet left its group.
            raise Refused(
                f"kubectl was ended by signal {-ended.exit_code} before it answered", kind=RefusalKind.TRANSIENT
            )
        if ended.exit_code:
            raise refusals.refused(ended.stderr)
        return ended.stdout

    def _run(self, argv: list[str], *, stdin: str, seconds: float) -> CompletedProcess:
        try:
            return self.run(argv, env=os.environ, cwd=Path("/"), stdin=stdin, deadline_seconds=seconds)
        except FileNotFoundError as error:
            said = f"there is no {self.program}; install kubectl and put it on the PATH"
            raise Refused(said, kind=RefusalKind.NO_KUBECTL) from error

    def _again(self, ask: Callable[[], _T]) -> _T:
        """Ask until there is an answer or patience is at its end; only for what may be asked twice."""
        since = self.clock()
        while True:
            try:
                return ask()
            except Refused as refusal:
                if not self.asks_again(refusal, since=since):
                    raise
            self.pause(since=since)

    @staticmethod
    def _json(said: str) -> Object:
        try:
            answer: Any = json.loads(said)
        except ValueError as error:
            raise Refused(
                f"the API server did not answer with JSON: {said[:200]!r}", kind=RefusalKind.TRANSIENT
            ) from error
        if not isinstance(answer, dict):
            raise Refused(f"the API server did not answer with an object: {said[:200]!r}", kind=RefusalKind.TRANSIENT)
        return answer


@functools.cache
def _memory() -> str:
    """A folder for what kubectl remembers of the API; it goes with this process.

    Where none can be made, as on a full disk, it is one that kubectl cannot write to, which it does not mind.
    """
    try:
        folder = tempfile.mkdtemp(prefix="vllm-qualify-kubectl-")
    except OSError:
        return os.devnull
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
