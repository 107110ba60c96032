"""Reads the service of a Compose file that runs vLLM. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vllm_qualify.arguments import server_likeness
from vllm_qualify.arguments.shell import config_file, script
from vllm_qualify.arguments.shell.config_file import Files
from vllm_qualify.arguments.shell.environment import ShellVariables, Words
from vllm_qualify.arguments.shell.tokens import UnreadableScript
from vllm_qualify.container import compose_gpus, env_files
from vllm_qualify.container.compose_gpus import ComposeDevices
from vllm_qualify.container.compose_service import at, pairs, scalar
from vllm_qualify.container.interpolation import Variables, interpolated
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.kube.yamltext import YamlDocument
from vllm_qualify.preflight.compose import mounts

KIND = "Compose service"
_RENDER = "docker compose config | vllm-qualify preflight IMAGE --manifest -"
_MOST_BASES = 10
_DEVICES = ("deploy", "devices", "gpus")


def nothing_there(path: str) -> str | None:  # noqa: ARG001  # A `Read` that finds none.
    """Find no file."""
    return None


Read = Callable[[str], str | None]
"""Reads a file by its path from the Compose file; ``None`` where it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A Compose file and what is around it.

    Attributes:
        document: the file.
        source: its name, as messages have it.
        variables: for ``${NAME}``: of the environment and of ``.env``.
        given: variables that somebody sets from outside; they outrank the service's own.
        read: finds the files beside it.
    """

    document: YamlDocument
    source: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    read: Read = nothing_there


def serving(project: Project, *, name: str = "") -> ServingManifest:
    """Read the container of the service that runs vLLM, or else of the one that gets a GPU.

    Args:
        project: the file.
        name: of the service, where several could be meant.

    Raises:
        BadManifest: there is none, or more than one, or it cannot be read.
    """
    variables = Variables(values={**project.variables, **project.given})
    services = {str(key): _whole(project, str(key)) for key in project.document.data["services"]}
    chosen = name or _only(services, variables, project.source)
    if chosen not in services:
        raise BadManifest(f"{project.source}: there is no service {chosen}; there are {', '.join(services) or 'none'}")
    return _Reader(project, chosen, services[chosen], variables).manifest()


def _only(services: Mapping[str, Mapping[str, Any]], variables: Variables, source: str) -> str:
    weights = {key: _weight(service, variables) for key, service in services.items()}
    best = [
        key
        for key, weight in weights.items()
        if weight == max(weights.values()) and weight >= server_likeness.RUNS_VLLM
    ]
    if len(best) == 1:
        return best[0]
    if not best:
        raise BadManifest(
            f"{source} is a Compose file with the services {', '.join(services) or '(none)'}, and none of them "
            "seems to run vLLM by image and command line; choose one with --workload NAME, or join its files: "
            f"{_RENDER}"
        )
    raise BadManifest(
        f"{source}: the services {', '.join(best)} may each be the server; choose one with --workload NAME"
    )


def _weight(service: Mapping[str, Any], variables: Variables) -> int:
    """How much speaks for a service, as for a container of a pod."""
    quiet = replace(variables, unknowns={})
    try:
        entrypoint, command = (_split(service.get(key), quiet) for key in ("entrypoint", "command"))
    except ValueError:
        # It is told when the service is read.
        entrypoint, command = (), ()
    image = _image(service, quiet)
    return server_likeness.weight(image, entrypoint=entrypoint, arguments=command, gpu=_gets_gpu(service, quiet))


def _gets_gpu(service: Mapping[str, Any], variables: Variables) -> bool:
    return service.get("runtime") == "nvidia" or _devices(service, variables).any


def _devices(service: Mapping[str, Any], variables: Variables) -> ComposeDevices:
    """The devices of a service; none where they are not written as such, which is not for preflight to tell."""
    try:
        return compose_gpus.read(_interpolated({key: service.get(key) for key in _DEVICES}, variables))
    except (UnreadableContainer, AttributeError, TypeError, ValueError):
        return ComposeDevices()


def _interpolated(value: Any, variables: Variables) -> Any:
    if isinstance(value, dict):
        return {key: _interpolated(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_interpolated(each, variables) for each in value]
    return interpolated(value, variables) if isinstance(value, str) else value


def _image(service: Mapping[str, Any], variables: Variables) -> str:
    """The image; of one that is built here, what it is built on, where an argument of the build names vLLM's."""
    written = service.get("image")
    base = ""
    for value in pairs(at(service.get("build"), "args")).values():
        if value and "vllm" in value:
            base = value
    return interpolated(base or str(written or ""), variables)


