"""Reads the container that serves: its command line with variables and shell resolved, its probes, its lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vllm_qualify.arguments.shell import config_file
from vllm_qualify.arguments.shell.config_file import Files
from vllm_qualify.arguments.shell.environment import ShellVariables, Words
from vllm_qualify.arguments.shell.tokens import UnreadableScript
from vllm_qualify.core import foreign
from vllm_qualify.kube import commandline, container_env, mounted_files
from vllm_qualify.kube.config_maps import ConfigMaps
from vllm_qualify.kube.pod_templates import PodTemplate, at
from vllm_qualify.kube.serving import Probe, ServingManifest

_GPU = "nvidia.com/gpu"
_MOST_DIGITS = 5
_PROBES = ("liveness", "readiness", "startup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known beside the manifest itself.

    Attributes:
        config_maps: those that are at hand.
        variables: what somebody sets from outside; it outranks the manifest.
    """

    config_maps: ConfigMaps = field(default_factory=ConfigMaps)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


def read(template: PodTemplate, place: int, around: Around, problems: list[str]) -> ServingManifest:
    """Read one container.

    Args:
        template: the pods that it belongs to.
        place: among their containers.
        around: what is known beside the manifest.
        problems: gets a line for everything that cannot be read, because the operator wants all of it at once.
    """
    return _Reader(template, place, around, problems).manifest()


class _Reader:
    """Reads one container. It notes problems as it goes."""

    def __init__(self, template: PodTemplate, place: int, around: Around, problems: list[str]) -> None:
        self._template = template
        self._around = around
        self._problems = problems
        self._path = (*template.pod, "containers", place)
        self._container = foreign.mapping(at(template.document.data, *self._path))

    def manifest(self) -> ServingManifest:
        template = self._template
        command, args = self._words("command"), self._words("args")
        env = container_env.of(
            self._container,
            namespace=template.namespace,
            config_maps=self._around.config_maps,
            given=self._around.variables,
        )
        files = mounted_files.of(
            self._container,
            at(template.document.data, *template.pod, "volumes"),
            namespace=template.namespace,
            config_maps=self._around.config_maps,
        )
        words = self._command_line(command, args, env, files)
        return ServingManifest(
            source=template.source,
            kind=template.kind,
            name=template.name,
            namespace=template.namespace,
            container=str(self._container.get("name", "")),
            image=str(self._container.get("image", "")),
            command=command,
            args=args,
            env={**env.plain(), **words.variables},
            probes={kind: probe for kind in _PROBES if (probe := self._probe(kind)) is not None},
            command_line=words.words,
            unknowns=words.unknowns,
            gaps=words.gaps,
            config=config_file.of(words, files),
            gpus=self._gpus(),
            lines=dict(self._lines(len(args))),
        )

    def _gpus(self) -> int | None:
        """The limit of GPUs; a number, or a text that is one."""
        limit = foreign.mapping(foreign.mapping(self._container.get("resources")).get("limits")).get(_GPU)
        text = str(limit)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < _MOST_DIGITS else None

    def _note(self, message: str, *path: str | int) -> None:
        self._problems.append(f"{self._template.source}:{self._template.document.line(*path)}: {message}")

    def _words(self, key: str) -> tuple[str, ...]:
        value = self._container.get(key)
        if value is not None and not isinstance(value, list):
            self._note(f"{key} must be a list of strings", *self._path, key)
        listed = value if isinstance(value, list) else []
        return tuple(self._word(key, place, each) for place, each in enumerate(listed))

    def _word(self, key: str, place: int, value: object) -> str:
        if isinstance(value, str):
            return value
        written = self._template.document.text(*self._path, key, place)
        self._note(
            f"{key}[{place}] is {written}, which YAML reads as {type(value).__name__}; Kubernetes takes strings only, "
            "so put it in quotes",
            *(*self._path, key, place),
        )
        return written

    def _command_line(
        self, command: tuple[str, ...], args: tuple[str, ...], env: ShellVariables, files: Files
    ) -> Words:
        try:
            return commandline.resolve(command, args, env, given=self._around.variables, files=files)
        except UnreadableScript as error:
            self._note(
                f"the container starts a shell whose script {error}, so its command line cannot be read; "
                "write command and args as lists of words",
                *(*self._path, "command"),
            )
            return Words()

    def _probe(self, kind: str) -> Probe | None:
        probe = self._container.get(f"{kind}Probe")
        if not isinstance(probe, dict):
            return None
        get = foreign.mapping(probe.get("httpGet"))
        numbers = {
            "initial_delay_seconds": probe.get("initialDelaySeconds"),
            "period_seconds": probe.get("periodSeconds"),
            "failure_threshold": probe.get("failureThreshold"),
        }
        given = {name: value for name, value in numbers.items() if isinstance(value, int)}
        return Probe(path=str(get.get("path", "")), port=str(get.get("port", "")), **given)

    def _lines(self, args: int) -> Iterator[tuple[str, int]]:
        for key in ("image", "command", "args"):
            if key in self._container:
                yield key, self._template.document.line(*self._path, key)
        for place in range(args):
            yield f"args[{place}]", self._template.document.line(*self._path, "args", place)
