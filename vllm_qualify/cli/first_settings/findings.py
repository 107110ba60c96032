"""Everything that ``vllm-qualify init`` knows of a folder and of what runs now, gathered once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vllm_qualify import catalogue
from vllm_qualify.catalogue import metric_names
from vllm_qualify.cli.first_settings import folder_texts, host_files, kustomizations, live, modes, proxies, workloads
from vllm_qualify.cli.first_settings.folder_texts import FolderText
from vllm_qualify.cli.first_settings.host_files import HostFile
from vllm_qualify.cli.first_settings.kustomizations import FoundKustomization
from vllm_qualify.cli.first_settings.live import LiveCluster, LiveContainer, LiveDeployment
from vllm_qualify.cli.first_settings.modes import Ask, FoundModes
from vllm_qualify.cli.first_settings.proxies import FoundProxy
from vllm_qualify.cli.first_settings.workloads import Found, FoundWorkload
from vllm_qualify.core.errors import UserError
from vllm_qualify.kube import config_map_files, manifest_files

_MAY_SERVE = re.compile(r"vllm|nvidia\.com/gpu", re.IGNORECASE)
_METRIC = re.compile(r"\bvllm:[a-z][a-z_]{3,80}")
_READS_METRICS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found.

    Attributes:
        modes: the workloads that serve.
        services: in front of the everyday mode.
        hosts: files that start vLLM without Kubernetes.
        proxy: that leads to vLLM; ``None`` for none.
        metrics: files that read vLLM's metrics.
        cluster: what the current context leads to.
        containers: that run vLLM on this host.
        unread: what could not be read, or tells nothing before somebody renders it; a line each.
    """

    modes: FoundModes = field(default_factory=FoundModes)
    services: tuple[Found, ...] = ()
    hosts: tuple[HostFile, ...] = ()
    proxy: FoundProxy | None = None
    metrics: tuple[str, ...] = ()
    cluster: LiveCluster = field(default_factory=LiveCluster)
    containers: tuple[LiveContainer, ...] = ()
    unread: tuple[str, ...] = ()


def gather(folder: Path, *, ask: Ask) -> Findings:
    """Look at a folder, and at what runs now.

    Args:
        folder: the operator's.
        ask: is asked where several are as likely.
    """
    read = folder_texts.read(folder)
    unread = [*read.unread, *(f"{chart} is a Helm chart; {_render(chart)}" for chart in read.charts)]
    found, problems = _workloads(folder, read.texts)
    hosts, wrong = host_files.find(folder, read.texts)
    known = modes.chosen(found, ask=ask)
    services = workloads.services(read.texts, known.ml) if known.ml else ()
    named = (LiveDeployment(namespace=one.manifest.namespace, name=one.manifest.name) for one in known.both)
    return Findings(
        modes=known,
        services=services,
        hosts=tuple(hosts),
        proxy=proxies.find(read.texts, known.both, services),
        metrics=tuple(_metrics(read.texts)),
        cluster=live.cluster(tuple(named)),
        containers=live.containers(),
        unread=tuple(dict.fromkeys([*unread, *problems, *wrong])),
    )


def _render(chart: str) -> str:
    return f"render it (helm template RELEASE {chart} -f VALUES > vllm.yaml), and run init again"


def _workloads(folder: Path, texts: Sequence[FolderText]) -> tuple[list[FoundWorkload], list[str]]:
    """The workloads of all files, those of kustomize folders as kubectl renders them."""
    found: list[FoundWorkload] = []
    problems: list[str] = []
    for one in texts:
        if Path(one.path).suffix in {".yaml", ".yml", ".json"} and _MAY_SERVE.search(one.text):
            here, wrong = workloads.of(one, beside=config_map_files.beside(folder / one.path))
            found += here
            problems += wrong
    for top in kustomizations.find(texts):
        plain = [one for one in found if one.path in top.files or any(_within(one.path, each) for each in top.files)]
        if plain:
            rendered, why = _rendered(folder, top)
            found = [one for one in found if one not in plain or not rendered] + rendered
            problems += why
    return found, problems


def _within(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _rendered(folder: Path, top: FoundKustomization) -> tuple[list[FoundWorkload], list[str]]:
    """The workloads of a kustomize folder; none, and why, where kubectl cannot render it without the network."""
    if top.remote:
        return [], [f"{top.folder} is a kustomize folder with parts elsewhere, so its files are taken as they are"]
    try:
        made = manifest_files.rendered(folder / top.folder)
    except UserError as problem:
        return [], [f"{line}; its files are taken as they are" for line in problem.lines]
    text = FolderText(path=top.folder, text=made.text)
    return workloads.of(text, beside=config_map_files.beside(folder / top.folder / "-"), rendered=True)


def _metrics(texts: Sequence[FolderText]) -> Iterator[str]:
    """The files that read metrics of vLLM that a release has."""
    known: frozenset[str] = frozenset()
    for one in texts:
        names = set(_METRIC.findall(one.text)) if one.path.endswith(_READS_METRICS) else set()
        if names:
            known = known or frozenset(map(metric_names.family, _all_metrics()))
            if not known.isdisjoint(map(metric_names.family, names)):
                yield one.path


def _all_metrics() -> Iterator[str]:
    for release in catalogue.releases():
        yield from release.metrics
