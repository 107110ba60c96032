import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vllm_qualify.system import install_lock


def test_the_second_waits_and_learns_for_whom(tmp_path: Path) -> None:
    """While one holds the lock, another is told which process of which machine that is, and goes on when it is free."""
    said: list[str] = []
    first = contextlib.ExitStack()
    first.enter_context(install_lock.alone(tmp_path, "engine", say=said.append))

    def told(line: str) -> None:
        said.append(line)
        first.close()

    with install_lock.alone(tmp_path, "engine", say=told):
        assert len(said) == 1

    assert f"waiting for process {os.getpid()} of {socket.gethostname()} " in said[0]
    assert said[0].endswith("which is installing engine")


def test_a_lock_outlives_no_failure(tmp_path: Path) -> None:
    """Whoever fails inside gives the lock back, so the next one does not wait."""
    said: list[str] = []

    with pytest.raises(RuntimeError), install_lock.alone(tmp_path, "engine", say=said.append):
        raise RuntimeError
    with install_lock.alone(tmp_path, "engine", say=said.append):
        pass

    assert said == []


def test_leftovers_go_and_nobody_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-made folder goes; a process that still works in it is left to end by itself."""
    folder = tmp_path / "engine.part"
    (folder / "bin").mkdir(parents=True)
    worker = subprocess.Popen([sys.executable, "-c", "input()", str(folder)], cwd=folder, stdin=subprocess.PIPE)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("must not end anything"))

    install_lock.sweep(folder)

    assert not folder.exists()
    assert worker.poll() is None
    worker.communicate(b"\n", timeout=30)


def test_nothing_to_sweep_is_fine(tmp_path: Path) -> None:
    """A first run has no leftovers."""
    install_lock.sweep(tmp_path / "engine.part")
