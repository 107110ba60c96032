"""House rules about disks: where models and what was compiled are kept, and the memory that processes share. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vllm_qualify.arguments import command_line
from vllm_qualify.core import foreign
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.rules import RuleResult
from vllm_qualify.kube.policy.subject import POD, PolicyObject, PolicyScope, dotted
from vllm_qualify.kube.quantity import amount
from vllm_qualify.kube.yamltext import Path

_SHM = "/dev/shm"  # noqa: S108 (where vLLM wants it)
_LOCAL = "a hostPath of type Directory, on the node's own disk"
# What ends with the pod, or cannot be written to.
_PASSING = frozenset({"configMap", "downwardAPI", "emptyDir", "ephemeral", "image", "projected", "secret"})


def model_cache(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """The volume that holds the models is a folder of the node.

    Whether that folder is itself on a network disk only the node knows.
    """
    folder = _models(manifest)
    mount = _mounted(manifest, folder)
    if mount is None:
        yield manifest.broken(
            (*manifest.container, "volumeMounts"),
            expected=f"a volume at {folder}: {_LOCAL}",
            actual="no volume there; every start downloads the model again",
            severity=Severity.WARN,
        )
        return
    place, volume = _volume(manifest, mount)
    path: Path = (*POD, "volumes") if place is None else (*POD, "volumes", place)
    yield from _volume_kind(manifest, path, volume)


def compile_caches(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """No volume that outlasts the pod lies where vLLM keeps the graphs and kernels that it compiled."""
    shared: dict[int, list[str]] = {}
    for folder in _compiled(manifest):
        mount = _mounted(manifest, folder)
        place, volume = _volume(manifest, mount) if mount is not None and not mount.get("readOnly") else (None, {})
        if place is not None and _kind(volume) not in _PASSING:
            shared.setdefault(place, []).append(folder)
    for place, folders in shared.items():
        kind = _kind(foreign.mapping(manifest.at(*POD, "volumes", place)))
        yield manifest.broken(
            (*POD, "volumes", place),
            expected=f"{' and '.join(folders)} on no volume that outlasts the pod",
            actual=f"{kind}: a candidate compiles into what production reads at its next start",
            remedy="mount only the models, such as .../huggingface; or try candidates with "
            "--env VLLM_CACHE_ROOT=/tmp/vllm; or waive this rule, since vLLM itself keeps graphs apart by a hash of "
            "release and configuration",
        )


def _compiled(manifest: PolicyObject) -> tuple[str, ...]:
    """Where graphs and kernels go.

    Sources: VLLM_CACHE_ROOT in vllm/envs.py; triton/runtime/cache.py; flashinfer/jit/env.py; torch's inductor keeps to
    /tmp unless it is told otherwise.
    """
    env = manifest.env()
    home = env.get("HOME") or "/root"
    folders = (
        env.get("VLLM_CACHE_ROOT") or f"{env.get('XDG_CACHE_HOME') or f'{home}/.cache'}/vllm",
        env.get("TRITON_CACHE_DIR") or f"{env.get('TRITON_HOME') or home}/.triton/cache",
        f"{env.get('FLASHINFER_WORKSPACE_BASE') or home}/.cache/flashinfer",
        env.get("TORCHINDUCTOR_CACHE_DIR") or "",
    )
    return tuple(folder.rstrip("/") for folder in folders if folder.startswith("/"))


def shared_memory(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """The folder /dev/shm is memory, and its size fits into the container's limit."""
    mount = next((each for each in _mounts(manifest) if str(each.get("mountPath", "")).rstrip("/") == _SHM), None)
    if mount is None:
        path: Path = (*manifest.container, "volumeMounts")
        yield manifest.broken(path, expected=f"an emptyDir of medium Memory at {_SHM}", actual="nothing mounted there")
        return
    place, volume = _volume(manifest, mount)
    path = (*POD, "volumes") if place is None else (*POD, "volumes", place)
    empty = volume.get("emptyDir")
    if not isinstance(empty, dict) or empty.get("medium") != "Memory":
        actual = "emptyDir on disk" if "emptyDir" in volume else _kind(volume) or "no such volume"
        yield manifest.broken(path, expected="emptyDir with medium: Memory", actual=actual)
        return
    yield from _size(manifest, (*path, "emptyDir", "sizeLimit"), empty.get("sizeLimit"))


