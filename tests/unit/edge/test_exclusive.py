import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vllm_qualify.edge import exclusive

Idler = Callable[..., subprocess.Popen[bytes]]


def test_the_second_waits_and_learns_for_whom(tmp_path: Path) -> None:
    """While one holds the lock, another is told which process that is, and goes on when it is free."""
    said: list[str] = []
    told, done = threading.Event(), threading.Event()

    def second() -> None:
        with exclusive.alone(tmp_path, "engine", say=lambda line: (said.append(line), told.set()), wait_seconds=0.05):
            done.set()

    with exclusive.alone(tmp_path, "engine", say=said.append):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert told.wait(10)
        assert not done.is_set()
    waiting.join(10)

    assert done.is_set()
    assert f"waiting for process {os.getpid()} " in said[0]
    assert said[0].endswith("which is installing engine")


def test_a_lock_outlives_no_failure(tmp_path: Path) -> None:
    """Whoever fails inside gives the lock back, so the next one does not wait."""
    said: list[str] = []

    with pytest.raises(RuntimeError), exclusive.alone(tmp_path, "engine", say=said.append):
        raise RuntimeError
    with exclusive.alone(tmp_path, "engine", say=said.append):
        pass

    assert said == []


@pytest.fixture
def idler() -> Iterator[Idler]:
    """Starts Python processes that do nothing, with the given arguments, and ends them."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        script = "import sys; print(flush=True); sys.stdin.read()"
        child = subprocess.Popen(
            [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(child)
        assert child.stdout is not None
        child.stdout.readline()
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def test_leftovers_go_with_their_processes(tmp_path: Path, idler: Idler) -> None:
    """An installer that a killed run left behind is ended before its folder goes; a bystander is not."""
    folder = tmp_path / "engine.part"
    (folder / "bin").mkdir(parents=True)
    leftover = idler("--python", str(folder / "bin" / "python"))
    bystander = idler(str(tmp_path / "engine"))

    exclusive.sweep(folder)

    assert leftover.poll() is not None
    assert bystander.poll() is None
    assert not folder.exists()


def test_nothing_to_sweep_is_fine(tmp_path: Path) -> None:
    """A first run has no leftovers."""
    exclusive.sweep(tmp_path / "engine.part")
