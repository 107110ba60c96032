"""How a host starts vLLM, by a command or a script: a container that is made, or a program that is run. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vllm_qualify.arguments import server_likeness
from vllm_qualify.arguments.shell import engines, script
from vllm_qualify.arguments.shell.environment import ShellVariables, Words
from vllm_qualify.arguments.shell.tokens import UnreadableScript
from vllm_qualify.container import run_spec, run_words
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.container.run_words import RunWords
from vllm_qualify.container.spec import ContainerSpec

_ELSE = "give the command line with --args, or name the container that runs now: [container] container"
_FIRST = 5
"""Before this word of an engine's command stands what it does, behind such options as ``--context NAME``."""
_COMPOSE = frozenset({"docker-compose", "podman-compose"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedContainer:
    """A container that a host makes.

    Attributes:
        spec: what it is made of.
        engine: ``docker``, ``nerdctl`` or ``podman``.
        name: ``""`` where the engine makes one up.
        restart: its restart policy, as it is written.
        unknowns: what stands in the words for a value that is not known, and where that comes from.
    """

    spec: ContainerSpec
    engine: str
    name: str = ""
    restart: str = ""
    unknowns: Mapping[str, str] = field(default_factory=dict)


HostStart = StartedContainer | Words
"""A container, or the words of a program that the host itself runs."""


def read(text: str, place: StartPlace, *, source: str, name: str = "", arguments: Sequence[str] = ()) -> HostStart:
    """Find what starts vLLM in a script, or in a command alone.

    Args:
        text: of it.
        place: where it is run.
        source: it, as messages name it.
        name: of the container, where several could be meant.
        arguments: of the script.

    Raises:
        UnreadableContainer: nothing in it does, or it cannot be known without running it.
    """
    env = ShellVariables(values=place.environment)
    try:
        commands = script.commands(text, env, arguments)
        made = [one for one in _made(commands) if name in {"", one[0].last("name")}]
        if made:
            return _container(made, place, source)
        if any(_starts(words.words) for words in commands):
            return script.read(text, env, arguments)
    except UnreadableScript as error:
        raise UnreadableContainer(f"{source} {error}, so what it starts cannot be known; {_ELSE}") from error
    raise UnreadableContainer(f"{source} starts no vLLM that can be recognised{_led(commands)}; {_ELSE}")


def container(run: RunWords, place: StartPlace, unknowns: Mapping[str, str] | None = None) -> StartedContainer:
    """What a command makes.

    Raises:
        UnreadableContainer: it cannot be carried over.
    """
    return StartedContainer(
        spec=run_spec.spec(run, place),
        engine=run.engine,
        name=run.last("name"),
        restart=run.last("restart"),
        unknowns=unknowns or {},
    )


def _made(commands: Sequence[Words]) -> list[tuple[RunWords, Words]]:
    """The commands that make a container, those alone that run vLLM; where the image is unknown, any that there is."""
    found = [(run, words) for words in commands if (run := run_words.parse(words.words)) is not None]
    weights = [_weight(run) for run, _ in found]
    serving = [one for one, weight in zip(found, weights, strict=True) if weight >= server_likeness.RUNS_VLLM]
    return serving or [one for one in found if one[0].image in one[1].unknowns]


def _weight(run: RunWords) -> int:
    gpu = bool(run.all("gpus")) or run.last("runtime") == "nvidia" or "nvidia" in run.last("device")
    entrypoint = (run.last("entrypoint"),) if run.last("entrypoint") else ()
    return server_likeness.weight(run.image, entrypoint=entrypoint, arguments=run.command, gpu=gpu)


def _container(made: Sequence[tuple[RunWords, Words]], place: StartPlace, source: str) -> StartedContainer:
    if len(made) > 1:
        names = ", ".join(run.last("name") or run.image for run, _ in made)
        raise UnreadableContainer(
            f"{source} starts {len(made)} containers that run vLLM ({names}); choose one with --workload NAME, or give "
            "the one command that is meant"
        )
    run, words = made[0]
    return container(run, place, words.unknowns)


def _starts(words: Sequence[str]) -> bool:
    return server_likeness.weight("", entrypoint=words, arguments=(), gpu=False) >= server_likeness.RUNS_VLLM


def _led(commands: Sequence[Words]) -> str:
    """What such files start instead: a project of Compose, or a container that is there already."""
    for one in commands:
        words = engines.engine_words(one.words) or one.words
        if words[0].rpartition("/")[2] in _COMPOSE or "compose" in words[1:_FIRST]:
            files = " ".join(after for before, after in itertools.pairwise(words) if before in {"-f", "--file"})
            return f"; it starts the Compose project {files or 'of its folder'}: give its file with --manifest"
        if "start" in words[1:_FIRST] and words[0].rpartition("/")[2] in engines.ENGINES:
            return (
                f"; it starts the container {words[-1]}, which is there already: [container] container = {words[-1]!r}"
            )
    return ""
