"""What a candidate's container is made of: production's with another image, or a canary's alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from vllm_qualify.container.spec import ContainerSpec, GpuRequest, Mount, MountKind, PortBinding

PORT = 8000
_CANARIES = "/canary"
_COMPILED = (".cache/vllm", ".cache/flashinfer", ".triton/cache")
"""Where a release keeps what it compiles, below its home; source: vllm/envs.py, Triton's and FlashInfer's defaults."""
_COMPILED_VARIABLES = ("VLLM_CACHE_ROOT", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "FLASHINFER_WORKSPACE_BASE")


def in_place(production: ContainerSpec, image: str, *, environment: Mapping[str, str], volume: str) -> ContainerSpec:
    """Production's container with another image, variables of the command line, and caches of its own.

    What production compiled is not given to a candidate: it would be overwritten by another release, and a load from
    it would not be the candidate's.

    Args:
        production: as it is.
        image: the candidate's.
        environment: variables of the command line, which outrank production's.
        volume: how the volumes of its own are called, with a number behind.
    """
    env = {**production.env, **environment}
    mounts = tuple(_own_caches(production.mounts, env, volume))
    return replace(production, image=image, env=env, mounts=mounts)


def canary(
    image: str, words: tuple[str, ...], *, models: str, model: str, gpus: bool, env: Mapping[str, str]
) -> ContainerSpec:
    """A container that serves a canary from a folder of this machine, reached by the loopback interface alone.

    Args:
        image: the candidate's.
        words: further arguments of its server.
        models: the folder of the canaries.
        model: which of them.
        gpus: it gets all GPUs.
        env: further variables.
    """
    served = ("--model", f"{_CANARIES}/{model}", "--served-model-name", model)
    return ContainerSpec(
        image=image,
        command=(*served, "--host", "0.0.0.0", "--port", str(PORT), *words),  # noqa: S104 - published on loopback.
        env={"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", **env},
        mounts=(Mount(kind=MountKind.BIND, source=models, target=_CANARIES, read_only=True),),
        gpus=GpuRequest() if gpus else None,
        ipc="host" if gpus else "",
        ports=(PortBinding(container_port=PORT, host_address="127.0.0.1"),),
    )


def difference(production: ContainerSpec, candidate: ContainerSpec) -> str:
    """What differs, a line each; values of variables are not told."""
    lines = [f"- image: {production.image}", f"+ image: {candidate.image}"]
    lines += [f"+ variable {name}" for name in candidate.env if candidate.env[name] != production.env.get(name)]
    lines += [f"- mount {one}" for one in production.mounts if one not in candidate.mounts]
    lines += [f"+ mount {one}" for one in candidate.mounts if one not in production.mounts]
    return "\n".join(lines)


def _own_caches(mounts: tuple[Mount, ...], env: Mapping[str, str], volume: str) -> Iterator[Mount]:
    """The mounts, those of compiled code exchanged; where one holds more than that, another lies over its part."""
    named = {PurePosixPath(env[name]) for name in _COMPILED_VARIABLES if env.get(name)}
    count = 0
    for one in mounts:
        target = PurePosixPath(one.target)
        below = [path for path in named if path != target and path.is_relative_to(target)]
        below += [target / tail for tail in _tails(target) if tail != "."]
        if target in named or any(tail == "." for tail in _tails(target)):
            count += 1
            yield Mount(kind=MountKind.VOLUME, source=f"{volume}-{count}", target=one.target)
            continue
        yield one
        for path in dict.fromkeys(below) if not one.read_only else ():
            count += 1
            yield Mount(kind=MountKind.VOLUME, source=f"{volume}-{count}", target=str(path))


def _tails(target: PurePosixPath) -> Iterator[str]:
    """Where below a mount compiled code lies by default; ``.`` where the mount is nothing else."""
    for place in _COMPILED:
        parts = PurePosixPath(place).parts
        for count in range(1, len(parts) + 1):
            if target.parts[-count:] == parts[:count]:
                yield str(PurePosixPath(*parts[count:])) if parts[count:] else "."
