"""Values of an engine's options and of Compose's short syntax: sizes, times, ports, mounts, owners. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from vllm_qualify.container.spec import Mount, MountKind, PortBinding

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kKmMgGtTpP]?)[iI]?[bB]?", re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_PORT = re.compile(
    r"(?:(?P<address>\[[0-9a-fA-F:.%]+\]|[^:\[\]]+|):)??(?:(?P<host>[\d-]*):)?(?P<port>[\d-]+)(?:/(?P<protocol>\w+))?",
    re.ASCII,
)
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_LOCAL = ("/", ".", "~")
# By these an engine, Compose, a unit or an updater knows its own containers.
_OWNERS = (
    "com.centurylinklabs.watchtower.",
    "com.docker.compose.",
    "io.containers.",
    "io.podman.compose.",
    "vllm-qualify.",
)
_UNIT = "PODMAN_SYSTEMD_UNIT"


def size(text: str) -> int:
    """Bytes of a size such as ``10.24gb``; units are binary, as Docker and Podman read them.

    Source: ``RAMInBytes`` of docker/go-units.

    Raises:
        ValueError: it is not a size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a size; expected one such as 16gb")
    return int(float(found[1]) * 1024 ** _POWERS[found[2].lower()])


def seconds(text: str) -> float:
    """Seconds of a duration such as ``1m30s``, or of a bare number of seconds.

    Raises:
        ValueError: it is not a duration.
    """
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    found = _DURATION.fullmatch(text)
    if found is None or not text:
        raise ValueError(f"{text!r} is not a duration; expected one such as 1m30s")
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


def ports(text: str) -> tuple[PortBinding, ...]:
    """The ports of ``[[ADDRESS:]HOST:]PORT[/PROTOCOL]``, each of which may be a range.

    Raises:
        ValueError: it is nothing like that.
    """
    found = _PORT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} does not publish a port; expected HOST:PORT, such as 8000:8000")
    inside, outside = _range(found["port"]), _range(found["host"] or "")
    if outside and len(outside) != len(inside):
        raise ValueError(f"{text!r} publishes {len(inside)} ports as {len(outside)}; give as many as there are")
    return tuple(
        PortBinding(
            container_port=port,
            host_port=outside[place] if outside else 0,
            host_address=(found["address"] or "").strip("[]"),
            protocol=found["protocol"] or "tcp",
        )
        for place, port in enumerate(inside)
    )


def _range(text: str) -> range:
    if not text:
        return range(0)
    found = _RANGE.fullmatch(text)
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise ValueError(f"{text!r} is not a port")
    return range(int(found[1]), int(found[2] or found[1]) + 1)


def mount(text: str, *, folder: str, names: Mapping[str, str] | None = None) -> Mount | None:
    """The mount of ``SOURCE:TARGET[:OPTIONS]``.

    Args:
        text: it.
        folder: to which a relative path belongs.
        names: what volumes are really called, by the name that is written.

    Returns:
        ``None`` for a volume without a name, which every container gets anew.

    Raises:
        ValueError: it has no target.
    """
    source, colon, rest = text.partition(":")
    if not colon:
        return None
    target, _, options = rest.partition(":")
    if not source or not target.startswith("/"):
        raise ValueError(f"{text!r} is not a mount; expected SOURCE:/TARGET")
    words = [word for word in options.split(",") if word not in {"", "rw"}]
    local = source.startswith(_LOCAL)
    return Mount(
        kind=MountKind.BIND if local else MountKind.VOLUME,
        source=absolute(source, folder) if local else (names or {}).get(source, source),
        target=target,
        read_only="ro" in words,
        options=tuple(word for word in words if word != "ro"),
    )


def absolute(path: str, folder: str) -> str:
    """A path of the host; one in the home folder stays as it is written, for only its owner's shell knows it."""
    return path if path.startswith("~") else posixpath.normpath(posixpath.join(folder, path))


def without_owners(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels without those by which an engine, Compose, a unit or an updater knows what is its own."""
    return {name: value for name, value in labels.items() if not name.startswith(_OWNERS) and name != _UNIT}


def variables(text: str, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The variables of a file of ``--env-file``: values as they stand, quotes included; a bare name is handed through.

    Args:
        text: of the file.
        environment: of the process that starts the engine's client.
    """
    for line in text.removeprefix("\ufeff").splitlines():
        name, equals, value = line.lstrip().partition("=")
        if not name or name.startswith("#"):
            continue
        if equals:
            yield name, value
        elif name.strip() in environment:
            yield name.strip(), environment[name.strip()]