def _whole(project: Project, name: str, *, depth: int = 0) -> dict[str, Any]:
    """A service with what it extends.

    Raises:
        BadManifest: that is in another file, or goes in circles.
    """
    found = project.document.data["services"].get(name)
    service: dict[str, Any] = found if isinstance(found, dict) else {}
    extended = service.get("extends")
    base = extended.get("service") if isinstance(extended, dict) else extended
    if not base:
        return service
    elsewhere = isinstance(extended, dict) and extended.get("file")
    if elsewhere or depth > _MOST_BASES:
        why = f"a service of {elsewhere}" if elsewhere else "itself"
        raise BadManifest(f"{project.source}: the service {name} extends {why}; join the files: {_RENDER}")
    below = _whole(project, str(base), depth=depth + 1)
    variables = {**pairs(below.get("environment")), **pairs(service.get("environment"))}
    return {**below, **service, "environment": variables}


def _split(value: object, variables: Variables) -> tuple[str, ...]:
    """The words of a command, be it a list or one text.

    Raises:
        ValueError: a quotation has no end.
    """
    if isinstance(value, list):
        return tuple(interpolated(scalar(each), variables) for each in value)
    return tuple(shlex.split(interpolated(scalar(value), variables))) if value is not None else ()


class _Reader:
    """Reads one service. It notes problems as it goes."""

    def __init__(self, project: Project, name: str, service: Mapping[str, Any], variables: Variables) -> None:
        self._project = project
        self._name = name
        self._service = service
        self._variables = variables

    def manifest(self) -> ServingManifest:
        entrypoint, command = self._words("entrypoint"), self._words("command")
        env = self._env()
        files = mounts.of(self._service, self._project.document.data, self._project.read)
        words = self._resolved(entrypoint, command, env, files)
        return ServingManifest(
            source=self._project.source,
            kind=KIND,
            name=self._name,
            container=self._name,
            image=_image(self._service, self._variables),
            command=entrypoint,
            args=command,
            env={**env.plain(), **words.variables},
            command_line=words.words,
            unknowns=words.unknowns,
            gaps=words.gaps,
            config=config_file.of(words, files),
            gpus=_devices(self._service, replace(self._variables, unknowns={})).count,
            lines={key: self._line(key) for key in ("image", "entrypoint", "command") if key in self._service},
        )

    def _line(self, *path: str | int) -> int:
        return self._project.document.line("services", self._name, *path)

    def _words(self, key: str) -> tuple[str, ...]:
        try:
            return _split(self._service.get(key), self._variables)
        except ValueError as error:
            place = f"{self._project.source}:{self._line(key)}"
            raise BadManifest(f"{place}: {key} cannot be split into words: {str(error).lower()}") from error

    def _env(self) -> ShellVariables:
        values: dict[str, str] = {}
        unknown: dict[str, str] = {}
        rest = []
        for path in self._env_files():
            text = self._project.read(path)
            if text is None:
                rest.append(f"the file {path}, which cannot be read here")
            else:
                values |= env_files.read(text, self._variables)
        for name, value in pairs(self._service.get("environment")).items():
            if value is not None:
                values[name] = interpolated(value, self._variables)
            elif name in self._variables.values:
                values[name] = self._variables.values[name]
            else:
                values.pop(name, None)
                unknown[name] = "passed through from the environment, where it is not set here"
        values |= self._project.given
        kept = {name: where for name, where in unknown.items() if name not in values}
        spellings = dict(self._variables.unknowns)
        return ShellVariables(values=values, unknown=kept, rest=" or ".join(rest), spellings=spellings)

    def _env_files(self) -> Iterator[str]:
        written = self._service.get("env_file")
        for each in written if isinstance(written, list) else [written]:
            path = each.get("path") if isinstance(each, dict) else each
            if path:
                yield interpolated(str(path), self._variables)

    def _resolved(self, entrypoint: Sequence[str], command: Sequence[str], env: ShellVariables, files: Files) -> Words:
        words = (*entrypoint, *command)
        unknowns = {**env.spellings, **self._variables.unknowns}
        # To the shell, what Compose has put into its script is no variable any more.
        left = re.compile("|".join(map(re.escape, unknowns)) or "(?!)")
        inner = script.script_of(words)
        escaped = [left.sub(lambda one: "\\" + one[0], word) if inner and word == inner[0] else word for word in words]
        try:
            found = script.resolved(escaped, env, files) if entrypoint else None
        except UnreadableScript as error:
            raise BadManifest(
                f"{self._project.source}:{self._line('entrypoint')}: the service {self._name} starts a shell whose "
                f"script {error}, so its command line cannot be read; give it with --args"
            ) from error
        if found is None:
            return Words(words=words, unknowns=unknowns)
        return replace(found, unknowns={**unknowns, **found.unknowns})
