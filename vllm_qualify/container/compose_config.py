"""What a Compose program renders of a project: which service runs vLLM, and what its container is made of. Pure.

Truth is what the program itself says (`compose_program.rendering`): files that change each other, profiles, anchors,
``.env`` and defaults are gone by then.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from vllm_qualify.arguments import server_likeness
from vllm_qualify.container import compose_gpus, compose_service
from vllm_qualify.container.compose_program import ComposeProgram
from vllm_qualify.container.compose_service import Read, Surroundings, at, pairs, scalar
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef

_CHOOSE = "choose one with [container] service"
_MOST_SHOWN = 80
_NOT_IN_A_NAME = re.compile(r"[^-_a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeBuild:
    """How the image of a service is built on another one.

    Attributes:
        argument: name of the build's argument that holds the image below; ``""`` where none does.
        base: that image.
        context: folder of the build.
    """

    argument: str = ""
    base: str = ""
    context: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedService:
    """The service of a project that serves.

    Attributes:
        name: of the service.
        project: name of the project.
        spec: what its container is made of.
        container_name: ``""`` where the program makes one up.
        restart: its restart policy, as it is written.
        build: how its image is made; ``None`` where it is pulled.
    """

    name: str
    project: str
    spec: ContainerSpec
    container_name: str = ""
    restart: str = ""
    build: ComposeBuild | None = None

    @property
    def labels(self) -> dict[str, str]:
        """By which its container is found; podman-compose sets the same as Docker's program."""
        return {"com.docker.compose.project": self.project, "com.docker.compose.service": self.name}

    def check(self, candidate: ImageRef) -> None:
        """See that a candidate can take the place of this image.

        Raises:
            UnreadableContainer: this one is built on vLLM's, so that the candidate lacks what was built.
        """
        # A registry or a mirror in front makes no other image.
        ends = [
            one.rpartition("/")[2]
            for one in (candidate.repository, images.repository_of(self.build.base if self.build else ""))
        ]
        if self.build is None or ends[0] != ends[1]:
            return
        name = f"{images.repository_of(self.spec.image)}:{candidate.tag or 'candidate'}"
        way = f"docker build --build-arg {self.build.argument}={candidate} -t {name} {shlex.quote(self.build.context)}"
        raise UnreadableContainer(
            f"the service {self.name} runs an image that is built on {self.build.base}, so {candidate} alone cannot "
            f"take its place; build the candidate ({way}) and give --image {name}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedProject:
    """What a Compose program has printed, read.

    Attributes:
        data: all of it, dollars as they are meant.
        name: of the project.
        around: what services are read with.
        joins: what stands between the names of project and service in that of an image that is built.
    """

    data: Mapping[str, Any] = field(repr=False)
    name: str
    around: Surroundings
    joins: str

    def serving(self) -> tuple[str, ...]:
        """The services that run vLLM, those first for which most speaks."""
        return serving(self.data["services"])

    def service(self, name: str = "") -> ComposedService:
        """One service, or the only one that runs vLLM.

        Raises:
            UnreadableContainer: there is no such service, or more than one, or it cannot be carried over.
        """
        name = name or self._only()
        service = self.data["services"].get(name)
        if not isinstance(service, dict):
            there = ", ".join(self.data["services"]) or "none"
            raise UnreadableContainer(f"the project {self.name} has no service {name}; there are {there}; {_CHOOSE}")
        copies = at(service, "deploy", "replicas") or service.get("scale") or 1
        if str(copies) != "1":
            raise UnreadableContainer(
                f"the service {name} runs {copies} containers, and only one is taken over; set its replicas to 1"
            )
        image = scalar(service.get("image")) or f"{self.name}{self.joins}{name}"
        return ComposedService(
            name=name,
            project=self.name,
            spec=compose_service.spec(service, name=name, image=image, around=self.around),
            container_name=scalar(service.get("container_name")),
            restart=scalar(service.get("restart")),
            build=_build(service),
        )

    def _only(self) -> str:
        found = self.serving()
        if len(found) == 1:
            return found[0]
        there = ", ".join(found) if found else ", ".join(self.data["services"]) or "none"
        which = f"the services {there} each run vLLM" if found else f"no service runs vLLM, as far as {there} tell"
        raise UnreadableContainer(f"{which} in the project {self.name}; {_CHOOSE}")


def read(
    text: str,
    *,
    program: ComposeProgram,
    folder: str,
    read_file: Read,
    environment: Mapping[str, str],
    project: str = "",
) -> RenderedProject:
    """Read what a Compose program has rendered.

    Args:
        text: JSON or YAML.
        program: the one that did.
        folder: of the first file, absolute: the project's.
        read_file: reads a file of variables by its path from that folder.
        environment: of the process that started the program.
        project: its name as the operator gave it.

    Raises:
        UnreadableContainer: it is no Compose project.
    """
    try:
        data: Any = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnreadableContainer(_not_a_project(program, text)) from error
    if not isinstance(data, dict) or not isinstance(data.get("services"), dict):
        raise UnreadableContainer(_not_a_project(program, text))
    if program.escapes:
        data = _unescaped(data)
    name = scalar(data.get("name")) or project or environment.get("COMPOSE_PROJECT_NAME", "")
    called = name or _NOT_IN_A_NAME.sub("", folder.rstrip("/").rpartition("/")[2].lower())
    around = Surroundings(project=data, name=called, folder=folder, read=read_file, environment=environment)
    return RenderedProject(data=data, name=called, around=around, joins=program.joins_names)


def serving(services: Mapping[str, Any]) -> tuple[str, ...]:
    """The services that run vLLM, those first for which most speaks."""
    weights = {name: _weight(service) for name, service in services.items()}
    found = [name for name, weight in weights.items() if weight >= server_likeness.RUNS_VLLM]
    return tuple(sorted(found, key=lambda name: -weights[name]))


def _not_a_project(program: ComposeProgram, text: str) -> str:
    shown = text.strip()[:_MOST_SHOWN]
    return (
        f"{' '.join(program.value)} printed {shown!r}, which is not a project with services; run it by hand to see why"
    )


def _unescaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unescaped(each) for key, each in value.items()}
    if isinstance(value, list):
        return list(map(_unescaped, value))
    return value.replace("$$", "$") if isinstance(value, str) else value


def _weight(service: Any) -> int:
    if not isinstance(service, dict):
        return 0
    try:
        entrypoint, command = (compose_service.words(service.get(key)) or () for key in ("entrypoint", "command"))
        devices = compose_gpus.read(service)
    except (UnreadableContainer, AttributeError, TypeError, ValueError):
        # It is told when the service is read.
        return 0
    gpu = devices.any or service.get("runtime") == "nvidia"
    build = _build(service)
    image = scalar(service.get("image"))
    return max(
        server_likeness.weight(one, entrypoint=entrypoint, arguments=command, gpu=gpu)
        for one in (image, build.base if build else image)
    )


def _build(service: Mapping[str, Any]) -> ComposeBuild | None:
    """How the image is built; of several arguments the one whose value names vLLM."""
    build = service.get("build")
    if not build:
        return None
    context = scalar(at(build, "context") or (build if isinstance(build, str) else ".")) or "."
    named = [(name, value) for name, value in pairs(at(build, "args")).items() if value and "vllm" in value]
    return (
        ComposeBuild(argument=named[0][0], base=named[0][1], context=context)
        if named
        else ComposeBuild(context=context)
    )
