"""Real engines in trouble: killed runs, a death at work, a taken port, nothing cached."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.local import probing
from tests.local.conftest import ROOT, Run, command, environment
from vllm_qualify.system import caches
from vllm_qualify.targets.local import engine

IMAGE = ("--image", "vllm/vllm-openai:v0.15.1")


def engines(running: Path, *, of: psutil.Process) -> list[psutil.Process]:
    """Every process of a run that works in the folder of an engine; other tests may have engines beside it."""
    found = []
    for process in of.children(recursive=True):
        try:
            if Path(process.cwd()).is_relative_to(running):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def sockets(processes: Iterable[psutil.Process]) -> set[str]:
    """The addresses of the Unix sockets that have one in the file system."""
    held = (one.laddr for process in processes for one in process.net_connections(kind="unix"))
    return {str(address) for address in held if str(address).startswith(("/", "."))}


def started(reports: Path, *, seconds: float = 240.0) -> Path:
    """Wait until a run's engine serves; gives the folder of the run."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for journal in reports.glob("*/journal.jsonl"):
            finished = (json.loads(line) for line in journal.read_text().splitlines())
            if any(event.get("case", {}).get("id") == "DEPLOY/starts" for event in finished):
                return journal.parent
        time.sleep(0.2)
    raise AssertionError("the engine never started")


def killed(tmp_path: Path) -> dict[str, Any]:
    """What is left of a run that is killed as soon as its engine serves."""
    running = caches.default().root / "running"
    run = subprocess.Popen(
        command(tmp_path, *IMAGE, "-k", "test_deploy or test_classification"),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    folder = started(tmp_path)
    ours = engines(running, of=psutil.Process(run.pid))
    held = sockets(ours)

    run.send_signal(signal.SIGKILL)
    run.wait()
    psutil.wait_procs(ours, timeout=30)
    engine.sweep(running)

    left = [process.pid for process in ours if process.is_running()]
    report = subprocess.run(
        [sys.executable, "-m", "vllm_qualify", "report", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    rendered = (folder / "matrix.html").exists()
    told = {"code": report.returncode, "said": report.stderr, "rendered": rendered}
    return {"engines": len(ours), "sockets": sorted(held), "left": left, "report": told}


def test_sigkill_leaves_no_engine_and_a_readable_journal(tmp_path: Path, observed: Callable[..., Any]) -> None:
    """A run that is killed in the middle leaves no engine behind, and its journal still renders."""
    saw = observed("killed-run", lambda: killed(tmp_path), releases=["0.15.1"])

    assert saw["engines"]
    assert saw["sockets"]
    assert all(address.startswith("./") for address in saw["sockets"]), "they go with the engine's folder"
    assert saw["left"] == []
    assert saw["report"]["code"] == 10, saw["report"]["said"]
    assert saw["report"]["rendered"]


def test_an_engine_dies_on_a_schema(seen: Callable[..., Run]) -> None:
    """v0.12.0 in bfloat16 dies on the first schema; the matrix names the cause, and what it blocks."""
    run = seen(
        "death-on-a-schema",
        "--image",
        "vllm/vllm-openai:v0.12.0",
        "--local-dtype",
        "bfloat16",
        "-k",
        "test_deploy or test_with_schema or test_invalid_schema",
    )

    died = run.case("v0.12.0", "CLASSIFY/with-schema")
    assert (run.code, died["outcome"]) == (1, "failed"), run.said
    assert "logits must be of type float32" in died["diagnosis"]["lines"][0]["text"]
    assert run.case("v0.12.0", "CLASSIFY/invalid-schema")["outcome"] == "blocked"
    assert died["evidence"]


def test_a_port_that_is_taken(qualified: Callable[..., Run]) -> None:
    """A named port that somebody listens on is one clear message, and our trouble, not the image's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        run = qualified(*IMAGE, "--local-port", port, "-k", "test_deploy")

    assert run.code == 10, run.said
    assert f"port {port} is in use" in run.case("v0.15.1", "DEPLOY/starts")["message"]
    assert "Traceback" not in run.said


@pytest.mark.parametrize("arguments", [("--offline",), ()], ids=["offline", "no-network"])
def test_nothing_cached_and_no_network(
    qualified: Callable[..., Run], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Without network and with nothing cached there is one clear message, and no traceback."""
    empty = tmp_path / "empty"
    nowhere = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0", "UV_INDEX_URL": ""}

    run = qualified(
        *IMAGE, "-k", "test_cli_args", *arguments, VLLM_QUALIFY_CACHE=str(empty), UV_CACHE_DIR=str(empty), **nowhere
    )

    assert run.code == 10, run.said
    messages = {case["message"] for case in run.candidates["v0.15.1"]["cases"]}
    assert len(messages) == 1, messages
    assert "Traceback" not in run.said


def test_offline_once_everything_is_cached(qualified: Callable[..., Run]) -> None:
    """A release that was tried before is tried again without network."""
    probing.asked_as_deployed("0.15.1")

    run = qualified(*IMAGE, "--offline", "-k", "test_cli_args", UV_DEFAULT_INDEX="http://127.0.0.1:9/simple")

    assert {case["outcome"] for case in run.candidates["v0.15.1"]["cases"]} <= {"passed", "warned"}, run.said
