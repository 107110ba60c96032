"""What a lab has outside its namespaces: a link, two routes, control groups. Made and removed by ``lifecycle``."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from lab.places import Lab

_CGROUPS = Path("/sys/fs/cgroup")
_END_SECONDS = 20.0


def lay_cable(lab: Lab) -> bool:
    """Put a cable between the host and what will be the lab; ``False`` if that index is taken on this machine."""
    made = ("ip", "link", "add", lab.bridge_link, "type", "veth", "peer", "name", lab.far_link)
    return subprocess.run(made, stderr=subprocess.DEVNULL, check=False).returncode == 0


def plug_in(lab: Lab, pid: int) -> None:
    """Give the far end to the namespace of a process, and route pods and Services through it."""
    _ip("link", "set", lab.far_link, "netns", str(pid))
    _ip("address", "add", f"{lab.host_ip}/24", "dev", lab.bridge_link)
    _ip("link", "set", lab.bridge_link, "up")
    for network in (lab.pod_network, lab.service_network):
        _ip("route", "replace", network, "via", lab.node_ip)


def pull_cable(lab: Lab) -> None:
    """Remove the link, and with it the routes, if the namespace that had the other end did not take it along."""
    gone = ("ip", "link", "delete", lab.bridge_link)
    subprocess.run(gone, stderr=subprocess.DEVNULL, check=False)


def _ip(*arguments: str) -> None:
    argv = ("ip", *arguments)
    subprocess.run(argv, check=True)


# A group counts as one process beside all others of its parent: with the usual 1024, and 100 in version 2, all pods
# together get the time of one test.
_SHARES = {"cpu.shares": "8192", "cpu.weight": "800"}


def make_cgroups(name: str) -> None:
    """Make a group in every hierarchy, as the kubelet wants it for its pods; with version 2 there is one."""
    for root in _hierarchies():
        _delegate(root)
        (root / name).mkdir(exist_ok=True)
        for file in ("cpuset.cpus", "cpuset.mems"):
            # In version 1 a new cpuset is empty and takes no process.
            if (root / file).is_file() and (root / "cgroup.clone_children").is_file():
                (root / name / file).write_text((root / file).read_text())
        for file, shares in _SHARES.items():
            if (root / name / file).is_file():
                (root / name / file).write_text(shares)


def _delegate(root: Path) -> None:
    """In version 2 a group has only the controllers that the one above hands on; one that is missing is no harm yet."""
    if (root / "cgroup.subtree_control").is_file():
        for controller in (root / "cgroup.controllers").read_text().split():
            with contextlib.suppress(OSError):
                (root / "cgroup.subtree_control").write_text(f"+{controller}")


def remove_cgroups(name: str) -> None:
    """Remove a group with all in it, innermost first; the kernel may need a moment after the last process."""
    for root in _hierarchies():
        for folder, _, _ in os.walk(root / name, topdown=False):
            _remove_cgroup(Path(folder))


def _remove_cgroup(folder: Path) -> None:
    deadline = time.monotonic() + 5
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)


def _hierarchies() -> Iterator[Path]:
    """The root of each hierarchy: one of version 2, or one for each controller of version 1."""
    if (_CGROUPS / "cgroup.controllers").is_file():
        yield _CGROUPS
        return
    for root in sorted(_CGROUPS.iterdir()):
        if root.is_dir() and not root.is_symlink() and (root / "cgroup.procs").is_file():
            yield root


def end_processes(folder: Path) -> int:
    """SIGKILL everything that works in the folder of a lab; says how many there were."""
    found = list(_working_in(folder))
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(found, timeout=_END_SECONDS)
    return len(found)


def _working_in(folder: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()) == folder:
                yield process
