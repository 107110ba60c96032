"""What happens to a run besides signals: somebody's hands, the engine's daemon, a full disk; done by ``injections``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.containers.fault_matrix import Trouble
from tests.containers.gpu_box import PRODUCTION, TAG, VLLM, GpuBox

_LOCK = "vllm-qualify-lock"


@contextlib.contextmanager
def happening(box: GpuBox, trouble: Trouble) -> Iterator[list[str]]:
    """Let it happen while a run is held, and be over after the block; gives what is wrong with it."""
    act = _ACTS[trouble]
    with _full_disk(box) if trouble is Trouble.DISK_FULL else contextlib.nullcontext():
        yield act(box)
    if trouble is Trouble.PORT_TAKEN:
        box.engine.run("rm", "--force", "other")


def _remove_candidate(box: GpuBox) -> list[str]:
    box.engine.run("rm", "--force", *_candidates(box))
    return []


def _stop_candidate(box: GpuBox) -> list[str]:
    box.engine.run("stop", "--time", "1", *_candidates(box))
    return []


def _end_daemon(box: GpuBox, *, how: str = "TERM") -> list[str]:
    box.engine.stop_daemon(signal=how)
    box.engine.start_daemon()
    return []


def _kill_daemon(box: GpuBox) -> list[str]:
    return _end_daemon(box, how="KILL")


def _remove_lock(box: GpuBox) -> list[str]:
    box.engine.run("rm", "--force", _LOCK)
    return []


def _take_port(box: GpuBox) -> list[str]:
    box.engine.say("run", "--detach", "--name", "other", "--publish", "127.0.0.1:8000:8000", PRODUCTION, "m")
    return []


def _remove_production(box: GpuBox) -> list[str]:
    box.engine.say("rm", "--force", VLLM)
    return []


def _start_production(box: GpuBox) -> list[str]:
    # While a candidate has its port, a real engine refuses this.
    box.engine.run("start", VLLM)
    return []


def _restore_as_well(box: GpuBox) -> list[str]:
    code, said = box.restore()
    return [] if code else [f"a restore beside the run was not refused: {said}"]


def _run_as_well(box: GpuBox) -> list[str]:
    second = box.qualify("--image", f"vllm/vllm-openai:{TAG}")
    return [] if "another run uses" in second.said else [f"a second run was not refused: {second.said[-500:]}"]


def _nothing(_box: GpuBox) -> list[str]:
    return []


_ACTS = {
    Trouble.NONE: _nothing,
    Trouble.CANDIDATE_REMOVED: _remove_candidate,
    Trouble.CANDIDATE_STOPPED: _stop_candidate,
    Trouble.DAEMON_ENDED: _end_daemon,
    Trouble.DAEMON_KILLED: _kill_daemon,
    Trouble.DISK_FULL: _nothing,
    Trouble.LOCK_REMOVED: _remove_lock,
    Trouble.PORT_TAKEN: _take_port,
    Trouble.PRODUCTION_REMOVED: _remove_production,
    Trouble.PRODUCTION_STARTED: _start_production,
    Trouble.SECOND_RESTORE: _restore_as_well,
    Trouble.SECOND_RUN: _run_as_well,
}


@contextlib.contextmanager
def _full_disk(box: GpuBox) -> Iterator[None]:
    """Let nothing more be written where the run writes, to its reports and to its temporary files."""
    folders = [str(one) for one in box.folder.glob("run-*/reports")]
    for folder in folders:
        script = 'cp -a "$0" "$0.kept" && mount -t tmpfs -o size=64k full "$0" && cp -a "$0.kept/." "$0"; cat /dev/zero'
        box.engine.machine.run("sh", "-c", f'{script} >"$0/filled"', folder)
    try:
        yield
    finally:
        for folder in folders:
            box.engine.machine.run("umount", "--lazy", folder)


def _candidates(box: GpuBox) -> list[str]:
    return [name for name in box.leftovers() if name != _LOCK]
