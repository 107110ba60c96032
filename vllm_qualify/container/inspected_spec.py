"""Reads of what Docker and Podman tell how a container was made; where they differ is decided here alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vllm_qualify.container import option_words
from vllm_qualify.container.spec import ALL_GPUS, ContainerSpec, GpuRequest, Mount, MountKind, PortBinding

_ENGINES_OWN = frozenset({"TERM", "container", "HOSTNAME", "HOME"})
_OWN_RUNTIMES = frozenset({"", "runc", "crun", "oci", "youki"})
_DEFAULT_SHM = frozenset({0, 64 * 1024 * 1024, 65536000})  # Docker, and Podman with its "65536k".
_DEFAULT_NETWORKS = frozenset({"bridge", "podman", "default"})
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_SHORT_ID = re.compile(r"[0-9a-f]{12}")
_MOUNT_WORDS = frozenset({"z", "Z", "U", "nocopy", "rslave", "rshared", "slave", "shared"})


def of(found: Mapping[str, Any], image: Mapping[str, Any], labels: Mapping[str, str]) -> ContainerSpec:
    """What was asked for when a container was made, without what its image brings.

    Args:
        found: the container as ``inspect`` shows it.
        image: the configuration of its image, likewise; empty where there is none any more.
        labels: of the container.
    """
    config, host = at(found, "Config"), at(found, "HostConfig")
    entrypoint, command = _words(found, image)
    words = _options(config.get("CreateCommand") or ())
    mode = str(host.get("NetworkMode") or "")
    user, folder = str(config.get("User") or ""), str(config.get("WorkingDir") or "")
    spec = ContainerSpec(
        image=str(config.get("Image", "")),
        entrypoint=entrypoint,
        command=command,
        env=dict(_env(config, image, by_name=any(map(_by_name, words.get("device", ()))))),
        user="" if user == str(image.get("User") or "") else user,
        folder="" if folder in {"/", str(image.get("WorkingDir") or "")} else folder,
        labels=option_words.without_owners(dict(labels.items() - at(image, "Labels").items())),
        mounts=tuple(_mounts(found)),
        tmpfs={str(path): str(how) for path, how in at(host, "Tmpfs").items()},
        devices=tuple(words["device"] if "device" in words else _devices(host)),
        gpus=_gpus(host, words),
        runtime="" if (runtime := str(host.get("Runtime") or "")) in _OWN_RUNTIMES else runtime,
        ipc="" if (ipc := str(host.get("IpcMode") or "")) in {"private", "shareable"} else ipc,
        shm_bytes=0 if (size := int(host.get("ShmSize") or 0)) in _DEFAULT_SHM else size,
        network_mode=mode if mode in {"host", "none"} or mode.startswith("container:") else "",
        networks=_networks(found, mode),
        ports=tuple(_ports(at(host, "PortBindings"))),
    )
    # Podman keeps it in a note of its own.
    init = at(config, "Annotations").get("io.podman.annotations.init") == "TRUE"
    return _limited(spec, host, init=init)


def _limited(spec: ContainerSpec, host: Mapping[str, Any], *, init: bool) -> ContainerSpec:
    return replace(
        spec,
        ulimits=tuple(_ulimits(host)),
        cap_add=_texts(host, "CapAdd"),
        cap_drop=_texts(host, "CapDrop"),
        security=_texts(host, "SecurityOpt"),
        groups=_texts(host, "GroupAdd"),
        hosts=_texts(host, "ExtraHosts"),
        privileged=bool(host.get("Privileged")),
        read_only=bool(host.get("ReadonlyRootfs")),
        init=bool(host.get("Init")) or init,
        memory_bytes=int(host.get("Memory") or 0),
        others=dict(_others(host)),
    )


def _words(found: Mapping[str, Any], image: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Entrypoint and command where they are not the image's own; old Podman tells the entrypoint as one text."""
    argv = (str(found.get("Path", "")), *map(str, found.get("Args") or ()))
    written = at(found, "Config").get("Entrypoint")
    own, own_command = _list(image.get("Entrypoint")), _list(image.get("Cmd"))
    entrypoint = _leading(argv, written) if isinstance(written, str) else _list(written)
    command = argv[len(entrypoint) :] if argv[: len(entrypoint)] == entrypoint else _list(found["Config"].get("Cmd"))
    if entrypoint == own:
        return None, None if command == own_command else command
    return entrypoint, command


def _leading(argv: Sequence[str], text: str) -> tuple[str, ...]:
    """As many words of the command line as a text joins with blanks."""
    ends = (count for count in range(len(argv) + 1) if " ".join(argv[:count]) == text)
    return tuple(argv[: next(ends, 0)])


def _by_name(device: str) -> bool:
    """A device of CDI, such as ``nvidia.com/gpu=all``, is no file."""
    return not device.startswith("/")


