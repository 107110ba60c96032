from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab import host, lifecycle
from vllm_qualify.edge import caches

_ROOT = Path(__file__).parents[2]


@pytest.fixture
def second(lab: Any) -> Iterator[str]:
    """The name of a further lab, removed at the end whatever became of it."""
    name = f"{lab.lab.name}-second"
    yield name
    lifecycle.down(name, cache=caches.default())


def test_labs_run_side_by_side_and_down_leaves_nothing(lab: Any, second: str) -> None:
    """A second lab has networks of its own, leaves the first alone, and is gone without a trace after ``down``."""
    before = traces()
    command("--name", second, "up")
    running = lifecycle.find(second, cache=caches.default())
    assert running is not None
    during = traces()

    command("--name", second, "down")

    assert running.index != lab.lab.index
    assert during != before
    assert traces() == before
    assert not running.folder.exists()
    assert lab.kubectl(["get", "nodes"])["items"]


def test_what_a_killed_up_left_is_removed_by_the_next(lab: Any, second: str) -> None:
    """``up`` dies halfway; the next one removes processes, link, control groups and folder of that lab."""
    del lab
    before = traces()
    argv = [sys.executable, "-m", "lab", "--name", second, "up"]
    with subprocess.Popen(argv, cwd=_ROOT, stderr=subprocess.DEVNULL) as starting:
        wait_for(lambda: "kubelet" in pids_of(second))
        starting.send_signal(signal.SIGKILL)
    assert traces() != before

    lifecycle.sweep(caches.default(), say=print)

    assert traces() == before
    assert lifecycle.find(second, cache=caches.default()) is None


def test_status_names_every_lab(lab: Any) -> None:
    """``status`` lists the labs and whether they answer."""
    said = command("status")

    assert f"{lab.lab.name}: {lab.lab.server} answers" in said


def command(*arguments: str) -> str:
    """What the command prints."""
    argv = [sys.executable, "-m", "lab", *arguments]
    return subprocess.run(argv, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def traces() -> dict[str, list[str]]:
    """Everything of labs that the machine shows outside their own namespaces."""
    return {
        "cgroups": sorted(str(one) for root in host._hierarchies() for one in root.glob("vllm-qualify-lab-*")),
        "folders": sorted(str(one) for one in (caches.default().root / "lab" / "labs").iterdir()),
        "links": sorted(one for one in psutil.net_if_addrs() if one.startswith("vqlab")),
        "mounts": sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        "parts": sorted(part for part in namespaces() if part != os.readlink("/proc/self/ns/pid")),
        "routes": sorted(line for line in Path("/proc/net/route").read_text().splitlines() if "vqlab" in line),
    }


def namespaces() -> set[str]:
    """All process namespaces that have a process."""
    found = set()
    for pid in psutil.pids():
        try:
            found.add(os.readlink(f"/proc/{pid}/ns/pid"))
        except OSError:
            continue
    return found


def pids_of(name: str) -> dict[str, int]:
    """What a lab has started so far."""
    try:
        found: dict[str, int] = json.loads((caches.default().root / "lab" / "labs" / name / "pids.json").read_text())
    except OSError:
        return {}
    return found


def wait_for(holds: Any) -> None:
    """Look again until it holds."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
