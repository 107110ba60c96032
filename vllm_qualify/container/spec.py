"""What a container is made of, in words that hold for Docker, Podman and Compose alike. Pure.

Read from a container that exists (``inspection``) or from a Compose project (``compose_config``); a candidate is made
of production's with another image (``creation``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

ALL_GPUS = -1


class MountKind(Enum):
    """What stands behind a path of a container."""

    BIND = "bind"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One path that comes from outside the image.

    Attributes:
        source: path on the host, or name of the volume.
        target: path in the container.
        options: further words of ``-v``, such as ``z`` or ``Z``; ``ro`` is ``read_only``.
    """

    kind: MountKind
    source: str
    target: str
    read_only: bool = False
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [*(["ro"] if self.read_only else []), *self.options]
        return ":".join([self.source, self.target, *([",".join(words)] if words else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class PortBinding:
    """One port that is published.

    Attributes:
        host_port: 0 where the engine chooses a free one.
        host_address: on which it listens; ``""`` for all.
    """

    container_port: int
    host_port: int = 0
    host_address: str = ""
    protocol: str = "tcp"

    def __str__(self) -> str:
        port = f"{self.host_port or ''}:{self.container_port}/{self.protocol}"
        address = f"[{self.host_address}]" if ":" in self.host_address else self.host_address
        return f"{address}:{port}" if address else port.removeprefix(":")


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuRequest:
    """GPUs by ``--gpus`` or a device reservation of Compose; CDI names and device files are ``ContainerSpec.devices``.

    Attributes:
        count: how many; ``ALL_GPUS`` for all of them, 0 where ``ids`` says which.
        ids: numbers or UUIDs.
    """

    count: int = ALL_GPUS
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.ids:
            # The engine's client reads this value as CSV, in which a comma ends a field unless that is quoted.
            return f'"device={",".join(self.ids)}"'
        return "all" if self.count == ALL_GPUS else str(self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """All that decides what runs in a container and who reaches it; what is left out is the engine's or the image's.

    Attributes:
        image: reference as it was written.
        entrypoint: in the place of the image's; ``None`` for the image's own, ``()`` for none at all.
        command: likewise.
        env: variables that were set beside the image's own.
        user: ``""`` for the image's.
        labels: without those by which an engine, Compose, a unit or an updater knows what is its own.
        devices: words of ``--device``, CDI names such as ``nvidia.com/gpu=all`` among them.
        gpus: ``None`` where none are asked for in this way.
        runtime: such as ``nvidia``; ``""`` for the engine's own.
        ipc: such as ``host``; ``""`` for the engine's own.
        shm_bytes: size of ``/dev/shm`` in bytes; 0 for the engine's own.
        network_mode: ``host``, ``none`` or ``container:NAME``; ``""`` where ``networks`` says it.
        networks: names of networks with the aliases under which others there reach the container; empty for the
            engine's default network.
        ulimits: words of ``--ulimit``.
        security: words of ``--security-opt``.
        hosts: words of ``--add-host``.
        memory_bytes: 0 for no limit.
        others: further options, by their long name without the dashes, as ``--NAME=VALUE``.
    """

    image: str
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    # Values may be tokens, and a repr ends up in failure messages.
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    user: str = ""
    folder: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    devices: tuple[str, ...] = ()
    gpus: GpuRequest | None = None
    runtime: str = ""
    ipc: str = ""
    shm_bytes: int = 0
    network_mode: str = ""
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ports: tuple[PortBinding, ...] = ()
    ulimits: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    privileged: bool = False
    read_only: bool = False
    init: bool = False
    memory_bytes: int = 0
    others: Mapping[str, str] = field(default_factory=dict)
