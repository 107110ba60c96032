"""Exchanges from inside the cluster: one small client, started in a pod by ``kubectl exec`` and kept open.

It stamps every read where it is made, so a decode rate holds nothing of the way between there and here, and nothing
listens anywhere for it. For the kubernetes target.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vllm_qualify.client import _closed_loop, _exec_script, _http_answer, batches
from vllm_qualify.client.batches import BODY_BYTES, Batch
from vllm_qualify.client.failures import OUR_WAY, Failure, FailureKind, TooLarge
from vllm_qualify.client.transport import CONNECT_SECONDS, Exchange, OnRead, exchanges_of, limited
from vllm_qualify.core import foreign
from vllm_qualify.system import clock as clocks
from vllm_qualify.system.line_process import LineProcess, LostProcess

START_SECONDS = 30.0
GRACE_SECONDS = 15.0
"""What an exchange may take here beyond what the client in the pod allows it."""
WHO = OUR_WAY

# The script comes as the first line of standard input: a request line that held all of it would be longer than some
# proxies in front of an API server allow, and would stand in the audit log each time.
_LOADER = "import json,sys;exec(json.loads(sys.stdin.readline()))"


def command(python: str = "python3") -> list[str]:
    """What to run in the container; ``-I -S`` keeps what is installed there out of the way and starts in 20 ms."""
    return [python, "-I", "-S", "-c", _LOADER]


def program() -> str:
    """What the client in the container is: its own file, after those that it imports; each is a module there."""
    parts = (_http_answer, _closed_loop, _exec_script)
    texts = [(part.__name__, Path(str(part.__file__)).read_text(encoding="utf-8")) for part in parts]
    return _PROGRAM.format(texts=texts)


_PROGRAM = """
import sys, types
for name, text in {texts!r}:
    part = sys.modules[name] = types.ModuleType(name)
    exec(text, part.__dict__)
