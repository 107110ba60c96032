"""A machine of its own for a container engine, made of namespaces; used by tests/containers.

What an engine does to a machine (bridges, firewall rules, mounts, control groups, processes that outlive their
parents) it does to this one, and the kernel takes all of it away with the first process. That one is killed with
whoever started the machine, even by SIGKILL; folders and control groups are left then, and the next start removes them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lab import host
from vllm_qualify.system import caches, install_lock, ownership

_HERE = Path(__file__).parent
_START_SECONDS = 30.0
_LOOK_SECONDS = 0.02
_ROOM = "machines"


class MachineFailed(Exception):
    """A machine did not come up, or is off; the message has the last lines of its log."""


@dataclass(slots=True, kw_only=True)
class Machine:
    """One machine; its folder stays when it is rebooted. Mutable, since its first process changes with each boot.

    Attributes:
        folder: everything that it keeps.
        first: what was started last as its first process; its one child is process 1 inside.
    """

    folder: Path
    first: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    @property
    def cgroup(self) -> str:
        """Name of the control group of everything that is started in it."""
        return f"vllm-qualify-{self.folder.name}"

    def boot(self) -> None:
        """Start it, with nothing running in it.

        Raises:
            MachineFailed: it did not come up.
        """
        host.make_cgroups(self.cgroup)
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        argv = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork"]
        argv += ["--kill-child", "--mount-proc", sys.executable, "-P", "-m", "lab.machine_inside", str(self.folder)]
        with (self.folder / "machine.log").open("ab") as log:
            self.first = subprocess.Popen(
                [*argv, self.cgroup],
                cwd="/",
                env=os.environ | {"PYTHONPATH": str(_HERE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not ready.exists():
            if self.first.poll() is not None or time.monotonic() > deadline:
                raise MachineFailed("\n".join((self.folder / "machine.log").read_text().splitlines()[-5:]))
            time.sleep(_LOOK_SECONDS)

    def halt(self) -> None:
        """End it as a power cut would: every process of it is gone when this returns, and its mounts are too."""
        if self.first is not None:
            (inner,) = psutil.Process(self.first.pid).children()
            inner.kill()
            self.first.wait()
            self.first = None
        for process in self._running:
            process.wait()
        self._running.clear()
        host.remove_cgroups(self.cgroup)

    def argv(self, *command: str) -> list[str]:
        """The command line that runs a command in the machine, in the folder where the caller works.

        Raises:
            MachineFailed: it is off.
        """
        if self.first is None:
            raise MachineFailed(f"machine {self.folder.name} is off")
        (inner,) = psutil.Process(self.first.pid).children()
        spaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup")
        return ["nsenter", "--target", str(inner.pid), *spaces, f"--wd={Path.cwd()}", "--", *command]

    def run(
        self, *command: str, env: Mapping[str, str] | None = None, timeout_seconds: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the machine to its end; what it says on both outputs is kept apart."""
        return subprocess.run(
            self.argv(*command),
            env=os.environ | dict(env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_seconds,
        )

    def start(self, *command: str, log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start something in the machine that keeps running, at most as long as the machine."""
        with log.open("ab") as out:
            started = subprocess.Popen(
                self.argv(*command),
                env=os.environ | dict(env or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._running.append(started)
        return started


def create(name: str, *, cache: caches.Caches, say: Callable[[str], None]) -> Machine:
    """A machine that is up and empty; one of that name must not be there.

    Args:
        name: how it is called.
        cache: where its folder is.
        say: takes one line of progress.

    Raises:
        MachineFailed: it did not come up.
    """
    with install_lock.alone(cache.root / "locks", _ROOM, say=say):
        sweep(cache, say=say)
        made = Machine(folder=cache.root / "lab" / _ROOM / name)
        made.folder.mkdir(parents=True)
        ownership.claim(made.folder, os.getpid())
    made.boot()
    return made


def remove(machine: Machine) -> None:
    """End a machine and remove all that it kept."""
    machine.halt()
    _remove_folder(machine.folder)


def sweep(cache: caches.Caches, *, say: Callable[[str], None]) -> None:
    """Remove what is left of machines whose owner was killed."""
    for folder in sorted((cache.root / "lab" / _ROOM).glob("*")):
        if not ownership.owned(folder):
            say(f"removing what was left of machine {folder.name}")
            remove(Machine(folder=folder))


def _remove_folder(folder: Path) -> None:
    """An engine's mounts go with the namespace of the last process, a moment after it."""
    deadline = time.monotonic() + 10
    while folder.exists() and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
        time.sleep(_LOOK_SECONDS if folder.exists() else 0)
