import itertools
import re
import sys

import psutil
import pytest

from vllm_qualify.system import stream_command
from vllm_qualify.system.process_runner import CompletedProcess


def shell(script: str) -> list[str]:
    """A command line of the shell."""
    return ["sh", "-c", script]


def test_lines_are_said_as_they_come_and_kept() -> None:
    """Both streams are said line by line, and the result holds them with the exit code."""
    said: list[str] = []

    done = stream_command.run(shell("echo one; echo two >&2; exit 3"), doing="x", say=said.append, terminal=False)

    assert said == ["one", "two"]
    assert done == CompletedProcess(exit_code=3, stdout="one\ntwo")


def test_a_silent_step_is_named_again() -> None:
    """Whoever watches a log learns at every beat what takes so long, and for how long it has."""
    said: list[str] = []
    clock = itertools.count(0.0, 20.0)

    stream_command.run(shell("echo up"), doing="installing", say=said.append, terminal=False, clock=lambda: next(clock))

    assert said[0] == "up"
    assert re.fullmatch(r"still installing, \d0 s so far", said[1])


def test_only_the_tail_is_kept() -> None:
    """A command that prints without end does not fill the memory."""
    done = stream_command.run(shell("seq 1 50000"), doing="x", say=lambda _: None, terminal=False)

    assert done.stdout.splitlines()[-1] == "50000"
    assert len(done.stdout) < 20_000


def test_a_terminal_is_passed_through(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal the command sees one and draws for itself; its colours do not enter the result."""
    said: list[str] = []

    done = stream_command.run(
        shell(r"test -t 2 && printf '\033[1mbar\033[0m\n' >&2"), doing="x", say=said.append, terminal=True
    )

    assert done == CompletedProcess(exit_code=0, stdout="bar")
    assert "\033[1mbar" in capsys.readouterr().err
    assert said == []


@pytest.mark.parametrize("terminal", [False, True])
def test_a_question_is_shown_nowhere(capsys: pytest.CaptureFixture[str], *, terminal: bool) -> None:
    """The answer of a look-up is for us, not for whoever watches."""
    done = stream_command.run(shell("echo answer; echo more >&2"), doing="x", say=None, terminal=terminal)

    assert done.stdout == "answer\nmore"
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_ends_the_child() -> None:
    """Ctrl-C while a command runs leaves no process behind."""

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream_command.run(shell("echo up; exec tail -f /dev/null"), doing="x", say=interrupt, terminal=False)

    assert not [child for child in psutil.Process().children() if child.name() == "tail"]


def test_a_command_that_is_not_there_is_an_error_of_the_system() -> None:
    """Nothing is swallowed when a command cannot be started."""
    with pytest.raises(FileNotFoundError):
        stream_command.run(["no-such-command"], doing="x", say=print, terminal=False)


def test_the_child_reads_nothing() -> None:
    """A command that asks a question gets no answer, at once, instead of hanging."""
    asking = [sys.executable, "-c", "input()"]

    done = stream_command.run(asking, doing="x", say=lambda _: None, terminal=False)

    assert "EOFError" in done.stdout
