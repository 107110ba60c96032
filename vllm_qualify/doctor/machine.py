"""Gathers the facts of this machine for ``vllm-qualify doctor``. Reads only, and waits for no engine long."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vllm_qualify import __version__
from vllm_qualify.config import lookup
from vllm_qualify.core.errors import UserError
from vllm_qualify.doctor import engines
from vllm_qualify.doctor.findings import CacheFact, ClusterFacts, GpuFacts, MachineFacts, MachineGpu, SettingsFacts
from vllm_qualify.gpu import nvml
from vllm_qualify.gpu.reading import GpuReading
from vllm_qualify.kube import kubeconfig
from vllm_qualify.system import caches

if TYPE_CHECKING:
    from vllm_qualify.config.loading import RuleIds

_CPUINFO = Path("/proc/cpuinfo")
# A container's limit, in the two versions of control groups; psutil shows what the host has.
_MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def gather(
    settings: Path | None,
    *,
    rules: RuleIds | None = None,
    environ: Mapping[str, str] = os.environ,
    read: Callable[[], GpuReading] = nvml.read,
) -> MachineFacts:
    """Look at this machine.

    Args:
        settings: a ``qualify.toml``; ``None`` takes the built-in canary profile.
        rules: tells the ids of all rules, of which it may waive some; ``None``: that is not looked at.
        environ: variables of this process.
        read: looks at the GPUs.
    """
    kept = caches.default(environ)
    kube = kubeconfig.read(environ)
    return MachineFacts(
        platform=_platform(),
        python=f"{platform.python_version()} ({sys.executable})",
        processor=processor_name(_CPUINFO),
        cpus=len(os.sched_getaffinity(0)),
        memory_bytes=memory_bytes(_MEMORY_LIMITS),
        gpu=gpu_facts(read()),
        containers=engines.gather(environ=environ, which=lambda name: _which(name, environ)),
        cluster=ClusterFacts(kubectl=_which("kubectl", environ), contexts=kube.contexts, problem=kube.problem),
        settings=settings_facts(settings, rules),
        uv=_which("uv", environ),
        allure=_which("allure", environ),
        cache_folder=str(kept.root),
        disk_free_bytes=kept.free_bytes(),
        caches=tuple(_cached(entry, kept) for entry in kept.entries()),
        cache_writable=kept.writable(),
    )


def summary(*, read: Callable[[], GpuReading] = nvml.read) -> dict[str, str]:
    """What a reader of a report must know of the machine that a run was made on; caches are not measured for it."""
    seen = gpu_facts(read())
    gpus = ", ".join(gpu.name for gpu in seen.gpus)
    return {
        "harness": f"vllm-qualify {__version__}",
        "platform": _platform(),
        "python": platform.python_version(),
        "processor": processor(),
        "memory": f"{memory_bytes(_MEMORY_LIMITS) / 2**30:.1f} GiB",
        "GPU": f"{gpus}, driver {seen.driver}" if gpus else seen.problem,
    }


def toolkit(environ: Mapping[str, str] = os.environ) -> str:
    """The version of the NVIDIA Container Toolkit on this machine, as ``engines.toolkit`` tells it."""
    return engines.toolkit(environ=environ, which=lambda name: _which(name, environ))


def processor() -> str:
    """Name and number of the CPUs that this process may use."""
    return f"{processor_name(_CPUINFO)}, {len(os.sched_getaffinity(0))} CPUs"


def _platform() -> str:
    return f"{platform.system().lower()}-{platform.machine()}"


def gpu_facts(seen: GpuReading) -> GpuFacts:
    """The GPUs, driver and CUDA version of a reading, or the reason why it shows none."""
    if seen.memory_problem:
        return GpuFacts(problem=seen.memory_problem)
    gpus = tuple(
        MachineGpu(name=gpu.name, memory_mib=gpu.memory_total_mib or 0, compute_capability=gpu.compute_capability)
        for gpu in seen.gpus
    )
    return GpuFacts(gpus=gpus, driver=seen.gpus[0].driver, cuda=seen.cuda)


def settings_facts(path: Path | None, rules: RuleIds | None = None) -> SettingsFacts:
    """Where the settings come from, what they hold, and what is wrong with them."""
    if path is None:
        return SettingsFacts(source=lookup.BUILT_IN)
    from vllm_qualify.config import loading  # noqa: PLC0415 - manifests and their libraries; not everybody has settings.

    try:
        found = loading.load(path, rules=rules)
    except UserError as error:
        return SettingsFacts(source=str(path), problems=error.lines)
    return SettingsFacts(source=str(path), found=found, context=found.cluster.context if found.cluster else "")


def processor_name(cpuinfo: Path) -> str:
    """Name of the CPU; where ``/proc/cpuinfo`` does not give one, its architecture."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.machine()


def memory_bytes(limits: tuple[Path, ...]) -> int:
    """Memory that this process may use: the machine's, or the limit of its control group."""
    import psutil  # noqa: PLC0415 - slow to load, and whoever asks for the toolkit alone needs no memory.

    return min(int(psutil.virtual_memory().total), *_limits(limits))


def _cached(entry: caches.CacheEntry, kept: caches.Caches) -> CacheFact:
    engine = entry.path.parent == kept.engines
    return CacheFact(name=entry.name, bytes=entry.bytes, complete=entry.complete, engine=engine)


def _limits(paths: tuple[Path, ...]) -> Iterator[int]:
    yield sys.maxsize
    for path in paths:
        try:
            yield int(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            # The file of the other version, or the word "max".
            continue


def _which(name: str, environ: Mapping[str, str]) -> str:
    """Path of a program: from PATH, or from beside this Python, whose environment need not be activated."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(name, path=os.pathsep.join((environ.get("PATH", ""), beside))) or ""
