"""The one way to a container engine: the command line of Docker or Podman, with argument lists and deadlines.

It brings the operator's own contexts, credentials and remote hosts along. What changes anything is told before it is
done. Called by the container target and by ``vllm-qualify restore``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from vllm_qualify.core.errors import UserError
from vllm_qualify.system import process_runner
from vllm_qualify.system.process_runner import CompletedProcess, RunProcess

READ_SECONDS = 30.0
CHANGE_SECONDS = 120.0
_MOST_SAID = 500
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")

Inspected = dict[str, Any]


class EngineFault(Enum):
    """Why an engine did not do what it was asked."""

    MISSING = "there is no such container, image, network or volume"
    IN_USE = "the name or the port belongs to another container or process"
    UNREACHED = "the engine does not answer"
    NO_PROGRAM = "its command line is not installed"
    IMAGE = "what the image brings cannot be run on this host"
    OTHER = "the engine refused"


class EngineRefused(UserError):
    """An engine did not do what it was asked; the message holds its own words.

    Attributes:
        fault: of which kind that is.
    """

    def __init__(self, message: str, *, fault: EngineFault = EngineFault.OTHER) -> None:
        super().__init__(message)
        self.fault = fault


# What an engine cannot start may be a network of the host as well as a program of the image; only words that name the
# container's own process, or what the image itself requires of the driver, speak of the image.
_FAULTS = (
    (
        EngineFault.OTHER,
        re.compile(r"plugin type=|netavark|failed to locate iptables|could not select device driver|cdi device"),
    ),
    (
        EngineFault.IMAGE,
        re.compile(r"(?:oci runtime|runc|crun)[^\n]*exec(?:utable)?[: ][^\n]*(?:not found|no such file)"),
    ),
    (EngineFault.IMAGE, re.compile(r"nvidia-container-cli: requirement error|exec format error")),
    (
        EngineFault.UNREACHED,
        re.compile(r"cannot connect to|connection refused|is the docker daemon running|unable to connect to"),
    ),
    (
        EngineFault.UNREACHED,
        re.compile(r"permission denied while trying to connect|error during connect|connection reset"),
    ),
    (EngineFault.IN_USE, re.compile(r"already in use|port is already allocated|address already in use")),
    (
        EngineFault.MISSING,
        re.compile(r"no such (?:container|object|image|network|volume)|no container with name|image not known"),
    ),
    (EngineFault.MISSING, re.compile(r"unable to find a match")),
)


def refused(program: str, said: str) -> EngineRefused:
    """What an engine's error output says, as an error of ours."""
    lines = [line for line in said.splitlines() if line.strip()]
    words = " ".join((lines or ["it gave no reason"])[-1].split()).removeprefix("Error: ")[:_MOST_SAID]
    lowered = said.lower()
    fault = next((fault for fault, pattern in _FAULTS if pattern.search(lowered)), EngineFault.OTHER)
    return EngineRefused(f"{program}: {words}", fault=fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEngine:
    """Docker or Podman, here or on another host.

    Attributes:
        program: the binary, by name or path.
        options: words before every command, such as ``--host ssh://node``.
        remote: it runs on another machine, whose ports and networks are not this one's.
        on_change: gets the command line of whatever is about to change something on the engine.
        run: starts a process, see ``system.process_runner``.
    """

    program: str
    options: tuple[str, ...] = ()
    remote: bool = False
    on_change: Callable[[Sequence[str]], None] = field(default=lambda _argv: None)
    run: RunProcess = process_runner.run

    @property
    def podman(self) -> bool:
        """It is Podman, whose words differ from Docker's here and there."""
        return Path(self.program).name.startswith("podman")

    def argv(self, *words: str) -> list[str]:
        """A whole command line."""
        return [self.program, *self.options, *words]

    def read(self, *words: str, seconds: float = READ_SECONDS) -> str:
        """What a command that changes nothing prints.

        Raises:
            EngineRefused: it failed, or did not end in time.
        """
        return self._said(self.argv(*words), seconds=seconds)

    def change(self, *words: str, variables: Mapping[str, str] | None = None, seconds: float = CHANGE_SECONDS) -> str:
        """What a command prints that changes something; it is told before.

        Args:
            words: the command.
            variables: of its own process, for ``--env NAME``: so no secret stands in a command line.
            seconds: how long it may take.

        Raises:
            EngineRefused: it failed; one that did not end in time may have been carried out.
        """
        argv = self.argv(*words)
        self.on_change(argv)
        return self._said(argv, seconds=seconds, variables=variables or {})

    def container(self, name: str) -> Inspected | None:
        """A container as it stands now, by name or id; ``None`` where there is none.

        Raises:
            EngineRefused: the engine does not tell.
        """
        return self._inspected("container", name)

    def image(self, name: str) -> Inspected | None:
        """An image that the engine has; ``None`` where it has none.

        Raises:
            EngineRefused: the engine does not tell.
        """
        return self._inspected("image", name)

    def containers(self, *filters: str) -> tuple[str, ...]:
        """The ids of all containers that a filter finds, such as ``label=NAME=VALUE``; stopped ones too."""
        words = [word for one in filters for word in ("--filter", one)]
        return tuple(self.read("ps", "--all", "--no-trunc", "--quiet", *words).split())

    def log(self, container: str) -> str:
        """What a container printed since it was made, each line with its time; ``""`` where that cannot be read."""
        try:
            ended = self._run(self.argv("logs", "--timestamps", container), stdin="", seconds=READ_SECONDS)
        except (EngineRefused, TimeoutError):
            return ""
        # Both streams come apart; their stamps put them together again.
        return "\n".join(sorted(_stamped(ended.stdout, ended.stderr), key=lambda line: line.partition(" ")[0]))

    def ended_by_hand(self, container: str, *, since: datetime) -> bool:
        """Whether somebody asked the engine to end a container; ``False`` where it keeps no such record.

        Args:
            container: its id.
            since: when it was started.
        """
        span = ("--since", f"{since.timestamp():.0f}", "--until", f"{datetime.now(UTC).timestamp() + 1:.0f}")
        asked = ("--filter", f"container={container}", "--filter", "event=kill", "--filter", "event=stop")
        try:
            return bool(self.read("events", *span, *asked, "--format", "{{json .}}").strip())
        except EngineRefused:
            return False

    def execute(self, container: str, command: Sequence[str], *, stdin: str = "", seconds: float) -> CompletedProcess:
        """Run a command in a container that runs; a command that fails is a value.

        Raises:
            EngineRefused: there is no such program here.
            TimeoutError: it did not end in time.
        """
        return self._run(self.execute_argv(container, command), stdin=stdin, seconds=seconds)

    def execute_argv(self, container: str, command: Sequence[str]) -> list[str]:
        """The command line of ``execute``, for callers that keep the process."""
        return self.argv("exec", "--interactive", container, *command)

    def _inspected(self, kind: str, name: str) -> Inspected | None:
        try:
            found = json.loads(self.read(kind, "inspect", name))
        except EngineRefused as problem:
            if problem.fault is EngineFault.MISSING:
                return None
            raise
        except json.JSONDecodeError as error:
            raise EngineRefused(f"{self.program} {kind} inspect {name} did not print JSON: {error}") from error
        return found[0] if found else None

    def _said(self, argv: list[str], *, seconds: float, variables: Mapping[str, str] | None = None) -> str:
        try:
            ended = self._run(argv, stdin="", seconds=seconds, variables=variables)
        except TimeoutError as error:
            said = f"{self.program} {argv[len(self.options) + 1]} did not end within {seconds:g} s"
            raise EngineRefused(said, fault=EngineFault.UNREACHED) from error
        if ended.exit_code:
            raise refused(self.program, ended.stderr or f"it ended with code {ended.exit_code}")
        return ended.stdout

    def _run(
        self, argv: list[str], *, stdin: str, seconds: float, variables: Mapping[str, str] | None = None
    ) -> CompletedProcess:
        # Its configuration, its keys and its sockets are found by variables.
        env = {**os.environ, "LC_ALL": "C.UTF-8", **(variables or {})}
        try:
            return self.run(argv, env=env, cwd=Path("/"), stdin=stdin, deadline_seconds=seconds)
        except FileNotFoundError as error:
            said = f"there is no {self.program} on the PATH; install it, or choose another engine"
            raise EngineRefused(said, fault=EngineFault.NO_PROGRAM) from error


def _stamped(*streams: str) -> Iterator[str]:
    """Lines with a stamp; one without belongs to the line before it."""
    for text in streams:
        last = ""
        for line in text.splitlines():
            stamp = line.partition(" ")[0]
            if _STAMP.fullmatch(stamp):
                last = stamp
                yield line
            else:
                yield f"{last} {line}"
