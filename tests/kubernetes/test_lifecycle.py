from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab import lifecycle
from lab.places import Lab
from vllm_qualify.system import caches

_ROOT = Path(__file__).parents[2]


@pytest.fixture
def second(lab: Any) -> Iterator[str]:
    """The name of a further lab, removed at the end whatever became of it."""
    name = f"{lab.lab.name}-second"
    yield name
    lifecycle.down(name, cache=caches.default())


def test_labs_run_side_by_side_and_down_leaves_nothing(lab: Any, second: str) -> None:
    """A second lab has networks of its own, leaves the first alone, and is gone without a trace after ``down``."""
    command("--name", second, "up")
    running = lifecycle.find(second, cache=caches.default())
    assert running is not None
    during = traces(running)
    command("--name", second, "down")

    assert running.index != lab.lab.index
    assert all(during.values()), during
    assert not any(traces(running, *during["namespaces"]).values())
    assert lab.kubectl(["get", "nodes"])["items"]


def test_what_a_killed_up_left_is_removed_by_the_next(lab: Any, second: str) -> None:
    """``up`` dies halfway; the next one removes processes, link, control groups and folder of that lab."""
    del lab
    argv = [sys.executable, "-m", "lab", "--name", second, "up"]
    with subprocess.Popen(argv, cwd=_ROOT, stderr=subprocess.DEVNULL) as starting:
        wait_for(lambda: "kubelet" in pids_of(second))
        starting.send_signal(signal.SIGKILL)
    left = lifecycle.find(second, cache=caches.default())
    assert left is not None
    during = traces(left)

    lifecycle.sweep(caches.default(), say=print)

    assert all(during.values()), during
    assert not any(traces(left, *during["namespaces"]).values())


def test_status_names_every_lab(lab: Any) -> None:
    """``status`` lists the labs and whether they answer."""
    said = command("status")

    assert f"{lab.lab.name}: {lab.lab.server} answers" in said


def command(*arguments: str) -> str:
    """What the command prints."""
    argv = [sys.executable, "-m", "lab", *arguments]
    return subprocess.run(argv, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def traces(lab: Lab, *namespaces: str) -> dict[str, list[str]]:
    """Everything of a lab that the machine shows outside, and the process namespaces of it or of that name."""
    return {
        "cgroups": [str(one) for one in Path("/sys/fs/cgroup").glob(f"**/{lab.cgroup}")],
        "folder": [str(lab.folder)] if lab.folder.exists() else [],
        "link": [one for one in psutil.net_if_addrs() if one == lab.bridge_link],
        "namespaces": sorted(set(_namespaces(lab.folder, namespaces))),
        "routes": [
            line for line in Path("/proc/net/route").read_text().splitlines() if line.startswith(lab.bridge_link)
        ],
    }


def _namespaces(folder: Path, known: tuple[str, ...]) -> Iterator[str]:
    outside = Path("/proc/self/ns/pid").readlink()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            space = Path(f"/proc/{process.pid}/ns/pid").readlink()
            if space != outside and (str(space) in known or process.cwd() == str(folder)):
                yield str(space)


def pids_of(name: str) -> dict[str, int]:
    """What a lab has started so far."""
    try:
        found: dict[str, int] = json.loads((caches.default().root / "lab" / "labs" / name / "pids.json").read_text())
    except OSError:
        return {}
    return found


def wait_for(holds: Any) -> None:
    """Look again until it holds."""
    deadline = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
