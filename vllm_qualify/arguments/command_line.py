"""A manifest's command line taken apart: which entrypoint reads it, and its words by option. Pure."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from packaging.version import Version

from vllm_qualify.core.records import Certainty

_CLI = "vllm.entrypoints.cli.main"
_MODULE = "vllm.entrypoints.openai.api_server"
_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
_PYTHON = re.compile(r"(?:.*/)?python[\d.]*")
_SECRET_FLAGS = frozenset({"--api-key", "--hf-token"})
STARTERS = frozenset(
    {"catatonit", "command", "conda", "dumb-init", "env", "exec", "ionice", "micromamba", "nice", "nohup", "numactl"}
    | {"opentelemetry-instrument", "pdm", "pipx", "pixi", "poetry", "rye", "setsid", "stdbuf", "sudo", "taskset"}
    | {"time", "timeout", "tini", "uv", "uvx"}
)
"""Programs that start the one which is named behind their own options."""


class UnknownCommand(ValueError):
    """A manifest's ``command`` that starts neither of vLLM's servers in a way that can be read."""


class Entrypoint(Enum):
    """The two ways in which an image starts the server; they read the same arguments differently."""

    API_SERVER = "api_server"
    SERVE = "serve"

    def __str__(self) -> str:
        return "vllm serve" if self is Entrypoint.SERVE else f"python3 -m {_MODULE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """Which entrypoint gets which arguments, and how sure that is.

    Attributes:
        entrypoint: what reads the arguments.
        argv: the arguments it gets; the words that name the entrypoint itself are gone.
        certainty: certain when the manifest names it or the release was read, less where it is inferred.
        why: where this is known from, in a few words.
    """

    entrypoint: Entrypoint
    argv: tuple[str, ...] = ()
    certainty: Certainty = Certainty.CERTAIN
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One option with the words behind it, or one positional word (``flag`` is empty then).

    Without the parser's table nobody can tell a value from a positional word behind a switch, so words behind a
    switch are kept here too; what they mean is the parser's to say.

    Attributes:
        flag: the option as it is written; empty for a positional word.
        values: the words behind it.
        joined: it is written as ``--flag=value``.
        origin: where it stands if not on the command line, as in ``key vllm.yaml of the ConfigMap vllm``.
    """

    flag: str = ""
    values: tuple[str, ...] = ()
    joined: bool = False
    origin: str = ""

    @property
    def argv(self) -> tuple[str, ...]:
        """The very words that this group was read from."""
        if self.joined:
            return (f"{self.flag}={self.values[0]}",)
        return (self.flag, *self.values) if self.flag else self.values

    def __str__(self) -> str:
        return " ".join(self.argv)


@functools.lru_cache(maxsize=4096)
def canonical(option: str) -> str:
    """The spelling that vLLM reads an option as: dashes for underscores, without a dotted JSON key behind it."""
    if not option.startswith("--"):
        return option.partition(".")[0]
    return "--" + option[2:].partition(".")[0].replace("_", "-")


def is_option(word: str) -> bool:
    """Tell whether argparse would take the word for an option: a dash in front, no number, no blank in its name."""
    head = word.partition("=")[0]
    return len(head) > 1 and head[0] == "-" and " " not in head and not _NEGATIVE_NUMBER.fullmatch(word)


def split(argv: Sequence[str]) -> tuple[Group, ...]:
    """Take a command line apart; the groups' words in a row are the command line again."""
    groups: list[Group] = []
    for place, word in enumerate(argv):
        if word == "--":
            return (*groups, Group(flag=word, values=tuple(argv[place + 1 :])))
        if is_option(word):
            flag, equals, value = word.partition("=")
            groups.append(Group(flag=flag, values=(value,), joined=True) if equals else Group(flag=flag))
        elif groups and groups[-1].flag and not groups[-1].joined:
            groups[-1] = Group(flag=groups[-1].flag, values=(*groups[-1].values, word))
        else:
            groups.append(Group(values=(word,)))
    return tuple(groups)


