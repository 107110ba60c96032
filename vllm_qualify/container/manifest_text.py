"""A container as a Compose file with one service, so that whatever reads manifests reads containers as well. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from vllm_qualify.container.spec import ALL_GPUS, ContainerSpec, GpuRequest, Mount


def text(spec: ContainerSpec, *, service: str) -> str:
    """Write what decides how vLLM runs; values may be tokens, so this is not for a record.

    Args:
        spec: of the container.
        service: name of the service.
    """
    written = {key: _escaped(value) for key, value in _service(spec).items() if value not in ("", {}, [], None)}
    return yaml.safe_dump({"services": {service: written}}, sort_keys=False, allow_unicode=True)


def _service(spec: ContainerSpec) -> dict[str, Any]:
    entrypoint, command = spec.entrypoint, spec.command
    if entrypoint == ():
        # Without any entrypoint, the command is what is executed.
        entrypoint, command = command, None
    return {
        "image": spec.image,
        "entrypoint": list(entrypoint or ()),
        "command": list(command or ()),
        "environment": dict(spec.env),
        "user": spec.user,
        "working_dir": spec.folder,
        "volumes": list(map(_volume, spec.mounts)),
        "devices": list(spec.devices),
        "deploy": {} if spec.gpus is None else {"resources": {"reservations": {"devices": [_reserved(spec.gpus)]}}},
        "runtime": spec.runtime,
        "ipc": spec.ipc,
        "shm_size": str(spec.shm_bytes or ""),
        "network_mode": spec.network_mode,
        "ports": [str(port).removesuffix("/tcp") for port in spec.ports],
    }


def _volume(mount: Mount) -> dict[str, Any]:
    return {
        "type": mount.kind.value,
        "source": mount.source,
        "target": mount.target,
        **({"read_only": True} if mount.read_only else {}),
    }


def _reserved(request: GpuRequest) -> dict[str, Any]:
    which: dict[str, Any] = (
        {"device_ids": list(request.ids)}
        if request.ids
        else {"count": "all" if request.count == ALL_GPUS else request.count}
    )
    return {**which, "capabilities": ["gpu"]}


def _escaped(value: Any) -> Any:
    """The same with two dollars for one, since one begins a variable of Compose's own."""
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    if isinstance(value, list):
        return list(map(_escaped, value))
    return value.replace("$", "$$") if isinstance(value, str) else value
