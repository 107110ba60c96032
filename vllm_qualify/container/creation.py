"""The words after ``docker create`` or ``podman create`` that make a container of its record. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from vllm_qualify.container.spec import ContainerSpec

RUN = "vllm-qualify.run"
"""The label by which what a run makes is known as that run's."""
_CLIENTS_OWN = re.compile(r"PATH|HOME|USER|PWD|TMPDIR|LANG|(?:LD|LC|SSH|XDG|DOCKER|CONTAINER|CONTAINERS)_\w+")


def candidate(production: ContainerSpec, image: str) -> ContainerSpec:
    """Production's container with another image; nothing else differs but what keeps it from coming back by itself."""
    return replace(production, image=image)


def words(spec: ContainerSpec, *, name: str, labels: Mapping[str, str], podman: bool, pull: bool = False) -> list[str]:
    """The whole command behind the engine's program, which makes a container and starts nothing.

    It names its variables; the values of most are handed over as the environment of the command, see ``handed_over``.

    Args:
        spec: of what it is made.
        name: how it is called.
        labels: by which it is known.
        podman: for Podman rather than for Docker.
        pull: the engine may fetch an image that it does not have.
    """
    return [
        *("create", "--name", name, "--restart", "no", f"--pull={'missing' if pull else 'never'}"),
        *_each("--label", (f"{key}={value}" for key, value in {**spec.labels, **labels}.items())),
        *_process(spec),
        *_surroundings(spec),
        *_hardware(spec, podman=podman),
        *_reach(spec),
        *_limits(spec),
        spec.image,
        *_command(spec),
    ]


def handed_over(spec: ContainerSpec) -> dict[str, str]:
    """The variables whose values the engine's client takes from its own environment, since they may be secrets.

    Those by which the client itself is run, finds its engine or speaks stand on its command line.
    """
    return {name: value for name, value in spec.env.items() if not _CLIENTS_OWN.fullmatch(name)}


def connections(spec: ContainerSpec) -> dict[str, tuple[str, ...]]:
    """The networks beyond the first, which a container is connected to once it exists, with its aliases there."""
    return dict(list(spec.networks.items())[1:])


def _process(spec: ContainerSpec) -> Iterator[str]:
    if spec.entrypoint is not None:
        # What follows the first word of an entrypoint goes before the command.
        yield from ("--entrypoint", spec.entrypoint[0] if spec.entrypoint else "")
    handed = handed_over(spec)
    yield from _each("--env", (name if name in handed else f"{name}={value}" for name, value in spec.env.items()))
    yield from _set("--user", spec.user)
    yield from _set("--workdir", spec.folder)
    if spec.init:
        yield "--init"


def _command(spec: ContainerSpec) -> tuple[str, ...]:
    return (*(spec.entrypoint or ())[1:], *(spec.command or ()))


def _surroundings(spec: ContainerSpec) -> Iterator[str]:
    yield from _each("--volume", map(str, spec.mounts))
    yield from _each("--tmpfs", (f"{path}:{how}" if how else path for path, how in spec.tmpfs.items()))
    yield from _each("--add-host", spec.hosts)
    if spec.read_only:
        yield "--read-only"


def _hardware(spec: ContainerSpec, *, podman: bool) -> Iterator[str]:
    if spec.gpus is not None and podman:
        # Podman's --gpus is younger than most hosts' Podman, and means these CDI names.
        yield from _each("--device", (f"nvidia.com/gpu={one}" for one in spec.gpus.ids or ("all",)))
    elif spec.gpus is not None:
        yield from ("--gpus", str(spec.gpus))
    yield from _each("--device", spec.devices)
    yield from _set("--runtime", spec.runtime)
    yield from _set("--ipc", spec.ipc)
    if spec.shm_bytes and spec.ipc != "host":
        yield from ("--shm-size", str(spec.shm_bytes))


def _reach(spec: ContainerSpec) -> Iterator[str]:
    if spec.network_mode:
        yield from ("--network", spec.network_mode)
    elif spec.networks:
        first, aliases = next(iter(spec.networks.items()))
        yield from ("--network", first, *_each("--network-alias", aliases))
    if spec.network_mode != "host":
        yield from _each("--publish", map(str, spec.ports))


def _limits(spec: ContainerSpec) -> Iterator[str]:
    yield from _each("--ulimit", spec.ulimits)
    yield from _each("--cap-add", spec.cap_add)
    yield from _each("--cap-drop", spec.cap_drop)
    yield from _each("--security-opt", spec.security)
    yield from _each("--group-add", spec.groups)
    yield from _set("--memory", str(spec.memory_bytes or ""))
    if spec.privileged:
        yield "--privileged"
    yield from (f"--{name}={value}" for name, value in spec.others.items())


def _each(option: str, values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from (option, value)


def _set(option: str, value: str) -> Iterator[str]:
    if value:
        yield from (option, value)
