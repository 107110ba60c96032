"""Labs come and go: up, down, and the removal of what a killed ``up`` left; used by the command and the tests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil

from lab import host, images, kubectl, programs, pushing
from lab.places import LIMIT, NODE, Lab
from vllm_qualify.system import caches, install_lock, ownership

Say = Callable[[str], None]

_READY_SECONDS = 120.0
_LOOK_SECONDS = 0.2
_HERE = Path(__file__).parent


# First processes that this process started: children must be waited for, wherever down is called.
_STARTED: dict[Path, subprocess.Popen[bytes]] = {}


class NotReady(Exception):
    """A lab did not become ready; the message says what was waited for and where the logs are."""


def up(name: str, *, cache: caches.Caches, say: Say, owner: int | None = None) -> Lab:
    """Start a lab and wait until it takes pods; one that is up already is returned as it is.

    Args:
        name: how it is called.
        cache: holds the programs and the labs.
        say: takes one line of progress at a time.
        owner: a process at whose end the lab is abandoned, and removed by the next ``up``; by default the lab stays
            until ``down``.

    Raises:
        Unavailable: no lab can run here, or its programs cannot be built.
        NotReady: it was started and did not come up; nothing of it is left but its logs' last lines in the message.
    """
    if reason := programs.missing():
        raise programs.Unavailable(reason)
    built = programs.ensure(cache, say=say)
    with install_lock.alone(cache.root / "locks", "labs", say=say):
        sweep(cache, say=say)
        if found := find(name, cache=cache):
            return found
        lab = _claim(name, cache=cache, built=built)
    try:
        first = _start(lab)
        _await_ready(lab, first)
    except BaseException:
        _remove(lab)
        raise
    ownership.claim(lab.folder, owner or first.pid)
    return lab


def down(name: str, *, cache: caches.Caches) -> bool:
    """Remove a lab and everything of it; ``False`` if there was none."""
    if lab := find(name, cache=cache):
        _remove(lab)
    return lab is not None


def find(name: str, *, cache: caches.Caches) -> Lab | None:
    """A lab that was started and not removed."""
    folder = _labs(cache) / name
    try:
        about = json.loads((folder / "lab.json").read_text())
    except FileNotFoundError:
        return None
    return Lab(name=name, folder=folder, index=about["index"], programs=Path(about["programs"]))


def every(cache: caches.Caches) -> tuple[Lab, ...]:
    """All labs of this cache, by name."""
    names = sorted(path.name for path in _labs(cache).glob("*"))
    return tuple(lab for name in names if (lab := find(name, cache=cache)))


def sweep(cache: caches.Caches, *, say: Say) -> None:
    """Remove labs whose owner is gone: a killed ``up``, or a test run that was killed."""
    for folder in sorted(_labs(cache).glob("*")):
        if ownership.owned(folder):
            continue
        say(f"removing what was left of lab {folder.name}")
        if lab := find(folder.name, cache=cache):
            _remove(lab)
        shutil.rmtree(folder, ignore_errors=True)


def _labs(cache: caches.Caches) -> Path:
    return cache.root / "lab" / "labs"


def _claim(name: str, *, cache: caches.Caches, built: Path) -> Lab:
    """A folder that names us as its owner, and a link whose number nobody on this machine has."""
    folder = _labs(cache) / name
    folder.mkdir(parents=True)
    ownership.claim(folder, os.getpid())
    for index in range(LIMIT):
        lab = Lab(name=name, folder=folder, index=index, programs=built)
        if host.lay_cable(lab):
            _write(folder / "lab.json", {"index": index, "programs": str(built)})
            host.make_cgroups(lab.cgroup)
            return lab
    shutil.rmtree(folder)
    raise programs.Unavailable(f"{LIMIT} labs run on this machine already; remove one: python -m lab status")


def _write(path: Path, value: dict[str, object]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value))
    part.rename(path)


def _start(lab: Lab) -> subprocess.Popen[bytes]:
    """Start the lab's first process in namespaces of its own and plug the cable in."""
    argv = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    argv += [sys.executable, "-P", "-m", "lab.inside", lab.name, str(lab.folder), str(lab.index), str(lab.programs)]
    with (lab.folder / "lab.log").open("ab") as log:
        outer = subprocess.Popen(
            argv,
            cwd=lab.folder,
            env=os.environ | {"PYTHONPATH": str(_HERE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _STARTED[lab.folder] = outer
    for _ in _until(lab, outer, "its namespaces"):
        if inner := psutil.Process(outer.pid).children():
            host.plug_in(lab, inner[0].pid)
            break
    return outer


def _await_ready(lab: Lab, first: subprocess.Popen[bytes]) -> None:
    """Wait for each part to answer where its users will ask it; give the registry what every pod needs."""
    pushed = images.pause(lab.programs)
    for _ in _until(lab, first, "the registry"):
        with contextlib.suppress(httpx.HTTPError):
            pushing.push(lab.registry, images.PAUSE, pushed)
            break
    ask = ("get", f"node/{NODE}", "serviceaccount/default", "--ignore-not-found", "-o", "json")
    for _ in _until(lab, first, "the node"):
        if lab.kubeconfig.exists() and _node_ready(kubectl.maybe_json(lab, *ask)):
            break
    kubectl.run(lab, "apply", "-f", str(_HERE / "ingressroute.yaml"))
    for what, address in (("Services", (lab.service_ip, 443)), ("DNS", (lab.dns_ip, 53))):
        for _ in _until(lab, first, what):
            with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
                break


def _node_ready(answer: dict[str, object] | None) -> bool:
    items = answer.get("items") if answer else None
    if not isinstance(items, list) or len(items) != 2:  # noqa: PLR2004 (node and service account)
        return False
    conditions = items[0].get("status", {}).get("conditions", [])
    gpus = items[0].get("status", {}).get("allocatable", {}).get("nvidia.com/gpu")
    return gpus == "1" and any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _until(lab: Lab, first: subprocess.Popen[bytes], what: str) -> Iterator[None]:
    """Look again and again; the caller breaks off once it sees what it waits for."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and first.poll() is None:
        yield
        time.sleep(_LOOK_SECONDS)
    raise NotReady(f"lab {lab.name} did not come up: no sign of {what}\n{_last_lines(lab)}")


def _last_lines(lab: Lab, *, count: int = 5) -> str:
    logs = [lab.folder / "lab.log", *sorted(lab.logs.glob("*.log"))]
    tails = (f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-count:]) for log in logs)
    return "\n".join(tails)


def _remove(lab: Lab) -> None:
    host.end_processes(lab.folder)
    if first := _STARTED.pop(lab.folder, None):
        first.wait()
    host.pull_cable(lab)
    host.remove_cgroups(lab.cgroup)
    # The mounts go with the namespace of the last process, a moment after it.
    deadline = time.monotonic() + 10
    while lab.folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(lab.folder, ignore_errors=True)
        time.sleep(_LOOK_SECONDS if lab.folder.exists() else 0)
