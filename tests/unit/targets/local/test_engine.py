"""Local engine processes: nothing of them outlives us."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from vllm_qualify.targets.local import engine

# A stand-in for an engine: a parent with a worker in a session of its own, as vLLM's engine core may be.
FAMILY = textwrap.dedent("""
    import signal, subprocess, sys
    worker = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    print("worker", worker.pid, flush=True)
    open({begun!r}, "w").write(str(worker.pid))
    {then}
""")
PATIENCE_SECONDS = 30.0
ENV = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def pipe(path: Path) -> Iterator[int]:
    """A named pipe through which another process tells that it has begun."""
    os.mkfifo(path)
    # Held open for writing as well, so that neither end waits for the other.
    end = os.open(path, os.O_RDWR)
    try:
        yield end
    finally:
        os.close(end)


def told(end: int) -> str:
    """What came through the pipe, as soon as it came."""
    assert select.select([end], [], [], PATIENCE_SECONDS)[0], "nothing came"
    return os.read(end, 100).decode()


def gone(pid: int) -> bool:
    """Wait for the end of a process, whoever started it."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], PATIENCE_SECONDS)[0])
    finally:
        os.close(watched)


def start_family(running: Path, *, then: str) -> tuple[engine.EngineProcess, int]:
    """Start the stand-in and learn the worker's process id from it."""
    begun = running.with_name(f"{running.name}.begun")
    with pipe(begun) as end:
        family = FAMILY.format(begun=str(begun), then=then)
        process = engine.start([sys.executable, "-c", family], env=ENV, running=running)
        return process, int(told(end))


def test_stop_ends_the_whole_tree(tmp_path: Path) -> None:
    """Stopping ends the engine, its workers and its folder."""
    process, worker = start_family(tmp_path, then="signal.pause()")

    process.stop()

    assert not psutil.pid_exists(worker)
    assert list(tmp_path.iterdir()) == []


def test_an_orphaned_worker_ends_with_its_engine(tmp_path: Path) -> None:
    """A worker that the dying engine left behind is ended, and the exit code is the engine's own."""
    process, worker = start_family(tmp_path, then="sys.exit(3)")

    assert gone(process.supervisor.pid)
    assert process.exit_code() == 3
    assert not psutil.pid_exists(worker)
    process.stop()


def test_a_signal_shows_as_128_plus_its_number(tmp_path: Path) -> None:
    """An engine that the kernel kills shows exit code 137, as in a container."""
    process, _ = start_family(tmp_path, then="import os; os.kill(os.getpid(), 9)")

    assert gone(process.supervisor.pid)
    assert process.exit_code() == 128 + signal.SIGKILL
    process.stop()


def test_stop_twice_is_harmless(tmp_path: Path) -> None:
    """A second stop does nothing."""
    process, _ = start_family(tmp_path, then="signal.pause()")

    process.stop()
    process.stop()

    assert process.exit_code() is not None


def test_every_line_carries_its_time(tmp_path: Path) -> None:
    """The log has one time stamp a line, in UTC."""
    process, _ = start_family(tmp_path, then="print('two\\nlines', flush=True)")
    gone(process.supervisor.pid)

    lines = process.read_log().splitlines()
    process.stop()

    assert [line.split(" ", 1)[1] for line in lines[1:]] == ["two", "lines"]
    assert all(line.split()[0].endswith("+00:00") for line in lines)


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    """A missing program is exit code 127 and a line in the log, not an exception."""
    process = engine.start(["/nonexistent/python"], env=ENV, running=tmp_path)

    assert gone(process.supervisor.pid)
    assert (process.exit_code(), "could not be started" in process.read_log()) == (127, True)
    process.stop()


RUN_AND_HANG = textwrap.dedent("""
    import signal, sys
    from pathlib import Path
    from vllm_qualify.targets.local import engine
    worker = "import signal; open({begun!r}, 'w').write('begun'); signal.pause()"
    process = engine.start([sys.executable, "-c", worker], env={{"PATH": "/usr/bin"}}, running=Path({running!r}))
    print(process.supervisor.pid, flush=True)
    signal.pause()
""")


def killed_run(running: Path) -> int:
    """A run that starts an engine and is killed by SIGKILL; gives the process id of the engine's supervisor."""
    begun = running.with_name(f"{running.name}.begun")
    script = RUN_AND_HANG.format(begun=str(begun), running=str(running))
    with (
        pipe(begun) as end,
        subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(engine.__file__).parents[3]
        ) as run,
    ):
        assert told(end) == "begun"
        run.kill()
        assert run.stdout is not None
        return int(run.stdout.readline())


def test_sigkill_of_the_run_ends_the_engine(tmp_path: Path) -> None:
    """When the harness is killed without a chance to clean up, the engine ends by itself."""
    supervisor = killed_run(tmp_path)

    assert gone(supervisor)
    engine.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_sweep_ends_what_even_the_supervisor_left(tmp_path: Path) -> None:
    """When the supervisor was killed as well, the next start ends the engine."""
    process, worker = start_family(tmp_path, then="signal.pause()")
    note = process.folder / "owner.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"started": 1}))
    process.supervisor.kill()
    process.supervisor.wait()

    ended = engine.sweep(tmp_path)

    assert ended == 2
    assert gone(worker)
    process.stop()


def test_sweep_leaves_a_living_run_alone(tmp_path: Path) -> None:
    """The engines of a run that is still there are not touched."""
    process, worker = start_family(tmp_path, then="signal.pause()")

    assert engine.sweep(tmp_path) == 0
    assert psutil.pid_exists(worker)
    process.stop()


def test_sweep_leaves_what_belongs_to_another_machine(tmp_path: Path) -> None:
    """A cache in a home that several machines share, or a volume of several containers."""
    process, worker = start_family(tmp_path, then="signal.pause()")
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


def test_an_engine_on_the_gpu_sees_the_gpus_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it compiles stays with its release, and what is only for CPU builds stays away."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")

    on_gpu, on_cpu = (engine.environment(tmp_path, kv_cache_gib=size) for size in (None, 2))

    assert (on_gpu["CUDA_VISIBLE_DEVICES"], on_gpu["CUDA_DEVICE_ORDER"]) == ("1", "PCI_BUS_ID")
    assert "VLLM_CPU_KVCACHE_SPACE" not in on_gpu
    kept = ("CUDA_CACHE_PATH", "FLASHINFER_WORKSPACE_BASE", "TRITON_CACHE_DIR", "VLLM_CACHE_ROOT")
    assert all(Path(on_gpu[name]).is_relative_to(tmp_path) for name in kept)
    assert on_cpu["VLLM_CPU_KVCACHE_SPACE"] == "2"
    assert [name for name in on_cpu if name.startswith("CUDA")] == []