def secrets(argv: Sequence[str]) -> frozenset[str]:
    """The values that no record may hold: what stands behind ``--api-key`` and ``--hf-token``, wherever they stand."""
    found: set[str] = set()
    for place, word in enumerate(argv):
        option, _, value = word.partition("=")
        if canonical(option) in _SECRET_FLAGS:
            found |= {value, *itertools.takewhile(lambda one: not is_option(one), argv[place + 1 :])}
    return frozenset(found - {""})


def entrypoint_of(release: Version | None, command: Sequence[str] = ()) -> CommandLine:
    """Say what reads the arguments of a container.

    Args:
        release: the vLLM release of the official image; ``None`` when the tag names none, as ``latest`` does.
        command: what the manifest executes instead of the image's entrypoint; a shell's line must be resolved.

    Returns:
        The entrypoint; ``argv`` holds the arguments that already stand in ``command``.

    Raises:
        UnknownCommand: the command starts something else.
    """
    if command:
        entrypoint, argv = _read(tuple(command))
        return CommandLine(entrypoint=entrypoint, argv=argv, why="the manifest's own command")
    if release is None:
        why = "the tag names no release; images since 0.12 start it"
        return CommandLine(entrypoint=Entrypoint.SERVE, certainty=Certainty.POSSIBLE, why=why)
    if release >= Version("0.12"):
        return CommandLine(entrypoint=Entrypoint.SERVE, why="images since 0.12 start it")
    if release >= Version("0.11"):
        why = "the entrypoint of the 0.11 images is not known; name it in the manifest's command to be sure"
        return CommandLine(entrypoint=Entrypoint.API_SERVER, certainty=Certainty.POSSIBLE, why=why)
    return CommandLine(entrypoint=Entrypoint.API_SERVER, why="images up to 0.10 start it")


def command_line(release: Version | None, *, command: Sequence[str] = (), args: Sequence[str] = ()) -> CommandLine:
    """Put a container's ``command`` and ``args`` together, as the container runtime does.

    Raises:
        UnknownCommand: see `entrypoint_of`.
    """
    if command:
        return entrypoint_of(release, (*command, *args))
    known = entrypoint_of(release)
    return CommandLine(entrypoint=known.entrypoint, argv=tuple(args), certainty=known.certainty, why=known.why)


def starts_server(words: Sequence[str]) -> bool:
    """Tell whether a command starts one of vLLM's servers in a way that can be read."""
    return _started(tuple(words)) is not None


def taken_apart(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that start the server, and the arguments it gets.

    Raises:
        UnknownCommand: they start something else.
    """
    _, rest = _read(tuple(words))
    return tuple(words)[: len(words) - len(rest)], rest


def _read(words: tuple[str, ...]) -> tuple[Entrypoint, tuple[str, ...]]:
    """The entrypoint that the words start and what is left for it."""
    started = _started(words)
    if started is None:
        raise UnknownCommand(
            f"the manifest's command {' '.join(words[:4])!r} does not start a recognisable vLLM server; expected "
            f"`vllm serve ...` or `python3 -m {_MODULE} ...`"
        )
    return started


def _started(words: tuple[str, ...]) -> tuple[Entrypoint, tuple[str, ...]] | None:
    if not words:
        return None
    if words[0].rpartition("/")[2] not in STARTERS:
        return _direct(words)
    places = (_direct(words[place:]) for place in range(1, len(words)))
    return next((found for found in places if found is not None), None)


def _direct(words: tuple[str, ...]) -> tuple[Entrypoint, tuple[str, ...]] | None:
    """What a command starts that begins with the server's own program."""
    program, rest = words[0], words[1:]
    if program.rpartition("/")[2] == "vllm" and rest[:1] == ("serve",):
        return Entrypoint.SERVE, rest[1:]
    if not _PYTHON.fullmatch(program) or "-m" not in rest:
        return None
    place = rest.index("-m")
    if any(len(option) != len("-u") for option in rest[:place]):
        return None
    if rest[place + 1 : place + 3] == (_CLI, "serve"):
        return Entrypoint.SERVE, rest[place + 3 :]
    return (Entrypoint.API_SERVER, rest[place + 2 :]) if rest[place + 1 : place + 2] == (_MODULE,) else None
