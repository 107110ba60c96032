"""Local engine processes: nothing of them outlives us."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from vllm_qualify.targets.local import engine

# A stand-in for an engine: a parent with a worker in a session of its own, as vLLM's engine core may be.
FAMILY = textwrap.dedent("""
    import subprocess, sys, time
    worker = [sys.executable, "-c", "import time; time.sleep(600)"]
    print("worker", subprocess.Popen(worker, start_new_session=True).pid, flush=True)
    {then}
""")
ENV = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}


def eventually(holds: Callable[[], object], *, seconds: float = 10.0) -> bool:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def start_family(running: Path, *, then: str) -> tuple[engine.EngineProcess, int]:
    """Start the stand-in and learn the worker's process id from its log."""
    process = engine.start([sys.executable, "-c", FAMILY.format(then=then)], env=ENV, running=running)
    assert eventually(lambda: "worker" in process.read_log()), process.read_log()
    return process, int(process.read_log().split("worker ")[1].split()[0])


def test_stop_ends_the_whole_tree(tmp_path: Path) -> None:
    """Stopping ends the engine, its workers and its folder."""
    process, worker = start_family(tmp_path, then="time.sleep(600)")

    process.stop()

    assert not psutil.pid_exists(worker)
    assert list(tmp_path.iterdir()) == []


def test_an_orphaned_worker_ends_with_its_engine(tmp_path: Path) -> None:
    """A worker that the dying engine left behind is ended, and the exit code is the engine's own."""
    process, worker = start_family(tmp_path, then="sys.exit(3)")

    assert eventually(lambda: process.exit_code() is not None)
    assert process.exit_code() == 3
    assert not psutil.pid_exists(worker)
    process.stop()


def test_a_signal_shows_as_128_plus_its_number(tmp_path: Path) -> None:
    """An engine that the kernel kills shows exit code 137, as in a container."""
    process, _ = start_family(tmp_path, then="import os; os.kill(os.getpid(), 9)")

    assert eventually(lambda: process.exit_code() is not None)
    assert process.exit_code() == 128 + signal.SIGKILL
    process.stop()


def test_stop_twice_is_harmless(tmp_path: Path) -> None:
    """A second stop does nothing."""
    process, _ = start_family(tmp_path, then="time.sleep(600)")

    process.stop()
    process.stop()

    assert process.exit_code() is not None


def test_every_line_carries_its_time(tmp_path: Path) -> None:
    """The log has one time stamp a line, in UTC."""
    process, _ = start_family(tmp_path, then="print('two\\nlines', flush=True)")
    eventually(lambda: process.exit_code() is not None)

    lines = process.read_log().splitlines()
    process.stop()

    assert [line.split(" ", 1)[1] for line in lines[1:]] == ["two", "lines"]
    assert all(line.split()[0].endswith("+00:00") for line in lines)


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    """A missing program is exit code 127 and a line in the log, not an exception."""
    process = engine.start(["/nonexistent/python"], env=ENV, running=tmp_path)

    assert eventually(lambda: process.exit_code() is not None)
    assert (process.exit_code(), "could not be started" in process.read_log()) == (127, True)
    process.stop()


RUN_AND_HANG = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from vllm_qualify.targets.local import engine
    worker = "import time; time.sleep(600)"
    process = engine.start([sys.executable, "-c", worker], env={{"PATH": "/usr/bin"}}, running=Path({running!r}))
    print(process.supervisor.pid, flush=True)
    time.sleep(600)
""")


def killed_run(running: Path) -> psutil.Process:
    """A run that starts an engine and is killed by SIGKILL; gives the engine's supervisor."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN_AND_HANG.format(running=str(running))],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(engine.__file__).parents[3],
    )
    assert run.stdout is not None
    supervisor = psutil.Process(int(run.stdout.readline()))
    assert eventually(supervisor.children)
    run.kill()
    run.wait()
    run.stdout.close()
    return supervisor


def test_sigkill_of_the_run_ends_the_engine(tmp_path: Path) -> None:
    """When the harness is killed without a chance to clean up, the engine ends by itself."""
    supervisor = killed_run(tmp_path)

    assert eventually(lambda: not supervisor.is_running())
    engine.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_sweep_ends_what_even_the_supervisor_left(tmp_path: Path) -> None:
    """When the supervisor was killed as well, the next start ends the engine."""
    process, worker = start_family(tmp_path, then="time.sleep(600)")
    note = process.folder / "owner.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"started": 1}))
    process.supervisor.kill()
    process.supervisor.wait()

    ended = engine.sweep(tmp_path)

    assert ended == 2
    assert eventually(lambda: not psutil.pid_exists(worker))
    process.stop()


def test_sweep_leaves_a_living_run_alone(tmp_path: Path) -> None:
    """The engines of a run that is still there are not touched."""
    process, worker = start_family(tmp_path, then="time.sleep(600)")

    assert engine.sweep(tmp_path) == 0
    assert psutil.pid_exists(worker)
    process.stop()


def test_sweep_leaves_what_belongs_to_another_machine(tmp_path: Path) -> None:
    """A cache in a home that several machines share, or a volume of several containers."""
    process, worker = start_family(tmp_path, then="time.sleep(600)")
    note = process.folder / "owner.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"place": "other/boot/1", "machine": "other", "pid": 1}))

    assert engine.sweep(tmp_path) == 0
    assert psutil.pid_exists(worker)
    assert process.folder.is_dir()
    process.stop()


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "free"])
def test_port_is_free(*, taken: bool) -> None:
    """A port with a listener is not free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if taken:
            listener.listen()
            assert not engine.port_is_free(listener.getsockname()[1])
    assert engine.port_is_free(engine.free_port())
