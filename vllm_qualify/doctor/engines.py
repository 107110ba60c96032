"""Asks the container engines of this machine what they are; for ``machine``, which gathers everything else.

It reads only; an engine that does not answer in some seconds is one that does not answer.
"""

from __future__ import annotations

import json
import os
import pwd
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from vllm_qualify.container.compose_program import ComposeProgram
from vllm_qualify.doctor import container_facts
from vllm_qualify.doctor.container_facts import CdiSpec, ContainerFacts, EngineInfo
from vllm_qualify.system import process_runner
from vllm_qualify.system.process_runner import CompletedProcess, RunProcess

_SECONDS = 5.0
_READERS = {"docker": container_facts.docker, "podman": container_facts.podman}
_HOSTS = {"docker": "DOCKER_HOST", "podman": "CONTAINER_HOST"}
# Where engines look for CDI specifications unless told otherwise (CDI specification, "CDI JSON Specification").
_SPEC_FOLDERS = ("etc/cdi", "var/run/cdi")
# podman-compose names Podman's version before its own.
_VERSION = re.compile(r"(?:compose\w*|ctk|cli) version:?\s+v?(\d+(?:\.\d+)+)", re.IGNORECASE)
_NVIDIA = "0x10de"
_DISPLAY = "0x03"


def gather(
    *,
    environ: Mapping[str, str],
    which: Callable[[str], str],
    root: Path = Path("/"),
    run: RunProcess = process_runner.run,
) -> ContainerFacts:
    """Look at the engines, at what gives them GPUs, and at what Compose files are read with; all are asked at once.

    Args:
        environ: variables of this process.
        which: the path of a program; ``""`` where there is none.
        root: of the file system.
        run: starts a process.
    """
    user, uid, ask = _user(), os.getuid(), _asking(environ, run)
    ranges = (_text(root / "etc/subuid"), _text(root / "etc/subgid"))
    with ThreadPoolExecutor() as asking:
        found = asking.map(lambda program: _engine(program, which(program), environ, ask), _READERS)
        compose = asking.map(lambda program: _compose(program, which, ask), ComposeProgram)
        version = asking.submit(toolkit, environ=environ, which=which, run=run)
    return ContainerFacts(
        engines=tuple(found),
        user=user,
        in_docker_group=container_facts.in_group(_text(root / "etc/group"), group="docker", user=user),
        subordinate_ids=all(container_facts.has_range(text, user=user, uid=uid) for text in ranges),
        toolkit=version.result(),
        hook=which("nvidia-container-runtime-hook"),
        specs=tuple(_specs(root)),
        nvidia_hardware=_nvidia_hardware(root),
        compose=tuple(filter(None, compose)),
    )


_Ask = Callable[..., CompletedProcess | str]


def toolkit(*, environ: Mapping[str, str], which: Callable[[str], str], run: RunProcess = process_runner.run) -> str:
    """The version of the NVIDIA Container Toolkit; ``""`` where nvidia-ctk is not on PATH, ``?`` where it tells none.

    Args:
        environ: variables of this process.
        which: the path of a program; ``""`` where there is none.
        run: starts a process.
    """
    path = which("nvidia-ctk")
    return _version(_asking(environ, run)(path, "--version")) if path else ""


def _asking(environ: Mapping[str, str], run: RunProcess) -> _Ask:
    def ask(*argv: str) -> CompletedProcess | str:
        try:
            return run(list(argv), env=environ, cwd=Path("/"), stdin="", deadline_seconds=_SECONDS)
        except TimeoutError:
            return f"it did not answer within {_SECONDS:g} s"
        except OSError as error:
            return str(error)

    return ask


def _engine(program: str, path: str, environ: Mapping[str, str], ask: _Ask) -> EngineInfo:
    named = environ.get(_HOSTS[program], "")
    address = "" if named.startswith("unix://") else named
    if not path:
        return EngineInfo(program=program, address=address)
    said = ask(path, "info", "--format", "{{json .}}")
    if isinstance(said, str):
        return EngineInfo(program=program, path=path, address=address, problem=said)
    try:
        info: dict[str, Any] = json.loads(said.stdout)
        found = _READERS[program](path, info, address=address)
    except (AttributeError, TypeError, ValueError):
        found = EngineInfo(program=program, path=path, address=address)
    if found.version and not found.problem:
        return found
    problem = found.problem or _last_line(said.stderr) or f"it ended with code {said.exit_code} and said nothing"
    return EngineInfo(program=program, path=path, address=address, problem=problem)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _version(said: CompletedProcess | str) -> str:
    """The version that a program printed; ``?`` for one that is there and does not tell."""
    found = _VERSION.search(said.stdout) if isinstance(said, CompletedProcess) else None
    return found.group(1) if found else "?"


def _compose(program: ComposeProgram, which: Callable[[str], str], ask: _Ask) -> str:
    """The program with its version; ``""`` where it is not there."""
    path = which(program.value[0])
    said = ask(path, *program.value[1:], "version") if path else ""
    # Docker's client without its plugin fails, and podman compose without a program behind it does.
    if not isinstance(said, CompletedProcess) or said.exit_code:
        return ""
    return f"{' '.join(program.value)} {_version(said)}"


def _specs(root: Path) -> Iterator[CdiSpec]:
    for folder in _SPEC_FOLDERS:
        for path in sorted((root / folder).glob("*")):
            if path.suffix in {".json", ".yaml"} and (spec := container_facts.cdi_spec(str(path), _text(path))):
                yield spec


def _nvidia_hardware(root: Path) -> bool:
    cards = (root / "sys/bus/pci/devices").glob("*")
    return any(
        _text(card / "vendor").strip() == _NVIDIA and _text(card / "class").startswith(_DISPLAY) for card in cards
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
