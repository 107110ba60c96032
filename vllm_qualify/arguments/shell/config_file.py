"""A file of ``vllm serve --config FILE``: its keys are options that stand before those of the command line. Pure.

Source: ``load_config_file`` of the parser in vLLM 0.8.5 to 0.32.0. What differs in older ones (lists before 0.10,
mappings before 0.25, ``false`` for an option with a ``--no-`` form since 0.32) is read here as the newest one does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.command_line import Group
from vllm_qualify.arguments.shell.environment import Words, unknown_in

OPTION = "--config"


class BadConfigFile(ValueError):
    """Text that is no configuration of vLLM; the message says why, as in ``is no YAML``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file that was found.

    Attributes:
        text: its content.
        where: it is, as in ``key vllm.yaml of the ConfigMap vllm``.
    """

    text: str
    where: str


Files = Callable[[str], Content | str]
"""Finds a file of the container by its path there; a text says why it is not at hand, as in ``it is in the image``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The file that a command line names.

    Attributes:
        path: as the command line has it.
        groups: its options, in the order of the file.
        where: it was found.
        problem: why it was not read; ``""`` where it was.
    """

    path: str
    groups: tuple[Group, ...] = ()
    where: str = ""
    problem: str = ""


def nothing_at_hand(path: str) -> str:  # noqa: ARG001  # `Files` that finds none.
    """Find no file."""
    return "it is not at hand"


def of(words: Words, files: Files) -> ConfigFile | None:
    """Read the file that a command line names.

    Args:
        words: the command line.
        files: finds it.

    Returns:
        ``None`` where it names none.
    """
    named = [
        group.values
        for group in command_line.split(words.words)
        if command_line.canonical(group.flag) == OPTION and group.values
    ]
    if not named:
        return None
    path = named[-1][0]
    if unknown := unknown_in(path, words.unknowns):
        return ConfigFile(path=path, problem=f"its path is not known: {unknown}")
    found = files(path)
    if isinstance(found, str):
        return ConfigFile(path=path, problem=found)
    try:
        return ConfigFile(path=path, groups=options(found.text, origin=found.where), where=found.where)
    except BadConfigFile as error:
        return ConfigFile(path=path, where=found.where, problem=f"{found.where} {error}")


def options(text: str, *, origin: str = "") -> tuple[Group, ...]:
    """The options of a file.

    Args:
        text: YAML, a mapping of options without their dashes.
        origin: where it is, for messages.

    Raises:
        BadConfigFile: it is no such mapping.
    """
    import yaml  # noqa: PLC0415 - slow to load, and few command lines name such a file.

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadConfigFile("is not YAML") from error
    if document is None:
        return ()
    if not isinstance(document, dict):
        raise BadConfigFile("is not a mapping of options")
    return tuple(
        Group(flag=f"--{key}", values=values, origin=origin)
        for key, value in document.items()
        if (values := _values(value)) is not None
    )


def _values(value: Any) -> tuple[str, ...] | None:
    """The words behind an option; ``None`` for one that is switched off."""
    if isinstance(value, bool):
        return () if value else None
    if isinstance(value, list):
        return tuple(map(str, value)) or None
    if isinstance(value, dict):
        return (json.dumps(value, default=str),)
    return (str(value),)
