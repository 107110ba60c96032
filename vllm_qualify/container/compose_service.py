"""A service that a Compose program has rendered, as the record of its container. Pure.

Source: the Compose Specification, 05-services.md; programs render some keys short and others long, so both are read.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vllm_qualify.container import compose_gpus, compose_volumes, option_words
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.spec import ContainerSpec, PortBinding

_OTHERS = {
    "cgroup": "cgroupns",
    "cgroup_parent": "cgroup-parent",
    "cpu_shares": "cpu-shares",
    "cpus": "cpus",
    "cpuset": "cpuset-cpus",
    "domainname": "domainname",
    "hostname": "hostname",
    "mac_address": "mac-address",
    "mem_reservation": "memory-reservation",
    "memswap_limit": "memory-swap",
    "oom_score_adj": "oom-score-adj",
    "pid": "pid",
    "pids_limit": "pids-limit",
    "platform": "platform",
    "stop_signal": "stop-signal",
    "userns_mode": "userns",
    "uts": "uts",
}
"""What is handed on as an option of the engine, by its key."""
_ONCE = {"device_cgroup_rules": "device-cgroup-rule", "dns": "dns", "dns_opt": "dns-option", "dns_search": "dns-search"}
_RUNNING = "or name the container that runs now instead: [container] container"

Read = Callable[[str], str | None]
"""Reads a file by its path from the project's folder; ``None`` where it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a service is read with.

    Attributes:
        project: all that was rendered.
        name: of the project.
        folder: of the project, absolute.
        read: finds files of variables, which not every program puts into what it renders.
        environment: of the process that starts the Compose program.
    """

    project: Mapping[str, Any]
    name: str
    folder: str
    read: Read
    environment: Mapping[str, str]


def spec(service: Mapping[str, Any], *, name: str, image: str, around: Surroundings) -> ContainerSpec:
    """What the container of a service is made of.

    Args:
        service: as it was rendered, dollars as they are meant.
        name: of the service.
        image: it, or what the program calls the image that it builds.
        around: the project.

    Raises:
        UnreadableContainer: it has what cannot be carried over to another container.
    """
    try:
        return _spec(service, name, image, around)
    except (AttributeError, TypeError, ValueError) as error:
        if isinstance(error, UnreadableContainer):
            raise
        raise UnreadableContainer(f"the service {name} cannot be read: {error}; mend it, {_RUNNING}") from error


def _spec(service: Mapping[str, Any], name: str, image: str, around: Surroundings) -> ContainerSpec:
    mode = _network_mode(service, name)
    gpus = compose_gpus.read(service)
    volumes = compose_volumes.read(service, project=around.project, name=around.name, folder=around.folder)
    limit = service.get("mem_limit") or at(service, "deploy", "resources", "limits", "memory")
    return ContainerSpec(
        image=image,
        entrypoint=words(service.get("entrypoint")),
        command=words(service.get("command")),
        env=_env(service, around),
        user=scalar(service.get("user")),
        folder=scalar(service.get("working_dir")),
        labels=option_words.without_owners({key: value or "" for key, value in pairs(service.get("labels")).items()}),
        mounts=volumes.mounts,
        tmpfs=volumes.tmpfs,
        devices=gpus.devices,
        gpus=gpus.request,
        runtime=scalar(service.get("runtime")),
        ipc=scalar(service.get("ipc")),
        shm_bytes=_bytes(service.get("shm_size")),
        network_mode=mode,
        networks={} if mode else _networks(service, name, around),
        ports=() if mode == "host" else tuple(port for each in items(service.get("ports")) for port in _ports(each)),
        ulimits=tuple(map(_ulimit, *_columns(service.get("ulimits")))),
        cap_add=tuple(map(str, items(service.get("cap_add")))),
        cap_drop=tuple(map(str, items(service.get("cap_drop")))),
        security=tuple(map(str, items(service.get("security_opt")))),
        groups=tuple(map(str, items(service.get("group_add")))),
        hosts=tuple(_hosts(service.get("extra_hosts"))),
        privileged=bool(service.get("privileged")),
        read_only=bool(service.get("read_only")),
        init=bool(service.get("init")),
        memory_bytes=_bytes(limit),
        others=_others(service, name),
    )


def at(value: object, *path: str) -> Any:
    """What stands at a path of mappings; ``None`` where there is nothing."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def items(value: object) -> list[Any]:
    """A list, or the one thing that stands for it."""
    return value if isinstance(value, list) else [] if value is None else [value]


