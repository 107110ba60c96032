"""Reads what Docker and Podman tell of a container and its image; where they differ is decided here alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vllm_qualify.container import inspected_spec
from vllm_qualify.container.inspected_spec import at
from vllm_qualify.container.spec import ContainerSpec

_UNIT = "PODMAN_SYSTEMD_UNIT"
_COMPOSE = ("com.docker.compose", "io.podman.compose")
_NEVER = "0001-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """What became of a container so far.

    Attributes:
        status: the engine's word, such as ``running``, ``exited`` or ``created``.
        exit_code: of its last life; means nothing while it runs.
        started: when its last life began; ``None`` where there was none.
        pid: of its first process, as the engine's host counts; 0 while it does not run.
        restarts: how often the engine started it again by itself.
        error: why the engine could not start it; ``""`` when it could.
        stopped_by_hand: somebody asked the engine to stop it; Podman tells that, from 4.4 on.
    """

    status: str = ""
    running: bool = False
    exit_code: int = 0
    out_of_memory: bool = False
    started: datetime | None = None
    pid: int = 0
    restarts: int = 0
    error: str = ""
    stopped_by_hand: bool = False

    def __str__(self) -> str:
        if self.running:
            return "running"
        ended = f"exited with code {self.exit_code}" if self.status in {"exited", "stopped", "dead"} else self.status
        return f"{ended} (out of memory)" if self.out_of_memory else ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container as the engine tells of it.

    Attributes:
        image_id: of what it was made from, without ``sha256:``.
        argv: the whole command line of its first process.
        restart: its restart policy, such as ``unless-stopped``; ``""`` for none.
        removed_when_stopped: it was started with ``--rm``.
        unit: the systemd unit that owns it; ``""`` where none is known.
        project: the Compose project and service that own it; empty where none does.
        variables: all that its process sees, the image's own among them.
        addresses: its address in each network that it is in now.
        listening: host ports by port of the container, as they are published now.
    """

    id: str
    name: str
    image_id: str
    spec: ContainerSpec
    state: ContainerState
    argv: tuple[str, ...] = ()
    restart: str = ""
    removed_when_stopped: bool = False
    unit: str = ""
    project: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    # Values may be tokens, and a repr ends up in failure messages.
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    addresses: Mapping[str, str] = field(default_factory=dict)
    listening: Mapping[int, int] = field(default_factory=dict)


def container(found: Mapping[str, Any], image: Mapping[str, Any] | None) -> Container:
    """Read one container.

    Args:
        found: as ``inspect`` shows it.
        image: what it was made from, likewise; what the container has of it is not its own. ``None``: it is no more.
    """
    config, host = at(found, "Config"), at(found, "HostConfig")
    labels = {str(name): str(value) for name, value in at(config, "Labels").items()}
    policy = str(at(host, "RestartPolicy").get("Name") or "")
    networks = at(found, "NetworkSettings", "Networks")
    return Container(
        id=str(found["Id"]),
        name=str(found.get("Name", "")).lstrip("/"),
        image_id=str(found.get("Image", "")).removeprefix("sha256:"),
        spec=inspected_spec.of(found, at(image or {}, "Config"), labels),
        state=_state(found),
        argv=(str(found.get("Path", "")), *map(str, found.get("Args") or ())),
        restart="" if policy == "no" else policy,
        removed_when_stopped=bool(host.get("AutoRemove")),
        unit=labels.get(_UNIT, ""),
        project=_project(labels),
        labels=labels,
        variables=dict(str(one).partition("=")[::2] for one in config.get("Env") or ()),
        addresses={name: one["IPAddress"] for name, one in networks.items() if one and one.get("IPAddress")},
        listening=_listening(at(found, "NetworkSettings").get("Ports") or {}),
    )


def digest(image: Mapping[str, Any]) -> str:
    """The digest under which a registry knows an image, as ``sha256:...``; ``""`` for one that was made here."""
    known = (str(one).partition("@")[2] for one in image.get("RepoDigests") or ())
    return next(filter(None, known), "")


def _listening(ports: Mapping[str, Any]) -> dict[int, int]:
    return {
        int(str(port).partition("/")[0]): int(places[0]["HostPort"])
        for port, places in ports.items()
        if places and str(places[0].get("HostPort") or "").isdecimal()
    }


def _state(found: Mapping[str, Any]) -> ContainerState:
    state = at(found, "State")
    return ContainerState(
        status=str(state.get("Status") or ""),
        running=bool(state.get("Running")),
        exit_code=int(state.get("ExitCode") or 0),
        out_of_memory=bool(state.get("OOMKilled")),
        started=_time(str(state.get("StartedAt") or "")),
        pid=int(state.get("Pid") or 0),
        restarts=int(found.get("RestartCount") or 0),
        error=str(state.get("Error") or ""),
        stopped_by_hand=bool(state.get("StoppedByUser")),
    )


def _time(text: str) -> datetime | None:
    if not text or text.startswith(_NEVER):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _project(labels: Mapping[str, str]) -> tuple[str, ...]:
    found = ((labels.get(f"{head}.project"), labels.get(f"{head}.service")) for head in _COMPOSE)
    return next(((project, service) for project, service in found if project and service), ())