def _env(config: Mapping[str, Any], image: Mapping[str, Any], *, by_name: bool) -> Iterator[tuple[str, str]]:
    own = dict(_pair(one) for one in image.get("Env") or ())
    for one in config.get("Env") or ():
        name, value = _pair(one)
        from_cdi = by_name and (name, value) == ("NVIDIA_VISIBLE_DEVICES", "void")
        asked = name in own or name not in _ENGINES_OWN or _was_asked(config, name, value)
        if own.get(name) != value and asked and not from_cdi:
            yield name, value


def _was_asked(config: Mapping[str, Any], name: str, value: str) -> bool:
    """Whether somebody set a variable that Podman sets by itself as well; it tells with what it was called."""
    words = config.get("CreateCommand")
    return name == "HOME" if not words else any(f"{name}={value}" in str(word) for word in words)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = str(text).partition("=")
    return name, value


def _mounts(found: Mapping[str, Any]) -> Iterator[Mount]:
    for one in found.get("Mounts") or ():
        kind, source = str(one.get("Type", "")), str(one.get("Name") or one.get("Source") or "")
        if kind == "bind":
            source = str(one.get("Source", ""))
        elif kind != "volume" or _ANONYMOUS.fullmatch(source):
            continue  # What is made for one container alone goes with it.
        words = (word for word in str(one.get("Mode") or "").split(",") if word in _MOUNT_WORDS)
        target, read_only = str(one["Destination"]), not one.get("RW", True)
        yield Mount(kind=MountKind(kind), source=source, target=target, read_only=read_only, options=tuple(words))


def _devices(host: Mapping[str, Any]) -> Iterator[str]:
    for one in host.get("Devices") or ():
        outside, inside = str(one.get("PathOnHost", "")), str(one.get("PathInContainer", ""))
        yield outside if outside == inside else f"{outside}:{inside}"
    for one in host.get("DeviceRequests") or ():
        if one.get("Driver") == "cdi":
            yield from map(str, one.get("DeviceIDs") or ())


def _gpus(host: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> GpuRequest | None:
    for one in host.get("DeviceRequests") or ():
        if any("gpu" in group for group in one.get("Capabilities") or ()):
            return GpuRequest(count=int(one.get("Count") or 0), ids=tuple(map(str, one.get("DeviceIDs") or ())))
    said = next(iter(words.get("gpus", ())), "")
    if not said:
        return None
    ids = tuple(said.strip('"').removeprefix("device=").split(",")) if "device=" in said else ()
    return GpuRequest(count=0 if ids else int(said) if said.isdecimal() else ALL_GPUS, ids=ids)


def _options(words: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """What Podman was told of devices and GPUs: it shows what became of that, not what was asked for."""
    found: dict[str, list[str]] = {}
    for place, word in enumerate(words):
        name, equals, value = str(word).partition("=")
        if name in {"--device", "--gpus"}:
            said = value if equals else str(words[place + 1]) if place + 1 < len(words) else ""
            found.setdefault(name[2:], []).append(said)
    return found


def _networks(found: Mapping[str, Any], mode: str) -> dict[str, tuple[str, ...]]:
    if mode in {"host", "none"} or mode.startswith("container:"):
        return {}
    named = at(found, "NetworkSettings", "Networks")
    name = str(found.get("Name", "")).lstrip("/")
    return {
        str(network): tuple(dict.fromkeys([name, *filter(_given, _list((one or {}).get("Aliases")))]))
        for network, one in named.items()
        if network not in _DEFAULT_NETWORKS
    }


def _given(alias: str) -> bool:
    """An alias that somebody gave; the engine adds the short id."""
    return not _SHORT_ID.fullmatch(alias)


def _ports(bindings: Mapping[str, Any]) -> Iterator[PortBinding]:
    for port, places in bindings.items():
        number, _, protocol = str(port).partition("/")
        for one in places or ():
            address, host_port = str(one.get("HostIp") or ""), str(one.get("HostPort") or "")
            address = "" if address in {"0.0.0.0", "::"} else address  # noqa: S104 - what an engine says for "all".
            yield PortBinding(
                container_port=int(number),
                host_port=int(host_port) if host_port.isdecimal() else 0,
                host_address=address,
                protocol=protocol or "tcp",
            )


def _ulimits(host: Mapping[str, Any]) -> Iterator[str]:
    for one in host.get("Ulimits") or ():
        yield f"{str(one['Name']).removeprefix('RLIMIT_').lower()}={one['Soft']}:{one['Hard']}"


def _others(host: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if host.get("CpusetCpus"):
        yield "cpuset-cpus", str(host["CpusetCpus"])
    if host.get("NanoCpus"):
        yield "cpus", f"{int(host['NanoCpus']) / 1e9:g}"
    if host.get("PidMode") == "host":
        yield "pid", "host"
    if host.get("UsernsMode"):
        yield "userns", str(host["UsernsMode"])


def at(value: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """A part of a document; empty where there is none."""
    for step in path:
        value = value.get(step) or {}
    return value


def _list(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (value,) if isinstance(value, str) and value else ()


def _texts(host: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return _list(host.get(name))
