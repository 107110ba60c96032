"""What ``vllm-qualify doctor`` knows of container engines, and how their own words are read. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DRIVER_OF_SPEC = re.compile(r"libcuda\.so\.(\d+(?:\.\d+)+)")
_GPU_KIND = re.compile(r"nvidia\.com/gpu\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """Docker or Podman, as far as it says itself.

    Attributes:
        program: ``docker`` or ``podman``.
        path: of its command line; ``""``: not on PATH.
        address: where another engine than this machine's own is asked; ``""`` otherwise.
        problem: why it does not answer, in its own words; ``""`` where it does.
        version: of the engine.
        rootless: it runs without root.
        runtimes: names that ``--runtime`` takes.
        devices: CDI names that it has found by itself.
        selinux: it separates containers by SELinux.
    """

    program: str
    path: str = ""
    address: str = ""
    problem: str = ""
    version: str = ""
    rootless: bool = False
    runtimes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    selinux: bool = False

    @property
    def answers(self) -> bool:
        """It is there, and a container could be made."""
        return bool(self.path) and not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class CdiSpec:
    """A CDI specification of NVIDIA GPUs; ``driver`` is the version whose libraries it brings in, ``""`` if unknown."""

    path: str
    driver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """What there is for containers with a GPU.

    Attributes:
        engines: Docker and Podman.
        user: name of the user.
        in_docker_group: the list of groups has the user in ``docker``, whether or not this session knows it yet.
        subordinate_ids: the user has a range in ``/etc/subuid`` and in ``/etc/subgid``.
        toolkit: version of nvidia-ctk; ``""``: not on PATH.
        hook: path of nvidia-container-runtime-hook, with which Docker takes ``--gpus``.
        specs: CDI specifications of GPUs.
        nvidia_hardware: an NVIDIA card is on the PCI bus, with or without a driver.
        compose: command lines that read Compose files.
    """

    engines: tuple[EngineInfo, ...] = ()
    user: str = ""
    in_docker_group: bool = False
    subordinate_ids: bool = False
    toolkit: str = ""
    hook: str = ""
    specs: tuple[CdiSpec, ...] = ()
    nvidia_hardware: bool = False
    compose: tuple[str, ...] = ()


def docker(path: str, info: Mapping[str, Any], *, address: str = "") -> EngineInfo:
    """Docker, from ``docker info``, which names what is wrong in a field of its own and may still end well."""
    security = [str(one) for one in info.get("SecurityOptions") or ()]
    return EngineInfo(
        program="docker",
        path=path,
        address=address,
        problem=" ".join(str(one) for one in info.get("ServerErrors") or ()),
        version=str(info.get("ServerVersion") or ""),
        rootless=any("name=rootless" in one for one in security),
        runtimes=tuple(sorted(info.get("Runtimes") or ())),
        devices=tuple(str(one.get("ID", "")) for one in info.get("DiscoveredDevices") or ()),
        selinux=any("name=selinux" in one for one in security),
    )


def podman(path: str, info: Mapping[str, Any], *, address: str = "") -> EngineInfo:
    """Podman, from ``podman info``."""
    host = info.get("host") or {}
    security = host.get("security") or {}
    return EngineInfo(
        program="podman",
        path=path,
        address=address,
        version=str((info.get("version") or {}).get("Version") or ""),
        rootless=bool(security.get("rootless")),
        runtimes=tuple(name for name in [(host.get("ociRuntime") or {}).get("name")] if name),
        selinux=bool(security.get("selinuxEnabled")),
    )


def cdi_spec(path: str, text: str) -> CdiSpec | None:
    """A CDI specification from its file, JSON or YAML; ``None`` where it is not of NVIDIA GPUs."""
    if not _GPU_KIND.search(text):
        return None
    driver = _DRIVER_OF_SPEC.search(text)
    return CdiSpec(path=path, driver=driver.group(1) if driver else "")


def in_group(group_file: str, *, group: str, user: str) -> bool:
    r"""Whether the text of ``/etc/group`` has a user in a group.

    >>> in_group("adm:x:4:me\ndocker:x:998:you,me", group="docker", user="me")
    True
    """
    rows = (line.split(":") for line in group_file.splitlines())
    return any(row[0] == group and user in row[-1].split(",") for row in rows)


def has_range(subordinate_file: str, *, user: str, uid: int) -> bool:
    """Whether the text of ``/etc/subuid`` or ``/etc/subgid`` gives a user a range, by name or by number.

    >>> has_range("me:100000:65536", user="me", uid=1000)
    True
    >>> has_range("1000:100000:65536", user="me", uid=1000)
    True
    """
    return any(line.partition(":")[0] in {user, str(uid)} for line in subordinate_file.splitlines())