def _size(manifest: PolicyObject, path: Path, size: object) -> Iterator[RuleResult]:
    limit = manifest.at(*manifest.container, "resources", "limits", "memory")
    allowed, asked = amount(limit), amount(size)
    if asked is None:
        yield manifest.broken(
            path,
            expected="a sizeLimit such as 2Gi",
            actual="none" if size is None else f"{size!r}, which is not a quantity",
            remedy="without it, the folder may grow until the container is killed for its memory use",
            severity=Severity.WARN,
        )
    elif allowed is not None and asked > allowed:
        yield manifest.broken(
            path,
            expected=f"at most the container's memory limit of {limit}, which it counts against",
            actual=str(size),
            severity=Severity.WARN,
        )


def _volume_kind(manifest: PolicyObject, path: Path, volume: dict[str, Any]) -> Iterator[RuleResult]:
    kind = _kind(volume)
    driver = _driver(volume)
    if kind == "hostPath":
        written = foreign.mapping(volume.get("hostPath")).get("type")
        if written != "Directory":
            yield manifest.broken(
                (*path, "hostPath", "type"),
                expected="Directory",
                actual=str(written or "none"),
                remedy="otherwise an unmounted disk is an empty folder, and the model is downloaded again",
                severity=Severity.WARN,
            )
    elif kind == "nfs" or "nfs" in driver:
        yield manifest.broken(path, expected=_LOCAL, actual=f"NFS{f' through {driver}' if driver else ''}")
    elif kind == "persistentVolumeClaim":
        claim = foreign.mapping(volume.get(kind)).get("claimName", "")
        yield manifest.broken(
            (*path, kind),
            expected=_LOCAL,
            actual=f"the claim {claim}, whose disk is not in the manifest; it may be NFS",
            remedy="check its PersistentVolume, then waive this rule with what you found",
            certainty=Certainty.POSSIBLE,
            severity=Severity.WARN,
        )
    else:
        actual = kind or f"a mount without a volume ({dotted(path)})"
        yield manifest.broken(path, expected=_LOCAL, actual=actual, severity=Severity.WARN)


def _driver(volume: dict[str, Any]) -> str:
    return str(foreign.mapping(volume.get("csi")).get("driver", ""))


def _models(manifest: PolicyObject) -> str:
    """The folder that vLLM reads the model from. Source: huggingface_hub.constants, and vLLM's --download-dir."""
    flags = {command_line.canonical(group.flag): group.values[:1] for group in manifest.flags()}
    env = manifest.env()
    asked = [*flags.get("--download-dir", ()), *flags.get("--model", ()), env.get("HF_HUB_CACHE"), env.get("HF_HOME")]
    if env.get("XDG_CACHE_HOME"):
        asked.append(f"{env['XDG_CACHE_HOME']}/huggingface")
    default = f"{env.get('HOME') or '/root'}/.cache/huggingface"
    return next((folder for folder in asked if folder and folder.startswith("/")), default).rstrip("/")


def _mounted(manifest: PolicyObject, folder: str) -> dict[str, Any] | None:
    """The mount that a folder lies on, or the one inside it."""

    def within(inner: str, outer: str) -> bool:
        return f"{inner}/".startswith(f"{outer.rstrip('/')}/")

    paths = {str(each.get("mountPath", "")).rstrip("/") or "/": each for each in _mounts(manifest)}
    around = [path for path in paths if within(folder, path)]
    inside = [path for path in paths if within(path, folder)]
    found = max(around, key=len, default=None) or min(inside, key=len, default=None)
    return paths[found] if found else None


def _mounts(manifest: PolicyObject) -> list[dict[str, Any]]:
    return [foreign.mapping(each) for each in manifest.list(*manifest.container, "volumeMounts")]


def _volume(manifest: PolicyObject, mount: dict[str, Any]) -> tuple[int | None, dict[str, Any]]:
    for place, volume in enumerate(map(foreign.mapping, manifest.list(*POD, "volumes"))):
        if volume.get("name") == mount.get("name"):
            return place, volume
    return None, {}


def _kind(volume: dict[str, Any]) -> str:
    return next((str(key) for key in volume if key != "name"), "")
