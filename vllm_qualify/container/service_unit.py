"""A unit of systemd (``vllm.service``) whose ``ExecStart=`` starts vLLM, in a container or by itself. Pure.

Source: systemd.service(5) and systemd.exec(5).
"""

from __future__ import annotations

import re
from dataclasses import replace

from vllm_qualify.arguments.shell import script
from vllm_qualify.arguments.shell.environment import Words
from vllm_qualify.container import option_words, run_line
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_line import HostStart
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.container.unit_file import UnitFile, split

_PREFIXES = "-@:+!|"
_QUOTED = re.compile(r"(['\"])(.*)\1")
_SECTION = "Service"


def read(unit: UnitFile, place: StartPlace) -> HostStart:
    """Read what a unit starts.

    Raises:
        UnreadableContainer: it starts nothing that runs vLLM in a way that can be read; the message says what instead.
    """
    name = f"{unit.name}.service"
    lines = unit.values(_SECTION, "ExecStart")
    if not lines:
        raise UnreadableContainer(f"{name} has no ExecStart=; give the unit that starts vLLM")
    variables = _variables(unit, place)
    folder = "".join(unit.values(_SECTION, "WorkingDirectory")[-1:]).lstrip("-") or "/"
    around = replace(place, folder=folder, environment={**variables})
    lines = tuple(line.lstrip(_PREFIXES) for line in lines)
    file = _file(lines[-1])
    text = place.read(file[0]) if file else None
    if file and text is not None:
        return _with(run_line.read(text, around, source=file[0], arguments=file[1]), variables)
    if file:
        raise UnreadableContainer(
            f"{name} starts {file[0]}, which cannot be read here; give that file with --manifest, where it is"
        )
    return _with(run_line.read("\n".join(lines), around, source=name), variables)


def _with(found: HostStart, variables: dict[str, str]) -> HostStart:
    """A program of the host runs with the unit's variables; a container does not."""
    return replace(found, variables={**variables, **found.variables}) if isinstance(found, Words) else found


def _variables(unit: UnitFile, place: StartPlace) -> dict[str, str]:
    """The variables of a unit; files outrank what stands in it."""
    found: dict[str, str] = {}
    for word in unit.words(_SECTION, "Environment"):
        name, _, value = word.partition("=")
        found[name] = value
    for path in unit.values(_SECTION, "EnvironmentFile"):
        text = place.read(path.removeprefix("-"))
        if text is None and not path.startswith("-"):
            raise UnreadableContainer(f"the file {path} of EnvironmentFile= cannot be read here; run this where it is")
        found |= {name: _QUOTED.sub(r"\2", value) for name, value in option_words.variables(text or "", {})}
    return found


def _file(line: str) -> tuple[str, tuple[str, ...]] | None:
    """The script that a line starts, and its arguments; ``None`` where it starts a program."""
    words = split(line, "ExecStart")
    while words and words[0].rpartition("/")[2] in script.SHELLS and words[1:2] and not words[1].startswith("-"):
        words = words[1:]
    return (words[0], words[1:]) if words and words[0].endswith((".bash", ".sh")) else None
