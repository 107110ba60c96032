from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from vllm_qualify.config import GpuMode
from vllm_qualify.core import images
from vllm_qualify.gpu import mode_command
from vllm_qualify.gpu.mode_command import SwitchFailed
from vllm_qualify.system.process_runner import CompletedProcess, DeadlinePassed

SETTINGS = GpuMode(
    command=("ssh", "gpu-worker", "gpu-mode"), read=("ssh", "gpu-worker", "cat"), folder="/etc/gpu-mode/"
)


class Scripted:
    """Knows the answers to some command lines and refuses all others."""

    def __init__(self, answers: dict[str, CompletedProcess | DeadlinePassed]) -> None:
        self.answers = answers

    def __call__(
        self, argv: list[str], *, env: Mapping[str, str], cwd: Path, stdin: str, deadline_seconds: float
    ) -> CompletedProcess:
        assert (deadline_seconds, stdin, cwd.is_absolute()) == (SETTINGS.deadline_seconds, "", True)
        assert "PATH" in env
        answer = self.answers[" ".join(argv)]
        if isinstance(answer, DeadlinePassed):
            raise answer
        return answer


def test_the_status_is_asked_for_and_read() -> None:
    """The operator's words come first, then ours."""
    run = Scripted({"ssh gpu-worker gpu-mode status": CompletedProcess(exit_code=0, stdout="mode: ml\n")})

    assert mode_command.status(SETTINGS, run=run).mode == "ml"


def test_a_status_that_names_no_mode_is_a_failure() -> None:
    """Another program of that name is told by what it printed."""
    run = Scripted({"ssh gpu-worker gpu-mode status": CompletedProcess(exit_code=0, stdout="GPU is idle\n")})

    with pytest.raises(SwitchFailed, match="GPU is idle"):
        mode_command.status(SETTINGS, run=run)


@pytest.mark.parametrize(
    ("image", "line"),
    [("", "gpu-mode r1"), (images.parse("vllm/vllm-openai:v0.9.2"), "gpu-mode r1 --image vllm/vllm-openai:v0.9.2")],
)
def test_a_switch_names_mode_and_candidate(image: object, line: str) -> None:
    """Without a candidate the command's own manifest decides."""
    mode_command.switch(SETTINGS, "r1", image, run=Scripted({f"ssh gpu-worker {line}": CompletedProcess(exit_code=0)}))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            CompletedProcess(exit_code=1, stderr="gpu-mode: the GPU is not free\n"),
            "ended with 1: gpu-mode: the GPU is not free",
        ),
        (DeadlinePassed("late"), "did not end within 300 s and said nothing"),
    ],
)
def test_a_failed_switch_says_what_was_run_and_printed(said: CompletedProcess | DeadlinePassed, message: str) -> None:
    """The whole command line is in the message, to be tried by hand."""
    with pytest.raises(SwitchFailed) as caught:
        mode_command.switch(SETTINGS, "ml", run=Scripted({"ssh gpu-worker gpu-mode ml": said}))

    assert str(caught.value) == f"ssh gpu-worker gpu-mode ml {message}"


def test_a_missing_copy_is_left_out() -> None:
    """What cat could not find is no copy; what it found is."""
    run = Scripted(
        {
            "ssh gpu-worker cat /etc/gpu-mode/a.yaml": CompletedProcess(exit_code=0, stdout="a: 1\n"),
            "ssh gpu-worker cat /etc/gpu-mode/b.yaml": CompletedProcess(exit_code=1, stderr="No such file"),
        }
    )

    assert mode_command.copies(SETTINGS, ["a.yaml", "b.yaml"], run=run) == {"a.yaml": "a: 1\n"}


def test_copies_are_compared_where_their_folder_is_named() -> None:
    """A finding names the file on the other machine; without a folder there is nothing to compare."""
    run = Scripted({"ssh gpu-worker cat /etc/gpu-mode/a.yaml": CompletedProcess(exit_code=0, stdout="a: 0\n")})

    [finding] = mode_command.compared(SETTINGS, {"a.yaml": "a: 1\n"}, run=run)

    assert finding.subject == "/etc/gpu-mode/a.yaml:1"
    assert mode_command.compared(GpuMode(command=("gpu-mode",)), {"a.yaml": "a: 1\n"}, run=run) == ()


def test_a_machine_that_cannot_be_reached_has_no_stale_copies() -> None:
    """That ssh failed says nothing of the files, so it must not look like a missing copy."""
    run = Scripted(
        {"ssh gpu-worker cat /etc/gpu-mode/a.yaml": CompletedProcess(exit_code=255, stderr="Connection refused")}
    )

    with pytest.raises(SwitchFailed, match="ended with 255: Connection refused"):
        mode_command.copies(SETTINGS, ["a.yaml"], run=run)


def test_a_command_that_does_not_exist_is_named() -> None:
    """The message leads to the setting."""
    with pytest.raises(SwitchFailed, match=r"/no/gpu-mode status cannot be started .* see gpu_mode in qualify.toml"):
        mode_command.status(GpuMode(command=("/no/gpu-mode",)))
