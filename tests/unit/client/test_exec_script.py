"""The script that is the client in a pod: what it stamps, what it tells, and where it runs."""

from __future__ import annotations

import ast
import http.client
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.simulated_script import Fault, Script
from tests.simulator import Clock, simulate
from vllm_qualify.client import _closed_loop, _exec_script, _http_answer, exec_transport
from vllm_qualify.client.failures import FailureKind

ARGV = exec_transport.command(sys.executable)


def told(script: Script, monkeypatch: pytest.MonkeyPatch, *, deadline: float = 120.0) -> list[dict[str, Any]]:
    """What the script says of one stream when a virtual clock is all the time it knows."""
    clock, events = Clock(), list[dict[str, Any]]()
    monkeypatch.setattr(_exec_script, "time", SimpleNamespace(perf_counter=clock))
    body = json.dumps({"model": "canary", "stream": True, "stream_options": {"include_usage": True}})
    with simulate(script, clock) as simulator:
        url = f"{simulator.url}/v1/chat/completions"
        request = {"method": "POST", "url": url, "headers": {}, "body": body, "deadline": deadline, "most": 10**6}
        _exec_script.exchange(request, events.append)
    return events


@pytest.mark.parametrize(("name", "said"), [("VLLM_API_KEY", "the key\n"), ("NO_SUCH_KEY", "")])
def test_a_variable_of_the_container_is_told(name: str, said: str) -> None:
    """As it is, without a word where it is not set."""
    argv, env = exec_transport.variable(name, python=sys.executable), {"VLLM_API_KEY": "the key\n"}

    assert subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout == said


def test_reads_are_stamped_where_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The times of all reads and of the end are exactly those at which the simulator sent."""
    events = told(Script(gap_seconds=0.25), monkeypatch)

    assert [event["at"] for event in events if "at" in event] == [0.25, 0.5, 0.75, 1.0, 1.25, 1.5]
    assert (events[0]["status"], events[-1]) == (200, {"end": 1.5, "failure": None})


def test_dribble_is_cut_off_in_the_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that goes on sending for too long is cut off at the first read behind the deadline."""
    events = told(Script(chunks=(("x",),) * 50, gap_seconds=30.0), monkeypatch)

    assert [event["at"] for event in events if "at" in event] == [30.0, 60.0, 90.0, 120.0, 150.0]
    assert events[-1]["failure"] == ["DEADLINE", "still sending after 120 s"]


@pytest.mark.parametrize(
    ("error", "connected", "kind"),
    [
        (http.client.IncompleteRead(b""), True, "CLOSED"),
        (http.client.RemoteDisconnected("gone"), True, "CLOSED"),
        (ConnectionResetError(), True, "RESET"),
        (OSError("Name or service not known"), False, "UNREACHABLE"),
        (TimeoutError(), False, "TIMEOUT"),
        (ValueError("port out of range"), False, "UNREADABLE"),
    ],
)
def test_failures_have_the_names_of_the_harness(error: Exception, *, connected: bool, kind: str) -> None:
    """Whatever Python raises becomes a kind that the harness knows."""
    assert _exec_script.kind(error, connected=connected) == FailureKind[kind].name


def test_the_client_ends_with_the_harness_in_the_middle_of_an_exchange() -> None:
    """When nobody is left at the other end, as after a SIGKILL, no process stays behind in the pod."""
    source = json.dumps(exec_transport.program())
    with simulate(Script(fault=Fault.HANG), Clock(lockstep=False)) as simulator:
        url, body = f"{simulator.url}/v1/chat/completions", json.dumps({"model": "canary", "stream": True})
        request = {"method": "POST", "url": url, "headers": {}, "body": body, "deadline": 600}
        running = subprocess.Popen(ARGV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(f"{source}\n{json.dumps(request)}\n")
        running.stdin.flush()
        assert "ready" in running.stdout.readline()
        assert "status" in running.stdout.readline()

        running.communicate(timeout=10)

    assert running.returncode == 0


@pytest.mark.parametrize("part", [_http_answer, _closed_loop, _exec_script])
def test_the_script_runs_on_old_interpreters(part: ModuleType) -> None:
    """Images have Pythons of their own; the syntax is that of 3.8, and nothing but its library is imported."""
    tree = ast.parse(Path(str(part.__file__)).read_text("utf-8"), feature_version=(3, 8))

    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    names -= {f"vllm_qualify.client.{one}" for one in ("_closed_loop", "_http_answer")}
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)
