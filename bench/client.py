"""Our client beside guidellm's and vLLM's own, each on the same server in the same run: processor time, lag, figures.

``docs/development/bench.md`` says what each figure is and what would make it wrong. The server's tokens carry the
number of their request, and it says when it sent each; whatever a client's result file keeps of its stamps is held
against that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import client_runs, other_clients
from bench.client_runs import Stamped
from bench.figure import Figure
from bench.other_clients import Asked, Run

ROOT = Path(__file__).parents[1]
STREAMS = 32
TOKENS = 128
FEW, MANY = 1, 4
"""Requests of each stream in the two runs of a client; what it costs to start is in both."""


def figures() -> Iterator[Figure]:
    """Per client: microseconds of processor a token, 99th percentile of the lag, TTFT, TPOT and throughput."""
    for name, run in _clients().items():
        # The first run of a new environment compiles what it imports; that is nobody's cost a token.
        _, (few, _, _), (cpu, streams, sends) = (_measured(run, STREAMS * each) for each in (FEW, FEW, MANY))
        tokens = STREAMS * TOKENS * (MANY - FEW)
        lag = client_runs.percentile(client_runs.lags(streams, sends), 99)
        yield Figure(name=f"client.cpu_us_per_token.{name}", value=1e6 * (cpu - few) / tokens, unit="us")
        yield Figure(name=f"client.lag_p99_ms.{STREAMS}.{name}", value=1000 * lag, unit="ms")
        yield Figure(name=f"client.ttft_ms.{STREAMS}.{name}", value=client_runs.first_token_ms(streams), unit="ms")
        yield Figure(name=f"client.tpot_ms.{STREAMS}.{name}", value=client_runs.per_token_ms(streams), unit="ms")
        yield Figure(name=f"client.throughput.{STREAMS}.{name}", value=client_runs.throughput(streams), unit="tokens/s")


def _clients() -> dict[str, Run]:
    """Those that can be had here, by name; what cannot is said, and has no figures."""
    found = {"ours": _ours}
    for name, run in (("guidellm", other_clients.guidellm()), ("vllm", other_clients.vllm())):
        if isinstance(run, str):
            print(f"  client.*.{name}: left out: {run}", file=sys.stderr, flush=True)
        else:
            found[name] = run
    return found


def _ours(asked: Asked) -> Sequence[str]:
    words = (asked.url, str(asked.requests), str(asked.streams), str(asked.tokens), str(asked.folder / "result.json"))
    return (sys.executable, "-m", "bench.our_client", *words)


def _measured(run: Run, requests: int) -> tuple[float, list[Stamped], list[list[float]]]:
    """Seconds of processor of the client and its children, what it stamped, and when the server sent."""
    with tempfile.TemporaryDirectory() as folder, _server() as (url, sends):
        asked = Asked(url=url, requests=requests, streams=STREAMS, tokens=TOKENS, folder=Path(folder))
        command = run(asked)
        with (asked.folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=log, stderr=log)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            tail = (asked.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {tail}")
        streams = other_clients.result(asked.folder / "result.json")
    if sum(stream.tokens for stream in streams) != requests * TOKENS:
        raise RuntimeError(f"{len(streams)} of {requests} requests were answered whole; nothing can be compared")
    return used.ru_utime + used.ru_stime, streams, sends


def _environment() -> dict[str, str]:
    """Nothing is looked up on the network, and no proxy stands in the way."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, **other_clients.ENVIRONMENT}


@contextmanager
def _server() -> Iterator[tuple[str, list[list[float]]]]:
    """A server, and when it sent what, which is known once it has ended."""
    sends: list[list[float]] = []
    command = (sys.executable, "-m", "bench.stream_server")
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise AssertionError("it was asked for")
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}", sends
        finally:
            said, _ = process.communicate()
        sends += json.loads(said)


if __name__ == "__main__":
    for one in figures():
        print(f"{one.name:72} {one.value:8.2f} {one.unit}")
