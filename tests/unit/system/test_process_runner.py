"""`system.process_runner`: real processes, each ended by the time that its test is over."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from vllm_qualify.system import process_runner
from vllm_qualify.system.process_runner import CompletedProcess, DeadlinePassed

LONG = "exec tail -f /dev/null"
DEAF = "trap '' TERM; while :; do tail -f /dev/null; done"


def shell(script: str) -> list[str]:
    """A command line of the shell."""
    return ["sh", "-c", script]


def lives(pid: int) -> bool:
    """Whether a process still does anything; one that ended may wait to be reaped by whoever took it over."""
    try:
        return psutil.Process(pid).status() not in {psutil.STATUS_DEAD, psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return False


def left(folder: Path) -> list[int]:
    """Which of the processes live that wrote their numbers down; a signal that was sent takes a moment to act."""
    pids = [int(line) for line in (folder / "pids").read_text().split()]
    for _ in range(100_000):
        if not any(map(lives, pids)):
            break
    return [pid for pid in pids if lives(pid)]


def test_streams_and_exit_code_come_back(tmp_path: Path) -> None:
    """Both streams come apart, with the exit code, from where and with what the process was told to work."""
    script = 'cat; pwd; echo "$A,$HOME" >&2; exit 3'

    done = process_runner.run(shell(script), env={"A": "1", "PATH": os.defpath}, cwd=tmp_path, stdin="in\n")

    assert done == CompletedProcess(exit_code=3, stdout=f"in\n{tmp_path}\n", stderr="1,\n")


def test_there_is_neither_terminal_nor_input() -> None:
    """A command that asks a question gets no answer, at once, instead of hanging."""
    done = process_runner.run(shell("cat; (: </dev/tty) 2>/dev/null || echo none"))

    assert done.stdout == "none\n"


def test_a_signal_is_an_exit_code_below_zero() -> None:
    """Whoever asks can tell a process that was ended from one that failed."""
    assert process_runner.run(shell("kill -9 $$")).exit_code == -signal.SIGKILL


def test_a_command_that_is_not_there_is_an_error_of_the_system() -> None:
    """Nothing is swallowed when a command cannot be started."""
    with pytest.raises(FileNotFoundError):
        process_runner.run(["no-such-command"])


def test_any_bytes_are_text() -> None:
    """What is no UTF-8 becomes the replacement character, and every line ends the same way."""
    done = process_runner.run(shell(r"printf 'a\377\r\nb\rc\303\244'"))

    assert done.stdout == "a\ufffd\nb\ncä"


def test_only_the_end_is_kept() -> None:
    """A command that prints without end does not fill the memory."""
    done = process_runner.run(shell("seq 1 50000; seq 1 50000 >&2"), most_bytes=11)

    assert done == CompletedProcess(exit_code=0, stdout="9999\n50000\n", stderr="9999\n50000\n")


def test_much_is_read_and_written_at_once() -> None:
    """A long input does not wait for an output that nobody reads, nor the other way round."""
    text = "0123456789abcdef" * 65536

    assert process_runner.run(["cat"], stdin=text).stdout == text


def test_input_need_not_be_read() -> None:
    """A process that ends before it has read everything has ended well."""
    assert process_runner.run(shell("exit 0"), stdin="x" * 1_000_000) == CompletedProcess(exit_code=0)


@pytest.mark.parametrize("worker", [LONG, DEAF], ids=["ends when asked", "does not"])
def test_nothing_is_left_of_a_command_that_takes_too_long(tmp_path: Path, worker: str) -> None:
    """Its time is kept, what it had started ends with it, and what it had said is told."""
    script = f"echo $$ >{tmp_path}/pids; ({worker}) & echo $! >>{tmp_path}/pids; echo words >&2; wait"

    with pytest.raises(DeadlinePassed, match=r"^sh did not end within 1 s$") as late:
        process_runner.run(shell(script), deadline_seconds=1, grace_seconds=0.2)

    assert late.value.stderr == "words\n"
    assert left(tmp_path) == []


def test_last_words_are_heard() -> None:
    """A command that is asked to end has a moment to say why it was not done."""
    script = f"trap 'echo half done; exit 1' TERM; ({LONG}) & wait"

    with pytest.raises(DeadlinePassed) as late:
        process_runner.run(shell(script), deadline_seconds=0.5, grace_seconds=20)

    assert late.value.stdout == "half done\n"


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C while a command runs ends its whole group."""
    script = f"echo $$ >{tmp_path}/pids; ({LONG}) & echo $! >>{tmp_path}/pids; wait"

    def interrupted() -> Iterator[float]:
        yield 0.0
        while not ((tmp_path / "pids").exists() and (tmp_path / "pids").read_text().count("\n") == 2):
            yield 0.0
        raise KeyboardInterrupt

    moments = interrupted()
    with pytest.raises(KeyboardInterrupt):
        process_runner.run(shell(script), clock=lambda: next(moments, 0.0), grace_seconds=0)

    assert left(tmp_path) == []


def test_time_asleep_counts() -> None:
    """A deadline that passed while the machine was suspended has passed."""
    moments = iter([0.0, 3600.0])

    with pytest.raises(DeadlinePassed, match="600 s"):
        process_runner.run(shell(LONG), deadline_seconds=600, grace_seconds=0, clock=lambda: next(moments, 3600.0))


@pytest.mark.parametrize("kept", [False, True])
def test_what_a_command_leaves_running(tmp_path: Path, *, kept: bool) -> None:
    """Once it has ended by itself, what it started is ended as well, unless that may go on."""
    script = f"({LONG}) >/dev/null 2>&1 & echo $! >{tmp_path}/pids"

    process_runner.run(shell(script), keeps_group=kept)

    [pid] = map(int, (tmp_path / "pids").read_text().split())
    if kept:
        assert lives(pid)
        os.kill(pid, signal.SIGKILL)
    assert left(tmp_path) == []


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
def test_what_cannot_be_killed_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that waits inside a driver survives SIGKILL, and is left alone."""
    kill, groups = os.killpg, list[int]()
    monkeypatch.setattr(os, "killpg", lambda group, _number: groups.append(group))

    with pytest.raises(DeadlinePassed):
        process_runner.run(shell(LONG), deadline_seconds=0.2, grace_seconds=0)

    kill(groups[0], signal.SIGKILL)
    os.waitpid(groups[0], 0)
