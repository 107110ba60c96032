"""What a Compose service gets from outside its image: volumes, folders, tmpfs, secrets and configs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vllm_qualify.container import option_words
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.spec import Mount, MountKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeVolumes:
    """The mounts of a service, and its folders in memory with their options."""

    mounts: tuple[Mount, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)


def read(service: Mapping[str, Any], *, project: Mapping[str, Any], name: str, folder: str) -> ComposeVolumes:
    """Read all of them; volumes without a name are left out, since each container gets its own.

    Args:
        service: as it was rendered.
        project: all that was rendered.
        name: of the project.
        folder: of the project, absolute.

    Raises:
        UnreadableContainer: a mount is of a kind that cannot be carried over.
        ValueError: one is not written as such.
    """
    names = {key: _volume_name(key, value, name) for key, value in (project.get("volumes") or {}).items()}
    written = service.get("volumes") or ()
    mounts = [
        _long(one, names, folder) if isinstance(one, dict) else option_words.mount(str(one), folder=folder, names=names)
        for one in written
    ]
    files = [*_files(service, project, "configs", folder), *_files(service, project, "secrets", folder)]
    return ComposeVolumes(
        mounts=(*(one for one in mounts if one is not None), *files),
        tmpfs=dict([*_tmpfs(service), *(_in_memory(one) for one in written if _kind(one) == "tmpfs")]),
    )


def _volume_name(key: str, value: object, project: str) -> str:
    """What a volume is really called."""
    known: Mapping[str, Any] = value if isinstance(value, dict) else {}
    external = known.get("external")
    called = known.get("name") or (external.get("name") if isinstance(external, dict) else "")
    return str(called or (key if external else f"{project}_{key}"))


def _kind(one: object) -> str:
    return str(one.get("type") or "volume") if isinstance(one, dict) else ""


def _long(one: Mapping[str, Any], names: Mapping[str, str], folder: str) -> Mount | None:
    kind, source, target = _kind(one), str(one.get("source") or ""), str(one.get("target") or "")
    if kind == "tmpfs" or (kind == "volume" and not source):
        return None
    if kind not in {"bind", "volume"}:
        raise UnreadableContainer(
            f"{target} is a mount of the type {kind}, which cannot be carried over to another container; use a volume "
            "or a folder"
        )
    details = one.get(kind)
    known: Mapping[str, Any] = details if isinstance(details, dict) else {}
    if known.get("subpath"):
        raise UnreadableContainer(
            f"{target} is a part of the volume {source} (subpath), which cannot be carried over; mount all of it"
        )
    options = [str(known[key]) for key in ("propagation", "selinux") if known.get(key)]
    return Mount(
        kind=MountKind(kind),
        source=option_words.absolute(source, folder) if kind == "bind" else names.get(source, source),
        target=target,
        read_only=bool(one.get("read_only")),
        options=(*options, *(["nocopy"] if known.get("nocopy") else [])),
    )


def _tmpfs(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    written = service.get("tmpfs")
    for one in written if isinstance(written, list) else [written] if written else []:
        path, _, options = str(one).partition(":")
        yield path, options


def _in_memory(one: Mapping[str, Any]) -> tuple[str, str]:
    known = one.get("tmpfs") or {}
    options = [f"size={known['size']}"] if known.get("size") else []
    return str(one.get("target")), ",".join([*options, *([f"mode={known['mode']}"] if known.get("mode") else [])])


def _files(service: Mapping[str, Any], project: Mapping[str, Any], key: str, folder: str) -> Iterator[Mount]:
    """Secrets and configs, which Compose mounts from files of the host."""
    known = project.get(key) or {}
    place = "/run/secrets/" if key == "secrets" else "/"
    for one in service.get(key) or ():
        source = str(one.get("source") if isinstance(one, dict) else one)
        target = str((isinstance(one, dict) and one.get("target")) or source)
        file = (known.get(source) or {}).get("file")
        if not file:
            raise UnreadableContainer(
                f"{source} of {key} does not come from a file, so it cannot be mounted into another container; write "
                "it into a file and name that with file:"
            )
        yield Mount(
            kind=MountKind.BIND,
            source=option_words.absolute(str(file), folder),
            target=target if target.startswith("/") else place + target,
            read_only=True,
        )
