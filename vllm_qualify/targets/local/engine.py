"""Local engine processes: started under a supervisor, ended with us, swept up after a run that was killed.

Each engine works in a folder of its own below ``running/`` in the cache. The folder says who owns it, and since a
working directory is inherited and cannot be mistaken for another's, it also tells which processes belong to it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from vllm_qualify.system import ownership
from vllm_qualify.targets.local import loopback
from vllm_qualify.targets.local import supervisor as supervisor_script

_INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
# Which GPUs it sees, and with what it compiles kernels.
_INHERITED_FOR_A_GPU = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "CC", "CXX")
_LOG = "engine.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProcess:
    """One engine under its supervisor.

    Attributes:
        folder: where it works; removed by ``stop``.
        log: what it printed, each line with its time.
    """

    folder: Path
    log: Path
    supervisor: subprocess.Popen[bytes]

    def exit_code(self) -> int | None:
        """``None`` while it runs; else its exit code, 128 + the signal's number after a signal."""
        return self.supervisor.poll()

    def read_log(self) -> str:
        """Everything printed so far."""
        with contextlib.suppress(FileNotFoundError):
            return self.log.read_text(encoding="utf-8", errors="replace")
        return ""

    def stop(self, *, grace_seconds: float = 15.0) -> None:
        """End the engine and its workers and remove its folder; does nothing the second time."""
        if self.supervisor.stdin is not None:
            self.supervisor.stdin.close()
        try:
            self.supervisor.wait(timeout=grace_seconds)
        except subprocess.TimeoutExpired:
            _kill_tree(psutil.Process(self.supervisor.pid))
            self.supervisor.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def environment(compiled: Path, *, kv_cache_gib: int | None) -> dict[str, str]:
    """What an engine sees; of the environment of this process only what it cannot do without.

    Args:
        compiled: where what it compiles outlasts it.
        kv_cache_gib: GiB of memory for the KV cache of a CPU build; ``None`` for an engine on the GPU.
    """
    names = _INHERITED if kv_cache_gib is not None else _INHERITED + _INHERITED_FOR_A_GPU
    own = _on_a_gpu(compiled) if kv_cache_gib is None else {"VLLM_CPU_KVCACHE_SPACE": str(kv_cache_gib)}
    common = loopback.variables() | {
        "HF_HUB_OFFLINE": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(compiled / "inductor"),
        "TRITON_CACHE_DIR": str(compiled / "triton"),
        "VLLM_CACHE_ROOT": str(compiled / "vllm"),
        "VLLM_NO_USAGE_STATS": "1",
        # Its sockets go with the folder that it works in; relative, since a socket's path ends at 107 bytes.
        "VLLM_RPC_BASE_PATH": ".",
    }
    return own | {name: os.environ[name] for name in names if name in os.environ} | common


def _on_a_gpu(compiled: Path) -> dict[str, str]:
    """What else compiles there keeps it to this release; GPUs are counted as NVML counts them.

    Source: CUDA C++ Programming Guide, "CUDA Environment Variables"; flashinfer/jit/env.py; torch.utils.cpp_extension.
    """
    return {
        "CUDA_CACHE_PATH": str(compiled / "cuda"),
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "FLASHINFER_WORKSPACE_BASE": str(compiled / "flashinfer"),
        "TORCH_EXTENSIONS_DIR": str(compiled / "torch-extensions"),
    }


def start(argv: Sequence[str], *, env: Mapping[str, str], running: Path, behind: bool = False) -> EngineProcess:
    """Start an engine.

    Args:
        argv: its command line.
        env: its whole environment; nothing is inherited.
        running: the folder that holds the folders of all engines.
        behind: it computes on the processors that its clients need as well, so they come first.
    """
    folder = _claim(running)
    place = ("--behind",) if behind else ()
    log = folder / _LOG
    supervisor = subprocess.Popen(
        # -P keeps the folder of the script, and so its siblings, out of the import path.
        [sys.executable, "-P", supervisor_script.__file__, "--log", str(log), *place, "--", *argv],
        cwd=folder,
        env=dict(env),
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    return EngineProcess(folder=folder, log=log, supervisor=supervisor)


def _claim(running: Path) -> Path:
    """A new folder that names us as its owner from the first moment on, lest a sweep takes it for abandoned."""
    name = uuid.uuid4().hex
    unclaimed, claimed = running / f".{name}", running / name
    unclaimed.mkdir(parents=True)
    ownership.claim(unclaimed, os.getpid())
    unclaimed.rename(claimed)
    return claimed


def free_port() -> int:
    """A port on the loopback interface that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on the port of the loopback interface."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def sweep(running: Path) -> int:
    """End what runs that were killed left behind; says how many processes that were."""
    ended = 0
    for folder in _abandoned(running):
        for process in _working_in(folder):
            ended += _kill_tree(process)
        shutil.rmtree(folder, ignore_errors=True)
    return ended


def _abandoned(running: Path) -> Iterator[Path]:
    return (folder for folder in running.glob("[!.]*") if not ownership.owned(folder))


def _working_in(folder: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()) == folder:
                yield process


def _kill_tree(process: psutil.Process) -> int:
    """SIGKILL a process and its descendants; says how many there were."""
    with contextlib.suppress(psutil.NoSuchProcess):
        tree = [*process.children(recursive=True), process]
        for one in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(tree, timeout=5)
        return len(tree)
    return 0