def pairs(value: object) -> dict[str, str | None]:
    """Names and values, be they a mapping or a list of NAME=VALUE; ``None`` for a name alone."""
    if isinstance(value, dict):
        return {str(key): None if each is None else scalar(each) for key, each in value.items()}
    entries = (scalar(each).partition("=") for each in items(value))
    return {name: text if equals else None for name, equals, text in entries}


def scalar(value: object) -> str:
    """A value as Compose hands it on; ``""`` for none."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def words(value: object) -> tuple[str, ...] | None:
    """The words of a command, be it a list or one text; ``None`` for the image's own."""
    if value is None:
        return None
    return tuple(map(scalar, value)) if isinstance(value, list) else tuple(shlex.split(scalar(value)))


def _env(service: Mapping[str, Any], around: Surroundings) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in items(service.get("env_file")):
        path = scalar(each.get("path") if isinstance(each, dict) else each)
        text = around.read(path)
        if text is None and not (isinstance(each, dict) and each.get("required") is False):
            raise UnreadableContainer(f"the file of variables {path} cannot be read; mend its path or its rights")
        found |= dict(option_words.variables(text or "", around.environment))
    # A name without a value was not set when the project was rendered, or is handed through now.
    for key, value in pairs(service.get("environment")).items():
        written = around.environment.get(key) if value is None else value
        if written is None:
            found.pop(key, None)
        else:
            found[key] = written
    return found


def _bytes(value: object) -> int:
    return option_words.size(scalar(value)) if value else 0


def _network_mode(service: Mapping[str, Any], name: str) -> str:
    mode = scalar(service.get("network_mode"))
    kind, _, other = mode.partition(":")
    if kind == "service":
        raise UnreadableContainer(
            f"the service {name} shares the network of the service {other} (network_mode: {mode}), whose container "
            f"is not to be touched; give {name} networks of its own, {_RUNNING}"
        )
    return mode


def _networks(service: Mapping[str, Any], name: str, around: Surroundings) -> dict[str, tuple[str, ...]]:
    """The real names of the networks, with everything that others call this container there."""
    written = service.get("networks") or {"default": None}
    joined: Mapping[str, Any] = written if isinstance(written, dict) else dict.fromkeys(map(str, written))
    container = scalar(service.get("container_name"))
    own = [one for one in (name, container) if one]
    return {
        _network(key, around): tuple(dict.fromkeys([*own, *map(str, items(at(joined[key], "aliases")))]))
        for key in joined
    }


def _network(key: str, around: Surroundings) -> str:
    known = at(around.project, "networks", key)
    external = at(known, "external")
    called = at(known, "name") or at(external, "name")
    return scalar(called) or (key if external else f"{around.name}_{key}")


def _ports(value: object) -> tuple[PortBinding, ...]:
    if not isinstance(value, dict):
        return option_words.ports(scalar(value))
    address, published = scalar(value.get("host_ip")), scalar(value.get("published"))
    inside = f"{scalar(value.get('target'))}/{scalar(value.get('protocol')) or 'tcp'}"
    lead = f"[{address}]:" if ":" in address else f"{address}:" if address else ""
    return option_words.ports(f"{lead}{published}:{inside}" if lead or published else inside)


def _columns(value: object) -> tuple[list[str], list[Any]]:
    known = value if isinstance(value, dict) else {}
    return list(map(str, known)), list(known.values())


def _ulimit(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"{name}={value.get('soft')}:{value.get('hard')}"
    return f"{name}={value}"


def _hosts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{name}:{address}" for name, addresses in value.items() for address in items(addresses))
    else:
        yield from (str(each).replace("=", ":", 1) for each in items(value))


def _others(service: Mapping[str, Any], name: str) -> dict[str, str]:
    found = {option: scalar(service[key]) for key, option in _OTHERS.items() if service.get(key) not in {None, ""}}
    for key, option in _ONCE.items():
        values = items(service.get(key))
        if len(values) > 1:
            raise UnreadableContainer(
                f"the service {name} has several values of {key}, of which only one can be handed on; leave one, "
                f"{_RUNNING}"
            )
        if values:
            found[option] = scalar(values[0])
    if (grace := service.get("stop_grace_period")) is not None:
        found["stop-timeout"] = str(round(option_words.seconds(scalar(grace))))
    if cpus := at(service, "deploy", "resources", "limits", "cpus"):
        found.setdefault("cpus", scalar(cpus))
    return found
