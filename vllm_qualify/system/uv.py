"""The few uv commands that make an engine environment, and what their failures mean; used by installs alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import uv as uv_package

from vllm_qualify.core.errors import UserError
from vllm_qualify.system import stream_command
from vllm_qualify.system.process_runner import RunProcess


class EnvironmentUnavailable(UserError):
    """An engine environment cannot be had; the message is one line for the operator, ``detail`` what uv printed."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Uv:
    """uv, with the user's own settings: every ``UV_*`` variable and configuration file counts.

    Attributes:
        say: takes one line of progress at a time.
        offline: let uv use its own cache and nothing else.
        run: how a command is run.
        binary: the program.
    """

    say: Callable[[str], None]
    offline: bool = False
    run: RunProcess = stream_command.RUN
    binary: str = field(default_factory=uv_package.find_uv_bin)

    def find_python(self, version: str) -> str | None:
        """Path of an interpreter of that minor version on this machine; ``None`` when uv finds no working one."""
        argv = (self.binary, "python", "find", "--system", "--no-project", version)
        found = stream_command.run(argv, doing=f"looking for Python {version}", say=None, runner=self.run)
        lines = found.stdout.splitlines()
        return lines[-1] if found.exit_code == 0 and lines else None

    def make_venv(self, folder: Path, *, python: str) -> None:
        """An empty environment that may be renamed afterwards, for an interpreter's path or a minor version.

        Raises:
            EnvironmentUnavailable: no such Python is here, and none could be fetched.
        """
        self._call(
            "venv", "--quiet", "--no-project", "--relocatable", "--python", python, str(folder), doing="making a venv"
        )

    def sync(self, folder: Path, *, lock: Path) -> None:
        """Make an environment hold exactly what a lock file pins, every archive checked against its hash.

        Raises:
            EnvironmentUnavailable: something could not be fetched, checked or written.
        """
        python = str(folder / "bin" / "python")
        self._call("pip", "sync", "--require-hashes", "--python", python, str(lock), doing="installing packages")

    def unpack(self, requirement: str, folder: Path, *, python: str) -> None:
        """Put one package without its dependencies into a folder, to read what it says of itself.

        Raises:
            EnvironmentUnavailable: it could not be fetched.
        """
        self._call(
            *("pip", "install", "--no-deps", "--python", python, "--target", str(folder), requirement),
            doing=f"fetching {requirement}",
        )

    def compile(self, source: Path, lock: Path, *, python_version: str, options: Sequence[str] = ()) -> None:
        """Resolve requirements to pins with hashes for every Python from ``python_version`` on.

        Raises:
            EnvironmentUnavailable: there is no solution, or the index could not be asked.
        """
        self._call(
            *("pip", "compile", "--quiet", "--universal", "--python-version", python_version, "--generate-hashes"),
            *("--no-emit-index-url", "--no-header", "--no-annotate", *options, "--output-file", str(lock), str(source)),
            doing="resolving dependencies",
        )

    def _call(self, *arguments: str, doing: str) -> None:
        offline = ("--offline",) if self.offline else ()
        argv = (self.binary, *arguments, *offline)
        done = stream_command.run(argv, doing=doing, say=self._progress, runner=self.run)
        if done.exit_code != 0:
            raise EnvironmentUnavailable(explain(done.stdout, doing=doing, code=done.exit_code), detail=done.stdout)

    def _progress(self, line: str) -> None:
        if not line.startswith(_NO_PROGRESS):
            self.say(f"  {line}")


# One line a package is a list, and a failure is told once, by its meaning.
_NO_PROGRESS = ("+ ", "- ", "~ ", "cause:", "error:", "hint:", "warning:")


def until(cutoff: date) -> tuple[str, str]:
    """The option of ``compile`` that leaves out whatever was published after a day."""
    return ("--exclude-newer", cutoff.isoformat())


# The first that matches is said, so what names the cause stands before what only names the consequence.
_MEANINGS = {
    re.compile(r"no interpreter found|failed to inspect python interpreter|python-build-standalone", re.IGNORECASE): (
        "Python 3.11 or 3.12 was not found and could not be downloaded; "
        "install one (apt install python3.11, or uv python install 3.12)"
    ),
    re.compile(r"network was disabled|network connectivity is disabled|set to offline mode", re.IGNORECASE): (
        "it is not in the cache, and --offline forbids downloading it; run once without --offline"
    ),
    re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE): (
        "the disk is full; free some space, or set VLLM_QUALIFY_CACHE and UV_CACHE_DIR to another folder"
    ),
    re.compile(r"hash mismatch", re.IGNORECASE): (
        "the index served a file that differs from the locked one; check which index is configured (UV_INDEX_URL)"
    ),
    re.compile(
        r"dns error|tcp connect error|client error \(connect\)|network is unreachable|timed? ?out|failed to fetch",
        re.IGNORECASE,
    ): ("the package index cannot be reached; check the network, the proxy or UV_INDEX_URL, then run again"),
    re.compile(r"permission denied|read-only file system", re.IGNORECASE): (
        "the cache cannot be written; fix its owner, or set VLLM_QUALIFY_CACHE and UV_CACHE_DIR to another folder"
    ),
}


def explain(output: str, *, doing: str, code: int) -> str:
    """One line that says why a uv command failed and what to do; unknown failures quote uv's own first error."""
    for pattern, meaning in _MEANINGS.items():
        if pattern.search(output):
            return f"{doing} failed: {meaning}"
    said = next((line for line in output.splitlines() if line.lower().startswith("error")), "")
    return f"{doing} failed: uv ended with {code}" + (f", {said}" if said else " and said nothing")
