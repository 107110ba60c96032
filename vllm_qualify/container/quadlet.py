"""A quadlet (``vllm.container``), as the ``podman run`` that its generator makes of it. Pure.

Source: podman-systemd.unit(5).
"""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.container import run_line, run_words
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_line import StartedContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.container.unit_file import UnitFile

_SECTION = "Container"
_OPTIONS = {
    "AddCapability": "cap-add",
    "AddDevice": "device",
    "AddHost": "add-host",
    "ContainerName": "name",
    "DNS": "dns",
    "DropCapability": "cap-drop",
    "Entrypoint": "entrypoint",
    "EnvironmentFile": "env-file",
    "GroupAdd": "group-add",
    "HostName": "hostname",
    "IP": "ip",
    "Memory": "memory",
    "Mount": "mount",
    "NetworkAlias": "network-alias",
    "PidsLimit": "pids-limit",
    "PublishPort": "publish",
    "SeccompProfile": "seccomp",
    "ShmSize": "shm-size",
    "StopTimeout": "stop-timeout",
    "Sysctl": "sysctl",
    "Tmpfs": "tmpfs",
    "Ulimit": "ulimit",
    "UserNS": "userns",
    "WorkingDir": "workdir",
}
_SPLIT = {"AddCapability", "DropCapability", "Sysctl"}
_SWITCHES = {"ReadOnly": "--read-only", "RunInit": "--init"}
_SECURITY = {
    "NoNewPrivileges": "no-new-privileges",
    "SecurityLabelDisable": "label=disable",
    "SecurityLabelFileType": "label=filetype:",
    "SecurityLabelLevel": "label=level:",
    "SecurityLabelType": "label=type:",
}
_TRUE = frozenset({"1", "on", "true", "yes"})
_TIED = {"Pod": "a pod", "Rootfs": "a folder in the place of an image", "Secret": "a secret of Podman's"}


def read(unit: UnitFile, place: StartPlace) -> StartedContainer:
    """Read the container of a quadlet.

    Raises:
        UnreadableContainer: it names no image, or has what cannot be carried over.
    """
    for key, what in _TIED.items():
        if unit.values(_SECTION, key):
            raise UnreadableContainer(
                f"{unit.name}.container uses {what} ({key}=), which cannot be carried over; name the container that "
                "runs now: [container] container"
            )
    image = next(iter(unit.values(_SECTION, "Image")[-1:]), "")
    if not image or image.endswith((".build", ".image")):
        named = f"the image by another unit ({image})" if image else "no image"
        raise UnreadableContainer(f"{unit.name}.container names {named}; write Image= with the image's own name")
    words = ("podman", "run", *_words(unit), image, *unit.words(_SECTION, "Exec"))
    run = run_words.parse(words)
    if run is None:
        raise UnreadableContainer(f"{unit.name}.container cannot be read; give the command line with --args")
    return run_line.container(run, place)


def _words(unit: UnitFile) -> Iterator[str]:
    if not unit.values(_SECTION, "ContainerName"):
        yield f"--name=systemd-{unit.name}"
    for key, option in _OPTIONS.items():
        values = unit.words(_SECTION, key) if key in _SPLIT else unit.values(_SECTION, key)
        yield from (f"--{option}={value.removeprefix('-')}" for value in values)
    for key, option in {"Environment": "env", "Label": "label"}.items():
        yield from (f"--{option}={word}" for word in unit.words(_SECTION, key))
    for key, switch in _SWITCHES.items():
        if _on(unit, key):
            yield switch
    yield from _security(unit)
    yield from (f"--volume={_named(value, '.volume')}" for value in unit.values(_SECTION, "Volume"))
    yield from (f"--network={_named(value, '.network')}" for value in unit.values(_SECTION, "Network"))
    if user := "".join(unit.values(_SECTION, "User")[-1:]):
        group = "".join(unit.values(_SECTION, "Group")[-1:])
        yield f"--user={user}:{group}" if group else f"--user={user}"
    yield from unit.words(_SECTION, "PodmanArgs")


def _security(unit: UnitFile) -> Iterator[str]:
    for key, option in _SECURITY.items():
        for value in unit.values(_SECTION, key)[-1:]:
            if option.endswith(":"):
                yield f"--security-opt={option}{value}"
            elif value.lower() in _TRUE:
                yield f"--security-opt={option}"


def _on(unit: UnitFile, key: str) -> bool:
    return "".join(unit.values(_SECTION, key)[-1:]).lower() in _TRUE


def _named(value: str, suffix: str) -> str:
    """A volume or a network of another unit, by the name that its generator gives it."""
    head, colon, rest = value.partition(":")
    return f"systemd-{head.removesuffix(suffix)}{colon}{rest}" if head.endswith(suffix) else value
