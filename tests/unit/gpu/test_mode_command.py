from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from vllm_qualify.config import GpuMode
from vllm_qualify.core import images
from vllm_qualify.gpu import mode_command
from vllm_qualify.gpu.mode_command import Said, SwitchFailed

SETTINGS = GpuMode(
    command=("ssh", "gpu-worker", "gpu-mode"), read=("ssh", "gpu-worker", "cat"), folder="/etc/gpu-mode/"
)


class Scripted:
    """Knows the answers to some command lines and refuses all others."""

    def __init__(self, answers: dict[str, Said]) -> None:
        self.answers = answers

    def __call__(self, argv: Sequence[str], *, deadline_seconds: float) -> Said:
        assert deadline_seconds == SETTINGS.deadline_seconds
        return self.answers[" ".join(argv)]


def test_the_status_is_asked_for_and_read() -> None:
    """The operator's words come first, then ours."""
    run = Scripted({"ssh gpu-worker gpu-mode status": Said(code=0, stdout="mode: ml\n")})

    assert mode_command.status(SETTINGS, run=run).mode == "ml"


def test_a_status_that_names_no_mode_is_a_failure() -> None:
    """Another program of that name is told by what it printed."""
    run = Scripted({"ssh gpu-worker gpu-mode status": Said(code=0, stdout="GPU is idle\n")})

    with pytest.raises(SwitchFailed, match="GPU is idle"):
        mode_command.status(SETTINGS, run=run)


@pytest.mark.parametrize(
    ("image", "line"),
    [("", "gpu-mode r1"), (images.parse("vllm/vllm-openai:v0.9.2"), "gpu-mode r1 --image vllm/vllm-openai:v0.9.2")],
)
def test_a_switch_names_mode_and_candidate(image: object, line: str) -> None:
    """Without a candidate the command's own manifest decides."""
    mode_command.switch(SETTINGS, "r1", image, run=Scripted({f"ssh gpu-worker {line}": Said(code=0)}))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (Said(code=1, stderr="gpu-mode: the GPU is not free\n"), "ended with 1: gpu-mode: the GPU is not free"),
        (Said(code=None), "did not end within 300 s and said nothing"),
    ],
)
def test_a_failed_switch_says_what_was_run_and_printed(said: Said, message: str) -> None:
    """The whole command line is in the message, to be tried by hand."""
    with pytest.raises(SwitchFailed) as caught:
        mode_command.switch(SETTINGS, "ml", run=Scripted({"ssh gpu-worker gpu-mode ml": said}))

    assert str(caught.value) == f"ssh gpu-worker gpu-mode ml {message}"


def test_a_missing_copy_is_left_out() -> None:
    """What cat could not find is no copy; what it found is."""
    run = Scripted(
        {
            "ssh gpu-worker cat /etc/gpu-mode/a.yaml": Said(code=0, stdout="a: 1\n"),
            "ssh gpu-worker cat /etc/gpu-mode/b.yaml": Said(code=1, stderr="No such file"),
        }
    )

    assert mode_command.copies(SETTINGS, ["a.yaml", "b.yaml"], run=run) == {"a.yaml": "a: 1\n"}


def test_copies_are_compared_where_their_folder_is_named() -> None:
    """A finding names the file on the other machine; without a folder there is nothing to compare."""
    run = Scripted({"ssh gpu-worker cat /etc/gpu-mode/a.yaml": Said(code=0, stdout="a: 0\n")})

    [finding] = mode_command.compared(SETTINGS, {"a.yaml": "a: 1\n"}, run=run)

    assert finding.subject == "/etc/gpu-mode/a.yaml:1"
    assert mode_command.compared(GpuMode(command=("gpu-mode",)), {"a.yaml": "a: 1\n"}, run=run) == ()


def test_a_machine_that_cannot_be_reached_has_no_stale_copies() -> None:
    """That ssh failed says nothing of the files, so it must not look like a missing copy."""
    run = Scripted({"ssh gpu-worker cat /etc/gpu-mode/a.yaml": Said(code=255, stderr="Connection refused")})

    with pytest.raises(SwitchFailed, match="ended with 255: Connection refused"):
        mode_command.copies(SETTINGS, ["a.yaml"], run=run)


def test_a_real_command_runs_without_a_terminal() -> None:
    """Both streams and the exit code come back, and its standard input is empty."""
    said = mode_command.run(["sh", "-c", "cat; echo out; echo err >&2; exit 3"], deadline_seconds=20)

    assert said == Said(code=3, stdout="out\n", stderr="err\n")


def test_a_command_that_does_not_exist_is_named() -> None:
    """The message leads to the setting."""
    with pytest.raises(SwitchFailed, match=r"/no/gpu-mode cannot be started .* see gpu_mode in qualify.toml"):
        mode_command.run(["/no/gpu-mode"], deadline_seconds=1)


@pytest.mark.parametrize("worker", ["exec sleep 600", "trap '' TERM; while :; do sleep 1; done"])
def test_nothing_is_left_of_a_command_that_takes_too_long(tmp_path: Path, worker: str) -> None:
    """Its time is kept, and what it had started ends with it."""
    script = f"echo $$ >{tmp_path}/pids; ({worker}) & echo $! >>{tmp_path}/pids; echo words >&2; wait"
    began = time.monotonic()

    said = mode_command.run(["sh", "-c", script], deadline_seconds=1)

    assert said == Said(code=None, stderr="words\n")
    pids = [int(line) for line in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    # A signal that was sent takes a moment to act.
    while any(map(lives, pids)) and time.monotonic() - began < 10:
        time.sleep(0.02)
    assert not any(map(lives, pids))


def lives(pid: int) -> bool:
    """Whether a process still does anything; one that ended may wait to be reaped by whoever took it over."""
    try:
        return psutil.Process(pid).status() not in {psutil.STATUS_DEAD, psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return False
