"""What a machine can qualify on, and what it lacks for the rest: from facts to lines. Pure.

Called by ``vllm-qualify doctor``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vllm_qualify.doctor import container_findings
from vllm_qualify.doctor.container_facts import ContainerFacts
from vllm_qualify.doctor.machine_check import CheckStatus, MachineCheck

if TYPE_CHECKING:
    from vllm_qualify.config import Settings

GIB = 1024**3

# An engine's environment takes 5-6 GB and as much again while it is made; the engine itself was seen below 4 GB.
NEEDED_DISK_BYTES = 12 * GIB
NEEDED_MEMORY_BYTES = 4 * GIB
# torch's CUDA libraries come on top where the wheel for the GPU is installed.
NEEDED_DISK_BYTES_FOR_A_GPU = 20 * GIB
# The builds of vLLM that the local target installs are published for this platform alone.
LOCAL_PLATFORM = "linux-x86_64"

_TARGET = "target "
EXIT_OK = 0
EXIT_NOT_READY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineGpu:
    """One GPU, as NVML names it. ``compute_capability`` is written ``8.6``."""

    name: str
    memory_mib: int
    compute_capability: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuFacts:
    """The GPUs of the machine, the driver's version, and the newest CUDA version that it supports.

    ``problem`` says why NVML shows none.
    """

    gpus: tuple[MachineGpu, ...] = ()
    driver: str = ""
    cuda: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """What is there to reach a cluster with: path of kubectl, contexts of the kubeconfig, or why there are none."""

    kubectl: str = ""
    contexts: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFacts:
    """Where the settings come from, the context that they name, and what is wrong with them, a line each.

    ``found`` are the settings themselves, where nothing is wrong with them.
    """

    source: str = ""
    found: Settings | None = None
    context: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFact:
    """Something that was kept for the next run; ``engine`` marks the environment of a local engine."""

    name: str
    bytes: int
    complete: bool = True
    engine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """What was found on this machine; ``""`` and empty tuples mean that it is not there.

    Attributes:
        platform: system and processor architecture, such as ``linux-x86_64``.
        python: version of the running Python, and where it is.
        processor: name of the CPU.
        cpus: number of CPUs that this process may use.
        memory_bytes: memory that this process may use.
        gpu: what NVML shows.
        containers: what there is for containers.
        cluster: what is there to reach a cluster with.
        settings: what ``qualify.toml`` says.
        uv: path of uv.
        allure: path of the Allure command line.
        cache_folder: where environments and downloads are kept.
        disk_free_bytes: free disk space there.
        cache_writable: this user may write there, or make the folder.
        caches: what is kept there.
    """

    platform: str
    python: str
    processor: str
    cpus: int
    memory_bytes: int
    gpu: GpuFacts
    cluster: ClusterFacts
    settings: SettingsFacts
    uv: str
    allure: str
    cache_folder: str
    disk_free_bytes: int
    containers: ContainerFacts = field(default_factory=ContainerFacts)
    caches: tuple[CacheFact, ...] = ()
    cache_writable: bool = True


def report(facts: MachineFacts, lacks: Mapping[str, tuple[str, ...]]) -> tuple[MachineCheck, ...]:
    """Judge a machine, in the order in which it is printed.

    Args:
        facts: what is there.
        lacks: by the name of each target, what is missing for it.
    """
    machine = (
        MachineCheck(topic="python", status=CheckStatus.OK, text=facts.python),
        MachineCheck(
            topic="processor", status=CheckStatus.OK, text=f"{facts.processor}, {facts.cpus} CPUs ({facts.platform})"
        ),
        _memory(facts),
        _gpu(facts.gpu),
        *container_findings.checks(facts.containers, driver=facts.gpu.driver, gpu_problem=facts.gpu.problem),
        *_kubernetes(facts.cluster, named=facts.settings.context),
        _found("uv", facts.uv, "install the requirements again (script/bootstrap); uv makes the local engines"),
        _disk(facts),
        *_caches(facts),
        _found("allure", facts.allure, "only needed to view allure-results; see allurereport.org"),
        *_settings(facts.settings),
    )
    return (*machine, *(_target(name, missing) for name, missing in lacks.items()))


def lacks_for_local(facts: MachineFacts) -> tuple[str, ...]:
    """What is missing to run engines on this machine, on its GPU where it has one; empty when nothing is."""
    # A machine that already holds a complete engine needs no room for another one.
    cached = any(cache.engine and cache.complete for cache in facts.caches)
    needed = NEEDED_DISK_BYTES_FOR_A_GPU if facts.gpu.gpus else NEEDED_DISK_BYTES
    lacks = (
        (facts.platform != LOCAL_PLATFORM, f"the platform {LOCAL_PLATFORM}"),
        (not facts.uv, "uv"),
        (facts.memory_bytes < NEEDED_MEMORY_BYTES, f"{_size(NEEDED_MEMORY_BYTES)} of memory"),
        (not cached and facts.disk_free_bytes < needed, f"{_size(needed)} of free disk"),
        (not facts.cache_writable, "a cache folder that can be written"),
    )
    return tuple(what for lacking, what in lacks if lacking)


def lacks_for_kubernetes(facts: MachineFacts) -> tuple[str, ...]:
    """What is missing to qualify on a cluster; empty when nothing is. Whether it answers is not tried here."""
    named = facts.settings.context
    lacks = (
        (not facts.cluster.kubectl, "kubectl on PATH"),
        (bool(facts.settings.problems), "settings without a problem"),
        (not named and not facts.settings.problems, "a cluster named in qualify.toml ([cluster] context = ...)"),
        (bool(named) and named not in facts.cluster.contexts, f"the context {named!r} in the kubeconfig"),
    )
    return tuple(what for lacking, what in lacks if lacking)


def lacks_for_container(facts: MachineFacts) -> tuple[str, ...]:
    """What is missing to qualify in containers of this machine; empty when nothing is."""
    wrong = ("settings without a problem",) if facts.settings.problems else ()
    return (*container_findings.lacks(facts.containers, driver=facts.gpu.driver), *wrong)


def render(findings: Iterable[MachineCheck]) -> str:
    """The report as plain text, a finding a line and its remedy below it."""
    return "".join(f"{line}\n" for finding in findings for line in _lines(finding))


def exit_code(findings: Iterable[MachineCheck], *, wanted: str = "") -> int:
    """0 when the settings are right and this machine can qualify, else 1.

    Args:
        findings: what was found.
        wanted: the target that the settings name; ``""``: any will do.
    """
    ready = {each.topic for each in findings if each.status is CheckStatus.OK}
    usable = f"{_TARGET}{wanted}" in ready if wanted else any(topic.startswith(_TARGET) for topic in ready)
    return EXIT_OK if "settings" in ready and usable else EXIT_NOT_READY


def _lines(finding: MachineCheck) -> Iterator[str]:
    yield f"{finding.status.value:<8} {finding.topic:<18} {finding.text}".rstrip()
    if finding.remedy:
        yield f"{'':<27} -> {finding.remedy}"


def _found(topic: str, path: str, remedy: str) -> MachineCheck:
    if path:
        return MachineCheck(topic=topic, status=CheckStatus.OK, text=path)
    return MachineCheck(topic=topic, status=CheckStatus.MISSING, text="not found on PATH", remedy=remedy)


def _memory(facts: MachineFacts) -> MachineCheck:
    if facts.memory_bytes >= NEEDED_MEMORY_BYTES:
        return MachineCheck(topic="memory", status=CheckStatus.OK, text=_size(facts.memory_bytes))
    text = f"{_size(facts.memory_bytes)}, a local engine needs {_size(NEEDED_MEMORY_BYTES)}"
    return MachineCheck(
        topic="memory", status=CheckStatus.MISSING, text=text, remedy="use a larger machine, or a cluster"
    )


def _gpu(facts: GpuFacts) -> MachineCheck:
    if not facts.gpus:
        text = f"{facts.problem or 'none'}: requirements that need a GPU cannot be shown on the local target"
        return MachineCheck(topic="gpu", status=CheckStatus.INFO, text=text)
    names = ", ".join(f"{gpu.name} ({gpu.memory_mib} MiB, {gpu.compute_capability})" for gpu in facts.gpus)
    text = f"{names}, driver {facts.driver}, CUDA up to {facts.cuda}; the local target runs official wheels on it"
    return MachineCheck(topic="gpu", status=CheckStatus.OK, text=text)


def _kubernetes(facts: ClusterFacts, *, named: str) -> Iterator[MachineCheck]:
    yield _found("kubectl", facts.kubectl, "install kubectl; only the kubernetes target needs it")
    if facts.contexts:
        names = ", ".join(f"{name} (named in qualify.toml)" if name == named else name for name in facts.contexts)
        yield MachineCheck(topic="contexts", status=CheckStatus.OK, text=names)
        return
    text = facts.problem or "the kubeconfig names none"
    remedy = "set KUBECONFIG to the file of your cluster; only the kubernetes target needs it"
    yield MachineCheck(topic="contexts", status=CheckStatus.MISSING, text=text, remedy=remedy)


def _settings(facts: SettingsFacts) -> Iterator[MachineCheck]:
    if not facts.problems:
        yield MachineCheck(topic="settings", status=CheckStatus.OK, text=facts.source)
    for number, problem in enumerate(facts.problems, start=1):
        remedy = "fix this; no run starts before that" if number == len(facts.problems) else ""
        yield MachineCheck(topic="settings", status=CheckStatus.WRONG, text=problem, remedy=remedy)


def _disk(facts: MachineFacts) -> MachineCheck:
    if not facts.cache_writable:
        remedy = "set VLLM_QUALIFY_CACHE to a folder of your own; only the local target needs it"
        text = f"no permission to write in {facts.cache_folder}"
        return MachineCheck(topic="disk", status=CheckStatus.MISSING, text=text, remedy=remedy)
    text = f"{_size(facts.disk_free_bytes)} free in {facts.cache_folder}"
    if facts.disk_free_bytes >= NEEDED_DISK_BYTES:
        return MachineCheck(topic="disk", status=CheckStatus.OK, text=text)
    remedy = (
        f"free {_size(NEEDED_DISK_BYTES)} there, or set VLLM_QUALIFY_CACHE to another folder; each engine takes 5-6 GB"
    )
    return MachineCheck(topic="disk", status=CheckStatus.MISSING, text=text, remedy=remedy)


def _caches(facts: MachineFacts) -> Iterator[MachineCheck]:
    if not facts.caches:
        yield MachineCheck(
            topic="caches", status=CheckStatus.INFO, text="empty; the first run of each image installs its engine"
        )
        return
    total = sum(cache.bytes for cache in facts.caches)
    yield MachineCheck(topic="caches", status=CheckStatus.INFO, text=f"{_size(total)} in {len(facts.caches)} entries")
    for cache in facts.caches:
        unfinished = "" if cache.complete else ", unfinished: will be made again when needed"
        yield MachineCheck(
            topic="cache", status=CheckStatus.INFO, text=f"{cache.name}, {_size(cache.bytes)}{unfinished}"
        )


def _target(name: str, lacks: tuple[str, ...]) -> MachineCheck:
    topic = f"{_TARGET}{name}"
    if lacks:
        return MachineCheck(
            topic=topic, status=CheckStatus.MISSING, text=f"cannot be used; missing: {', '.join(lacks)}"
        )
    return MachineCheck(topic=topic, status=CheckStatus.OK, text="can be used")


def _size(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB // 10 else f"{count / 1024**2:.1f} MiB"
