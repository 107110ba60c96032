"""Which process of which machine one is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vllm_qualify.system import processes


def stat(folder: Path, pid: int, *, state: str = "S", started: int = 77, name: str = "uv") -> None:
    """A process, as the kernel tells of it."""
    (folder / str(pid)).mkdir(parents=True)
    before = " ".join(["0"] * 18)
    (folder / str(pid) / "stat").write_text(f"{pid} ({name}) {state} {before} {started} 0 0\n")


def test_this_process_knows_itself() -> None:
    """By the kernel's own count of ticks since boot, which no step of the clock moves."""
    pid, started = processes.me()

    assert pid == os.getpid()
    assert processes.lives(pid, started_at=started)
    assert not processes.lives(pid, started_at=started + 1)


def test_a_process_that_ended_lives_no_more() -> None:
    """Its zombie does not, either."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = processes.started(process.pid)

    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    as_zombie = processes.started(process.pid)
    process.communicate()

    assert started > 0
    assert (as_zombie, processes.started(process.pid)) == (0, 0)


@pytest.mark.parametrize("name", ["uv", "a (b) c", ") S 1 ("])
def test_whatever_a_process_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Its name may hold what separates the fields."""
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    stat(tmp_path, 5, name=name)

    assert processes.started(5) == 77


@pytest.mark.parametrize("pid", [-1, 0, 2**22 + 1, 10**30])
def test_a_number_that_no_process_has(pid: int) -> None:
    """Somebody wrote it by hand."""
    assert not processes.lives(pid, started_at=1)


def test_a_place_is_a_machine_a_boot_and_a_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them makes another one; the machine's own id is told to nobody."""
    places = [processes.place()]
    for name in ("_MACHINE", "_BOOT"):
        (tmp_path / name).write_text("3d1219c7\n")
        monkeypatch.setattr(processes, name, tmp_path / name)
        places.append(processes.place())

    assert len(set(places)) == 3
    assert "3d1219c7" not in " ".join(places)
    assert places[0].endswith(f"/{Path('/proc/self/ns/pid').stat().st_ino}")


@pytest.mark.parametrize("name", ["_BOOT", "_PROC"])
def test_where_the_place_cannot_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Nothing is made up, as on a system without /proc."""
    monkeypatch.setattr(processes, name, tmp_path / "none")

    assert processes.place() == ""


def test_a_container_without_an_id_has_a_place_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the boot of its host and its own namespace."""
    monkeypatch.setattr(processes, "_MACHINE", tmp_path / "none")

    assert processes.machine() == ""
    assert processes.place().startswith("-/")