part.main()
"""


def variable(name: str, *, python: str = "python3") -> list[str]:
    """What to run in the container to be told one of its variables: nothing is said where it is not set."""
    return [python, "-I", "-S", "-c", "import os,sys;sys.stdout.write(os.environ.get(sys.argv[1],''))", name]


class PodTransport:
    """Carries exchanges through a client in a pod; starts it when it is needed and again when it was lost.

    Mutable because the client comes and goes. Close it, or use it as a context manager: the process in the pod then
    ends too.

    Args:
        argv: starts the client with its standard input and output, such as ``kubectl ... exec -i POD -c C -- `` and
            ``command()``.
        clock: seconds on this side, as ``system.clock`` counts them; times of reads come from the other.
        start_seconds: how long the client may take to start.
        grace_seconds: how long after the other side's own limits this side gives up.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        clock: Callable[[], float] = clocks.seconds,
        start_seconds: float = START_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._argv = list(argv)
        self._clock = clock
        self._start_seconds = start_seconds
        self._grace_seconds = grace_seconds
        self._process: LineProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the client; a later exchange starts a new one."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def exchange(
        self,
        method: str,
        url: str,
        on_read: OnRead,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> Exchange:
        """Send a request and hand on every read of the answer, see ``Transport``.

        A client that cannot be started is a failure of kind ``UNREACHABLE``, one that is lost on the way ``CLOSED``,
        one that is silent for too long ``TIMEOUT``; their details begin with ``WHO``.
        """
        request = _request(method, url, body=body, headers=headers, deadline_seconds=deadline_seconds)
        began = self._clock()
        try:
            process = self._started()
        except LostProcess as lost:
            return self._failed(Exchange(), FailureKind.UNREACHABLE, f"{WHO} {lost}", began)
        # As long as the other side takes at worst: connect, and fall silent just before the deadline.
        until = self._clock() + CONNECT_SECONDS + 2 * deadline_seconds + self._grace_seconds
        seen = _Seen(on_read)
        try:
            process.send(request, until=until)
            while seen.end is None:
                _read(process.line(until=until), seen.take)
        except LostProcess as lost:
            kind = FailureKind.TIMEOUT if lost.silent else FailureKind.CLOSED
            return self._failed(Exchange(status=seen.status, headers=seen.headers), kind, f"{WHO} {lost}", began)
        except TooLarge as error:
            end = Exchange(status=seen.status, headers=seen.headers)
            return self._failed(end, FailureKind.TOO_LARGE, str(error), began)
        except BaseException:
            # Whoever was interrupted here must not be told the rest of this answer when asking something else.
            self.close()
            raise
        return seen.end

    def exchanges(
        self,
        method: str,
        url: str,
        on_reads: Sequence[OnRead],
        *,
        bodies: Sequence[Mapping[str, Any]],
        streams: int,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> tuple[Exchange, ...]:
        """Carry a batch in a closed loop, see ``Transport``; the loop itself runs in the pod."""
        limit, batch = deadline_seconds, batches.begun(len(bodies))
        request = batches.request(method, url, bodies=bodies, streams=streams, headers=headers, deadline_seconds=limit)
        try:
            process = self._started()
        except LostProcess as lost:
            return self._gave_up(batch, FailureKind.UNREACHABLE, f"{WHO} {lost}", on_reads)
        # For every word as long as an exchange takes at worst, see ``exchange``.
        patience = CONNECT_SECONDS + 2 * deadline_seconds + self._grace_seconds
        try:
            process.send(json.dumps(request), until=self._clock() + patience)
            while not batch.over:
                _read(process.line(until=self._clock() + patience), batch.take)
        except LostProcess as lost:
            kind = FailureKind.TIMEOUT if lost.silent else FailureKind.CLOSED
            return self._gave_up(batch, kind, f"{WHO} {lost}", on_reads)
        except TooLarge as error:
            return self._gave_up(batch, FailureKind.TOO_LARGE, str(error), on_reads)
        except BaseException:
            self.close()
            raise
        return exchanges_of(batch, on_reads)

    def _gave_up(
        self, batch: Batch, kind: FailureKind, detail: str, on_reads: Sequence[OnRead]
    ) -> tuple[Exchange, ...]:
        self.close()
        batch.lost(Failure(kind=kind, detail=detail))
        return exchanges_of(batch, on_reads)

    def _started(self) -> LineProcess:
        if self._process is not None and self._process.ended():
            self.close()
        if self._process is None:
            self._process = LineProcess(self._argv, clock=self._clock)
            until = self._clock() + self._start_seconds
            self._process.send(json.dumps(program()), until=until)
            # Whatever a wrapper prints before is not the client's word.
            while "ready" not in foreign.json_mapping(self._process.line(until=until)):
                continue
        return self._process

    def _failed(self, end: Exchange, kind: FailureKind, detail: str, began: float) -> Exchange:
        # Nobody reads the rest of what the client in the pod still has to tell.
        self.close()
        return replace(end, seconds=self._clock() - began, failure=Failure(kind=kind, detail=detail))


class _Seen:
    """What was told of one exchange so far; mutable because it grows line by line."""

    def __init__(self, on_read: OnRead) -> None:
        self._on_read = limited(on_read)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.end: Exchange | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in one event, its data as bytes."""
        if "status" in event:
            self.status, self.headers = int(event["status"]), {str(k): str(v) for k, v in event["headers"].items()}
        elif "data" in event:
            self._on_read(self.status, float(event["at"]), event["data"])
        elif "end" in event:
            failure = event["failure"] and Failure(kind=FailureKind[event["failure"][0]], detail=event["failure"][1])
            self.end = Exchange(status=self.status, headers=self.headers, seconds=float(event["end"]), failure=failure)


def _read(line: str, take: Callable[[Mapping[str, Any]], None]) -> None:
    """Hand on what a line tells; one that is none of the client's is passed over.

    Raises:
        LostProcess: it is the client's in its form alone: the Python that runs it is the container's own.
    """
    try:
        event = foreign.json_mapping(line)
        if "data" in event:
            event = {**event, "data": base64.b64decode(event["data"])}
        if not _TOLD.isdisjoint(event):
            take(event)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise LostProcess(f"returned something unreadable: {error!r}") from error


_TOLD = frozenset({"data", "end", "lag", "status"})


def _request(
    method: str, url: str, *, body: Mapping[str, Any] | None, headers: Mapping[str, str], deadline_seconds: float
) -> str:
    """The line that the client in the pod reads."""
    typed = {} if body is None else {"Content-Type": "application/json"}
    return json.dumps(
        {
            "method": method,
            "url": url,
            "headers": {**headers, **typed},
            "body": None if body is None else json.dumps(body, ensure_ascii=False),
            "deadline": deadline_seconds,
            "most": BODY_BYTES,
        }
    )
