"""Engine environments: found in the cache or made there, whole or not at all; called by the local target."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from vllm_qualify.arguments.overlay import ParserOverlay
from vllm_qualify.core.records import StandIn
from vllm_qualify.system import caches, install_lock
from vllm_qualify.system import clock as clocks
from vllm_qualify.system.caches import Caches
from vllm_qualify.system.uv import EnvironmentUnavailable, Uv
from vllm_qualify.targets.local import installing
from vllm_qualify.targets.local.cpu_builds import EnginePlan

__all__ = ["NEEDED_BYTES", "EngineEnvironment", "EnvironmentUnavailable", "ensure", "own_parser"]

# Raised whenever an environment of the same inputs would come out different.
_RECIPE = 1
# 8.2 GB unpacked for the largest of the card's releases; the archives pass through the disk on their way.
NEEDED_BYTES = 10_000_000_000
# torch's own CUDA libraries come on top: 4 to 5 GB unpacked, and FlashInfer's kernels.
NEEDED_BYTES_FOR_A_GPU = 20_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEnvironment:
    """An environment that is complete.

    Attributes:
        root: its folder.
        python: its interpreter. Scripts are run as ``python -m``: the folder was renamed after it was filled.
        site_packages: where its packages lie.
        stand_in: what is installed in it.
        gpu: it holds the official wheel for a GPU.
    """

    root: Path
    python: Path
    site_packages: Path
    stand_in: StandIn
    gpu: bool = False


def ensure(
    plan: EnginePlan, *, cache: Caches, offline: bool, say: Callable[[str], None], uv: Uv | None = None
) -> EngineEnvironment:
    """The environment of a plan, made first if it is not there.

    It is filled in a folder beside its place and renamed into place at the end, so that whatever stands there is
    complete. Leftovers of an interrupted install are removed first. A second run that wants the same waits.

    Args:
        plan: what is needed.
        cache: where environments live.
        offline: fetch nothing; what uv has in its own cache is enough for an install.
        say: takes one line of progress at a time.
        uv: does the installing; by default the one that came with this package.

    Raises:
        EnvironmentUnavailable: it is not there and cannot be made; one line says why and what to do.
    """
    if found := _existing(plan, cache):
        return found
    if sys.platform != "linux":
        raise EnvironmentUnavailable(f"builds of vLLM exist only for Linux, and this is {sys.platform}")
    uv = uv or Uv(say=say, offline=offline)
    with (
        _writable(cache),
        install_lock.alone(cache.root / "locks", f"{plan.stand_in.distribution}-{plan.stand_in.version}", say=say),
    ):
        cache.engines.mkdir(exist_ok=True)
        return _existing(plan, cache) or _make(plan, cache, uv=uv)


def own_parser(environment: EngineEnvironment) -> ParserOverlay | None:
    """The release's own parser, where the environment holds the official wheel; a CPU build is not asked."""
    version = Version(environment.stand_in.version)
    return ParserOverlay(path=environment.site_packages, version=version) if environment.gpu else None


def _existing(plan: EnginePlan, cache: Caches) -> EngineEnvironment | None:
    """An environment for any supported Python; one whose interpreter was uninstalled since does not count."""
    for version in plan.pythons:
        root = _place(plan, cache, python=version)
        if (root / caches.MARKER).is_file() and (root / "bin" / "python").exists():
            return _environment(plan, root)
    return None


def _make(plan: EnginePlan, cache: Caches, *, uv: Uv) -> EngineEnvironment:
    _check_space(cache, plan)
    version, python = _interpreter(plan, uv)
    root = _place(plan, cache, python=version)
    for leftover in (root, *root.parent.glob(f"{root.name}.*{caches.PART}")):
        install_lock.sweep(leftover)
    # A name of its own for each try: the uv of a run that was killed may still be writing into the old one.
    part = root.with_name(f"{root.name}.{uuid.uuid4().hex[:8]}{caches.PART}")
    began = clocks.seconds()
    uv.say(f"creating the environment of {plan.pin} for Python {version} in {root} (once)")
    try:
        installing.install(plan, part, lock=installing.committed_lock(plan), python=python, uv=uv)
        # A power cut must not leave a complete-looking folder of empty files behind.
        os.sync()
        part.rename(root)
    finally:
        install_lock.sweep(part)
    uv.say(f"{plan.pin} is ready after {clocks.seconds() - began:.0f} s")
    return _environment(plan, root)


def _environment(plan: EnginePlan, root: Path) -> EngineEnvironment:
    return EngineEnvironment(
        root=root,
        python=root / "bin" / "python",
        site_packages=installing.site_packages(root),
        stand_in=plan.stand_in,
        gpu=plan.gpu,
    )


def _place(plan: EnginePlan, cache: Caches, *, python: str) -> Path:
    lock = installing.committed_lock(plan) or plan.cutoff.isoformat()
    inputs = "\n".join((str(_RECIPE), plan.pin, python, lock))
    name = f"{plan.stand_in.distribution}-{plan.stand_in.version}-py{python}"
    return cache.engines / f"{name}-{hashlib.sha256(inputs.encode()).hexdigest()[:12]}"


def _interpreter(plan: EnginePlan, uv: Uv) -> tuple[str, str]:
    """Minor version and path of a Python; the harness's own minor first, which is known to work on this machine."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    for version in sorted(plan.pythons, key=lambda known: known != own):
        if path := uv.find_python(version):
            return version, path
    return plan.pythons[0], plan.pythons[0]


def _check_space(cache: Caches, plan: EnginePlan) -> None:
    have, needed = cache.free_bytes(), NEEDED_BYTES_FOR_A_GPU if plan.gpu else NEEDED_BYTES
    if have < needed:
        raise EnvironmentUnavailable(
            f"not enough disk space for {plan.pin}: {have / 1e9:.1f} GB are free at {cache.root}, "
            f"{needed / 1e9:.0f} GB are needed; free some space, or set VLLM_QUALIFY_CACHE to another folder"
        )


@contextlib.contextmanager
def _writable(cache: Caches) -> Iterator[None]:
    """Say plainly that the cache cannot be written."""
    try:
        yield
    except OSError as error:
        raise EnvironmentUnavailable(
            f"the cache at {cache.root} cannot be used ({error}); fix that, or set VLLM_QUALIFY_CACHE to another folder"
        ) from error
